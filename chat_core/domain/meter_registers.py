"""
Compute used energy from a meter's register. Pure arithmetic on whole Wh; touches nothing.

Readings may arrive late, twice or out of order: only their own times count. The energy between two successive ones is

- the rise of the register;
- nothing, after a fall of at most a tenth: a dip (Home Assistant's rule for `total_increasing` sensors);
- the new value, after a larger fall: the register restarted from zero;
- unknown, and counted as nothing, where either exceeds the connection's power: another meter, or a jump. A single
  reading that does not fit between two that fit each other is skipped.

So energy is never negative. It is spread evenly over the time between: by quarters of an hour, or by days across more
than two days.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from chat_core.domain.time_steps import HOUR_MS, QUARTER_MS, begin_of, end_of

MOST_W: Final = 100_000  # default maximum power of a connection: 3 × 145 A at 230 V
GRAIN_WH: Final = 1_000  # registers of whole kWh rise by one at once
DIP: Final = 10  # a fall by at most a tenth
LONG_MS: Final = 48 * HOUR_MS  # beyond it no quarter of an hour is attributed
WILD: Final = (0, 2)  # places in a run of odd stands
AROUND: Final = 8  # stands on either side that a new one can affect: a run's length, and its neighbours


class Stand(NamedTuple):
    """Hold a register's value at an instant."""

    at: int
    wh: int


Segment = tuple[Stand, Stand]


def used(before: Stand, after: Stand, most_w: int = MOST_W) -> int | None:
    """Return the energy between two stands in Wh, never negative; None if it is unknown."""
    if after.wh >= before.wh:
        wh = after.wh - before.wh
    elif (before.wh - after.wh) * DIP <= before.wh:
        return 0
    else:
        wh = after.wh
    return wh if (wh - GRAIN_WH) * HOUR_MS <= most_w * (after.at - before.at) else None


def segments(stands: Sequence[Stand], most_w: int = MOST_W) -> list[Segment]:
    """Return pairs of successive stands, without those to skip. Args: stands: by time, which is unique."""
    good: list[Stand] = []
    run = 0  # number of odd ones right before this one
    for place, stand in enumerate(stands):
        odd = 0 < place < len(stands) - 1 and _is_odd(stands[place - 1], stand, stands[place + 1], most_w)
        # A wild value makes its neighbours odd too: in a run of odd ones the first and the third are wild.
        if not odd or run not in WILD:
            good.append(stand)
        run = run + 1 if odd else 0
    return list(pairwise(good))


def _is_odd(before: Stand, stand: Stand, after: Stand, most_w: int) -> bool:
    """Return whether the stand does not fit between two that fit each other."""
    if after.wh < before.wh or used(before, after, most_w) is None:
        return False
    if stand.wh >= before.wh:
        return used(before, stand, most_w) is None
    is_dip = (before.wh - stand.wh) * DIP <= before.wh
    return is_dip or used(stand, after, most_w) is None


def change(
    before: Sequence[Stand], stand: Stand, after: Sequence[Stand], most_w: int = MOST_W
) -> tuple[list[Segment], list[Segment]]:
    """Return the segments that a new stand removes, and those that it adds. Args: up to AROUND stands on each side."""
    old, new = segments([*before, *after], most_w), segments([*before, stand, *after], most_w)
    kept = set(old) & set(new)
    return [one for one in old if one not in kept], [one for one in new if one not in kept]


class Share(NamedTuple):
    """Hold the energy of one quarter of an hour, or of a whole day."""

    begin: int
    wh: int
    is_day: bool


def shares(segment: Segment, zone: ZoneInfo, most_w: int = MOST_W) -> Iterator[Share]:
    """Yield the segment's energy by interval, or nothing if it is unknown; the shares add up to it."""
    before, after = segment
    wh = used(before, after, most_w)
    if wh is None:
        return
    is_long = after.at - before.at > LONG_MS
    begin = begin_of(before.at, "day" if is_long else "quarter", zone)
    counted = 0
    while begin < after.at:
        end = end_of(begin, "day", zone) if is_long else begin + QUARTER_MS
        so_far = wh * (min(end, after.at) - before.at) // (after.at - before.at)
        yield Share(begin, so_far - counted, is_long)
        counted, begin = so_far, end
