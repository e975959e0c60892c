"""Find built front-end files by their stable names, in the build's manifest.json. A new build needs no restart."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

HASHED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*-[A-Za-z0-9]{8,}\.(?:js|css|map|svg|png|woff2|mp3|ogg|wav)")


class Assets:
    """Read the manifest of one build folder, `static/dist`, again whenever it changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest = folder / "manifest.json"
        self._read: tuple[tuple[int, int], dict[str, str]] = ((0, 0), {})

    def names(self) -> dict[str, str]:
        """Return file names by stable names; empty before a build."""
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
        """Return the URL of a stable name, such as `board`; None if it is not built."""
        file = self.names().get(name)
        return f"/assets/{file}" if file else None

    def urls(self) -> dict[str, str]:
        """Return URLs by stable names."""
        return {name: f"/assets/{file}" for name, file in self.names().items()}

    def page_css(self, names: Sequence[str] = ()) -> list[str]:
        """Return the URLs of a page's style sheets: the one of all pages, then those of the given names."""
        files = self.names()
        wanted = [key for name in ("pages", *names) for key in (f"{name}_css", f"{name}.css")]
        return [f"/assets/{files[key]}" for key in wanted if key in files]
