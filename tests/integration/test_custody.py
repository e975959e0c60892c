"""`wattline client export|erase`, `backup` and `restore`, as an operator uses them beside a running store."""

import json
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner, Result

from chat_core.cli.commands import commands
from chat_core.contract.errors import Refused
from chat_core.contract.payloads import File, Said, SaidKind
from chat_core.runtime import backups
from chat_core.runtime import config as settings
from chat_core.runtime.client_data import wait_until_erased
from chat_core.runtime.file_folder import FileFolder
from chat_core.runtime.keys import Keys
from chat_core.store import Store
from chat_core.store.results import InboxFilter, StoredFile
from tests.contract.stores import committed, say, take_in_all
from tests.real.postgres import Postgres
from tests.waiting import wait_until


class Operator:
    def __init__(self, data: Path, db: str | None = None) -> None:
        self.env = {"WATTLINE_DATA": str(data), **({"WATTLINE_DB": db} if db else {})}
        self.config = settings.load(self.env)
        self.files = FileFolder(data)

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(commands, arguments, env=self.env, catch_exceptions=False)

    def open(self) -> Store:
        return Store.open(self.config, migrate=True)


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Operator, Operator]]:
    if request.param == "sqlite":
        yield Operator(tmp_path / "one"), Operator(tmp_path / "two")
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    yield Operator(tmp_path / "one", postgres.fresh_database()), Operator(tmp_path / "two", postgres.fresh_database())


def furnish(store: Store, files: FileFolder) -> None:
    store.registry.ensure_client("c-42", name="Maria")
    store.registry.settings.put("answer", 42)
    say(store, "m1", "unmistakable")
    take_in_all(store)
    files.write("f1", b"bytes of a file", b"small")
    store.files.add(StoredFile("f1", "c-42", "c-42", "u1", "aa", "a.txt", "text/plain", 15, None, None, 1))


def test_a_backup_and_back(places: tuple[Operator, Operator], tmp_path: Path) -> None:
    """A backup made while the store is in use comes back whole: words, index, files, keys, settings; in new epochs."""
    here, there = places
    target = tmp_path / "kept" / "wattline.tar.gz"
    with here.open() as store:
        furnish(store, here.files)
        keys = Keys.open(here.config.data)
        epoch = store.log.page("c-42").epoch
        assert here("backup", str(target)).exit_code == 0
        say(store, "m2", "said after the backup")
    assert target.stat().st_mode & 0o777 == 0o600 and list(target.parent.iterdir()) == [target]
    restored = there("restore", str(target))
    assert restored.exit_code == 0, restored.output
    with there.open() as store:
        page = store.log.page("c-42")
        assert [entry.get("text") for entry in page.entries] == [None, "unmistakable"] and page.epoch not in ("", epoch)
        assert store.registry.settings.get("answer") == 42 and store.inbox.page(InboxFilter(q="c-42")).summaries
        assert store.files.find("f1") is not None
        say(store, "m2", "said anew")
        take_in_all(store)
    assert there.files.path("f1").read_bytes() == b"bytes of a file"
    assert Keys.open(there.config.data).signing == keys.signing
    assert there.files.path("f1").stat().st_mode & 0o777 == 0o600


def test_a_restore_overwrites_nothing(tmp_path: Path) -> None:
    """A folder that is in use, a file that is there, and a file that is no backup are refused in one line."""
    here = Operator(tmp_path / "one")
    target = tmp_path / "wattline.tar.gz"
    with here.open() as store:
        furnish(store, here.files)
    assert here("backup", str(target)).exit_code == 0
    assert "is there already" in here("backup", str(target)).output
    assert "is there already" in here("restore", str(target)).output
    (tmp_path / "words.txt").write_text("words")
    wrong = Operator(tmp_path / "two")("restore", str(tmp_path / "words.txt"))
    assert wrong.exit_code == 1 and "no backup" in wrong.output
    with here.open() as store:
        assert store.log.page("c-42").last == 2


