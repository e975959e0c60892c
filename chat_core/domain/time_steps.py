"""
Split time into quarters, hours, days and months of a time zone, through every change of the clocks. Pure.

A step is [begin, end) in milliseconds since the epoch. Days and months begin at their first local midnight, or, where
the clocks skip it, at the moment of the skip; a repeated hour is two hours. Moments lie between 1970 and
`fields.MAX_DATE_MS`.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

Step = Literal["minute", "quarter", "hour", "day", "month"]

MINUTE_MS: Final = 60_000
QUARTER_MS: Final = 15 * MINUTE_MS
HOUR_MS: Final = 4 * QUARTER_MS
FIXED_MS: Final[dict[Step, int]] = {"minute": MINUTE_MS, "quarter": QUARTER_MS}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def begin_of(at_ms: int, step: Step, zone: ZoneInfo) -> int:
    """Return the begin of the step that contains the moment."""
    fixed = FIXED_MS.get(step)
    if fixed is not None:
        return at_ms - at_ms % fixed
    return begins(at_ms - at_ms % QUARTER_MS, zone)[_PLACE[step]]


def end_of(begin_ms: int, step: Step, zone: ZoneInfo) -> int:
    """Return the end of the step that begins then. Args: begin_ms: from `begin_of`."""
    fixed = FIXED_MS.get(step)
    if fixed is not None:
        return begin_ms + fixed
    # Go past the longest possible step, then back to the begin of the next one.
    beyond = begin_ms + {"hour": HOUR_MS, "day": 30 * HOUR_MS, "month": 32 * 24 * HOUR_MS}[step]
    after = begin_of(beyond, step, zone)
    while after <= begin_ms:  # a longer hour: some zones set clocks back by less than an hour
        beyond += QUARTER_MS
        after = begin_of(beyond, step, zone)
    return after


_PLACE: Final = {"hour": 0, "day": 1, "month": 2}


@lru_cache(maxsize=65_536)
def begins(quarter_ms: int, zone: ZoneInfo) -> tuple[int, int, int]:
    """Return the begins of the hour, the day and the month that contain the quarter of an hour."""
    local = (_EPOCH + timedelta(milliseconds=quarter_ms)).astimezone(zone)
    hour = local.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0, fold=0)
    return _ms(hour), _ms(day), _ms(day.replace(day=1))


def _ms(local: datetime) -> int:
    return (local.astimezone(UTC) - _EPOCH) // _MS
