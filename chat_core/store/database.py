"""One database file or server: connections by thread, write transactions, reads that survive a restart."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import peewee
import psycopg

from chat_core.contract.errors import StoreDown
from chat_core.store import postgres
from chat_core.store.faults import FOREIGN, StoreFault, is_of_a_server_that_left, name
from chat_core.store.postgres import BUSY_TIMEOUT_MS

SQLITE_PRAGMAS: Final = (
    ("journal_mode", "wal"),
    ("synchronous", "full"),  # a commit is on disk before it is told
    ("foreign_keys", 1),
    ("busy_timeout", BUSY_TIMEOUT_MS),
    ("wal_autocheckpoint", 0),  # a side thread does it (checkpoint.py), never a commit
    ("journal_size_limit", 64 * 1024 * 1024),
    ("secure_delete", 1),  # what is erased is overwritten
    ("temp_store", "memory"),
    ("cache_size", -16_384),  # KiB
)
Result = TypeVar("Result")
Row = tuple[Any, ...]


class _Connections:
    """Every thread's connection to one database: closed when its thread has ended, or all at once."""

    def __init__(self) -> None:
        self._of: dict[threading.Thread, sqlite3.Connection | psycopg.Connection[Any]] = {}
        self._changing = threading.Lock()

    def add(self, connection: "sqlite3.Connection | psycopg.Connection[Any]") -> None:
        """The connection is this thread's."""
        with self._changing:
            ended = [thread for thread in self._of if not thread.is_alive()]
            gone = [self._of.pop(thread) for thread in ended]
            self._of[threading.current_thread()] = connection
        _close(gone)

    def close(self) -> None:
        """None is left."""
        with self._changing:
            left = list(self._of.values())
            self._of.clear()
        _close(left)


def _close(connections: "Sequence[sqlite3.Connection | psycopg.Connection[Any]]") -> None:
    for connection in connections:
        with suppress(sqlite3.Error, psycopg.Error):
            connection.close()


class _Thread(threading.local):
    """What a thread is at: its open write transaction, if any."""

    connection: Any = None  # the open one; of SQLite only, where none is ever lost
    era = 0  # of the database's when it was made
    in_transaction = False
    lost = False  # the database has given the transaction up


class _Sqlite(peewee.SqliteDatabase):
    """peewee's, with its connections counted."""

    made: _Connections

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]  # the stub lacks it
        self.made.add(connection)
        return connection


class _Postgres(peewee.PostgresqlDatabase):
    """peewee's on psycopg 3, connected to as `postgres` says, with its connections counted."""

    made: _Connections

    def _connect(self) -> postgres.Connection:
        connection = postgres.connect(str(self.database), "wattline")
        self.made.add(connection)
        return connection


