"""
Compute a household's meter register and power at any moment, from a standard load profile.

Source: chat_core/domain/standard_profile.py, in standard time all year.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final, Self
from zoneinfo import ZoneInfo

from chat_core.domain.standard_profile import sums_of

QUARTER_MS: Final = 15 * 60_000
HOUR_MS: Final = 4 * QUARTER_MS
FIRST_YEAR: Final = 2_020  # when all these meters stood at zero
DAYS_DIFFER: Final = 0.2  # a household's day from its mean, at most
TIMES_DIFFER: Final = 0.25  # two hours of a day from the profile's, besides
LATITUDE: Final = math.radians(45.0)
TILT: Final = math.radians(23.45)  # of the earth's axis


@dataclass(frozen=True, slots=True)
class Spike:
    """Describe what ran once: so much energy, evenly, from start to end."""

    start_ms: int
    end_ms: int
    wh: int

    def used_wh(self, at_ms: int) -> float:
        share = (at_ms - self.start_ms) / (self.end_ms - self.start_ms)
        return self.wh * min(1.0, max(0.0, share))

    def power_w(self, at_ms: int) -> float:
        runs = self.start_ms <= at_ms < self.end_ms
        return self.wh * HOUR_MS / (self.end_ms - self.start_ms) if runs else 0.0


@dataclass(frozen=True, slots=True)
class Absence:
    """Describe a time with less than usual use."""

    start_ms: int
    end_ms: int
    less: float  # 0 to 1


@lru_cache
def profile_of(year: int, number: int) -> tuple[float, ...]:
    """
    Return a year's energy over its quarters of an hour, as running sums from 0 to 1.

    The profile is the mean of many households, and each of its days is like the next. In one household they differ.
    Args: number: of the household; each call with it returns the same.
    """
    power = [after - before for before, after in pairwise(sums_of(year))]
    chance = random.Random(f"{year} {number}")
    for first in range(0, len(power), 96):
        day = chance.uniform(1 - DAYS_DIFFER, 1 + DAYS_DIFFER)
        for begin in range(first, first + 96, 8):
            times = day * chance.uniform(1 - TIMES_DIFFER, 1 + TIMES_DIFFER)
            power[begin : begin + 8] = [quarter * times for quarter in power[begin : begin + 8]]
    total = sum(power)
    return (0.0, *accumulate(quarter / total for quarter in power))


def sunlight(year: int) -> tuple[float, ...]:
    """
    Return a roof's production in each quarter of an hour of a year, as a share of its maximum.

    It follows from the sun's height and from clouds that change daily; each call returns the same.
    """
    skies = random.Random(year)
    quarters: list[float] = []
    for day in range((datetime(year + 1, 1, 1, tzinfo=UTC) - datetime(year, 1, 1, tzinfo=UTC)).days):
        declination = TILT * math.sin(2 * math.pi * (284 + day + 1) / 365)
        sky = skies.uniform(0.15, 1.0)
        for quarter in range(96):
            hour_angle = math.pi * (quarter + 0.5 - 48) / 48
            height = math.sin(LATITUDE) * math.sin(declination)
            height += math.cos(LATITUDE) * math.cos(declination) * math.cos(hour_angle)
            quarters.append(sky * max(0.0, height))
    return tuple(quarters)


@lru_cache
def behind_a_roof(year: int, number: int, roof: float) -> tuple[float, ...]:
    """
    Return the running sums of a meter that counts only what its own roof does not cover.

    Args: number: as of `profile_of`; roof: the roof's maximum, in times of the household's mean power.
    """
    sums = profile_of(year, number)
    most = roof / (len(sums) - 1)
    used = [
        max(0.0, after - before - most * sun)
        for before, after, sun in zip(sums, sums[1:], sunlight(year), strict=False)
    ]
    total = sum(used)
    return (0.0, *accumulate(quarter / total for quarter in used))


@dataclass(frozen=True, slots=True)
class Household:
    """Describe one meter that counts `year_wh` in a year."""

    year_wh: int
    offset: timedelta  # standard time's
    shares: Mapping[int, Sequence[float]]  # by year
    spike: Spike | None = None
    holiday: Absence | None = None

    @classmethod
    def of(cls, year_wh: int, zone: ZoneInfo, years: Sequence[int], roof: float = 0.0) -> Self:
        """
        Return a household in that time zone, for readings in these years.

        Args: roof: its solar panels' maximum, in times of its mean power; 0 for none.
        """
        winter = datetime(max(years), 1, 1, tzinfo=zone).utcoffset() or timedelta()
        shares = {year: behind_a_roof(year, year_wh, roof) if roof else profile_of(year, year_wh) for year in years}
        return cls(year_wh, winter, shares)

    def with_spike_on(self, day: datetime, total_wh: int) -> Self:
        """
        Return the household with that total use on this day, the rest from 17 to 20 h.

        Args: day: midnight of the day, with its time zone.
        """
        start, end = (round(day.replace(hour=hour).timestamp() * 1000) for hour in (17, 20))
        # The next midnight by the clock on the wall: the day may have 23 hours, or 25.
        midnight, next_midnight = (round(at.timestamp() * 1000) for at in (day, day + timedelta(days=1)))
        usual = self.register_wh(next_midnight) - self.register_wh(midnight)
        return replace(self, spike=Spike(start, end, max(0, total_wh - usual)))

    def register_wh(self, at_ms: int) -> int:
        counted = self._usual_wh(at_ms)
        if self.holiday is not None and at_ms > self.holiday.start_ms:
            away_until = min(at_ms, self.holiday.end_ms)
            counted -= self.holiday.less * (self._usual_wh(away_until) - self._usual_wh(self.holiday.start_ms))
        return int(counted + (self.spike.used_wh(at_ms) if self.spike else 0))

    def _usual_wh(self, at_ms: int) -> float:
        year, before, after, part = self._quarter(at_ms)
        return self.year_wh * (year - FIRST_YEAR + before + (after - before) * part)

    def power_w(self, at_ms: int) -> int:
        """Return the power, averaged over the current quarter of an hour."""
        _, before, after, _ = self._quarter(at_ms)
        usual = self.year_wh * (after - before) * 4
        if self.holiday is not None and self.holiday.start_ms <= at_ms < self.holiday.end_ms:
            usual *= 1 - self.holiday.less
        return round(usual + (self.spike.power_w(at_ms) if self.spike else 0))

    def _quarter(self, at_ms: int) -> tuple[int, float, float, float]:
        """Return the year, its shares before and after the quarter of an hour, and how much of that has passed."""
        local = datetime.fromtimestamp(at_ms / 1000, UTC) + self.offset
        quarters = (local - datetime(local.year, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=QUARTER_MS)
        shares = self.shares[local.year]
        whole = min(int(quarters), len(shares) - 2)
        return local.year, shares[whole], shares[whole + 1], quarters - whole
