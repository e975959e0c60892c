"""The bridge's lease of PostgreSQL: who was replaced commits nothing, however late it wakes up."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from bridge.mqtt.login import bridge_client_id
from chat_core.contract.errors import StoreDown
from chat_core.contract.ids import BRIDGE, new_client_id
from chat_core.contract.shards import ALL, Shard
from chat_core.store import Store, lease, shard_watch
from chat_core.store.shard_watch import watching
from tests.contract.conftest import POSTGRES
from tests.contract.stores import StoreUnderTest, opened, say, texts
from tests.contract.test_store_durability import kill, line_of, start
from tests.waiting import wait_until

REPLACED_WITHIN_S = 5.0
LOCK_OF_0_1 = 0x77617474
# Takes the lease, begins a transaction, and ends it when told to; then tries again.
LATE = """
import sys
from pathlib import Path
from chat_core.contract.errors import StoreDown
from chat_core.contract.shards import Shard
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, say, say_in

def attempt(work):
    try:
        work()
        print("done", flush=True)
    except StoreDown as fault:
        print(fault.text, flush=True)

shard = Shard(*map(int, sys.argv[3].split()))
with Store.open(StoreUnderTest(Path(sys.argv[1]), sys.argv[2])) as store, store.hold_bridge_lock(shard=shard) as lock:
    with store.begin() as tx:
        say_in(tx, "late", "late")
        print("open", flush=True)
        sys.stdin.readline()
        attempt(tx.commit)
    attempt(lambda: say(store, "late", "late"))
    attempt(lock.check)
"""

# Takes the lease of a shard, lives in the table of bridges, and waits to be killed.
HOLDER = """
import sys
from pathlib import Path
from chat_core.contract.shards import Shard
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest

shard = Shard(*map(int, sys.argv[3].split()))
with (
    Store.open(StoreUnderTest(Path(sys.argv[1]), sys.argv[2])) as store,
    store.watch_shards(shard.of) as watch,
    store.hold_bridge_lock(shard=shard),
):
    watch.look()
    print(watch.owner, flush=True)
    sys.stdin.readline()
"""


@POSTGRES
def test_a_bridge_of_0_1(store: Store, place: StoreUnderTest) -> None:
    """A bridge of 0.1, which has a lock and no lease, is waited for; beside a new one it gets no lock."""
    asks, stop = "SELECT pg_try_advisory_lock(%s)", threading.Event()
    with psycopg.connect(place.db, autocommit=True) as older:
        assert older.execute(asks, (LOCK_OF_0_1,)).fetchone() == (True,)
        with store.hold_bridge_lock(stop, waiting=stop.set) as lock:
            assert lock is None
    with store.hold_bridge_lock() as lock, psycopg.connect(place.db, autocommit=True) as older:
        assert lock is not None and older.execute(asks, (LOCK_OF_0_1,)).fetchone() == (False,)


@POSTGRES
@pytest.mark.parametrize("shard", [ALL, Shard(1, 2)], ids=str)
def test_a_stopped_holder(store: Store, place: StoreUnderTest, shard: Shard) -> None:
    """A holder stopped in mid-transaction is replaced within 5 s; it blocks no row, and commits nothing afterwards."""
    say(store, "m0", "before")
    late = start(LATE, place, f"{shard.n} {shard.of}")
    assert line_of(late) == "open"
    os.kill(late.pid, signal.SIGSTOP)
    stopped_s = time.monotonic()
    try:
        with store.hold_bridge_lock(shard=shard) as lock:
            assert lock is not None
            say(store, "m1", "after")
            assert time.monotonic() - stopped_s < REPLACED_WITHIN_S
            os.kill(late.pid, signal.SIGCONT)
            told, _ = late.communicate("\n", timeout=20)
            lock.check()
    finally:
        kill(late)
    commit, again, check = told.splitlines()
    assert "done" not in (commit, again, check)
    assert "another bridge has it" in again
    assert texts(store) == ["before", "after"]


@POSTGRES
def test_a_holder_at_long_work(store: Store) -> None:
    """The lease is renewed while its holder does not check it."""

    def until() -> int:
        return int(store.chats.fetch("SELECT until FROM shard")[0][0])

    with store.hold_bridge_lock():
        for _ in range(3):
            before = until()
            wait_until(lambda before=before: until() > before)  # type: ignore[misc]


@POSTGRES
def test_a_holder_that_ends_leaves_the_lease_at_once(store: Store, place: StoreUnderTest) -> None:
    """A bridge that ends in order is followed by the next one without a wait for the lease's end."""
    with store.hold_bridge_lock():
        say(store, "m1")
    began_s = time.monotonic()
    with opened(place) as other, other.hold_bridge_lock() as lock:
        assert lock is not None
        assert time.monotonic() - began_s < 2


