"""Attempts counted in the database, on SQLite and PostgreSQL: limits, windows, bounds."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat_core.store import Store
from chat_core.store import attempts as counted
from chat_core.store.attempts import HOUR_MS, MINUTE_MS, AttemptLimit
from tests.contract.conftest import POSTGRES, SQLITE
from tests.contract.stores import StoreUnderTest, opened

FEW = AttemptLimit("few", 2, 3)


def age(store: Store, by_ms: int) -> None:
    """All windows began so much earlier."""
    with store.web.writing():
        store.web.execute("UPDATE attempt SET minute_at = minute_at - ?, hour_at = hour_at - ?", (by_ms, by_ms))


def test_limits_of_a_minute_and_an_hour(store: Store) -> None:
    """So many attempts fit into a minute and an hour; the next one is told how long to wait, until it is forgotten."""
    attempts = store.registry.attempts
    assert [attempts.count([FEW]) for _ in range(2)] == [None, None]
    assert 0 < (attempts.count([FEW]) or 0) <= MINUTE_MS
    age(store, MINUTE_MS)
    assert MINUTE_MS < (attempts.count([FEW]) or 0) <= HOUR_MS  # the refused one counts too
    age(store, HOUR_MS)
    assert attempts.count([FEW]) is None
    attempts.forget(FEW.key)
    assert [attempts.count([FEW]) for _ in range(2)] == [None, None]


def test_a_refusal_counts_nothing_behind_it(store: Store) -> None:
    """An attempt that the first counter refuses is not counted by the next, so nobody locks out somebody else."""
    attempts, other = store.registry.attempts, AttemptLimit("other", 3)
    for _ in range(6):
        attempts.count([FEW, other])
    assert attempts.count([other]) is None


def test_a_clock_set_back_locks_nobody_out(store: Store) -> None:
    """A window that began in the future is over."""
    attempts = store.registry.attempts
    for _ in range(3):
        attempts.count([FEW])
    age(store, -2 * HOUR_MS)
    assert attempts.count([FEW]) is None


def test_processes_count_together(place: StoreUnderTest) -> None:
    """Two processes that count at the same time let through as many as one."""
    with opened(place) as one, opened(place) as two, ThreadPoolExecutor(4) as pool:
        together, many = threading.Barrier(4), AttemptLimit("many", 50)

        def count(store: Store) -> int:
            together.wait(10)
            return sum(store.registry.attempts.count([many]) is None for _ in range(30))

        assert sum(pool.map(count, (one, two, one, two))) == 50


def test_rows_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting removes counters whose hour is over once a minute; of too many rows the oldest go."""
    attempts = store.registry.attempts
    for n in range(3):
        attempts.count([AttemptLimit(f"old {n}", 1)])
    age(store, HOUR_MS + 1)
    for n in range(5):
        attempts.count([AttemptLimit(f"new {n}", 1)])
        age(store, 10)
    monkeypatch.setattr(counted, "CLEAN_EVERY_S", 0)
    attempts.count([AttemptLimit("new 4", 1)])
    assert len(store.web.fetch("SELECT key FROM attempt")) == 5
    attempts.remove_old(most_rows=2)
    assert sorted(store.web.fetch("SELECT key FROM attempt")) == [("new 3",), ("new 4",)]


@SQLITE
def test_later_commits_wait_for_the_disk(store: Store) -> None:
    """After a count, which waits for no disk, this thread's commits do again."""
    store.registry.attempts.count([FEW])
    assert store.web.fetch("PRAGMA synchronous") == [(2,)]


@POSTGRES
def test_later_commits_wait_for_the_server(store: Store) -> None:
    """After a count, which waits for no disk, this connection's commits do again."""
    store.registry.attempts.count([FEW])
    assert store.web.fetch("SHOW synchronous_commit") == [("on",)]
