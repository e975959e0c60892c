"""Read the system's clocks, in milliseconds."""

import time


def now_ms() -> int:
    """Return the present time in milliseconds since the epoch, UTC, as on the wire."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Return milliseconds of a clock that never goes back, for deadlines."""
    return time.monotonic_ns() // 1_000_000
