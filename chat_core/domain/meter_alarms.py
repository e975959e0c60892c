"""Decide when a meter raises an alarm: unusual use, use above a limit, silence, or opening. Touches nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from statistics import median
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from chat_core.domain.time_steps import HOUR_MS, begin_of, end_of

LEARNED_DAYS: Final = 28  # before an hour, from which its band is learned
LEARNED_AT_LEAST: Final = 7  # of those days; with fewer there is no band
SAME_MS: Final = 3 * HOUR_MS  # an alarm that recurs within it is the same event
SPREAD: Final = 4.4478  # median deviations in three standard deviations of a normal distribution (3 × 1.4826)
GRACE_MS: Final = 20 * 60_000  # for others in the area, before one silence is told alone
WATCHED_HOURS: Final = 24  # after a resolution
WATCHED_AT_LEAST: Final = 20  # of those hours; with fewer nothing is said
REGULAR_HOURS: Final = 24  # with energy in the last week; with fewer a silence is normal


class AlarmKind(StrEnum):
    """Name an alarm's cause."""

    USUAL = "usual"
    LIMIT = "limit"
    SILENT = "silent"
    TAMPER = "tamper"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Describe an event of one meter, from `since` to `last`, with the energy used and the usual one."""

    kind: AlarmKind
    since: int
    last: int
    wh: int = 0
    usual_wh: int = 0


class UseAfter(IntEnum):
    """Say what the use was in the day after a question about it was resolved."""

    UNKNOWN = -1
    UNUSUAL = 0
    USUAL = 1


class Use(NamedTuple):
    """Compare the energy of an hour or a day with the usual; `usual_wh` None: too few days are known."""

    usual_wh: int | None
    unusual: bool


def days_before(begin_ms: int, zone: ZoneInfo) -> list[int]:
    """Return the same time of day on each of the 28 days before, nearest first, across clock changes."""
    local = datetime.fromtimestamp(begin_ms / 1000, UTC).astimezone(zone)
    # Two clock changes of a zone are always more than 28 days apart.
    if (local - timedelta(days=LEARNED_DAYS)).utcoffset() == local.utcoffset():
        return [begin_ms - days * 24 * HOUR_MS for days in range(1, LEARNED_DAYS + 1)]
    before = [local - timedelta(days=days) for days in range(1, LEARNED_DAYS + 1)]
    return [round(moment.timestamp() * 1000) for moment in before]


def judge_use(wh: int, learned: Sequence[int], *, times: float | None, at_least_wh: int) -> Use:
    """
    Return what is usual, and whether `wh` is far above it: one rule for alarms and charts.

    Args: learned: the energy at the same time on the days before; times: how many times the usual is still usual, None
        for no band; at_least_wh: a smaller excess is never unusual.
    """
    if len(learned) < LEARNED_AT_LEAST:
        return Use(None, unusual=False)
    usual = median(learned)
    far = times is not None and wh - usual >= at_least_wh and wh > (most_usual(learned, times) or 0)
    return Use(round(usual), far)


def judge_all(
    wh_of: Mapping[int, int], begins: Sequence[int], zone: ZoneInfo, *, times: float | None, at_least_wh: int
) -> list[Use]:
    """Return `judge_use` of each hour, or day, against the 28 days before. Args: wh_of: by begin."""
    return [
        judge_use(
            wh_of[begin],
            [wh_of[day] for day in days_before(begin, zone) if day in wh_of],
            times=times,
            at_least_wh=at_least_wh,
        )
        for begin in begins
    ]


def most_usual(learned: Sequence[int], times: float) -> int | None:
    """Return the upper bound of the usual, or None for too few days. Args: as of `judge_use`."""
    if len(learned) < LEARNED_AT_LEAST:
        return None
    usual = median(learned)
    spread = median(abs(wh - usual) for wh in learned)
    return round(max(usual * times, usual + SPREAD * spread))


def judge_hour(
    hour: int, wh: int, learned: Sequence[int], *, times: float | None, at_least_wh: int, limit_wh: int | None
) -> Alarm | None:
    """Return the alarm of an hour's energy, if any. Args: limit_wh: None for no limit; others as of `judge_use`."""
    if limit_wh is not None and wh > limit_wh:
        return Alarm(AlarmKind.LIMIT, hour, hour, wh, limit_wh)
    use = judge_use(wh, learned, times=times, at_least_wh=at_least_wh)
    return Alarm(AlarmKind.USUAL, hour, hour, wh, use.usual_wh or 0) if use.unusual else None


