"""The store's readings and their sums, on SQLite and on a real PostgreSQL."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings

from chat_core.contract.errors import NotAllowed
from chat_core.domain.time_steps import Step
from chat_core.store import Store
from chat_core.store.readings import METERS_AT_MOST
from tests.contract.stores import StoreUnderTest, committed, sqlite_at, store_at
from tests.histories import HOUR_MS, T0, History, histories

ZONE = "Europe/Bucharest"
FAR = T0 + 400 * 24 * HOUR_MS
STEPS: tuple[Step, ...] = ("quarter", "hour", "day", "month")
names = count(1)


def read(store: Store, client: str, stands: list[tuple[int, int]], meter: str = "m-1") -> list[bool]:
    with committed(store) as tx:
        return [tx.add_reading(client, meter, at, wh, None) for at, wh in stands]


def sums(store: Store, client: str, step: Step, tz: str = ZONE) -> dict[int, int]:
    return {one.start: one.wh for one in store.consumption.intervals(client, T0 - 400 * 24 * HOUR_MS, FAR, step, tz)}


def every_quarter(days: int, wh: int = 25) -> list[tuple[int, int]]:
    """A register that rises evenly, read every quarter of an hour."""
    begin = T0 - T0 % HOUR_MS
    return [(begin + n * 900_000, 1_000_000 + n * wh) for n in range(days * 96 + 1)]


def forget_all(store: Store, before_ms: int) -> None:
    above: int | None = 0
    while above is not None:
        with committed(store) as tx:
            above = tx.forget_readings(above, before_ms, 1, 50)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StoreUnderTest:
    folder: Path = tmp_path_factory.mktemp("readings")
    if request.param == "sqlite":
        return sqlite_at(folder)
    return StoreUnderTest(folder, request.getfixturevalue("postgres").fresh_database())


@pytest.fixture(scope="module")
def store(place: StoreUnderTest) -> Iterator[Store]:
    with store_at(place) as store:
        yield store


@pytest.fixture
def client() -> str:
    return f"c-of{next(names)}"


@settings(max_examples=15, deadline=None)
@given(history=histories())
def test_sums_hold_what_was_used(store: Store, history: History) -> None:
    """In any order of arrival each step's sums are the energy used, and none is negative."""
    client = f"c-of{next(names)}"
    half = len(history.told) // 2
    read(store, client, list(history.told[:half]))
    read(store, client, list(history.told[half:]))
    found = {step: sums(store, client, step) for step in STEPS}
    assert min((wh for step in found.values() for wh in step.values()), default=0) >= 0
    assert sum(found["quarter"].values()) == sum(found["hour"].values()) == history.known_wh
    assert sum(found["day"].values()) == sum(found["month"].values()) == history.wh


def test_a_reading_is_stored_once(store: Store, client: str) -> None:
    """A reading that comes again, in the same batch or later, with the same value or another, changes nothing."""
    assert read(store, client, [(T0, 100), (T0, 100), (T0 + HOUR_MS, 160)]) == [True, False, True]
    before = sums(store, client, "quarter")
    assert read(store, client, [(T0 + HOUR_MS, 160), (T0, 900)]) == [False, False]
    assert sums(store, client, "quarter") == before


def test_a_failed_reading_leaves_no_trace(store: Store, client: str) -> None:
    """An undone reading is in no sum; the ones before it are."""
    with committed(store) as tx:
        tx.add_reading(client, "m-1", T0, 0, None)
        tx.add_reading(client, "m-1", T0 + HOUR_MS, 40, None)
        with pytest.raises(ZeroDivisionError), tx.savepoint():
            tx.add_reading(client, "m-1", T0 + 2 * HOUR_MS, 90, None)
            raise ZeroDivisionError
    with store.begin() as tx:
        tx.add_reading(client, "m-1", T0 + 3 * HOUR_MS, 500, None)
    assert sum(sums(store, client, "day").values()) == 40
    assert read(store, client, [(T0 + 2 * HOUR_MS, 90)]) == [True]
    assert sum(sums(store, client, "day").values()) == 90


def test_both_changes_of_the_clocks(store: Store, client: str) -> None:
    """At 100 W a day of 25 hours has 2.5 kWh and one of 23 hours 2.3; the hour that comes twice is two."""
    autumn, spring = 1_729_890_000_000, 1_743_285_600_000  # 2024-10-26 and 2025-03-30, 00:00 in Bucharest
    for begin in (autumn, spring):
        read(store, client, [(begin + n * HOUR_MS, 10**6 + n * 100) for n in range(75)], f"m-{begin}")
    days = sums(store, client, "day")
    assert [days[at] for at in (autumn, autumn + 24 * HOUR_MS, autumn + 49 * HOUR_MS)] == [2_400, 2_500, 2_400]
    assert [days[at] for at in (spring, spring + 23 * HOUR_MS)] == [2_300, 2_400]
    assert set(sums(store, client, "hour").values()) == {100}