def test_one_flipped_bit(tmp_path: Path) -> None:
    """A backup of which any bit is another, or the end is missing, is refused before anything is written."""
    here, there = Operator(tmp_path / "one"), Operator(tmp_path / "two")
    target, damaged = tmp_path / "wattline.tar.gz", tmp_path / "damaged.tar.gz"
    with here.open() as store:
        furnish(store, here.files)
    here("backup", str(target))
    assert "good" in here("backup", "verify", str(target)).output
    whole = target.read_bytes()
    places = {
        *range(20),
        *range(0, len(whole), len(whole) // 40),
        *range(len(whole) - backups.SEAL_BYTES, len(whole)),
    }
    for n, at in enumerate(sorted(places)):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << n % 8]) + whole[at + 1 :])
        for refuse in (lambda: backups.verify(damaged), lambda: backups.restore(there.config, damaged)):
            with pytest.raises(Refused):
                refuse()
        assert not there.config.data.exists()
    damaged.write_bytes(whole[:-200])
    cut = there("restore", str(damaged))
    assert cut.exit_code == 1 and "damaged" in cut.output and not there.config.data.exists()


def test_a_backup_of_a_version_without_hashes(tmp_path: Path) -> None:
    """An earlier version's backup is restored only when the operator allows it unverified."""
    here, there = Operator(tmp_path / "one"), Operator(tmp_path / "two")
    old, database = tmp_path / "old.tar.gz", tmp_path / "database"
    with here.open() as store:
        furnish(store, here.files)
    database.mkdir()
    for name in ("chats.db", "web.db"):
        (database / name).write_bytes((here.config.data / name).read_bytes())
    with tarfile.open(old, "w:gz") as archive:
        archive.add(database, "database")
        archive.add(here.config.data / "files", "files")
    assert "--unverified" in there("restore", str(old)).output and not there.config.data.exists()
    assert there("restore", str(old), "--unverified").exit_code == 0
    with there.open() as store:
        assert store.log.page("c-42").last == 2
    assert there.files.path("f1").read_bytes() == b"bytes of a file"


def test_a_row_of_the_inbox_goes_on_after_a_restore(places: tuple[Operator, Operator], tmp_path: Path) -> None:
    """No `rev` is told twice: after a restore each is above all that were told before, of a new conversation too."""
    here, there = places
    target = tmp_path / "wattline.tar.gz"
    with here.open() as store:
        furnish(store, here.files)
        assert here("backup", str(target)).exit_code == 0
        for n in range(20):
            say(store, f"lost-{n}")
            say(store, f"new-{n}", client="c-43")
        told = {row.client: row.rev for row in store.inbox.summaries(["c-42", "c-43"])}
    assert there("restore", str(target)).exit_code == 0
    with there.open() as store:
        assert [row.rev > told["c-42"] for row in store.inbox.summaries(["c-42"])] == [True]
        for client in told:
            say(store, "anew", client=client)
        assert all(row.rev > told[row.client] for row in store.inbox.summaries(told))


class BackgroundWriter:
    """Somebody who commits 60 times a second, each time a message that shows a file, as web and bridge do it."""

    def __init__(self, operator: Operator, per_s: int = 60) -> None:
        self._operator, self._pause_s, self._stop = operator, 1 / per_s, threading.Event()
        self.commits, self.files = 0, 0
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.commits > 5)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with self._operator.open() as store:
            while not self._stop.wait(self._pause_s):
                n = self.commits
                if n % 20 == 0:
                    self.upload(store, f"g{n}")
                say(store, f"w{n}", f"words {n}")
                self.commits += 1

    def upload(self, store: Store, id: str) -> None:
        self._operator.files.write(id, id.encode())
        store.files.add(StoredFile(id, "c-42", "c-42", id, "aa", "a.txt", "text/plain", 9, None, None, 1))
        described = File(file=id, name="a.txt", type="text/plain", size=9)
        with committed(store) as tx:
            tx.append("c-42", "c-42", Said(id=id, kind=SaidKind.FILE, file=described, sent=1), 1)
        self.files += 1


def fill(store: Store, n_bytes: int) -> None:
    words, n = "x" * 3_900, 0
    while n * 4_000 < n_bytes:
        with committed(store) as tx:
            for _ in range(1_000):
                tx.append("c-1", "c-1", Said(id=f"f{n}", kind=SaidKind.TEXT, text=words, sent=1), 1)
                n += 1


