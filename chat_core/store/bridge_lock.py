"""Let one bridge alone write: on SQLite by a file's lock, on PostgreSQL by a lease (lease.py)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeVar

from chat_core.contract.errors import StoreDown
from chat_core.runtime.file_lock import FileLock

CHECK_EVERY_S: Final = 0.5  # how often who has the lock checks it
EVERY_S: Final = 0.05  # how often a waiting bridge looks: short against the 1 s in which a killed one is replaced

Held = TypeVar("Held")


class BridgeLock(Protocol):
    """Define the lock that this process has."""

    def check(self) -> None:
        """Raise StoreDown when the lock was lost, and another bridge may write: end the process."""


@contextmanager
def file_lock(path: Path, stop: threading.Event | None, waiting: Callable[[], None]) -> Iterator[BridgeLock | None]:
    """Wait until this process alone has the file; give None when `stop` ended it. Call `waiting` at each try."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(path)
    except OSError as problem:
        raise StoreDown(f"The bridge's lock cannot be made: {problem.strerror}.") from problem
    with lock:
        yield wait_for(lambda: _UntilTheEnd() if lock.try_take() else None, stop, waiting)


class _UntilTheEnd:
    def check(self) -> None:
        """Do nothing: a file lock is only lost with the process."""


def wait_for(
    attempt: Callable[[], Held | None], stop: threading.Event | None, waiting: Callable[[], None]
) -> Held | None:
    """Return what an attempt returns, or None when `stop` ended the waiting. Call `waiting` at each failed one."""
    pause = stop or threading.Event()
    while (held := attempt()) is None:
        waiting()
        if pause.wait(EVERY_S):
            return None
    return held