class Database:
    """
    A database behind the door. Thread-safe: every thread has a connection of its own, made when first used.

    SQL is written with `?` and is the same for both kinds, except where `by_kind` is asked.
    """

    def __init__(self, kind: Literal["sqlite", "postgres"], opened: "_Sqlite | _Postgres") -> None:
        self.kind: Final = kind
        self.peewee: Final = opened
        opened.made = _Connections()
        self._begin: Final = self.by_kind("BEGIN IMMEDIATE", "BEGIN")
        self._closed = False
        self._era = 0  # rises when the server turns out to be one that nothing can be written to
        self._texts: dict[str, str] = {}
        self.after_commit: Callable[[], None] = lambda: None
        self._thread = _Thread()

    @classmethod
    def sqlite(cls, path: Path) -> "Database":
        """
        The file, made with mode 0600 where there is none.

        Raises: StoreDown where it cannot be.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as problem:
            raise StoreDown(f"The database file cannot be opened: {problem.strerror}.") from problem
        # Only close() touches a connection from another thread, when that thread has no more to say.
        return cls(
            "sqlite",
            _Sqlite(str(path), pragmas=SQLITE_PRAGMAS, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False),
        )

    @classmethod
    def postgres(cls, url: str) -> "Database":
        """The database at the URL; nothing is connected yet."""
        return cls("postgres", _Postgres(url, prefer_psycopg3=True))

    @property
    def path(self) -> Path:
        """Where the file is. Only of SQLite."""
        return Path(str(self.peewee.database))

    def by_kind(self, sqlite: Result, postgres: Result) -> Result:
        """The one that this kind of database takes."""
        return sqlite if self.kind == "sqlite" else postgres

    def connection(self) -> Any:
        """
        This thread's connection, as the driver's own object.

        Raises: StoreDown.
        """
        if self._closed:
            raise StoreDown("The database is closed.")
        now = self._thread
        if now.connection is None or self.kind == "postgres":
            if now.era != self._era:  # the server is no longer the one to write to: its hosts are tried anew
                now.era = self._era
                self._drop()
            try:
                now.connection = self.peewee.connection()
            except FOREIGN as fault:
                raise name(fault) from fault
        return now.connection

    def _text(self, sql: str) -> str:
        if self.kind == "sqlite":
            return sql
        known = self._texts.get(sql)
        if known is None:
            known = self._texts[sql] = sql.replace("%", "%%").replace("?", "%s")
        return known

    # Inside a transaction: a failure is the transaction's.

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run one statement and return the driver's cursor."""
        try:
            return self.whole().execute(self._text(sql), parameters)
        except FOREIGN as fault:
            raise self._named(fault) from fault

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement once for each row of parameters."""
        try:
            self.whole().cursor().executemany(self._text(sql), rows)
        except FOREIGN as fault:
            raise self._named(fault) from fault

    def copy_in(self, sql: str, types: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """The rows, of these types, are written by the COPY. Only of PostgreSQL."""
        try:
            with self.whole().cursor().copy(sql) as copy:
                copy.set_types(types)
                for row in rows:
                    copy.write_row(row)
        except FOREIGN as fault:
            raise self._named(fault) from fault

    @contextmanager
    def trusted(self) -> Iterator[Any]:
        """
        The connection, as long as its transaction is whole.

        What a full disk or a lost server rolled back by itself must not go on: the next statement would stand alone.
        """
        try:
            yield self.whole()
        except FOREIGN as fault:
            raise self._named(fault) from fault

    def _named(self, foreign: BaseException) -> StoreDown | StoreFault:
        named = name(foreign)
        if is_of_a_server_that_left(foreign):
            self._era += 1
        if isinstance(named, StoreDown):
            self._thread.lost = True
        return named

    def whole(self) -> Any:
        """
        This thread's connection.

        Raises: StoreDown, also where the transaction is lost.
        """
        now = self._thread
        if not now.in_transaction:
            return self.connection()
        if now.lost:
            raise StoreDown("The database has given the transaction up. Try again in a moment.")
        return now.connection

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows that the statement returns."""
        try:
            found: list[Row] = self.whole().execute(self._text(sql), parameters).fetchall()
            return found
        except FOREIGN as fault:
            raise self._named(fault) from fault

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        try:
            found: Row | None = self.whole().execute(self._text(sql), parameters).fetchone()
            return found
        except FOREIGN as fault:
            raise self._named(fault) from fault

    # By themselves: a lost connection is made again and asked once more.

    def again(self, work: Callable[[], Result]) -> Result:
        """
        What the work returns; done a second time where the connection turns out to be lost.

        The work must be harmless to repeat. Within a transaction nothing is repeated: what came before is lost too.
        """
        try:
            return work()
        except StoreDown:
            if self._thread.in_transaction or not self.drop_if_lost():
                raise
        return work()

    def drop_if_lost(self) -> bool:
        """Whether this thread's connection was lost; the next use makes a new one."""
        if self.kind == "sqlite" or self.peewee.is_closed():
            return False
        connection: psycopg.Connection[Any] = self.peewee.connection()
        if not connection.closed and self._thread.era == self._era:
            return False
        self._thread.era = self._era
        self._drop()
        return True

    def _drop(self) -> None:
        """This thread's connection is closed."""
        with suppress(peewee.PeeweeException, psycopg.Error):
            self.peewee.close()

    @contextmanager
    def patient(self) -> Iterator[None]:
        """What this thread does inside may take as long as it takes. Only of PostgreSQL is anything else bounded."""
        if self.kind == "sqlite":
            yield
            return
        connection: postgres.Connection = self.connection()
        connection.patience_s = None
        self.execute("SET statement_timeout = 0")
        self.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            self._drop()  # the next one is bounded again

    @contextmanager
    def writing(self) -> Iterator[None]:
        """
        One write transaction of this thread; commits at the end, rolls back when an exception leaves it.

        Raises: StoreDown from the end means that the outcome is unknown: repeat what is harmless to repeat.
        """
        self.begin()
        try:
            yield
        except BaseException:
            self.roll_back()
            raise
        self.commit()

    def begin(self) -> None:
        """A write transaction begins. On SQLite it is the only one at once (BEGIN IMMEDIATE)."""
        now = self._thread
        if now.in_transaction:
            raise StoreFault("a transaction within a transaction")
        self.again(self._start)
        now.in_transaction, now.lost = True, False

    def _start(self) -> None:
        connection = self.connection()
        try:
            connection.execute(self._begin)
        except FOREIGN as fault:
            raise self._named(fault) from fault

    def commit(self) -> None:
        """
        What was written is on disk.

        Raises: StoreDown when that is not known; it is rolled back then where it can be.
        """
        try:
            self.execute("COMMIT")
        except BaseException:
            self.roll_back()
            raise
        self._thread.in_transaction = False
        self.after_commit()

    def roll_back(self) -> None:
        """Nothing of the transaction stays. A lost or full database has done so by itself."""
        self._thread.in_transaction = False
        if self._closed or self.peewee.is_closed():
            return
        if self.kind == "sqlite" and not self.connection().in_transaction:
            return
        with suppress(StoreDown):
            self.execute("ROLLBACK")
        self.drop_if_lost()

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a statement that only reads."""
        return self.again(lambda: self.rows(sql, parameters))

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of a statement that only reads, or None."""
        return self.again(lambda: self.row(sql, parameters))

    def fetch_planned(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """
        The rows that `fetch` gives, by a plan for these very values: a word that few have is looked up, one that all
        have is met on the way.

        PostgreSQL's plan for any value, which a prepared statement has, goes the whole way for rare ones.
        """
        if self.kind == "sqlite":
            return self.fetch(sql, parameters)
        return self.again(lambda: self._planned(self._text(sql), parameters))

    def _planned(self, text: str, parameters: Sequence[Any]) -> list[Row]:
        try:
            found: list[Row] = self.whole().execute(text, parameters, prepare=False).fetchall()
            return found
        except FOREIGN as fault:
            raise self._named(fault) from fault

    def close(self) -> None:
        """All threads' connections are closed; whoever still asks gets StoreDown."""
        self._closed = True
        with suppress(peewee.PeeweeException, sqlite3.Error, psycopg.Error):
            self.peewee.close()
        self.peewee.made.close()
