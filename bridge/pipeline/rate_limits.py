"""
How much each sender may say: one token bucket per sender. The clock is an argument.

The bridge alone counts rates (docs/contract.md#refusals-and-rates), after looking up the id: a repeat is free.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from chat_core.contract.ids import Role, is_id, role_of
from chat_core.runtime.config import Rate

DESK_FACTOR: Final = 20  # agents, bots, services and meters: far more than a person types
SIGNS_FACTOR: Final = 20  # markers: one conversation on several screens makes many
READINGS_FACTOR: Final = 20  # of all of a client's meters together: months are filled in at once
PRESENCE_BURST: Final = 2  # all of one person's connections may come and go at once (conversation.MAX_CONNECTIONS)
PRESENCE_FACTOR: Final = 0.2  # and then a few a second: each change of online or offline is told to every board
SWEEP_EVERY_S: Final = 10.0
AWAY_S: Final = 2 * 3_600.0  # so much of the time in which nobody counted is made good
LATE_S: Final = 600.0  # how long after it messages of that time may still arrive
TINY: Final = 1e-9  # what adding up fractions of seconds may lose


class Spent(StrEnum):
    """What a token is spent on; each has a bucket of its own, so that markers never cost words."""

    WORDS = "words"
    SIGNS = "signs"
    READINGS = "readings"
    PRESENCE = "presence"


# By how much more than the rate of a client's words: tokens a second, and at once.
_FACTORS: Final[Mapping[Spent, tuple[float, int]]] = {
    Spent.WORDS: (1, 1),
    Spent.SIGNS: (SIGNS_FACTOR, SIGNS_FACTOR),
    Spent.READINGS: (READINGS_FACTOR, READINGS_FACTOR),
    Spent.PRESENCE: (PRESENCE_FACTOR, PRESENCE_BURST),
}


def _factor(sender: str) -> int:
    return 1 if is_id(sender) and role_of(sender) is Role.CLIENT else DESK_FACTOR


class Rates:
    """
    The buckets of all senders. What a transaction spent can be given back when it is rolled back.

    Of a bucket only the moment is kept at which it is full again: one number for each of a thousand clients who come at
    once, and nothing for those who said nothing lately.
    """

    def __init__(self, rate: Rate | None) -> None:
        """Args: rate: of a client; None lets everything through."""
        self._rate = rate
        self._full_s: dict[Spent, dict[str, float]] = {spent: {} for spent in Spent}
        self._before: list[tuple[dict[str, float], str, float | None]] = []
        self._swept_s = 0.0
        self._away_s = 0.0
        self._late_until_s = 0.0

    def was_away(self, away_s: float, now_s: float) -> None:
        """
        Nobody counted for so long, up to now.

        What arrives now was said meanwhile, nobody knows when: each bucket is larger by what would have flowed into it.
        """
        self._away_s, self._late_until_s = min(away_s, AWAY_S), now_s + LATE_S

    def begin(self) -> None:
        """From here on `undo` gives back what is spent."""
        self._before.clear()

    def undo(self) -> None:
        """Give back what was spent since `begin`."""
        for buckets, sender, full_s in reversed(self._before):
            if full_s is None:
                buckets.pop(sender, None)
            else:
                buckets[sender] = full_s
        self._before.clear()

    def charge(self, sender: str, spent: Spent, now_s: float) -> int | None:
        """Spend one token and return None; with none left, return in how many ms there will be one."""
        if self._rate is None:
            return None
        buckets, factor = self._full_s[spent], _factor(sender)
        faster, larger = _FACTORS[spent]
        per_second = self._rate.per_second * faster * factor
        burst: float = self._rate.burst * larger * factor
        if self._away_s:
            burst += self._late(per_second, now_s)
        full_s = buckets.get(sender)
        self._before.append((buckets, sender, full_s))
        missing = 0.0 if full_s is None else min(burst, max(0.0, (full_s - now_s) * per_second))
        left = burst - missing
        taken = 1 if left >= 1 - TINY else 0
        buckets[sender] = now_s + (missing + taken) / per_second
        return None if taken else math.ceil((1 - left) / per_second * 1000 - TINY)

    def _late(self, per_second: float, now_s: float) -> float:
        if now_s >= self._late_until_s:
            self._away_s = 0.0
        return self._away_s * per_second

    def sweep(self, now_s: float) -> None:
        """Forget full buckets, every few seconds: memory follows who speaks, not who ever spoke."""
        if self._rate is None or now_s - self._swept_s < SWEEP_EVERY_S:
            return
        self._swept_s = now_s
        self._before.clear()
        for spent, buckets in self._full_s.items():
            if buckets:
                self._full_s[spent] = {sender: full_s for sender, full_s in buckets.items() if full_s > now_s}


class Echoes:
    """When each repeat was last answered: the same entry again, at most once a second per id."""

    EVERY_S: Final = 1.0

    def __init__(self) -> None:
        self._last_s: dict[tuple[str, str, str], float] = {}
        self._swept_s = 0.0

    def clear(self) -> None:
        """After a reconnect every repeat deserves an answer: the last one may have died with the old connection."""
        self._last_s.clear()

    def note(self, key: tuple[str, str, str], now_s: float) -> None:
        """Say that this (client, sender, id) was announced now."""
        self._last_s[key] = now_s
        if now_s - self._swept_s >= self.EVERY_S:
            self._swept_s = now_s
            self._last_s = {known: at_s for known, at_s in self._last_s.items() if now_s - at_s < self.EVERY_S}

    def due(self, key: tuple[str, str, str], now_s: float) -> bool:
        """Whether the repeat is to be answered now."""
        last_s = self._last_s.get(key)
        return last_s is None or now_s - last_s >= self.EVERY_S
