"""
The bytes of uploaded files, under WATTLINE_DATA/files: written whole or not at all, mode 0600. Touches files.

`<id>` is what is sent on, `<id>.small` the small picture. Which of them exist is the database's to say; a file without
a row is a leftover and served to nobody.
"""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

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
        """Where the file's bytes lie, or its small picture's. Args: id: as the database knows it."""
        return self.root / id[-2:] / (id + SMALL if small else id)

    def write(self, id: str, content: bytes, small: bytes | None = None) -> None:
        """The bytes are on disk, whole, when this returns."""
        folder = self.path(id).parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, part in ((self.path(id), content), (self.path(id, small=True), small)):
            if part is not None:
                _write(path, part)
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, ids: Iterable[str]) -> None:
        """Nothing of these is left; what is gone already is no fault."""
        for id in ids:
            self.path(id).unlink(missing_ok=True)
            self.path(id, small=True).unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
