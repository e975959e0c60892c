"""The rule for unusual use, on generated households: 28 ordinary days, and 2 kW that are left on."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chat_core.domain import standard_profile
from chat_core.domain.meter_alarms import LEARNED_DAYS, judge_all, judge_hour
from chat_core.domain.settings import Alarms
from chat_core.domain.time_steps import HOUR_MS

ZONE = ZoneInfo("Europe/Bucharest")
HOUSEHOLDS = 20
LEFT_ON_WH = 2_000
LEFT_ON_HOURS = range(9, 17)
RULE = Alarms()


def household(seed: int, days: int) -> dict[int, int]:
    """Return the energy of each hour: the standard profile, varying by hour, and appliances that run now and then."""
    chance = random.Random(seed)
    year_wh = chance.uniform(1_000_000, 3_500_000)
    midnight = datetime(2026, 1, 12, tzinfo=ZONE)
    used: dict[int, int] = {}
    for day in range(days):
        begin = round((midnight + timedelta(days=day)).timestamp() * 1000)
        runs = {  # hour → Wh: washing machine, dish washer, oven
            chance.randrange(8, 21): chance.uniform(500, 900) * (chance.random() < 0.4),
            chance.randrange(12, 23): chance.uniform(600, 1_000) * (chance.random() < 0.6),
            chance.choice((11, 12, 17, 18, 19)): chance.uniform(500, 1_300) * (chance.random() < 0.3),
        }
        for hour in range(24):
            at = begin + hour * HOUR_MS
            usual = year_wh * standard_profile.share(at, at + HOUR_MS, ZONE)
            used[at] = round(usual * chance.lognormvariate(0, 0.35) + runs.get(hour, 0))
    return used


def unusual(used: dict[int, int], begins: list[int]) -> list[bool]:
    found = judge_all(used, begins, ZONE, times=RULE.times_usual, at_least_wh=RULE.at_least_wh)
    return [use.unusual for use in found]


def test_ordinary_days_are_hardly_ever_unusual() -> None:
    """At most 2 % of the hours of 28 ordinary days are unusual, in each household."""
    shares = []
    for seed in range(HOUSEHOLDS):
        used = household(seed, 2 * LEARNED_DAYS)
        marks = unusual(used, sorted(used)[LEARNED_DAYS * 24 :])
        shares.append(sum(marks) / len(marks))
    assert max(shares) <= 0.02, shares


def test_what_is_left_on_is_unusual_in_each_of_its_hours() -> None:
    """2 kW left on from 9 to 17 o'clock are unusual in all of these hours, in chart and alarm alike."""
    missed = []
    for seed in range(HOUSEHOLDS):
        used = household(seed, LEARNED_DAYS + 1)
        day = sorted(used)[LEARNED_DAYS * 24 :]
        on = [day[hour] for hour in LEFT_ON_HOURS]
        for at in on:
            used[at] += LEFT_ON_WH
        missed += [(seed, at) for at, mark in zip(on, unusual(used, on), strict=True) if not mark]
        for at in on:
            learned = [used[at - days * 24 * HOUR_MS] for days in range(1, LEARNED_DAYS + 1)]
            alarm = judge_hour(
                at, used[at], learned, times=RULE.times_usual, at_least_wh=RULE.at_least_wh, limit_wh=None
            )
            assert (alarm is not None) is ((seed, at) not in missed)
    assert missed == []
