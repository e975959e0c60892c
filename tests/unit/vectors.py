"""Reads the cases that Python and TypeScript share."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent.parent / "vectors"


def load(name: str) -> Any:
    """Return the parsed vector file `tests/vectors/<name>.json`."""
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def promise_of(case: dict[str, Any]) -> str:
    """Return a case's own promise, to name the test by."""
    return str(case["promise"])
