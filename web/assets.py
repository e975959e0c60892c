"""
Built front-end files by their stable names: reads the build's manifest.json. Touches the disk.

The manifest is read again when the file changes, so that a new build is served without a restart.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

HASHED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*-[A-Za-z0-9]{8,}\.(?:js|css|map|svg|png|woff2|mp3|ogg|wav)")


class Assets:
    """The files of one build folder (`static/dist`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest = folder / "manifest.json"
        self._read: tuple[tuple[int, int], dict[str, str]] = ((0, 0), {})

    def names(self) -> dict[str, str]:
        """Every stable name and its present file name; empty while nothing is built."""
        try:
            found = self._manifest.stat()
        except FileNotFoundError:
            return {}
        stamp = (found.st_mtime_ns, found.st_size)
        if self._read[0] != stamp:
            known = json.loads(self._manifest.read_text(encoding="utf-8"))
            self._read = (stamp, {str(name): str(file) for name, file in known.items()})
        return self._read[1]

    def find_url(self, name: str) -> str | None:
        """The address of a file by its stable name, such as `board` or `pages.css`; None when it is not built."""
        file = self.names().get(name)
        return f"/assets/{file}" if file else None

    def urls(self) -> dict[str, str]:
        """Every stable name and the address of its file."""
        return {name: f"/assets/{file}" for name, file in self.names().items()}

    def page_css(self, names: Sequence[str] = ()) -> list[str]:
        """
        The style sheets of a page: the one all pages share, then those of the given entries, as far as they are built.
        """
        files = self.names()
        wanted = [key for name in ("pages", *names) for key in (f"{name}_css", f"{name}.css")]
        return [f"/assets/{files[key]}" for key in wanted if key in files]
