"""
Limit how many threads do slow work at once, and how many wait for it, in fair order.

Web has eight threads. Slow work beyond the limits is refused at once, so that threads remain for other requests. A
sender with fewer turns goes first, and replaces one that waits.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Condition

from chat_core.contract.errors import TooFast
from chat_core.domain.fair_order import FairOrder


@dataclass(slots=True, eq=False)
class _Waiter:
    due: float
    number: int

    @property
    def place(self) -> tuple[float, int]:
        return self.due, self.number


class Turns:
    """Let `at_once` threads work, and `waiting` threads wait for at most `wait_s`. Thread-safe."""

    def __init__(self, busy: Callable[[], TooFast], *, at_once: int, waiting: int, wait_s: float) -> None:
        """Args: busy: makes the error for the other threads."""
        self.busy = busy
        self._free = at_once
        self._most = waiting
        self._wait_s = wait_s
        self._waiting: list[_Waiter] = []
        self._order = FairOrder()
        self._numbers = count()
        self._changed = Condition()

    @contextmanager
    def turn(self, sender: str = "") -> Iterator[None]:
        """Wait for a turn and hold it. Args: sender: whose turn it is. Raises: TooFast, from `busy`."""
        with self._changed:
            self._take(self._order.ask(sender))
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _take(self, due: float) -> None:
        if not self._free or self._waiting:
            self._wait(_Waiter(due, next(self._numbers)))
        self._free -= 1
        self._order.serve(due)

    def _wait(self, own: _Waiter) -> None:
        if len(self._waiting) >= self._most:
            last = max(self._waiting, key=lambda one: one.place, default=own)
            if last.place <= own.place:
                raise self.busy()
            self._waiting.remove(last)
        self._waiting.append(own)
        self._changed.notify_all()
        until_s = time.monotonic() + self._wait_s
        while own in self._waiting:
            if self._free and min(self._waiting, key=lambda one: one.place) is own:
                self._waiting.remove(own)
                self._changed.notify_all()
                return
            if not self._changed.wait(until_s - time.monotonic()) and time.monotonic() >= until_s:
                if own in self._waiting:
                    self._waiting.remove(own)
                break
        raise self.busy()
