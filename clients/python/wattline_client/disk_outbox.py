"""Keep unsent messages in a file, so that a restart sends them. Touches the disk."""

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path


class DiskOutbox:
    """
    Store each message before it is sent, in the order of writing, until it is stored by the server or refused.

    A message is on the disk when `add` returns. One process at a time; safe from any thread.
    """

    def __init__(self, path: str | Path, me: str) -> None:
        """Args: me: whose; several identities may share a file. Raises: sqlite3.Error."""
        self._me = me
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY AUTOINCREMENT, me TEXT NOT NULL,"
            " id TEXT NOT NULL, client TEXT, message TEXT NOT NULL, UNIQUE (me, id))"
        )

    def add(self, id: str, client: str | None, message: bytes) -> None:
        row = (self._me, id, client, message.decode())
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO outbox (me, id, client, message) VALUES (?, ?, ?, ?)", row)

    def drop(self, id: str) -> None:
        with self._lock, suppress(sqlite3.ProgrammingError):  # closed: sent again at the next start, and stored once
            self._db.execute("DELETE FROM outbox WHERE me = ? AND id = ?", (self._me, id))

    def waiting(self) -> list[tuple[str | None, bytes]]:
        """Return client (None: a command of an agent) and message of each, in the order of writing."""
        with self._lock:
            rows = self._db.execute("SELECT client, message FROM outbox WHERE me = ? ORDER BY n", (self._me,))
            return [(client, message.encode()) for client, message in rows]

    def close(self) -> None:
        with self._lock:
            self._db.close()
