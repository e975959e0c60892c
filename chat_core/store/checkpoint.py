"""The side thread that carries SQLite's WAL into the file, so that no commit waits for it."""

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from chat_core.store.sqlite import SqliteDatabase

EVERY_S: Final = 1.0
RESTART_ABOVE_FRAMES: Final = 1_000  # pages of 4 KiB: the everyday WAL stays in the processor's caches
PATIENCE_MS: Final = 20  # how long a restart waits for readers, and holds writers up meanwhile
TRIES: Final = 20  # with a writer that never rests the lock is seldom to be had

log = structlog.get_logger(__name__)


class Checkpointer:
    """Runs from the first commit of this process until `stop()`, which joins it."""

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
        """It has ended, and what was committed is in the file."""
        with self._starting:
            self._ends.set()
        if self._thread is not None:
            self._thread.join()
        self._save()

    def truncate(self) -> None:
        """Soon the WALs are empty: what an erasure took from the files is not left in them. Tried until it succeeds."""
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

    Under constant writes no pass finds the WAL at rest, so that it would grow for ever. RESTART stops the writers, so a
    pass goes before each try: what is left to carry meanwhile is what came during that pass, some ms.
    A failure is logged and left to the next round: the WAL keeps everything meanwhile.
    Source: https://sqlite.org/pragma.html#pragma_wal_checkpoint.
    """
    try:
        connection = sqlite3.connect(path, timeout=PATIENCE_MS / 1000, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = full")
            _, frames = _carry(connection, "PASSIVE")
            for _ in range(TRIES if frames > RESTART_ABOVE_FRAMES else 0):
                _carry(connection, "PASSIVE")
                busy, _ = _carry(connection, "RESTART")
                if not busy:
                    break
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as problem:
        log.warning("checkpoint failed", file=path.name, problem=str(problem))


def truncate(path: Path) -> bool:
    """Empty the WAL; return whether that could be done: a reader of an older state, such as a backup, prevents it."""
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE_MS / 1000, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = full")
            busy, _ = _carry(connection, "TRUNCATE")
        return not busy
    except (sqlite3.Error, OSError) as problem:
        log.warning("checkpoint failed", file=path.name, problem=str(problem))
        return False


def _carry(connection: sqlite3.Connection, mode: str) -> tuple[bool, int]:
    busy, frames, _ = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return bool(busy), frames