@POSTGRES
def test_a_killed_bridge_lives_no_more(store: Store, place: StoreUnderTest) -> None:
    """A bridge with a shard is killed: once its sessions end, the others see the shard free and one bridge fewer."""
    with store.watch_shards(3) as watch:
        holder = start(HOLDER, place, "1 3")
        owner = line_of(holder)
        before = watch.look()  # at once: the holder says that it lives for 3 s, and no more
        assert (before.owners[1], before.bridges) == (owner, {owner, watch.owner})
        kill(holder)
        wait_until(lambda: watch.look().owners[1] is None, REPLACED_WITHIN_S)
        assert watch.look().bridges == {watch.owner}


@POSTGRES
def test_a_look_locks_no_ended_lease(store: Store, place: StoreUnderTest) -> None:
    """A look at a lease that has ended takes none of its locks: a takeover ends the sessions that have them."""
    with store.watch_shards(3), store.hold_bridge_lock(shard=Shard(1, 3)):
        pass
    for look, values in ((shard_watch._LOOK, (lease.LOCK_KEY,)), (lease._LOOK, (lease.LOCK_KEY + 1, 1))):
        with psycopg.connect(place.db) as other:
            assert other.execute(look, values).fetchall()
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            assert other.execute(held).fetchone() == (0,)


@POSTGRES
def test_shards_have_a_lease_each(store: Store, place: StoreUnderTest) -> None:
    """Two bridges work for a shard each, and see who has what; meanwhile nobody divides the clients anew."""
    with (
        opened(place) as other,
        store.hold_bridge_lock(shard=Shard(0, 3)),
        other.hold_bridge_lock(shard=Shard(2, 3)) as third,
        other.watch_shards(3) as watch,
    ):
        assert third is not None
        say(store, "m0", "first")
        say(other, "m1", "third")
        third.check()
        shards = watch.look()
        assert shards.owners == {0: watch.owner, 1: None, 2: watch.owner}
        assert shards.bridges == {watch.owner}
        with pytest.raises(StoreDown, match="WATTLINE_SHARDS=3"), store.watch_shards(2):
            pass


@POSTGRES
@pytest.mark.parametrize("n", [0, 2])
def test_a_standby_of_another_number_of_shards(store: Store, place: StoreUnderTest, n: int) -> None:
    """A bridge that waits for its shard takes none when the clients are divided anew meanwhile."""
    holder = ExitStack()
    holder.enter_context(store.hold_bridge_lock(shard=Shard(n, 3)))

    def divide_anew() -> None:
        holder.close()
        with store.watch_shards(2):
            pass

    with (
        opened(place) as standby,
        pytest.raises(StoreDown, match="WATTLINE_SHARDS=2"),
        standby.hold_bridge_lock(waiting=divide_anew, shard=Shard(n, 3)),
    ):
        pass


@POSTGRES
def test_another_number_of_shards(store: Store) -> None:
    """Shards that are added or left go on from the last change that all of them had done."""
    of_three = [Shard(n, 3) for n in range(3)]
    with store.begin() as tx:
        tx.set_change_cursor(7)
        tx.commit()
    with store.watch_shards(3):
        assert [store.bridge.change_cursor_of(shard) for shard in of_three] == [7, 7, 7]
    with store.begin() as tx:
        tx.set_change_cursor(9)
        tx.set_change_cursor(8, of_three[2])
        tx.commit()
    assert store.bridge.change_cursor() == 7
    with store.begin() as tx:
        tx.set_change_cursor(9, of_three[1])
        tx.commit()
    with store.watch_shards(1):
        assert store.bridge.change_cursor() == store.bridge.change_cursor_of(ALL) == 8


@POSTGRES
def test_bridges_that_start_at_once(store: Store, place: StoreUnderTest) -> None:
    """Several bridges that divide the clients at the same moment all find the same shards, and let a lease be taken."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    patient = f"{place.db}?options=-c%20lock_timeout%3D60000"

    def watch(_: int) -> int:
        with watching(patient, 3) as watched:
            return len(watched.look().owners)

    with psycopg.connect(place.db, autocommit=True) as onlooker, ThreadPoolExecutor(2) as threads:
        with psycopg.connect(place.db) as holder:
            holder.execute("SELECT * FROM shard FOR UPDATE")
            found = threads.map(watch, range(2))
            wait_until(lambda: onlooker.execute(waiting).fetchone() == (2,))
            holder.execute("UPDATE shard SET owner = owner")  # as who takes the lease does
        assert list(found) == [3, 3]


def test_the_mqtt_client_id_stays(store: Store, tmp_path: Path) -> None:
    """All bridges of a database connect under one MQTT client id; that of release 0.1 moves into the database."""
    kept = new_client_id(BRIDGE, bytes(16))
    file = tmp_path / "keys" / "bridge-client-id"
    file.parent.mkdir()
    file.write_text(kept)
    assert bridge_client_id(store, tmp_path) == kept
    assert not file.exists()
    assert bridge_client_id(store, tmp_path / "another host") == kept
