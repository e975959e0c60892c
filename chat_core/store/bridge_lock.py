"""Lock the database for one bridge. The kernel or PostgreSQL frees the lock when its process dies, even by kill -9."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import psycopg

from chat_core.contract.errors import StoreDown
from chat_core.runtime.file_lock import FileLock
from chat_core.store import postgres_connection
from chat_core.store.faults import READ_ONLY, mapped

EVERY_S: Final = 0.2  # how often a waiting bridge looks: short against the 3 s in which a killed one is replaced
_ADVISORY_KEY: Final = 0x77617474  # "watt"


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
        yield _UntilTheEnd() if _wait(lock.try_take, stop, waiting) else None


class _UntilTheEnd:
    def check(self) -> None:
        """Do nothing: a file lock is only lost with the process."""


@contextmanager
def advisory_lock(url: str, stop: threading.Event | None, waiting: Callable[[], None]) -> Iterator[BridgeLock | None]:
    """Wait, as `file_lock` does, until this connection alone has PostgreSQL's advisory lock."""
    with mapped():
        connection = postgres_connection.connect(url, "wattline bridge lock")
    try:
        yield _AdvisoryLock(connection) if _wait(lambda: _try_advisory(connection), stop, waiting) else None
    finally:
        with suppress(psycopg.Error):
            connection.close()


class _AdvisoryLock:
    def __init__(self, connection: postgres_connection.Connection) -> None:
        self._connection = connection

    def check(self) -> None:
        """Raise StoreDown where the connection is lost, or its server takes no writes."""
        _check_writable(self._connection)


def _check_writable(connection: postgres_connection.Connection) -> None:
    """Raise StoreDown where the server has become a standby, whose lock binds nobody."""
    with mapped():
        row = connection.execute("SELECT current_setting('transaction_read_only')").fetchone()
    if row != ("off",):
        raise StoreDown(READ_ONLY)


def _try_advisory(connection: postgres_connection.Connection) -> bool:
    _check_writable(connection)
    with mapped():
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_ADVISORY_KEY,)).fetchone()
    return bool(row and row[0])


def _wait(attempt: Callable[[], bool], stop: threading.Event | None, waiting: Callable[[], None]) -> bool:
    pause = stop or threading.Event()
    while not attempt():
        waiting()
        if pause.wait(EVERY_S):
            return False
    return True
