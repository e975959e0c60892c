"""
Store the bytes of uploaded files under WATTLINE_DATA/files, atomically, mode 0600. Touches files.

`<id>` is the file, `<id>.small` its thumbnail. A file without a row in the database is never served.
"""

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from chat_core.runtime import atomic

FOLDER: Final = "files"
SMALL: Final = ".small"
ID_BYTES: Final = 16


def new_file_id() -> str:
    """Return an id that nobody can guess."""
    return f"f{secrets.token_hex(ID_BYTES)[1:]}"


class FileFolder:
    """Write, find and remove the files of one data folder."""

    def __init__(self, data: Path) -> None:
        self.root: Final = data / FOLDER

    def path(self, id: str, *, small: bool = False) -> Path:
        """Return the path of the file, or of its thumbnail. Args: id: from the database."""
        return self.root / id[-2:] / (id + SMALL if small else id)

    def write(self, id: str, content: bytes, small: bytes | None = None) -> None:
        """Write the file, and its thumbnail if any, to the disk."""
        folder = self.path(id).parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        parts = {self.path(id): content} | ({} if small is None else {self.path(id, small=True): small})
        atomic.write_files(parts)

    def remove(self, ids: Iterable[str]) -> None:
        """Remove these files and their thumbnails; missing ones are ignored."""
        for id in ids:
            self.path(id).unlink(missing_ok=True)
            self.path(id, small=True).unlink(missing_ok=True)
