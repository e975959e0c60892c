"""The rule for unusual use, on generated households: 28 ordinary days, and 2 kW that are left on."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chat_core.domain import standard_profile
from chat_core.domain.meter_alarms import (
    GRACE_MS,
    LEARNED_DAYS,
    days_before,
    find_events,
    find_silences,
    judge_all,
    judge_hour,
)
from chat_core.domain.settings import Alarms
from chat_core.domain.time_steps import HOUR_MS

ZONE = ZoneInfo("Europe/Bucharest")
HOUSEHOLDS = 20
LEFT_ON_WH = 2_000
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
    """2 kW left on all day are unusual in each hour, in chart and alarm alike, and one event in the preview."""
    for seed in range(HOUSEHOLDS):
        used = household(seed, LEARNED_DAYS + 1)
        day = sorted(used)[LEARNED_DAYS * 24 :]
        for at in day:
            used[at] += LEFT_ON_WH
        assert all(unusual(used, day)), seed
        times, least = RULE.times_usual, RULE.at_least_wh
        for at in day:
            learned = [used[before] for before in days_before(at, ZONE)]
            assert judge_hour(at, used[at], learned, times=times, at_least_wh=least, limit_wh=None) is not None
        (event,) = find_events(used, day, ZONE, times=times, at_least_wh=least, limit_wh=None)
        assert (event.since, event.last) == (day[0], day[-1])


def test_silences_are_told_as_the_alarm_tells_them() -> None:
    """A pause of a regular meter that is long enough, with the time for others, is a silence; others are not."""
    hours = {n * HOUR_MS: 300 for n in range(48)}
    last = 48 * HOUR_MS
    long, short = (last, last + 3 * HOUR_MS + GRACE_MS), (last, last + 3 * HOUR_MS + GRACE_MS - 1)
    assert [silence.since for silence in find_silences(hours, [long, short], 3 * HOUR_MS)] == [last]
    assert find_silences({0: 1}, [long], 3 * HOUR_MS) == []
