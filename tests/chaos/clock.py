"""
A clock for one house alone, which the test sets: libfaketime, preloaded into its processes.

The wall's clock alone is set; what measures durations (CLOCK_MONOTONIC) goes on, as when an operator or NTP sets it.
"""

from pathlib import Path
from typing import Final

from tests.real.parts import missing

SET: Final = {"set forward": "+3d", "set back": "-3d", "set right": "+0"}


def preloaded(at: Path) -> dict[str, str]:
    """What a house's environment needs for the file to decide what time it is there: the real one, to begin with."""
    found = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
    library = found or missing("libfaketime", "libfaketime")
    at.write_text(SET["set right"])
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(at),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(settings: dict[str, str], how: str) -> None:
    """From now on it is another time in the house with these settings."""
    Path(settings["FAKETIME_TIMESTAMP_FILE"]).write_text(SET[how])
