"""
Measure the free space where data is written, and refuse what can wait before a disk is full.

A full disk stops everybody. Below the bound only uploads and guests' words are refused, so that the rest goes on.
"""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Self

from chat_core.contract.errors import DiskLow
from chat_core.runtime.config import Config

MEASURED_EVERY_S: Final = 1.0
SHARE_OF_DISK: Final = 20  # on a small disk the bound is a twentieth of it, whatever the setting says
RETRY_MS: Final = 60_000
MB: Final = 1_000_000
SQLITE: Final = "sqlite:///"


class FreeSpace:
    """Thread-safe: two threads that measure at once do it twice, which costs a microsecond."""

    def __init__(self, folders: Iterable[Path], bound_bytes: int, *, now_s: Callable[[], float] = time.monotonic):
        """Args: folders: where data is written; bound_bytes: how much must stay free in each, 0 for no bound."""
        self._folders = tuple(dict.fromkeys(folders))
        self._bound_bytes = bound_bytes
        self._now_s = now_s
        self._measured_s = -MEASURED_EVERY_S
        self._low = False

    @classmethod
    def of(cls, config: Config) -> Self:
        """Return the one of this installation: its data folder and, on SQLite, the database's."""
        folders = [config.data]
        if config.db.startswith(SQLITE):
            folders.append(Path(config.db.removeprefix(SQLITE)).parent)
        return cls(folders, config.free_mb * MB)

    def is_low(self) -> bool:
        """Return whether a folder has less than the bound left, as measured within the last second."""
        now_s = self._now_s()
        if now_s - self._measured_s >= MEASURED_EVERY_S:
            self._measured_s = now_s
            self._low = any(self._is_low_at(folder) for folder in self._folders)
        return self._low

    def check(self) -> None:
        """Raises: DiskLow."""
        if self.is_low():
            raise DiskLow("There is little room left on the server. Please try again later.", retry_ms=RETRY_MS)

    def _is_low_at(self, folder: Path) -> bool:
        try:
            disk = os.statvfs(folder)
        except OSError:  # what cannot be measured, such as a folder that is not made yet, refuses nobody
            return False
        bound_bytes = min(self._bound_bytes, disk.f_blocks * disk.f_frsize // SHARE_OF_DISK)
        return disk.f_bavail * disk.f_frsize < bound_bytes