def test_all_meters_or_one(store: Store, client: str) -> None:
    """A client's meters are summed, or one of them is shown; the last reading is the newest of all."""
    read(store, client, [(T0, 0), (T0 + HOUR_MS, 100)], "m-1")
    read(store, client, [(T0, 0), (T0 + HOUR_MS, 7)], "m-2")
    found = {
        meter: [one.wh for one in store.consumption.intervals(client, T0, FAR, "month", ZONE, meter)]
        for meter in (None, "m-1", "m-2", "m-3")
    }
    assert found == {None: [107], "m-1": [100], "m-2": [7], "m-3": []}
    read(store, client, [(T0 + 2 * HOUR_MS, 9)], "m-2")
    last = store.consumption.last_reading(client)
    assert last is not None and (last.meter, last.at, last.wh) == ("m-2", T0 + 2 * HOUR_MS, 9)
    assert store.consumption.newest_of([client, "c-none"]) == {
        (client, "m-1"): T0 + HOUR_MS,
        (client, "m-2"): T0 + 2 * HOUR_MS,
    }


def test_columns_say_the_same(store: Store, client: str) -> None:
    """The two columns are the intervals' begins and energies, in order; of an unknown client they are empty."""
    read(store, client, every_quarter(8))
    for step in STEPS:
        columns = store.consumption.interval_columns(client, T0 - 400 * 24 * HOUR_MS, FAR, step, ZONE)
        begins, energies, estimated = map(json.loads, columns)
        assert estimated == []
        assert dict(zip(begins, energies, strict=True)) == sums(store, client, step)
        assert begins == sorted(begins)
    assert store.consumption.interval_columns("c-nobody", T0, FAR, step, ZONE) == ("[]", "[]", "[]")


def estimates(store: Store, client: str, step: Step) -> list[int]:
    """Return how much of each interval's energy is an estimate, in order."""
    return [one.estimated_wh for one in store.consumption.intervals(client, 0, FAR, step, ZONE)]


