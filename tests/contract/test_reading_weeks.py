"""PostgreSQL's readings in partitions by week: made ahead, dropped whole, and nothing lost meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from chat_core.domain.meter_registers import AROUND
from chat_core.domain.time_steps import HOUR_MS
from chat_core.store import Store
from chat_core.store.reading_weeks import AHEAD, WEEK_MS
from tests.contract.stores import StoreUnderTest, committed, erase_all, opened, sqlite_at
from tests.real.postgres import Postgres
from tests.waiting import wait_until

TALKS, SILENT, ERASED = "c-talks", "c-silent", "c-erased"


@pytest.fixture
def place(tmp_path: Path, postgres: Postgres) -> StoreUnderTest:
    return replace(sqlite_at(tmp_path), db=postgres.fresh_database())


@pytest.fixture
def store(place: StoreUnderTest) -> Iterator[Store]:
    with opened(place) as store:
        yield store


def parts_of(store: Store) -> list[str]:
    """Return the tables of readings, but for the two at the ends."""
    sql = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'reading\\_%' ORDER BY 1"
    return [name for (name,) in store.chats.fetch(sql) if name not in ("reading_after", "reading_before")]


def first_week(store: Store) -> int:
    return int(parts_of(store)[0].removeprefix("reading_w"))


def make_ahead(store: Store, week: int) -> None:
    with committed(store) as tx:
        tx.make_reading_weeks(week * WEEK_MS)


def read(store: Store, client: str, begin_ms: int, hours: range) -> list[bool]:
    """The client's register rises by 100 Wh an hour from then on."""
    with committed(store) as tx:
        return [tx.add_reading(client, "m-1", begin_ms + n * HOUR_MS, 10**6 + n * 100, None) for n in hours]


def forget(store: Store, before_ms: int, turns: int = 100, above: int | None = 0) -> int | None:
    """Forget in slices of one meter; return where it ended."""
    for _ in range(turns):
        with committed(store) as tx:
            above = tx.forget_readings(above or 0, before_ms, 1, 10**6)
        if above is None:
            break
    return above


def stored(store: Store, client: str) -> list[int]:
    return [one.at for one in store.consumption.readings(client)]


def used(store: Store, client: str, week: int) -> int:
    begin, end = (week - 9) * WEEK_MS, (week + 99) * WEEK_MS
    return sum(one.wh for one in store.consumption.intervals(client, begin, end, "month", store.tz))


def test_old_weeks_are_dropped_whole(store: Store) -> None:
    """Each meter's last readings and all sums stay; what comes next counts from them; an erased client leaves none."""
    first = first_week(store)
    make_ahead(store, first + 8)
    begin = first * WEEK_MS - 12 * HOUR_MS  # in what is older than the first week, in it and in the ones after
    for client, hours in ((TALKS, 600), (SILENT, 24), (ERASED, 24)):
        assert all(read(store, client, begin, range(hours)))
    horizon_ms = (first + 2) * WEEK_MS + HOUR_MS
    above = forget(store, horizon_ms, turns=3)
    assert above is not None  # all three are carried
    assert all(read(store, "c-late", begin, range(24)))
    erase_all(store, ERASED)
    assert forget(store, horizon_ms, above=above) is None
    weeks = [f"reading_w{week}" for week in range(first + 2, first + 8 + AHEAD + 1)]
    assert parts_of(store) == weeks
    border_ms = (first + 2) * WEEK_MS
    assert [at for at in stored(store, TALKS) if at >= border_ms] == [
        at for n in range(600) if (at := begin + n * HOUR_MS) >= border_ms
    ]
    assert len([at for at in stored(store, TALKS) if at < border_ms]) == AROUND
    assert len(stored(store, SILENT)) == len(stored(store, "c-late")) == AROUND
    assert store.chats.fetch("SELECT count(*) FROM reading WHERE meter NOT IN (SELECT num FROM meter)") == [(0,)]
    assert [used(store, client, first) for client in (TALKS, SILENT, ERASED)] == [59_900, 2_300, 0]
    assert read(store, SILENT, begin, range(30, 31)) == [False]  # too old by now
    assert read(store, SILENT, begin, range(800, 801)) == [True]
    assert used(store, SILENT, first) == 80_000


