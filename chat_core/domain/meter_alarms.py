"""
Decide when a meter raises an alarm: unusual use, use above a limit, silence, or opening.
One rule says what is unusual, for the alarm and for charts. Pure decisions; touches nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from chat_core.domain.time_steps import HOUR_MS

LEARNED_DAYS: Final = 28  # how far back the band of an hour is learned from
LEARNED_AT_LEAST: Final = 7  # of those days, or there is no band yet
SAME_MS: Final = 3 * HOUR_MS  # what comes back within it is the same event
SPREAD: Final = 4.4478  # three standard deviations of a normal spread, by its median deviation (3 × 1.4826)
REGULAR_HOURS: Final = 24  # with energy in the last week, or a silence says nothing


class AlarmKind(StrEnum):
    """Name an alarm's cause."""

    USUAL = "usual"
    LIMIT = "limit"
    SILENT = "silent"
    TAMPER = "tamper"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An event of one meter: from `since`, last seen at `last`; `wh` is what was used, `usual_wh` what is usual."""

    kind: AlarmKind
    since: int
    last: int
    wh: int = 0
    usual_wh: int = 0


class Use(NamedTuple):
    """Compare an hour's or a day's energy with the usual; `usual_wh` None: too little is known yet."""

    usual_wh: int | None
    unusual: bool


def days_before(begin_ms: int, zone: ZoneInfo) -> list[int]:
    """
    Return the same time of day on each of the 28 days before, the nearest first, through the clock's changes.

    Two changes of a zone's clocks always lie further apart than that.
    """
    local = datetime.fromtimestamp(begin_ms / 1000, UTC).astimezone(zone)
    if (local - timedelta(days=LEARNED_DAYS)).utcoffset() == local.utcoffset():
        return [begin_ms - days * 24 * HOUR_MS for days in range(1, LEARNED_DAYS + 1)]
    before = [local - timedelta(days=days) for days in range(1, LEARNED_DAYS + 1)]
    return [round(moment.timestamp() * 1000) for moment in before]


def judge_use(wh: int, learned: Sequence[int], *, times: float | None, at_least_wh: int) -> Use:
    """
    Return what is usual, and whether this is far above it: the one rule for the alarm and for charts.

    Args: learned: of the same time of day on the days before; times: how many times the usual is still usual, None asks
        for no band; at_least_wh: less above the usual is no news.
    """
    if len(learned) < LEARNED_AT_LEAST:
        return Use(None, unusual=False)
    usual = median(learned)
    far = times is not None and wh - usual >= at_least_wh and wh > (most_usual(learned, times) or 0)
    return Use(round(usual), far)


def judge_all(
    wh_of: Mapping[int, int], begins: Sequence[int], zone: ZoneInfo, *, times: float | None, at_least_wh: int
) -> list[Use]:
    """Return what each of the hours, or days, is beside the same on the 28 days before. Args: wh_of: by begin."""
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
    """
    The upper end of the band of an hour, from what the meter used in that hour on the days before.

    Args: times: how many times the usual is still usual. None: too little is known yet.
    """
    if len(learned) < LEARNED_AT_LEAST:
        return None
    usual = median(learned)
    spread = median(abs(wh - usual) for wh in learned)
    return round(max(usual * times, usual + SPREAD * spread))


def judge_hour(
    hour: int, wh: int, learned: Sequence[int], *, times: float | None, at_least_wh: int, limit_wh: int | None
) -> Alarm | None:
    """
    Return what an hour's energy says.

    Args: learned: the same hour's on the days before; times: None asks for no band; at_least_wh: less above the usual
        is no news; limit_wh: None for no limit.
    """
    if limit_wh is not None and wh > limit_wh:
        return Alarm(AlarmKind.LIMIT, hour, hour, wh, limit_wh)
    use = judge_use(wh, learned, times=times, at_least_wh=at_least_wh)
    return Alarm(AlarmKind.USUAL, hour, hour, wh, use.usual_wh or 0) if use.unusual else None


def judge_silence(last_at: int, hours_used: int, now_ms: int, silent_ms: int) -> Alarm | None:
    """Return what a silence says. Args: hours_used: in the week before its last reading."""
    if now_ms - last_at < silent_ms or hours_used < REGULAR_HOURS:
        return None
    return Alarm(AlarmKind.SILENT, last_at, last_at)


def is_same(known: tuple[int, int] | None, alarm: Alarm) -> bool:
    """Return whether it is the event that was told already. Args: known: its `since` and `last`."""
    if known is None:
        return False
    since, last = known
    if since == alarm.since:
        return True
    # A meter that was heard in between and is silent again is another event; other things may come and go.
    return alarm.kind is not AlarmKind.SILENT and 0 <= alarm.since - last < SAME_MS
