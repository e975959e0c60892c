"""Say when the desk is there, by its hours and holidays in a time zone."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chat_core.domain.settings import FULL_DAY, Day, Hours

LOOK_AHEAD_DAYS: Final = 400  # further off than a year of holidays nobody waits


def spans_of(hours: Hours, day: date, tz: str) -> list[tuple[int, int]]:
    """Return when the desk is there on this day: [from, to) in ms, in order; the clock's changes taken into account."""
    if hours.week is None or any(holiday.date == day for holiday in hours.holidays):
        return []
    return [(_at(day, begin, tz), _at(day, end, tz)) for begin, end in hours.week.get(_day_name(day), [])]


def _day_name(day: date) -> Day:
    names: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return names[day.weekday()]


def _at(day: date, clock: str, tz: str) -> int:
    if clock == FULL_DAY:
        day, clock = day + timedelta(days=1), "00:00"
    return round(datetime.combine(day, time.fromisoformat(clock), ZoneInfo(tz)).timestamp() * 1000)


def is_within(hours: Hours, now_ms: int, tz: str) -> bool:
    """Return whether the desk is there now, by its hours."""
    return any(begin <= now_ms < end for begin, end in spans_of(hours, _day_of(now_ms, tz), tz))


def next_change(hours: Hours, now_ms: int, tz: str) -> int | None:
    """Return when the desk next opens or closes, by its hours; None where it has none."""
    return _first(hours, now_ms, tz, openings_only=False)


def next_opening(hours: Hours, now_ms: int, tz: str) -> int | None:
    """Return when the desk next opens, by its hours; None where it has none, or none within a year."""
    return _first(hours, now_ms, tz, openings_only=True)


def _first(hours: Hours, now_ms: int, tz: str, *, openings_only: bool) -> int | None:
    if not any((hours.week or {}).values()):
        return None
    today = _day_of(now_ms, tz)
    for ahead in range(LOOK_AHEAD_DAYS):
        for begin, end in spans_of(hours, today + timedelta(days=ahead), tz):
            for moment in (begin,) if openings_only else (begin, end):
                if moment > now_ms:
                    return moment
    return None


def _day_of(now_ms: int, tz: str) -> date:
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(tz)).date()