def test_a_drop_goes_on_after_a_kill(store: Store) -> None:
    """A pass that ended halfway goes on where it was; the next one drops what became old meanwhile."""
    first = first_week(store)
    make_ahead(store, first + 3)
    for n in range(4):
        read(store, f"c-{n}", first * WEEK_MS, range(20))
    assert forget(store, (first + 1) * WEEK_MS, turns=2) is not None
    assert f"reading_next{first + 1}" in parts_of(store)
    assert forget(store, (first + 2) * WEEK_MS, turns=3) is None  # two meters, and the end
    assert first_week(store) == first + 1
    assert forget(store, (first + 2) * WEEK_MS) is None
    assert first_week(store) == first + 2 and not any("next" in name for name in parts_of(store))
    assert [len(stored(store, f"c-{n}")) for n in range(4)] == [AROUND] * 4


def test_a_backup_is_not_waited_for(store: Store, place: StoreUnderTest) -> None:
    """While a transaction locks the readings for long, weeks are neither made nor dropped, and nobody waits."""
    first = first_week(store)
    make_ahead(store, first + 3)
    read(store, TALKS, first * WEEK_MS, range(20))
    before = parts_of(store)
    with psycopg.connect(place.db) as backup:
        backup.execute("LOCK TABLE reading IN ACCESS SHARE MODE")
        old = "SELECT 1 FROM pg_stat_activity WHERE pid = ? AND xact_start < clock_timestamp() - interval '1 second'"
        wait_until(lambda: store.chats.fetch(old, (backup.info.backend_pid,)), 10)
        make_ahead(store, first + 4)
        forget(store, (first + 2) * WEEK_MS, turns=3)
        assert parts_of(store) == before
    make_ahead(store, first + 4)
    assert forget(store, (first + 2) * WEEK_MS) is None
    assert parts_of(store) == [f"reading_w{week}" for week in range(first + 2, first + 4 + AHEAD + 1)]


def test_a_lock_of_a_moment_is_not_waited_for(store: Store, place: StoreUnderTest) -> None:
    """Locks of a transaction that has just begun, on meters or single weeks, put off the change and no reading."""
    first = first_week(store)
    make_ahead(store, first + 3)
    read(store, TALKS, first * WEEK_MS, range(20))
    horizon_ms = (first + 2) * WEEK_MS
    above = forget(store, horizon_ms, turns=1)
    before = parts_of(store)
    for tables in ("meter", "reading_before", "reading_after"):
        with psycopg.connect(place.db) as other:
            other.execute(f"LOCK TABLE {tables} IN ACCESS SHARE MODE".encode())
            if tables == "reading_after":
                make_ahead(store, first + 4)
            else:
                assert forget(store, horizon_ms, turns=1, above=above) == above
            assert parts_of(store) == before
    assert all(read(store, TALKS, (first + 3) * WEEK_MS, range(1)))
    make_ahead(store, first + 4)
    assert forget(store, horizon_ms, above=above) is None
    assert parts_of(store) == [f"reading_w{week}" for week in range(first + 2, first + 4 + AHEAD + 1)]


def test_readings_after_a_standstill(store: Store) -> None:
    """A reading of no week is stored all the same; weeks made later leave it where it is, and it is dropped in turn."""
    first = first_week(store)
    last = int(parts_of(store)[-1].removeprefix("reading_w"))
    begin = (last + 3) * WEEK_MS
    assert all(read(store, TALKS, begin, range(20)))
    make_ahead(store, last + 4)
    assert stored(store, TALKS) == [begin + n * HOUR_MS for n in range(20)]
    assert parts_of(store)[-1] == f"reading_w{last + 4 + AHEAD}"
    assert f"reading_w{last + 1}" in parts_of(store) and f"reading_w{last + 3}" not in parts_of(store)
    assert forget(store, (last + 5) * WEEK_MS) is None
    assert first_week(store) == last + 5 > first and len(stored(store, TALKS)) == AROUND


def test_a_reading_is_not_planned_anew(store: Store) -> None:
    """The server plans the look at a reading's neighbours once, however many partitions there are."""
    make_ahead(store, first_week(store) + 9)
    for day in range(9):
        read(store, TALKS, first_week(store) * WEEK_MS, range(day * 24, day * 24 + 24))
        store.chats.execute("ANALYZE")
    sql = "SELECT custom_plans, generic_plans > 100 FROM pg_prepared_statements WHERE statement LIKE '%AS earlier%'"
    assert store.chats.fetch(sql) == [(0, True)]