def check_backup_in_use(tmp_path: Path, n_bytes: int) -> tuple[float, float]:
    """Back up while 60 commits a second come, and put it back; returns how long it took idle, and in use."""
    here, there = Operator(tmp_path / "one"), Operator(tmp_path / "two")
    with here.open() as store:
        furnish(store, here.files)
        fill(store, n_bytes)
    began_s = time.perf_counter()
    backups.back_up(here.config, tmp_path / "idle")
    idle_s, began_s = time.perf_counter() - began_s, time.perf_counter()
    told: list[str] = []
    with BackgroundWriter(here) as writer:
        before = writer.commits
        backups.back_up(here.config, tmp_path / "in-use", told.append)
        after = writer.commits
    in_use_s = time.perf_counter() - began_s
    assert backups.verify(tmp_path / "in-use")["database"] == "sqlite"
    backups.restore(there.config, tmp_path / "in-use")
    with there.open() as store, here.open() as now:
        last = store.log.page("c-42").last
        assert before < last and after > before
        restored, there_now = (whole_log(each) for each in (store, now))
        assert restored == there_now[: len(restored)] and store.log.page("c-1").last == now.log.page("c-1").last
        shown = [entry["file"]["file"] for entry in restored if entry["kind"] == "file"]
        assert shown and all(store.files.find(id) and there.files.path(id).read_bytes() for id in shown)
    return idle_s, in_use_s


def whole_log(store: Store) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while page := store.log.page("c-42", after=len(found), limit=1_000).entries:
        found += page
    return found


def test_a_backup_in_use(tmp_path: Path) -> None:
    """A backup while 60 commits a second come is of one moment, whose files are all there, and is restored equal."""
    check_backup_in_use(tmp_path, 8_000_000)


def test_no_commit_begins_a_backup_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy goes on to its end while somebody commits after each of its steps, and holds none of those commits."""
    here, steps = Operator(tmp_path / "one"), 0
    with here.open() as store:
        furnish(store, here.files)
        fill(store, 4_000_000)

        def commit(*_: object) -> None:
            nonlocal steps
            steps += 1
            assert steps < 2_000
            say(store, f"w{steps}", "said meanwhile")

        monkeypatch.setattr("chat_core.store.backends.PAGES_AT_ONCE", 100)
        monkeypatch.setattr("chat_core.store.backends._told", lambda _say, what: commit if "chats" in what else None)
        last = store.log.page("c-42").last
        backups.back_up(here.config, tmp_path / "wattline.tar.gz")
        assert steps > 5 and store.log.page("c-42").last == last + steps
    there = Operator(tmp_path / "two")
    backups.restore(there.config, tmp_path / "wattline.tar.gz")
    with there.open() as store:
        assert store.log.page("c-42").last == last


def test_a_backup_of_a_file_that_goes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is erased while the backup is made costs the backup nothing."""
    here = Operator(tmp_path / "one")
    with here.open() as store:
        furnish(store, here.files)

    def sized(path: Path) -> int:
        if path.name == "f1":  # listed already
            here.files.remove(["f1"])
        return 1

    monkeypatch.setattr(backups, "_size", sized)
    backups.back_up(here.config, tmp_path / "wattline.tar.gz")
    assert not [name for name in backups.verify(tmp_path / "wattline.tar.gz")["files"] if "f1" in name]


def test_a_client_at_the_command_line(tmp_path: Path) -> None:
    """A client is exported into a file and erased; one that nobody knows is refused."""
    here = Operator(tmp_path / "one")
    with here.open() as store:
        furnish(store, here.files)
        assert here("client", "export", "c-42", str(tmp_path / "all.zip")).exit_code == 0
        assert (tmp_path / "all.zip").stat().st_mode & 0o777 == 0o600
        with zipfile.ZipFile(tmp_path / "all.zip") as found:
            assert [entry.get("text") for entry in json.loads(found.read("entries.json"))] == [None, "unmistakable"]
            assert json.loads(found.read("profile.json"))["name"] == "Maria"
        again = here("client", "export", "c-42", str(tmp_path / "all.zip"))
        assert again.exit_code == 1 and "exists" in again.output
        pending = here("client", "erase", "c-42", "--wait", "0")
        assert pending.exit_code == 3 and "pending" in pending.output
        (asked,) = store.registry.changes.after(0)
        with committed(store) as tx:
            tx.set_change_cursor(asked.n)  # as the bridge does
        assert wait_until_erased(store, asked.n, 0)
        assert store.files.of_client("c-42") == [] and not here.files.path("f1").exists()
        assert [change.kind for change in store.registry.changes.after(0)] == ["erase"]
    for verb in (("export", "c-9", "-"), ("erase", "c-9")):
        assert "There is no client c-9" in here("client", *verb).output
