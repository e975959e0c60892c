"""
Measure free disk space, and refuse what can wait before a disk is full.

A full disk stops everything; below the limit only uploads and guests' messages are refused.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from chat_core.contract.errors import DiskLow
from chat_core.runtime.config import Config

MEASURED_EVERY_S: Final = 1.0
SHARE_OF_DISK: Final = 20  # the limit is at most a twentieth of the disk
RETRY_MS: Final = 60_000
MB: Final = 1_000_000


class FreeSpace:
    """Hold the last measurement. Thread-safe: concurrent measurements do no harm."""

    def __init__(self, config: Config, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._folders = config.written_folders
        self._limit_bytes = config.free_mb * MB
        self._measured_s = float("-inf")
        self._low = False

    def is_low(self) -> bool:
        """Return whether a disk had less than the limit left within the last second."""
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
        except OSError:  # such as a folder that does not exist yet: refuse nothing
            return False
        limit_bytes = min(self._limit_bytes, disk.f_blocks * disk.f_frsize // SHARE_OF_DISK)
        return disk.f_bavail * disk.f_frsize < limit_bytes