def test_estimates(store: Store, client: str) -> None:
    """Energy that lay between readings far apart is told to be an estimate, until a reading between them is there."""
    begin = T0 - T0 % HOUR_MS
    stands = [(begin, 0), (begin + HOUR_MS // 4, 30), (begin + HOUR_MS, 90), (begin + 4 * HOUR_MS, 390)]
    read(store, client, stands)
    assert estimates(store, client, "quarter") == [0, 20, 20, 20, *[25] * 12]
    assert estimates(store, client, "hour") == [0, 100, 100, 100]
    assert estimates(store, client, "day") == [0]
    columns = [json.loads(column) for column in store.consumption.interval_columns(client, 0, FAR, "hour", ZONE)]
    assert columns == [[begin + n * HOUR_MS for n in range(4)], [90, 100, 100, 100], columns[0][1:]]
    read(store, client, [(begin + 2 * HOUR_MS, 190), (begin + 3 * HOUR_MS, 290)])
    assert estimates(store, client, "hour") == [0, 0, 0, 0]
    before = estimates(store, client, "quarter")
    database = store.chats
    with database.writing():
        database.execute("UPDATE meter SET zone = '' WHERE client = ?", (client,))
    store.consumption.settle()
    assert estimates(store, client, "quarter") == before == [0, 20, 20, 20, *[25] * 12]


def test_estimates_of_days(store: Store, client: str) -> None:
    """After a silence of days each of its days is an estimate, also in another time zone; the month is measured."""
    read(store, client, [(T0, 0), (T0 + 5 * 24 * HOUR_MS, 12_000)])
    found = store.consumption.intervals(client, 0, FAR, "day", ZONE)
    assert len(found) == 6 and all(one.estimated_wh == one.wh > 0 for one in found)
    assert estimates(store, client, "hour") == []
    assert sum(estimates(store, client, "month")) == 0


def test_minutes(store: Store, client: str) -> None:
    """Minutes come from the readings themselves, spread as the sums are."""
    begin = T0 - T0 % HOUR_MS
    read(store, client, [(begin, 10_000), (begin + 150_000, 10_050), (begin + 180_000, 10_051)])
    minutes = store.consumption.intervals(client, begin, begin + HOUR_MS, "minute", ZONE)
    assert [(one.start - begin, one.wh, one.w) for one in minutes] == [
        (0, 20, 1_200),
        (60_000, 20, 1_200),
        (120_000, 11, 660),
    ]
    assert [one.estimated_wh for one in minutes] == [20, 20, 10]  # of two minutes and a half; the last one is measured
    assert [one.wh for one in store.consumption.intervals(client, begin + 60_000, begin + 61_000, "minute", ZONE)] == [
        20
    ]


def test_another_time_zone(store: Store, client: str, place: StoreUnderTest) -> None:
    """Moved to another time zone the days are that zone's, also those of which only the sums are left."""
    read(store, client, [*every_quarter(5), (T0 + 12 * 24 * HOUR_MS, 1_020_000)])
    whole = sum(sums(store, client, "day").values())
    assert sum(sums(store, client, "day", "Asia/Tokyo").values()) < whole  # until the bridge makes them anew
    with Store.open(replace(place, tz="Asia/Tokyo")) as moved:
        assert moved.consumption.settle() > 0
        assert moved.consumption.settle() == 0
        days = sums(moved, client, "day", "Asia/Tokyo")
        assert sum(days.values()) == whole == 20_000
        assert 96 * 25 in days.values()
        forget_all(moved, FAR)
    with Store.open(place) as back:
        back.consumption.settle()
        assert sum(sums(back, client, "day").values()) == whole
        assert 96 * 25 in sums(back, client, "day").values()


def test_readings_from_before_there_were_sums(store: Store, client: str) -> None:
    """The bridge adds up an older version's readings when it starts."""
    read(store, client, every_quarter(3))
    before = sums(store, client, "hour")
    database = store.chats
    with database.writing():
        database.execute("UPDATE meter SET zone = '' WHERE client = ?", (client,))
        database.execute("DELETE FROM usage WHERE meter IN (SELECT num FROM meter WHERE client = ?)", (client,))
    assert sums(store, client, "hour") == {}
    store.consumption.settle()
    assert sums(store, client, "hour") == before


def test_old_readings_go_and_their_sums_stay(store: Store, client: str) -> None:
    """Retention takes readings in slices; sums stay, new readings go on, and what is older than that is refused."""
    readings = every_quarter(4)
    read(store, client, readings[::2])
    before = sums(store, client, "quarter")
    horizon = readings[200][0]
    forget_all(store, horizon)
    kept = store.chats.fetch(
        "SELECT count(*), min(at) FROM reading WHERE meter = (SELECT num FROM meter WHERE client = ?)", (client,)
    )
    assert kept[0][0] < len(readings[::2]) // 2 + 10
    assert kept[0][1] < horizon
    assert sums(store, client, "quarter") == before
    assert read(store, client, [readings[51], readings[197]]) == [False, False]
    assert read(store, client, [readings[199], readings[201], (readings[-1][0] + HOUR_MS, readings[-1][1] + 100)]) == [
        True,
        True,
        True,
    ]
    after = sums(store, client, "quarter")
    assert {at: wh for at, wh in after.items() if at in before} == before
    assert sum(after.values()) == sum(before.values()) + 100


def test_erasure_takes_readings_and_sums(store: Store, client: str) -> None:
    """After an erasure nothing of the client's meters is left; others keep theirs; a new reading begins anew."""
    other = f"{client}x"
    for whose in (client, other):
        read(store, whose, every_quarter(1))
    with committed(store) as tx:
        tx.add_reading(client, "m-1", FAR - HOUR_MS, 2_000_000, None)
        tx.erase(client, T0)
    assert store.consumption.last_reading(client) is None
    assert sums(store, client, "month") == {}
    assert store.chats.fetch("SELECT count(*) FROM usage WHERE meter NOT IN (SELECT num FROM meter)") == [(0,)]
    assert sum(sums(store, other, "month").values()) == 96 * 25
    read(store, client, [(T0, 5), (T0 + HOUR_MS, 8)])
    assert sum(sums(store, client, "month").values()) == 3


def test_a_client_has_so_many_meters(store: Store, client: str) -> None:
    """A device cannot make up meters without end; those there go on."""
    for number in range(METERS_AT_MOST):
        read(store, client, [(T0, 1)], f"m-{number}")
    with pytest.raises(NotAllowed, match="64 meters"):
        read(store, client, [(T0, 1)], "m-more")
    assert read(store, client, [(T0 + 1, 1)], "m-0") == [True]


def test_days_of_several_clients(store: Store) -> None:
    """The days of several clients come in one answer, summed over each one's meters; days of others do not."""
    one, other, third = (f"c-{next(names)}" for _ in range(3))
    for client in (one, third):
        read(store, client, every_quarter(4))
    read(store, one, every_quarter(4, 10), meter="m-2")
    read(store, other, [(T0, 0), (T0 + 96 * HOUR_MS, 9_600)])
    begins = sorted(sums(store, one, "day"))[1:3]
    found = store.consumption.days_of_clients([one, other, "c-nobody"], begins[0], begins[-1] + 1)
    assert found == {one: dict.fromkeys(begins, (3_360, 0)), other: dict.fromkeys(begins, (2_400, 2_400))}
