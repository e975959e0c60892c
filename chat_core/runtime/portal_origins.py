"""
Exchange the origins that administrators allow, through DATA/run/origins.json. Touches that file.

The web process writes them; the embedded broker, which opens no database, reads them for each WebSocket of a page.
"""

import json
from collections.abc import Collection
from pathlib import Path

from chat_core.runtime import atomic


def _file(data: Path) -> Path:
    return data / "run" / "origins.json"


def write(data: Path, origins: Collection[str]) -> None:
    """Store the origins, if they are others than before."""
    if frozenset(origins) != read(data):
        _file(data).parent.mkdir(parents=True, exist_ok=True)
        atomic.write_file(
            _file(data), json.dumps(sorted(origins)), mode=0o644
        )  # no secret; the broker may be another user


def read(data: Path) -> frozenset[str]:
    """Return the origins that were written last; none before the first."""
    try:
        found = json.loads(_file(data).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return frozenset()
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()
