"""
Compute which part of a year's energy a standard household uses in a period, by its load profile. Pure.

Source: BDEW's profile H0 with its dynamisation, as demandlib computes them (`h0_dyn`). scripts/standard_profile.py
makes the table defaults/h0.json. Public holidays count as weekdays: they differ by country.
"""

import json
from array import array
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

DAY_QUARTERS: Final = 96
_QUARTER: Final = timedelta(minutes=15)
_MS: Final = timedelta(milliseconds=1)
_KINDS: Final = ("workday",) * 5 + ("saturday", "sunday")


def share(start_ms: int, end_ms: int, zone: ZoneInfo) -> float:
    """
    Return which part of a year's energy a standard household uses in [start, end) of the zone; a year is 1.

    A day of 23 or 25 hours counts proportionally.
    """
    begin = datetime.fromtimestamp(start_ms / 1000, UTC).astimezone(zone).replace(tzinfo=UTC)  # the local time
    end = begin + (end_ms - start_ms) * _MS
    whole_years = end.year - begin.year
    return whole_years + _until(end) - _until(begin)


def _until(local: datetime) -> float:
    """Return which part of its year's energy is used until then."""
    sums = sums_of(local.year)
    quarters = (local - datetime(local.year, 1, 1, tzinfo=UTC)) / _QUARTER
    whole = min(int(quarters), len(sums) - 2)
    return sums[whole] + (sums[whole + 1] - sums[whole]) * (quarters - whole)


@lru_cache(maxsize=8)
def sums_of(year: int) -> "array[float]":
    """Return the year's running sums by quarter of an hour, from 0 to 1."""
    table = json.loads((files("chat_core") / "defaults" / "h0.json").read_text())["quarters"]
    first = date(year, 1, 1)
    values: list[float] = []
    for number in range((date(year + 1, 1, 1) - first).days):
        day = first + timedelta(days=number)
        for quarter, value in enumerate(table[_season(day)][_KINDS[day.weekday()]], start=1):
            values.append(value * _dynamic(number + quarter / DAY_QUARTERS))
    total = sum(values)
    return array("d", accumulate((value / total for value in values), initial=0.0))


def _season(day: date) -> str:
    place = (day.month, day.day)
    if (5, 15) <= place <= (9, 14):
        return "summer"
    return "transition" if (3, 21) <= place <= (10, 31) else "winter"


def _dynamic(day: float) -> float:
    """Return a day's factor within the year; demandlib's first term preserves the year's total."""
    return -3.916649251e-10 * day**4 + 3.2e-7 * day**3 - 7.02e-5 * day**2 + 0.0021 * day + 1.24
