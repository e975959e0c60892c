"""
Order the requests that wait for one of waitress's threads, in fair turns by address. Used under the caller's lock.

Who asks seldom is answered next, however much others ask for.
"""

import heapq
from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

from chat_core.domain.fair_order import FairOrder

Task = TypeVar("Task")


class FairQueue(Generic[Task]):
    """Stand in for the deque of waitress's dispatcher."""

    def __init__(self, address_of: Callable[[Task], str]) -> None:
        """Args: address_of: who a task counts for."""
        self._address_of = address_of
        self._order = FairOrder()
        self._waiting: list[tuple[float, int, Task]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._waiting)

    def append(self, task: Task) -> None:
        """Add a task."""
        due = self._order.ask(self._address_of(task))
        heapq.heappush(self._waiting, (due, next(self._numbers), task))

    def popleft(self) -> Task:
        """Return the task that is due next, and remove it. Raises: IndexError when there is none."""
        due, _, task = heapq.heappop(self._waiting)
        self._order.serve(due)
        return task
