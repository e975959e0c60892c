"""
Limit each sender's rate with token buckets. The clock is an argument.

The bridge alone counts rates (docs/contract.md#refusals-and-rates), after looking up the id. All guests together have a
rate too, shared equally by those who send now.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bridge.pipeline.undo import Undoable
from chat_core.contract.ids import Role, is_guest, is_id, role_of
from chat_core.runtime.config import Rate

DESK_FACTOR: Final = 20  # agents, bots, services and meters
MARKERS_FACTOR: Final = 0.5  # a screen sends at most four a second
DESK_MARKERS_FACTOR: Final = 20  # a bot reads many conversations at once
REPEATS_FACTOR: Final = 5  # of what is stored already
REPEATS_BURST: Final = 40  # a bulk sender repeats what was in flight
READINGS_FACTOR: Final = 20  # of all of a client's meters: months are sent at once
PRESENCE_BURST: Final = 2  # all of one person's connections (conversation.MAX_CONNECTIONS)
PRESENCE_FACTOR: Final = 0.2  # then a few a second: every board gets each change
GUEST_BURST: Final = 0.2  # of a client's burst
LEAST_BURST: Final = 10  # of a guest, however many there are
SWEEP_EVERY_S: Final = 0.5
AWAY_S: Final = 2 * 3_600.0  # the longest time without a bridge that is made good
LATE_S: Final = 600.0  # how long messages of that time may still arrive
TINY: Final = 1e-9  # rounding errors
# Refusals sent to one sender; beyond them it is not read. A bulk sender gets some fifty before its last is stored.
REFUSALS: Final = Rate(5, 100)
GUEST_REFUSALS: Final = Rate(1, 10)  # anybody can become many guests


class RateClass(StrEnum):
    """Name a rate class; each has its own bucket, so that markers never cost messages."""

    WORDS = "words"
    MARKERS = "markers"
    REPEATS = "repeats"
    READINGS = "readings"
    PRESENCE = "presence"


# Factors of the configured rate and burst.
_CLIENT: Final[Mapping[RateClass, tuple[float, float]]] = {
    RateClass.WORDS: (1, 1),
    RateClass.MARKERS: (MARKERS_FACTOR, 1),
    RateClass.REPEATS: (REPEATS_FACTOR, REPEATS_BURST),
    RateClass.READINGS: (READINGS_FACTOR, READINGS_FACTOR),
    RateClass.PRESENCE: (PRESENCE_FACTOR, PRESENCE_BURST),
}
_DESK: Final[Mapping[RateClass, tuple[float, float]]] = {
    **{spent: (faster * DESK_FACTOR, larger * DESK_FACTOR) for spent, (faster, larger) in _CLIENT.items()},
    RateClass.MARKERS: (DESK_MARKERS_FACTOR * DESK_FACTOR, DESK_MARKERS_FACTOR * DESK_FACTOR),
}


# Anybody can become many guests, and what all of them send at once delays everybody.
_GUEST: Final[Mapping[RateClass, tuple[float, float]]] = {
    spent: (faster, larger * GUEST_BURST) for spent, (faster, larger) in _CLIENT.items()
}


def _factors(sender: str) -> Mapping[RateClass, tuple[float, float]]:
    if not is_id(sender) or role_of(sender) is not Role.CLIENT:
        return _DESK
    return _GUEST if is_guest(sender) else _CLIENT


class Rates(Undoable):
    """
    Hold the buckets of all senders: of each, the moment at which it is full again. A transaction's charges can be
    undone.
    """

    def __init__(self, rate: Rate | None, guests_per_s: float = 0) -> None:
        """Args: rate: of a client, None for no limit; guests_per_s: of all guests together, 0 for no limit."""
        super().__init__()
        self._rate = rate
        self._guests_per_s = guests_per_s
        self._share = 1.0  # of a client's rate that a guest has now
        self._full_s: dict[RateClass, dict[str, float]] = {spent: {} for spent in RateClass}
        self._swept_s = 0.0
        self._away_s = 0.0
        self._late_until_s = 0.0

    def was_away(self, away_s: float, now_s: float) -> None:
        """Enlarge each bucket by what would have flowed into it while no bridge counted, up to now."""
        self._away_s, self._late_until_s = min(away_s, AWAY_S), now_s + LATE_S

    def charge(self, sender: str, spent: RateClass, now_s: float) -> int | None:
        """Spend one token and return None; with none left, return in how many ms there will be one."""
        if self._rate is None:
            return None
        buckets = self._full_s[spent]
        faster, larger = _factors(sender)[spent]
        per_second = self._rate.per_second * faster
        burst = self._rate.burst * larger
        if self._share < 1 and is_guest(sender):
            per_second *= self._share
            burst = max(burst * self._share, min(burst, LEAST_BURST))
        burst = max(1.0, burst)  # of a small configured burst a guest's part is less than one message
        if self._away_s:
            burst += self._late(per_second, now_s)
        full_s = buckets.get(sender)
        missing = 0.0 if full_s is None else min(burst, max(0.0, (full_s - now_s) * per_second))
        left = burst - missing
        taken = 1 if left >= 1 - TINY else 0
        self._set(buckets, sender, now_s + (missing + taken) / per_second)
        return None if taken else math.ceil((1 - left) / per_second * 1000 - TINY)

    def _late(self, per_second: float, now_s: float) -> float:
        if now_s >= self._late_until_s:
            self._away_s = 0.0
        return self._away_s * per_second

    def sweep(self, now_s: float) -> None:
        """Forget full buckets, and share the guests' rate."""
        if self._rate is None or now_s - self._swept_s < SWEEP_EVERY_S:
            return
        self._swept_s = now_s
        self._before.clear()
        for spent, buckets in self._full_s.items():
            if buckets:
                self._full_s[spent] = {sender: full_s for sender, full_s in buckets.items() if full_s > now_s}
        if self._guests_per_s:
            senders = {sender for spent in RateClass for sender in self._full_s[spent] if is_guest(sender)}
            wanted_per_s = len(senders) * self._rate.per_second
            self._share = min(1.0, self._guests_per_s / wanted_per_s) if wanted_per_s else 1.0


