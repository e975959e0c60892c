"""Read the system's clocks, in milliseconds, and wait for conditions."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def now_ms() -> int:
    """Return the present time in milliseconds since the epoch, UTC, as on the wire."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Return milliseconds of a clock that never goes back, for deadlines."""
    return time.monotonic_ns() // 1_000_000


def poll(look: Callable[[], T], within_s: float, every_s: float) -> T:
    """Call `look` until it returns a true value or the time is over, and return its last value."""
    deadline_s = time.monotonic() + within_s
    while not (found := look()) and time.monotonic() < deadline_s:
        time.sleep(every_s)
    return found
