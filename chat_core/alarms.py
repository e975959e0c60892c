"""
When a meter is worth a word: what it uses is out of its usual band or above a limit, it is silent, or it was opened.
Pure decisions; touches nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from chat_core.steps import HOUR_MS

LEARNED_DAYS: Final = 28  # how far back the band of an hour is learned from
LEARNED_AT_LEAST: Final = 7  # of those days, or there is no band yet
SAME_MS: Final = 3 * HOUR_MS  # what comes back within it is the same event
SPREAD: Final = 4.4478  # three standard deviations of a normal spread, by its median deviation (3 × 1.4826)
REGULAR_HOURS: Final = 24  # with energy in the last week, or a silence says nothing


class AlarmKind(StrEnum):
    """What is wrong."""

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
    What an hour's energy says.

    Args: learned: the same hour's on the days before; times: None asks for no band; at_least_wh: less above the usual
        is no news; limit_wh: None for no limit.
    """
    if limit_wh is not None and wh > limit_wh:
        return Alarm(AlarmKind.LIMIT, hour, hour, wh, limit_wh)
    most = most_usual(learned, times) if times is not None else None
    if most is None or wh <= most or wh - median(learned) < at_least_wh:
        return None
    return Alarm(AlarmKind.USUAL, hour, hour, wh, round(median(learned)))


def judge_silence(last_at: int, hours_used: int, now_ms: int, silent_ms: int) -> Alarm | None:
    """What a silence says. Args: hours_used: in the week before its last reading."""
    if now_ms - last_at < silent_ms or hours_used < REGULAR_HOURS:
        return None
    return Alarm(AlarmKind.SILENT, last_at, last_at)


def is_same(known: tuple[int, int] | None, alarm: Alarm) -> bool:
    """Whether it is the event that was told already. Args: known: its `since` and `last`."""
    if known is None:
        return False
    since, last = known
    if since == alarm.since:
        return True
    # A meter that was heard in between and is silent again is another event; other things may come and go.
    return alarm.kind is not AlarmKind.SILENT and 0 <= alarm.since - last < SAME_MS
