"""
Lock a file between processes. Touches that file.

The operating system (flock(2)) releases the lock when its process ends, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self


class FileLock:
    """Lock a file until the end of a `with` block."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises: OSError."""
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> None:
        """Wait for the lock and take it."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Take the lock if it is free, and return whether this process has it now."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Release the lock."""
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the file's lock and hold it during the block. Raises: OSError."""
    with FileLock(path) as lock:
        lock.take()
        yield
