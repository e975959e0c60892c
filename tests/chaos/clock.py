"""Give one system a clock that the test sets by days, through a `sitecustomize` of its Python processes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.real.parts import REPOSITORY

DAY_S: Final = 24 * 3_600
SET: Final = {"set forward": 3 * DAY_S, "set back": -3 * DAY_S, "set right": 0}


def own_clock(at: Path) -> dict[str, str]:
    """Return the environment that makes the file decide what time it is in a system; at first the real one."""
    at.write_text("0")
    path = (str(Path(__file__).parent / "clocked"), str(REPOSITORY), os.environ.get("PYTHONPATH", ""))
    return {"CHAOS_CLOCK": str(at), "PYTHONPATH": os.pathsep.join(part for part in path if part)}


def set_clock(settings: Mapping[str, str], how: str) -> None:
    fresh = Path(settings["CHAOS_CLOCK"] + ".new")
    fresh.write_text(str(SET[how]))
    fresh.replace(settings["CHAOS_CLOCK"])  # whoever reads meanwhile reads the one or the other
