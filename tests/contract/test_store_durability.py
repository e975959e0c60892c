"""Durability through kills, full disks, restarts and concurrent writers, in processes of their own."""

import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import StoreDown
from chat_core.store import Store
from chat_core.store import checkpoint as checkpoints
from tests.contract.conftest import POSTGRES, SQLITE
from tests.contract.stores import (
    CLIENT,
    T0,
    StoreUnderTest,
    committed,
    erase_all,
    opened,
    said,
    say,
    say_in,
    sqlite_at,
    take_in_all,
    texts,
)
from tests.real.postgres import Postgres
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]

# Writes batches of ten until it is killed, and says after each commit how far it is.
WRITER = """
import sys
from pathlib import Path
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, say_in
with Store.open(StoreUnderTest(Path(sys.argv[1]), sys.argv[2])) as store:
    for batch in range(1_000_000):
        with store.begin() as tx:
            for n in range(10):
                say_in(tx, f"m{batch}-{n}", str(batch), client=sys.argv[3])
            tx.commit()
        print(batch, flush=True)
"""
# Leaves a transaction open, its statements done, and says so.
STUCK = """
import sys
from pathlib import Path
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, say_in
with Store.open(StoreUnderTest(Path(sys.argv[1]), sys.argv[2])) as store, store.begin() as tx:
    say_in(tx, "lost", "never committed")
    tx.add_note("c-42", "a-ana", "n1", "never committed", 1)
    print("open", flush=True)
    sys.stdin.read()
"""
HOLDER = """
import sys
from pathlib import Path
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest
with Store.open(StoreUnderTest(Path(sys.argv[1]), sys.argv[2])) as store, store.hold_bridge_lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def start(script: str, place: StoreUnderTest, client: str = CLIENT) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, str(place.data), place.db, client],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill(process: "subprocess.Popen[str]") -> str:
    process.kill()
    rest, _ = process.communicate()
    return rest


def test_kill_between_commits(store: Store, place: StoreUnderTest) -> None:
    """A writer killed at any moment leaves whole batches: every one it had told of, and no part of another."""
    for client in ("c-1", "c-2", "c-3"):
        writer = start(WRITER, place, client)
        told = [line_of(writer) for _ in range(3)]
        told += kill(writer).split()
        stored = texts_of_all(store, client)
        batches = len(stored) // 10
        assert stored == [str(batch) for batch in range(batches) for _ in range(10)]
        assert batches > int(told[-1])
        assert store.log.page(client).last == 1 + len(stored)


def test_kill_in_mid_transaction(store: Store, place: StoreUnderTest) -> None:
    """A process killed in mid-transaction leaves nothing of it, and no lock either."""
    say(store, "m1", "kept")
    stuck = start(STUCK, place)
    assert line_of(stuck) == "open"
    kill(stuck)
    say(store, "m2", "after")
    assert texts(store) == ["kept", "after"] and store.log.notes(CLIENT) == []
    assert store.log.page(CLIENT).last == 3


def test_kill_of_the_bridge(store: Store, place: StoreUnderTest) -> None:
    """The bridge's lock is free again when its holder is killed, and is held while it lives."""
    holder = start(HOLDER, place)
    assert line_of(holder) == "held"
    stop = threading.Event()
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    with store.hold_bridge_lock(stop) as lock:
        assert lock is None
    timer.join()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_hold, store)
        kill(holder)
        assert waiting.result(5)


def _hold(store: Store) -> bool:
    with store.hold_bridge_lock() as lock:
        return lock is not None


def test_web_and_bridge_write_at_once(store: Store, place: StoreUnderTest) -> None:
    """Web and bridge write without waiting for one another's transactions."""
    stuck = start(STUCK, place)
    assert line_of(stuck) == "open"
    try:
        store.registry.settings.put("hours", [8, 18])
        store.registry.ensure_client(CLIENT, name="Maria")
        store.registry.changes.announce(ChangeKind.CLIENT, {"client": CLIENT}, T0)
        assert store.registry.settings.get("hours") == [8, 18]
    finally:
        kill(stuck)


