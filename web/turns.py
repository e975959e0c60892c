"""
Let few threads at a time do what takes long, and few others wait for it.

Web answers with eight threads: whoever is neither in turn nor among the first to wait is sent away at once, so that
whatever many ask at the same time leaves threads for everybody else.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from chat_core.contract.errors import TooFast


class Turns:
    """At most `at_once` threads are in turn, and `waiting` wait for at most `wait_s`. Thread-safe."""

    def __init__(self, busy: Callable[[], TooFast], *, at_once: int, waiting: int, wait_s: float) -> None:
        """Args: busy: makes what is raised for the rest."""
        self.busy = busy
        self._entered = BoundedSemaphore(at_once + waiting)
        self._turns = BoundedSemaphore(at_once)
        self._wait_s = wait_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be in turn. Raises: TooFast, as `busy` makes it."""
        if not self._entered.acquire(blocking=False):
            raise self.busy()
        try:
            if not self._turns.acquire(timeout=self._wait_s):
                raise self.busy()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._entered.release()
