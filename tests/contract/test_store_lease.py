"""The bridge's lease of PostgreSQL: who was replaced commits nothing, however late it wakes up."""

import os
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from bridge.mqtt.login import bridge_client_id
from chat_core.contract.ids import BRIDGE, new_client_id
from chat_core.store import Store, lease, slot_watch
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
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, say, say_in

def attempt(work):
    try:
        work()
        print("done", flush=True)
    except StoreDown as fault:
        print(fault.text, flush=True)

with (
    Store.open(StoreUnderTest(Path(sys.argv[1]), sys.argv[2])) as store,
    store.hold_bridge_lock(slot=int(sys.argv[3])) as lock,
):
    with store.begin() as tx:
        say_in(tx, "late", "late")
        print("open", flush=True)
        sys.stdin.readline()
        attempt(tx.commit)
    attempt(lambda: say(store, "late", "late"))
    attempt(lock.check)
"""

# Takes the lease of a slot, lives in the table of bridges, and waits to be killed.
HOLDER = """
import sys
from pathlib import Path
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest

with (
    Store.open(StoreUnderTest(Path(sys.argv[1]), sys.argv[2])) as store,
    store.watch_slots() as watch,
    store.hold_bridge_lock(slot=int(sys.argv[3])),
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
@pytest.mark.parametrize("slot", [0, 1])
def test_a_stopped_holder(store: Store, place: StoreUnderTest, slot: int) -> None:
    """A holder stopped in mid-transaction is replaced within 5 s; it blocks no row, and commits nothing afterwards."""
    store.slots.wish(2)
    say(store, "m0", "before")
    late = start(LATE, place, str(slot))
    assert line_of(late) == "open"
    os.kill(late.pid, signal.SIGSTOP)
    stopped_s = time.monotonic()
    try:
        with store.hold_bridge_lock(slot=slot) as lock:
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
        return int(store.chats.fetch("SELECT until FROM slot_lease")[0][0])

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
    """A bridge with a slot is killed: once its sessions end, the others see the slot free and one bridge fewer."""
    store.slots.wish(3)
    with store.watch_slots() as watch:
        holder = start(HOLDER, place, "1")
        owner = line_of(holder)
        before = watch.look()  # at once: the holder says that it lives for 3 s, and no more
        assert (before.owners[1], before.bridges) == (owner, {owner, watch.owner})
        kill(holder)
        wait_until(lambda: watch.look().owners[1] is None, REPLACED_WITHIN_S)
        assert watch.look().bridges == {watch.owner}


@POSTGRES
def test_a_look_locks_no_ended_lease(store: Store, place: StoreUnderTest) -> None:
    """A look at a lease that has ended takes none of its locks: a takeover ends the sessions that have them."""
    store.slots.wish(3)
    with store.hold_bridge_lock(slot=1):
        pass
    for look, values in ((slot_watch._LOOK, (lease.LOCK_KEY,)), (lease._LOOK, (lease.LOCK_KEY + 1, 1))):
        with psycopg.connect(place.db) as other:
            assert other.execute(look, values).fetchall()
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            assert other.execute(held).fetchone() == (0,)


@POSTGRES
def test_slots_have_a_lease_each(store: Store, place: StoreUnderTest) -> None:
    """Two bridges work for a slot each, and see who has what."""
    store.slots.wish(3)
    with (
        opened(place) as other,
        store.hold_bridge_lock(slot=0),
        other.hold_bridge_lock(slot=2) as third,
        other.watch_slots() as watch,
    ):
        assert third is not None
        say(store, "m0", "first")
        say(other, "m1", "third")
        third.check()
        slots = watch.look()
        assert slots.owners == {0: watch.owner, 1: None, 2: watch.owner}
        assert slots.bridges == {watch.owner}


def test_the_mqtt_client_id_stays(store: Store, tmp_path: Path) -> None:
    """All bridges of a database connect under one MQTT client id; that of release 0.1 moves into the database."""
    kept = new_client_id(BRIDGE, bytes(16))
    file = tmp_path / "keys" / "bridge-client-id"
    file.parent.mkdir()
    file.write_text(kept)
    assert bridge_client_id(store, tmp_path) == kept
    assert not file.exists()
    assert bridge_client_id(store, tmp_path / "another host") == kept
