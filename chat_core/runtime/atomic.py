"""
Replace files atomically: readers see the old or the new content, even after a kill or a loss of power. Touches files.

A file is written and synced beside its target, renamed over it, and the folder is synced.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600


def write_file(path: Path, content: str | bytes, mode: int = PRIVATE) -> None:
    """Replace one file as `write_files` does."""
    write_files({path: content}, mode)


def write_files(contents: Mapping[Path, str | bytes], mode: int = PRIVATE) -> None:
    """
    Replace several files; none is replaced before all are written.

    Args: contents: by path; text is written as UTF-8.
    Raises: OSError, as on a full disk; the old files are then unchanged.
    """
    written: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            fresh = written[path] = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            _write(fresh, content.encode() if isinstance(content, str) else content, mode)
        for path, fresh in written.items():
            fresh.replace(path)
    finally:
        for fresh in written.values():
            fresh.unlink(missing_ok=True)
    for folder in {path.parent for path in contents}:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Write the folder's entries to the disk, so that a rename survives a loss of power (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, mode)  # independent of the umask
        file.write(content)
        file.flush()
        os.fsync(handle)
