"""Hold what only SQLite needs: its file, connection settings and dialect. Touches the file and its folder."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final

import peewee

from chat_core.contract.errors import StoreDown
from chat_core.domain.search_query import Query, joined
from chat_core.runtime.file_lock import FileLock
from chat_core.store import bridge_lock
from chat_core.store.database import Database, ThreadConnections
from chat_core.store.dialect import PEOPLE, Bound, Clause, Dialect, Found, Indexed, Row, Statements
from chat_core.store.fast_sql import ENTRY_LINE, HIT_BY_OBJECT, INSERT_ENTRY, INSERT_EVENT, MEET, MEET_AGAIN
from chat_core.store.faults import FOREIGN, name
from chat_core.store.postgres_connection import BUSY_TIMEOUT_MS
from chat_core.store.results import Sizes
from chat_core.store.rows import compose, marks

PRAGMAS: Final = (
    ("journal_mode", "wal"),
    ("synchronous", "full"),  # a commit is on disk before it is told
    ("foreign_keys", 1),
    ("wal_autocheckpoint", 0),  # a side thread does it (checkpoint.py), never a commit
    ("journal_size_limit", 64 * 1024 * 1024),
    ("secure_delete", 1),  # what is erased is overwritten
    ("temp_store", "memory"),
    ("cache_size", -16_384),  # KiB
)
_SAID: Final = "e.conversation = ? AND e.sender = ? AND e.id = ?"
_SAID_HERE: Final = "e.conversation = c.num AND e.sender = ? AND e.id = ?"
_FIND: Final = compose("SELECT $line FROM entry e WHERE $said", line=ENTRY_LINE, said=_SAID)
_FIND_ALL: Final = compose(
    "SELECT e.conversation, e.sender, e.id, $line FROM entry e"
    " WHERE (e.conversation, e.sender, e.id) IN (VALUES $$keys)",
    line=ENTRY_LINE,
)

BEGUN_WORDS: Final = 200  # more words with one beginning take longer one by one than together
LAST_LETTER: Final = "\U0010ffff"
# Each step seeks the next word: none lies between a word and the same with "0" behind it.
_WORDS_FROM: Final = """
    WITH RECURSIVE step (term) AS (
      SELECT (SELECT term FROM search_word WHERE term >= ?1 LIMIT 1)
      UNION ALL SELECT (SELECT term FROM search_word WHERE term >= step.term || '0' LIMIT 1) FROM step WHERE term < ?2
      LIMIT ?3 + 1)
    SELECT term FROM step WHERE term < ?2"""


class SqliteDialect(Dialect):
    """Speak SQLite. The index is FTS5, which stores no text of its own."""

    now_ms = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    row_lock = ""  # a writer has the whole file
    has_weeks = False
    words: ClassVar = {
        "join": "group_concat",
        "format": "printf",
        "least": "min",
        "greatest": "max",
        "quote": "json_quote",
        "body": "e.body",
        "first_join": "CROSS JOIN",  # keeps its order, whatever statistics say (SQLite: Query Optimizer Overview)
        "by_online": "INDEXED BY conversation_online",
        "by_bot": "e.sender >= 'b-' AND e.sender < 'b.'",
    }
    hit = HIT_BY_OBJECT
    usage_columns = (
        "SELECT json_group_array(at), json_group_array(wh), json_group_array(at) FILTER (WHERE $guessed)"
        " FROM ($sums ORDER BY at) AS sums"
    )
    search_num = "s.rowid"
    mentions = "mentions IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(mentions) WHERE value ->> 'agent' = ?)"
    has_tag = "tags <> '[]' AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)"
    people_match = "num IN (SELECT rowid FROM people WHERE people MATCH ?)"
    meet = compose(MEET, same=_SAID_HERE, before="", lock="")
    meet_again = compose(MEET_AGAIN, same=_SAID_HERE, lock="")

    def said(self, sender: str, id: str) -> tuple[str, ...]:
        return sender, id

    def meet_row(self, db: Statements, said: tuple[str, ...], client: str) -> Row | None:
        return db.row(self.meet, (*said, client))

    def find_line(self, db: Statements, num: int, sender: str, id: str) -> str | None:
        row = db.row(_FIND, (num, sender, id))
        return row[0] if row else None

    def find_lines(self, db: Statements, keys: Sequence[tuple[int | None, str, str]]) -> list[Row]:
        sql = _FIND_ALL.replace("$keys", ", ".join(["(?, ?, ?)"] * len(keys)))
        return db.rows(sql, [value for key in keys for value in key])

    def insert_entries(self, db: Statements, entries: Sequence[Row], events: Sequence[Row]) -> None:
        for sql, found in ((INSERT_ENTRY, entries), (INSERT_EVENT, events)):
            if len(found) == 1:
                db.execute(sql, found[0])
            elif found:
                db.execute_many(sql, found)

    def among(self, column: str, values: Sequence[str]) -> Clause:
        return Clause(f"{column} IN ({marks(len(values))})", tuple(values))

    def lock_absent(self, db: Statements, clients: Sequence[str]) -> bool:
        return False

    def lock_index(self, _db: Statements, *, alone: bool) -> None:
        """Do nothing: the transaction is the only one that writes."""

    def lock_table(self, db: Statements, table: str) -> None:
        """Do nothing: a writer has the whole file."""

    def unlocked(self, query: Any) -> Any:
        return query

    def index(self, db: Statements, table: str, found: Sequence[Indexed]) -> None:
        if table == PEOPLE:
            sql = "INSERT INTO people (rowid, words) VALUES (?, ?)"
            db.execute_many(sql, [(num, joined(words)) for num, words, _ in found])
        else:
            sql = "INSERT INTO search (rowid, words, who) VALUES (?, ?, ?)"
            db.execute_many(sql, [(num, joined(words), joined(who)) for num, words, who in found])

    def unindex(self, db: Statements, table: str, gone: Indexed) -> None:
        num, words, who = gone
        if table == PEOPLE:
            db.execute("INSERT INTO people (people, rowid, words) VALUES ('delete', ?, ?)", (num, joined(words)))
        else:
            sql = "INSERT INTO search (search, rowid, words, who) VALUES ('delete', ?, ?, ?)"
            db.execute(sql, (num, joined(words), joined(who)))

    def raise_sequence(self, db: Statements, table: str, column: str) -> None:
        """Do nothing: SQLite counts from the largest number that it ever had (AUTOINCREMENT)."""

    def find_entries(self, db: Statements, query: Query, clients: Sequence[str], bounds: Sequence[Bound]) -> Found:
        # FTS5 gives the rows of whole words one by one, the newest first; those of a beginning it collects all first.
        if query.open_end and len(query.phrases[-1]) == 1:
            words = self._words_from(db, query.phrases[-1][0])
            if len(words) <= BEGUN_WORDS:
                near = (*query.near, frozenset(words))
                query = replace(query, phrases=query.phrases[:-1], open_end=False, near=near)
        where = [Clause("search MATCH ?", (_match(query, clients),)), *(bound.clause("s.rowid") for bound in bounds)]
        return Found(Clause("search s JOIN entry e ON e.num = s.rowid", ()), where)

    def _words_from(self, db: Statements, beginning: str) -> list[str]:
        """Return the word and the indexed ones that begin so, one more than BEGUN_WORDS at most."""
        words = [word for (word,) in db.rows(_WORDS_FROM, (beginning, beginning + LAST_LETTER, BEGUN_WORDS))]
        return words or [beginning]

    def match_names(self, words: Sequence[str]) -> str:
        return " AND ".join(f'"{word}" *' for word in words)


def _match(query: Query, clients: Sequence[str]) -> str:
    """Return what to ask the index of words and names."""
    parts = [f'words : "{joined(phrase)}"' for phrase in query.phrases]
    if query.open_end and parts:
        parts[-1] += " *"
    for spellings in query.near:
        any_of = " OR ".join(f'"{word}"' for word in sorted(spellings))
        parts.append(f"words : ({any_of})")
    parts += [f'who : "{name}"' for name in query.names]
    if clients:
        any_of = " OR ".join(f'"{name}"' for name in clients)
        parts.append(f"who : ({any_of})")
    return " AND ".join(parts)


class _SqlitePeewee(peewee.SqliteDatabase):
    """Note each connection that peewee makes."""

    made: ThreadConnections

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]  # the stub lacks it
        self.made.add(connection)
        return connection


class SqliteDatabase(Database):
    """Use a file. One writer at a time; readers go on meanwhile."""

    dialect: Dialect = SqliteDialect()
    _begin: ClassVar = "BEGIN IMMEDIATE"

    def __init__(self, path: Path, *, busy_ms: int = BUSY_TIMEOUT_MS) -> None:
        """
        Open the file; make it with mode 0600 where there is none.

        Args: busy_ms: how long to wait for another writer.
        Raises: StoreDown.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as problem:
            raise StoreDown(f"The database file cannot be opened: {problem.strerror}.") from problem
        # Only close() touches a connection from another thread, when that thread has no more to say.
        pragmas = (*PRAGMAS, ("busy_timeout", busy_ms))
        super().__init__(_SqlitePeewee(str(path), pragmas=pragmas, timeout=busy_ms / 1000, check_same_thread=False))
        self.path: Final = path

    def connection(self) -> Any:
        if self._closed:
            raise StoreDown("The database is closed.")
        now = self._thread
        if now.connection is None:
            try:
                now.connection = self.peewee.connection()
            except FOREIGN as fault:
                raise name(fault) from fault
        return now.connection

    @contextmanager
    def counting(self) -> Iterator[None]:
        self.execute("PRAGMA synchronous = normal")
        try:
            with self.writing():
                yield
        finally:
            self.execute("PRAGMA synchronous = full")

    def _text(self, sql: str) -> str:
        return sql

    def _has_transaction(self) -> bool:
        return bool(self.connection().in_transaction)

    def sizes(self) -> Sizes:
        wal = self.path.with_name(f"{self.path.name}-wal")
        try:
            return Sizes(self.path.stat().st_size, wal.stat().st_size if wal.exists() else 0)
        except OSError as problem:
            raise StoreDown(f"The database file cannot be measured: {problem.strerror}.") from problem

    def bridge_lock(
        self, stop: threading.Event | None, waiting: Callable[[], None], _slot: int
    ) -> AbstractContextManager[bridge_lock.BridgeLock | None]:
        return bridge_lock.file_lock(self.path.with_suffix(".bridge"), stop, waiting)

    @contextmanager
    def migration_lock(self) -> Iterator[None]:
        try:
            lock = FileLock(self.path.with_suffix(".migrate"))
        except OSError as problem:
            raise StoreDown(f"The database's folder cannot be written: {problem.strerror}.") from problem
        with lock:
            lock.take()
            yield
