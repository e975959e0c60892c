"""
Python runs this by itself, before anything else, in a house with a clock of its own: the wall's clock of the process is
as far off as the file says at that moment. What measures durations (time.monotonic) goes on, as when NTP sets a clock.
"""

import os
import time
from pathlib import Path

_OFF = Path(os.environ["CHAOS_CLOCK"])
_real_s, _real_ns = time.time, time.time_ns


def _off_s() -> int:
    try:
        return int(_OFF.read_text())
    except (OSError, ValueError):  # not there yet
        return 0


time.time = lambda: _real_s() + _off_s()
time.time_ns = lambda: _real_ns() + _off_s() * 10**9
