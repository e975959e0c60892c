"""The demo's households: believable, and the same after every restart."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bridge.demo.household import QUARTER_MS, Absence, Household, Spike, behind_a_roof

ZONE = ZoneInfo("Europe/Bucharest")
DAY_MS = 96 * QUARTER_MS


@pytest.fixture(scope="module")
def home() -> Household:
    return Household.of(3_300_000, ZONE, (2025, 2026))


def ms(*when: int) -> int:
    return round(datetime(*when, tzinfo=ZONE).timestamp() * 1000)  # type: ignore[misc, arg-type]


def test_register_never_falls(home: Household) -> None:
    """The register rises through a year's end and through both changes of the clocks."""
    for begin in (ms(2025, 12, 31), ms(2026, 3, 28), ms(2026, 10, 24)):
        shown = [home.register_wh(begin + n * QUARTER_MS) for n in range(3 * 96)]
        assert shown == sorted(shown)
        assert max(after - before for before, after in pairwise(shown)) < 500


def test_a_year_is_what_it_should_be(home: Household) -> None:
    """A year's readings add up to the year's consumption."""
    assert home.register_wh(ms(2026, 1, 1)) - home.register_wh(ms(2025, 1, 1)) == pytest.approx(3_300_000, abs=500)


def test_evening_is_more_than_night(home: Household) -> None:
    """It follows the standard household: little at night, most in the evening."""
    assert home.power_w(ms(2026, 11, 24, 19)) > 3 * home.power_w(ms(2026, 11, 24, 3))


def test_days_differ_as_in_one_household(home: Household) -> None:
    """No two weekdays of a month are alike; no day is unusual by the rule of alarms, 3 times the others' median."""
    days = [ms(2026, 11, day) for day in range(2, 28)]
    used = [home.register_wh(begin + DAY_MS) - home.register_wh(begin) for begin in days]
    assert max(used) > 1.2 * min(used) and max(used) < 2 * min(used)
    assert Household.of(2_400_000, ZONE, (2026,)).power_w(days[0]) / 2_400 != home.power_w(days[0]) / 3_300


def test_spike_makes_the_day(home: Household) -> None:
    """The day of the spike adds up to 40.2 kWh, the excess all between 17 and 20 h; other days stay as they were."""
    day = datetime(2026, 11, 23, tzinfo=ZONE)
    spiky = home.with_spike_on(day, 40_200)
    begin = round(day.timestamp() * 1000)
    assert spiky.register_wh(begin + DAY_MS) - spiky.register_wh(begin) == pytest.approx(40_200, abs=2)
    assert spiky.power_w(ms(2026, 11, 23, 18)) > 8_000
    for hour in (16, 20):
        assert spiky.power_w(ms(2026, 11, 23, hour, 5)) == home.power_w(ms(2026, 11, 23, hour, 5))
    after = begin + DAY_MS
    assert spiky.register_wh(after + DAY_MS) - spiky.register_wh(after) == pytest.approx(
        home.register_wh(after + DAY_MS) - home.register_wh(after), abs=2
    )


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25), (2025, 12, 31)])
def test_a_spike_makes_its_day_whatever_the_clocks_do(home: Household, day: tuple[int, int, int]) -> None:
    """A day of 23 hours or of 25, and a year's last one, add up to 40.2 kWh from midnight to midnight."""
    begin = datetime(*day, tzinfo=ZONE)
    start, end = (round(at.timestamp() * 1000) for at in (begin, begin + timedelta(days=1)))
    spiky = home.with_spike_on(begin, 40_200)
    assert spiky.register_wh(end) - spiky.register_wh(start) == pytest.approx(40_200, abs=2)


def test_a_roof_stops_the_meter_at_noon_and_never_turns_it_back(home: Household) -> None:
    """With solar panels the register stands still at noon, never falls, and adds up to the year."""
    sunny = Household.of(3_300_000, ZONE, (2025, 2026), 8.0)
    for begin in (ms(2025, 12, 31), ms(2026, 3, 28), ms(2026, 6, 20), ms(2026, 10, 24)):
        shown = [sunny.register_wh(begin + n * QUARTER_MS) for n in range(3 * 96)]
        assert shown == sorted(shown)
        assert max(after - before for before, after in pairwise(shown)) < 1_000
    noon = [sunny.power_w(ms(2026, 6, day, 12)) for day in range(1, 31)]
    assert min(noon) == 0 and noon.count(0) > 15
    assert all(sunny.power_w(ms(2026, 6, day, 23)) > home.power_w(ms(2026, 6, day, 23)) for day in range(1, 31))
    assert sunny.register_wh(ms(2026, 1, 1)) - sunny.register_wh(ms(2025, 1, 1)) == pytest.approx(3_300_000, abs=500)
    behind_a_roof.cache_clear()
    assert Household.of(3_300_000, ZONE, (2025, 2026), 8.0) == sunny


def test_spike_by_itself() -> None:
    """A spike draws evenly while it runs, and nothing before or after."""
    spike = Spike(1_000, 1_000 + 4 * QUARTER_MS, 2_000)
    assert [spike.power_w(at) for at in (999, 1_000, 1_000 + 4 * QUARTER_MS)] == [0, 2_000, 0]
    assert [spike.used_wh(at) for at in (0, 1_000 + 2 * QUARTER_MS, 10**9)] == [0, 1_000, 2_000]


def test_day_length_of_the_year_does_not_matter() -> None:
    """The moment before the year ends has a power of its own."""
    home = Household.of(1_000_000, ZONE, (2024,))
    assert home.power_w(ms(2025, 1, 1) - 1 - int(timedelta(minutes=1).total_seconds() * 1000)) > 0


def test_a_holiday_is_less_and_never_backwards(home: Household) -> None:
    """While nobody is at home the meter counts that much less of the usual, never backwards, and then as before."""
    start, end = ms(2026, 11, 9), ms(2026, 11, 16)
    away = replace(home, holiday=Absence(start, end, 0.85))
    shown = [away.register_wh(start - DAY_MS + n * QUARTER_MS) for n in range(9 * 96)]
    assert shown == sorted(shown)
    usual = home.register_wh(end) - home.register_wh(start)
    assert away.register_wh(end) - away.register_wh(start) == pytest.approx(0.15 * usual, abs=2)
    assert away.power_w(start + DAY_MS) == pytest.approx(0.15 * home.power_w(start + DAY_MS), abs=1)
    assert away.register_wh(end + DAY_MS) - away.register_wh(end) == pytest.approx(
        home.register_wh(end + DAY_MS) - home.register_wh(end), abs=2
    )
    assert away.power_w(end) == home.power_w(end)
