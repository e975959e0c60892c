"""
Count events in moving windows, in memory that is bounded whoever fills it. The clock is an argument.

The package `limits` never forgets a key, and walks over all of them at every hit.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

MOST_KEYS: Final = 50_000  # 100 bytes each, and 8 for each event in its window
PERIODS_S: Final = {"minute": 60.0, "hour": 3_600.0}


class MovingWindows:
    """Thread-safe. A key is forgotten when its last event is out of its window, or when too many others are newer."""

    def __init__(self, *, most_keys: int = MOST_KEYS, now_s: Callable[[], float] = time.monotonic) -> None:
        """Args: most_keys: that are remembered for each rule."""
        self._most_keys = most_keys
        self._now_s = now_s
        self._by_rule: dict[str, OrderedDict[tuple[str, str], deque[float]]] = {}
        self._lock = threading.Lock()

    def hit(self, rule: str, what: str, key: str) -> float | None:
        """
        Count one event, or return in how many seconds one is allowed.

        Args: rule: such as `20/minute`; what: which of several counters of the key.
        """
        count, _, period = rule.partition("/")
        window_s, now_s = PERIODS_S[period], self._now_s()
        with self._lock:
            keys = self._by_rule.setdefault(rule, OrderedDict())
            self._forget(keys, now_s - window_s)
            events = keys.setdefault((what, key), deque())
            while events and events[0] <= now_s - window_s:
                events.popleft()
            if len(events) >= int(count):
                return events[0] + window_s - now_s
            events.append(now_s)
            keys.move_to_end((what, key))
        return None

    def clear(self, rule: str, what: str, key: str) -> None:
        """Forget the key's events."""
        with self._lock:
            self._by_rule.get(rule, OrderedDict()).pop((what, key), None)

    def _forget(self, keys: OrderedDict[tuple[str, str], deque[float]], before_s: float) -> None:
        """Remove what was hit longest ago: two keys at each hit at most, so that none takes long."""
        for _ in range(2):
            events = next(iter(keys.values()), None)
            if events is None or (len(keys) < self._most_keys and events and events[-1] > before_s):
                return
            keys.popitem(last=False)

    def __len__(self) -> int:
        """Return the number of keys in memory."""
        return sum(len(keys) for keys in self._by_rule.values())
