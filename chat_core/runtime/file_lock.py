"""
Lock a file, so that one process alone does something. Touches that file.

The lock is the operating system's (flock(2)): it ends with the process that holds it, however that ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self


class FileLock:
    """An open lock file; a context manager that closes it and so gives the lock back."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if need be. Raises: OSError."""
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> None:
        """Wait until this process holds the lock."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Take the lock if nobody holds it, and return whether this process does now."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file's lock, waited for. Raises: OSError where the file cannot be opened."""
    with FileLock(path) as lock:
        lock.take()
        yield
