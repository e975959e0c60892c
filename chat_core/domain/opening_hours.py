"""Compute when the desk is open, by its hours and holidays in a time zone."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chat_core.domain.settings import DAYS, FULL_DAY, Hours

LOOK_AHEAD_DAYS: Final = 400  # more than a year of holidays


def spans_of(hours: Hours, day: date, tz: str) -> list[tuple[int, int]]:
    """Return when the desk is open on this day: [from, to) in ms, in order, across clock changes."""
    if hours.week is None or any(holiday.date == day for holiday in hours.holidays):
        return []
    return [(_at(day, begin, tz), _at(day, end, tz)) for begin, end in hours.week.get(DAYS[day.weekday()], [])]


def _at(day: date, clock: str, tz: str) -> int:
    if clock == FULL_DAY:
        day, clock = day + timedelta(days=1), "00:00"
    return round(datetime.combine(day, time.fromisoformat(clock), ZoneInfo(tz)).timestamp() * 1000)


def is_within(hours: Hours, now_ms: int, tz: str) -> bool:
    """Return whether the desk is open now, by its hours."""
    return any(begin <= now_ms < end for begin, end in spans_of(hours, _day_of(now_ms, tz), tz))


def next_change(hours: Hours, now_ms: int, tz: str) -> int | None:
    """Return when the desk next opens or closes, by its hours; None if it has none."""
    return next((moment for span in _spans_from(hours, now_ms, tz) for moment in span if moment > now_ms), None)


def next_opening(hours: Hours, now_ms: int, tz: str) -> int | None:
    """Return when the desk next opens, by its hours; None if it has none, or not within LOOK_AHEAD_DAYS."""
    return next((begin for begin, _ in _spans_from(hours, now_ms, tz) if begin > now_ms), None)


def _spans_from(hours: Hours, now_ms: int, tz: str) -> Iterator[tuple[int, int]]:
    """Yield the hours of today and of the days after."""
    if any((hours.week or {}).values()):
        today = _day_of(now_ms, tz)
        for ahead in range(LOOK_AHEAD_DAYS):
            yield from spans_of(hours, today + timedelta(days=ahead), tz)


def _day_of(now_ms: int, tz: str) -> date:
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(tz)).date()