@SQLITE
def test_commits_are_durable(store: Store) -> None:
    """Both files: WAL, every commit synced, foreign keys kept, a writer waited for, deleted things overwritten."""
    for database in (store.chats, store.web):
        pragma = lambda name: database.fetch(f"PRAGMA {name}")[0][0]  # noqa: E731, B023
        assert (pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys")) == ("wal", 2, 1)
        assert pragma("busy_timeout") == 5000 and pragma("secure_delete") == 1
        assert pragma("wal_autocheckpoint") == 0


@SQLITE
def test_a_write_takes_the_lock_at_once(store: Store, place: StoreUnderTest) -> None:
    """A write transaction is IMMEDIATE: no second writer gets in between its first read and its first write."""
    with store.begin() as tx:
        tx.conversation(CLIENT)
        with (
            sqlite3.connect(place.data / "chats.db", timeout=0) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")
        other.close()


@SQLITE
def test_files_are_private(store: Store, tmp_path: Path) -> None:
    """Nobody but the owner reads the files."""
    say(store, "m1")
    for file in tmp_path.glob("*.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@SQLITE
def test_a_full_disk(store: Store) -> None:
    """A full disk is told by its own code, leaves nothing of the transaction, and heals when there is space."""
    say(store, "m1", "kept")
    pages = store.chats.fetch("PRAGMA page_count")[0][0]
    store.chats.fetch(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(StoreDown, match=r"disk .* is full") as told, store.begin() as tx:
        for n in range(100):
            say_in(tx, f"big{n}", "x" * 4000)
        tx.commit()
    assert told.value.why == "disk_full"
    with store.begin() as tx:
        with pytest.raises(StoreDown), tx.savepoint():
            for _ in range(100):
                tx.park("t", b"x" * 4000, "bad_json", T0)
        with pytest.raises(StoreDown):
            say_in(tx, "m1b", "must not stand alone")
            tx.commit()
    assert texts(store) == ["kept"]
    store.chats.fetch("PRAGMA max_page_count = 1000000")
    say(store, "m2", "process again")
    assert texts(store) == ["kept", "process again"]


def test_a_damaged_file(tmp_path: Path) -> None:
    """A file that is no database is StoreDown, not a driver's exception."""
    (tmp_path / "chats.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreDown):
        Store.open(sqlite_at(tmp_path), migrate=True)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A folder that cannot be made is StoreDown."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreDown):
        Store.open(sqlite_at(tmp_path / "file" / "data"), migrate=True)


@SQLITE
def test_the_wal_is_carried_over_aside(store: Store, place: StoreUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A side thread, begun by the first commit and joined at the end, carries the WAL into the file."""
    monkeypatch.setattr(checkpoints, "EVERY_S", 0.01)
    path = place.data / "chats.db"
    say(store, "m1")
    assert store._checkpointer.running
    wait_until(lambda: entries_in_file(path) > 0, within_s=5)
    say(store, "m2")
    store.close()
    assert not store._checkpointer.running and not any(thread.name == "checkpoint" for thread in threading.enumerate())


@SQLITE
def test_a_large_wal_begins_anew(store: Store, place: StoreUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A WAL that grew large begins anew, though a writer is at work whenever it is carried over."""
    monkeypatch.setattr(checkpoints, "EVERY_S", 60)
    monkeypatch.setattr(checkpoints, "RESTART_ABOVE_FRAMES", 10)
    path = place.data / "chats.db"
    for number in range(20):
        say(store, f"m{number}")
    side = threading.Thread(target=checkpoints.checkpoint, args=(path,))
    with committed(store) as tx:
        say_in(tx, "during")
        side.start()
        wait_until(lambda: entries_in_file(path) == 21, within_s=5)  # "opened" and those before
    side.join()
    say(store, "after")
    connection = sqlite3.connect(path)
    _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    connection.close()
    assert frames < 10


@SQLITE
def test_erased_words_leave_the_file(store: Store, tmp_path: Path) -> None:
    """After an erasure's last slice and the end of the process no file holds the words, nor does the index."""
    say(store, "m1", "unmistakable-words")
    say(store, "m1", "of somebody else", client="c-43")
    take_in_all(store)
    erase_all(store)
    store.close()
    for file in tmp_path.iterdir():
        assert b"unmistakable" not in file.read_bytes(), file


@POSTGRES
def test_a_commit_waits_for_the_servers_disk(store: Store) -> None:
    """A commit waits until the server has it on disk."""
    assert store.chats.fetch("SHOW synchronous_commit") == [("on",)]


def test_a_restarted_server(tmp_path: Path) -> None:
    """A server killed and back costs StoreDown meanwhile; then every thread of the same Store goes on."""
    with Postgres() as server, opened(StoreUnderTest(tmp_path, server.fresh_database())) as store:
        say(store, "m1", "before")
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(texts, store).result() == ["before"]
            with store.begin() as tx:
                say_in(tx, "m2")
                server.kill()
                with pytest.raises(StoreDown):
                    tx.commit()
            with pytest.raises(StoreDown):
                store.log.page(CLIENT)
            with pytest.raises(StoreDown), store.begin():
                pass
            with pytest.raises(StoreDown):
                store.registry.settings.put("k", 1)
            server.restart()
            assert pool.submit(texts, store).result() == ["before"]
        assert say(store, "m2", "after").seq == 3
        store.registry.settings.put("k", 1)
        assert texts(store) == ["before", "after"]


def test_a_server_restarted_unnoticed(tmp_path: Path) -> None:
    """A restart between two calls goes unnoticed: reads and new transactions connect again by themselves."""
    with Postgres() as server, opened(StoreUnderTest(tmp_path, server.fresh_database())) as store:
        say(store, "m1", "before")
        server.kill()
        server.restart()
        say(store, "m2", "after")
        server.kill()
        server.restart()
        assert texts(store) == ["before", "after"]
        server.kill()
        server.restart()
        store.registry.settings.put("k", 1)


def test_a_lost_lock(tmp_path: Path) -> None:
    """A bridge whose lock went with the server learns it from check()."""
    with (
        Postgres() as server,
        opened(StoreUnderTest(tmp_path, server.fresh_database())) as store,
        store.hold_bridge_lock() as lock,
    ):
        assert lock is not None
        server.kill()
        server.restart()
        with pytest.raises(StoreDown):
            lock.check()


def test_a_restart_in_mid_transaction(tmp_path: Path) -> None:
    """A transaction that the server lost is never continued on another connection."""
    with Postgres() as server, opened(StoreUnderTest(tmp_path, server.fresh_database())) as store:
        say(store, "m1", "before")
        with pytest.raises(StoreDown), store.begin() as tx:
            say_in(tx, "m2", "half")
            tx.add_note(CLIENT, "a-ana", "n1", "half", T0)
            server.kill()
            server.restart()
            tx.append(CLIENT, CLIENT, said("m3"), T0)
            tx.commit()
        assert texts(store) == ["before"] and store.log.notes(CLIENT) == []


def entries_in_file(path: Path) -> int:
    """Return how many entries the database file has, whatever its WAL says."""
    connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM entry").fetchone()[0])
    except sqlite3.DatabaseError:
        return 0
    finally:
        connection.close()


def texts_of_all(store: Store, client: str) -> list[str]:
    found: list[str] = []
    after = 0
    while True:
        entries = store.log.page(client, after=after, limit=1000).entries
        if not entries:
            return found
        found += [entry["text"] for entry in entries if "text" in entry]
        after = entries[-1]["seq"]
