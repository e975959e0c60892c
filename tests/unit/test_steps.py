"""Quarters, hours, days and months, through changes of the clocks."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_core.domain.time_steps import HOUR_MS, Step, begin_of, end_of


def ms(zone: str, *when: int, fold: int = 0) -> int:
    return round(datetime(*when, tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)  # type: ignore[misc,arg-type]  # a date's parts


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Bucharest", (2026, 3, 29), 23),
        ("Europe/Bucharest", (2026, 10, 25), 25),
        ("Europe/Bucharest", (2026, 11, 24), 24),
        ("Africa/Cairo", (2024, 4, 26), 23),  # the clocks skip midnight itself
        ("America/Havana", (2024, 11, 3), 25),  # midnight comes twice
        ("Australia/Lord_Howe", (2024, 10, 6), 23.5),
        ("Asia/Kathmandu", (2026, 5, 1), 24),  # 5:45 off
    ],
)
def test_days_have_their_length(zone: str, day: tuple[int, int, int], hours: float) -> None:
    """A day lasts from its midnight to the next, 23 or 25 hours where the clocks change; its hours fill it."""
    place = ZoneInfo(zone)
    begin = begin_of(ms(zone, *day, 12), "day", place)
    end = end_of(begin, "day", place)
    assert (end - begin) / HOUR_MS == hours
    assert datetime.fromtimestamp(begin / 1000, UTC).astimezone(place).date() == date(*day)
    at, count = begin, 0
    while at < end:
        assert begin_of(at, "hour", place) == at
        assert begin_of(at + HOUR_MS // 4, "day", place) == begin
        at, count = end_of(at, "hour", place), count + 1
    assert at == end
    assert count in (int(hours), int(hours) + 1)


def test_an_hour_that_comes_twice_is_two() -> None:
    """On the night when clocks go back, three o'clock in Bucharest begins twice, an hour apart."""
    zone = ZoneInfo("Europe/Bucharest")
    first, second = (ms("Europe/Bucharest", 2026, 10, 25, 3, 30, fold=fold) for fold in (0, 1))
    assert begin_of(second, "hour", zone) - begin_of(first, "hour", zone) == HOUR_MS
    assert begin_of(first, "day", zone) == begin_of(second, "day", zone)


@given(
    st.integers(0, 4_000_000_000_000),
    st.sampled_from(("minute", "quarter", "hour", "day", "month")),
    st.sampled_from(
        ("Europe/Bucharest", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
    ),
)
def test_every_moment_lies_in_one_step(at_ms: int, step: Step, zone: str) -> None:
    """A step holds each of its moments, begins where it says, and the next one begins where it ends."""
    place = ZoneInfo(zone)
    begin = begin_of(at_ms, step, place)
    end = end_of(begin, step, place)
    assert begin <= at_ms < end
    assert begin_of(begin, step, place) == begin
    assert begin_of(end - 1, step, place) == begin
    assert begin_of(end, step, place) == end
