"""
Choose whose packet is next while many send more than the event loop, or the bridge, can take.

A person who had less than others goes on at once. The rest wait; a few have a turn in each run of the event loop, none
while a service lags. A socket whose packet waits is not read, so TCP slows its sender down.
"""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Final

from chat_core.domain.fair_order import FairOrder

AT_ONCE: Final = 8  # turns in one run of the event loop: about 2 ms
LOOK_EVERY_S: Final = 0.05  # whether a service that says nothing still lags


class FairTurns:
    """Hold the turns of one event loop."""

    def __init__(self, lags: Callable[[], bool]) -> None:
        """Args: lags: whether a service has too much to read."""
        self._lags = lags
        self._order = FairOrder()
        self._waiting: list[tuple[float, float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._taken = 0  # since `_serve` ran, which is only asked for when others may have to wait
        self._timer: asyncio.Handle | None = None  # of the next run

    def take(self, person: str, cost: float) -> asyncio.Future[None] | None:
        """Return what to wait for before the person's next packet is handled; None to go on at once."""
        is_behind = self._order.is_behind(person)
        due = self._order.ask(person, cost)
        if is_behind:
            return None
        if not self._waiting and self._taken < AT_ONCE and not self._lags():
            self._order.serve(due)
            self._taken += 1
            if self._taken == AT_ONCE:
                self._schedule()
            return None
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (due, cost, next(self._numbers), turn))
        self._schedule()
        return turn

    def add(self, person: str, cost: float) -> None:
        """Count what a packet cost beyond what was taken for it."""
        self._order.add(person, cost)

    def wake(self) -> None:
        if self._waiting:
            self._serve()

    def _schedule(self, after_s: float = 0) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(after_s, self._serve) if after_s else loop.call_soon(self._serve)

    def _serve(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._taken = None, 0
        if self._waiting and self._lags():
            self._schedule(LOOK_EVERY_S)
            return
        while self._waiting and self._taken < AT_ONCE:
            due, _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():  # its connection may be over
                self._order.serve(due)
                self._taken += 1
                turn.set_result(None)
        if self._taken == AT_ONCE:
            self._schedule()
