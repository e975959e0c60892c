"""
Bound how many bytes of messages clients may store in hours and days. Clock and disk are arguments.

Agents, bots and the bridge have no quota. Each bound is a bucket that fills within its span, so nobody gets more than
twice the bound in any span. Buckets are in memory: a restart fills each once.
"""

import math
from collections.abc import Callable
from typing import Final

from bridge.pipeline.undo import Undoable
from chat_core.contract.errors import TooFast
from chat_core.contract.ids import Role, is_guest, role_of
from chat_core.contract.kinds import find_words
from chat_core.contract.payloads import Said
from chat_core.runtime.config import Config

MESSAGE_BYTES: Final = 400  # of a message besides its text: row, indexes and events
HOUR_S: Final = 3_600.0
DAY_S: Final = 24 * HOUR_S
HOUR_SHARE: Final = 4  # of a guest's day in one hour: a quarter
RETRY_MOST_MS: Final = 3_600_000
TINY_S: Final = 1e-6  # rounding errors
LOW_RETRY_MS: Final = 60_000
SWEEP_EVERY_S: Final = 10.0
KB: Final = 1_000
MB: Final = 1_000_000
GUESTS: Final = ""  # the key of all guests together


def size_of(said: Said) -> int:
    """Return about how many bytes the message takes on disk."""
    words = said.text or find_words(said.kind, said.model_dump(exclude_none=True))
    return MESSAGE_BYTES + (len(words.encode()) if words else 0)


class _Bound:
    """Hold one bound's buckets: of each, the moment at which it is full again."""

    __slots__ = ("full_s", "s_per_byte", "span_s")

    def __init__(self, most: int, span_s: float) -> None:
        self.span_s = span_s
        self.s_per_byte = span_s / most
        self.full_s: dict[str, float] = {}

    def after(self, key: str, size: int, now_s: float) -> float:
        """Return when the bucket would be full again after giving so many bytes."""
        full_s = self.full_s.get(key)
        return (full_s if full_s is not None and full_s > now_s else now_s) + size * self.s_per_byte

    def wait_s(self, key: str, size: int, now_s: float) -> float:
        """Return for how long nothing fits. What is larger than the bound fits into a full bucket."""
        over_s = self.after(key, size, now_s) - self.span_s - now_s
        return over_s if over_s <= 0 else min(over_s, self.after(key, 0, now_s) - now_s)


class Quotas(Undoable):
    """Bound the messages of each client, each guest and all guests. A transaction's charges can be undone."""

    def __init__(
        self, *, client: int = 0, guest: int = 0, guests: int = 0, is_low: Callable[[], bool] = lambda: False
    ) -> None:
        """Args: client, guest, guests: bytes a day, 0 for no bound; is_low: whether the disk is almost full."""
        super().__init__()
        self._client = _Bound(client, DAY_S) if client else None
        self._guest = (_Bound(guest, DAY_S), _Bound(guest // HOUR_SHARE, HOUR_S)) if guest else ()
        self._guests = (_Bound(guests, DAY_S),) if guests else ()
        self._is_low = is_low
        self._swept_s = 0.0

    @classmethod
    def of(cls, config: Config, is_low: Callable[[], bool], slots: int = 1) -> "Quotas":
        """
        Return the configured quotas; none where WATTLINE_RATE is `off`, as for load tests.

        Args: slots: among how many the quota of all guests is divided.
        """
        if config.rate is None:
            return cls(is_low=is_low)
        return cls(
            client=config.words_client_mb * MB,
            guest=config.words_guest_kb * KB,
            guests=config.words_guests_mb * MB // slots,
            is_low=is_low,
        )

    def charge(self, sender: str, said: Said, now_s: float) -> None:
        """
        Charge the sender's buckets for the message.

        Raises: TooFast with `quota`, or for a guest `disk_low` while the disk is almost full; then nothing is charged.
        """
        if role_of(sender) is not Role.CLIENT:
            return
        if not is_guest(sender):
            if self._client is not None:
                size = size_of(said)
                self._check(self._client.wait_s(sender, size, now_s))
                self._take(self._client, sender, size, now_s)
            return
        if self._is_low():
            text = "There is little room left on the server. Please try again later."
            raise TooFast(text, why="disk_low", retry_ms=LOW_RETRY_MS)
        size = size_of(said)
        bounds = [*((bound, sender) for bound in self._guest), *((bound, GUESTS) for bound in self._guests)]
        self._check(max((bound.wait_s(key, size, now_s) for bound, key in bounds), default=0.0))
        for bound, key in bounds:
            self._take(bound, key, size, now_s)

    def _check(self, wait_s: float) -> None:
        if wait_s > TINY_S:
            retry_ms = min(RETRY_MOST_MS, math.ceil(wait_s * 1_000 - TINY_S))
            raise TooFast("That is enough for today. Please try again later.", why="quota", retry_ms=retry_ms)

    def _take(self, bound: _Bound, key: str, size: int, now_s: float) -> None:
        self._set(bound.full_s, key, bound.after(key, size, now_s))

    def sweep(self, now_s: float) -> None:
        """Forget full buckets, every few seconds."""
        if now_s - self._swept_s < SWEEP_EVERY_S:
            return
        self._swept_s = now_s
        self._before.clear()
        for bound in (*((self._client,) if self._client is not None else ()), *self._guest, *self._guests):
            bound.full_s = {key: full_s for key, full_s in bound.full_s.items() if full_s > now_s}
