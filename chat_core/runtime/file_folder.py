"""
The bytes of uploaded files, under WATTLINE_DATA/files: written whole or not at all, mode 0600. Touches files.

`<id>` is what is sent on, `<id>.small` the small picture. Which of them exist is the database's to say; a file without
a row is a leftover and served to nobody.
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
    """An id that nobody guesses."""
    return f"f{secrets.token_hex(ID_BYTES)[1:]}"


class FileFolder:
    """The folder of one data directory."""

    def __init__(self, data: Path) -> None:
        self.root: Final = data / FOLDER

    def path(self, id: str, *, small: bool = False) -> Path:
        """Return where the file's bytes lie, or its small picture's. Args: id: as the database knows it."""
        return self.root / id[-2:] / (id + SMALL if small else id)

    def write(self, id: str, content: bytes, small: bytes | None = None) -> None:
        """The bytes are on disk, whole, when this returns."""
        folder = self.path(id).parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        parts = {self.path(id): content} | ({} if small is None else {self.path(id, small=True): small})
        atomic.write_files(parts)

    def remove(self, ids: Iterable[str]) -> None:
        """Nothing of these is left; what is gone already is no fault."""
        for id in ids:
            self.path(id).unlink(missing_ok=True)
            self.path(id, small=True).unlink(missing_ok=True)
