"""Copy SQLite's WAL into the file in a side thread, so that no commit waits for it."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from chat_core.store.sqlite import SqliteDatabase

EVERY_S: Final = 1.0
RESTART_ABOVE_FRAMES: Final = 1_000  # pages of 4 KiB: the everyday WAL stays in the processor's caches
PATIENCE_MS: Final = 20  # how long a restart waits for readers, while writers wait
TRIES: Final = 20  # a constant writer seldom leaves the lock free

log = structlog.get_logger(__name__)


class Checkpointer:
    """Run a thread from the first commit of this process until `stop()`, which joins it."""

    def __init__(self, databases: Sequence[SqliteDatabase]) -> None:
        self._unsaved = {database.path: threading.Event() for database in databases}
        self._to_truncate = {database.path: threading.Event() for database in databases}
        for database in databases:
            database.after_commit = partial(self._committed, self._unsaved[database.path])
        self._ends = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Return whether the thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """End the thread, and copy what was committed into the file."""
        with self._starting:
            self._ends.set()
        if self._thread is not None:
            self._thread.join()
        self._save()

    def truncate(self) -> None:
        """Empty the WALs soon, of what an erasure deleted from the files; try until it succeeds."""
        for wanted in self._to_truncate.values():
            wanted.set()
        for unsaved in self._unsaved.values():
            self._committed(unsaved)

    def _committed(self, unsaved: threading.Event) -> None:
        if not unsaved.is_set():
            unsaved.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None and not self._ends.is_set():
                    self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while not self._ends.wait(EVERY_S):
            self._save()

    def _save(self) -> None:
        for path, unsaved in self._unsaved.items():
            if unsaved.is_set():
                unsaved.clear()
                checkpoint(path)
            if self._to_truncate[path].is_set() and truncate(path):
                self._to_truncate[path].clear()


def checkpoint(path: Path) -> None:
    """
    Copy the WAL into the file, as far as readers allow; restart a WAL that grew large.

    RESTART stops the writers, without which a WAL under constant writes grows for ever. A pass before each try leaves
    it little to copy, some ms. A failure is logged and left to the next round: the WAL has everything.
    Source: https://sqlite.org/pragma.html#pragma_wal_checkpoint.
    """
    try:
        with _connected(path) as connection:
            _, frames = _carry(connection, "PASSIVE")
            for _ in range(TRIES if frames > RESTART_ABOVE_FRAMES else 0):
                _carry(connection, "PASSIVE")
                busy, _ = _carry(connection, "RESTART")
                if not busy:
                    break
    except (sqlite3.Error, OSError) as problem:
        log.warning("checkpoint failed", file=path.name, problem=str(problem))


def truncate(path: Path) -> bool:
    """Empty the WAL; return whether no reader of an older state, such as a backup, prevented it."""
    try:
        with _connected(path) as connection:
            busy, _ = _carry(connection, "TRUNCATE")
        return not busy
    except (sqlite3.Error, OSError) as problem:
        log.warning("checkpoint failed", file=path.name, problem=str(problem))
        return False


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=PATIENCE_MS / 1000, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = full")
        yield connection


def _carry(connection: sqlite3.Connection, mode: str) -> tuple[bool, int]:
    busy, frames, _ = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return bool(busy), frames