def hours_after(resolved_ms: int, zone: ZoneInfo) -> list[int]:
    """Return the begins of the full hours after a resolution that tell whether the use went back to usual."""
    first = end_of(begin_of(resolved_ms, "hour", zone), "hour", zone)
    return [first + n * HOUR_MS for n in range(WATCHED_HOURS)]


def judge_after(
    wh_of: Mapping[int, int], begins: Sequence[int], zone: ZoneInfo, *, times: float | None, at_least_wh: int
) -> UseAfter:
    """Return whether none of the hours was unusual, by the rule of alarms and charts. Args: as of `judge_all`."""
    known = [begin for begin in begins if begin in wh_of]
    uses = judge_all(wh_of, known, zone, times=times, at_least_wh=at_least_wh)
    if any(use.unusual for use in uses):
        return UseAfter.UNUSUAL
    return UseAfter.USUAL if sum(use.usual_wh is not None for use in uses) >= WATCHED_AT_LEAST else UseAfter.UNKNOWN


def judge_silence(last_at: int, hours_used: int, now_ms: int, silent_ms: int) -> Alarm | None:
    """Return the alarm of a silence, if any. Args: hours_used: in the week before its last reading."""
    if now_ms - last_at < silent_ms or hours_used < REGULAR_HOURS:
        return None
    return Alarm(AlarmKind.SILENT, last_at, last_at)


def find_events(
    hours: Mapping[int, int],
    begins: Sequence[int],
    zone: ZoneInfo,
    *,
    times: float | None,
    at_least_wh: int,
    limit_wh: int | None,
) -> list[Alarm]:
    """
    Return the events of use in these hours, in order, as they would be told.

    Args: hours: what was used, by the begin of the hour; others as of `judge_hour`.
    """
    events: dict[AlarmKind, list[Alarm]] = {AlarmKind.USUAL: [], AlarmKind.LIMIT: []}
    for hour in begins:
        wh = hours[hour]
        if wh < at_least_wh and (limit_wh is None or wh <= limit_wh):
            continue  # cannot be an alarm; most hours are such
        learned = [hours[day] for day in days_before(hour, zone) if day in hours]
        alarm = judge_hour(hour, wh, learned, times=times, at_least_wh=at_least_wh, limit_wh=limit_wh)
        if alarm is None:
            continue
        told = events[alarm.kind]
        if told and is_same((told[-1].since, told[-1].last), alarm):
            told[-1] = replace(told[-1], last=alarm.last)
        else:
            told.append(alarm)
    return sorted((*events[AlarmKind.USUAL], *events[AlarmKind.LIMIT]), key=lambda alarm: alarm.since)


def find_silences(hours: Mapping[int, int], pauses: Sequence[tuple[int, int]], silent_ms: int) -> list[Alarm]:
    """Return the silences that would be told. Args: pauses: from a last reading to the next one, or to now."""
    found = []
    for last_at, next_at in pauses:
        used = sum(1 for at in hours if last_at - 7 * 24 * HOUR_MS - HOUR_MS <= at < last_at)
        silence = judge_silence(last_at, used, next_at - GRACE_MS, silent_ms)
        if silence is not None:
            found.append(silence)
    return found


def is_same(known: tuple[int, int] | None, alarm: Alarm) -> bool:
    """Return whether the event was reported before. Args: known: the reported `since` and `last`."""
    if known is None:
        return False
    since, last = known
    if since == alarm.since:
        return True
    # A meter that sent in between and is silent again is another event; other alarms may recur.
    return alarm.kind is not AlarmKind.SILENT and 0 <= alarm.since - last < SAME_MS