class UnreadTopics:
    """
    Name topics that are not read for a moment, because their sender goes on in spite of refusals.

    The sender waits for `retry_ms`, or for seconds without one, and sends the same again: nothing of an outbox is lost.
    """

    def __init__(self) -> None:
        self._full_s: dict[str, float] = {}  # by sender: when all its refusals may be sent again
        self._until_s: dict[str, float] = {}  # by topic

    def refuse(self, sender: str, topic: str, now_s: float) -> bool:
        """Return whether to send this refusal; if not, the topic is not read until the next one would be sent."""
        told = GUEST_REFUSALS if is_guest(sender) else REFUSALS
        full_s = max(self._full_s.get(sender, 0.0), now_s) + 1 / told.per_second
        over_s = full_s - now_s - told.burst / told.per_second
        if over_s > TINY:
            self._until_s[topic] = now_s + over_s
            return False
        self._full_s[sender] = full_s
        return True

    def has(self, topic: str, now_s: float) -> bool:
        return self._until_s.get(topic, now_s) > now_s

    def __bool__(self) -> bool:
        return bool(self._until_s)

    def sweep(self, now_s: float) -> None:
        self._full_s = {sender: full_s for sender, full_s in self._full_s.items() if full_s > now_s}
        self._until_s = {topic: until_s for topic, until_s in self._until_s.items() if until_s > now_s}


class RepeatLimit:
    """Answer a repeat with its entry at most once a second per id."""

    EVERY_S: Final = 1.0

    def __init__(self) -> None:
        self._last_s: dict[tuple[str, str, str], float] = {}
        self._swept_s = 0.0

    def clear(self) -> None:
        """Answer every repeat after a reconnect: the last answer may be lost."""
        self._last_s.clear()

    def note(self, key: tuple[str, str, str], now_s: float) -> None:
        """Note that this (client, sender, id) was announced now."""
        self._last_s[key] = now_s
        if now_s - self._swept_s >= self.EVERY_S:
            self._swept_s = now_s
            self._last_s = {known: at_s for known, at_s in self._last_s.items() if now_s - at_s < self.EVERY_S}

    def due(self, key: tuple[str, str, str], now_s: float) -> bool:
        """Return whether to answer the repeat now."""
        last_s = self._last_s.get(key)
        return last_s is None or now_s - last_s >= self.EVERY_S
