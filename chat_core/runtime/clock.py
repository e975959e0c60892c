"""The clock of every process: milliseconds since the epoch, UTC, as on the wire. Reads the system's clocks."""

import time


def now_ms() -> int:
    """Return the present time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Return milliseconds of the clock that never goes back: for what is due after a while."""
    return time.monotonic_ns() // 1_000_000
