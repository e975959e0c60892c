"""Give one database: connections by thread, write transactions, and reads that survive a restart of the server."""

import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, ClassVar, Final, TypeVar

import peewee
import psycopg

from chat_core.contract.errors import StoreDown
from chat_core.store.bridge_lock import BridgeLock
from chat_core.store.dialect import Dialect, Row
from chat_core.store.faults import FOREIGN, StoreFault, is_of_a_server_that_left, name
from chat_core.store.results import Sizes
from chat_core.store.slot_watch import SlotWatch

Result = TypeVar("Result")
AT_ONCE_S: Final = 1.0  # a server that closes a connection is noticed sooner; a host that has vanished is not


class ThreadConnections:
    """Hold every thread's connection to one database, to close it after its thread, or all at once."""

    def __init__(self) -> None:
        self._of: dict[threading.Thread, sqlite3.Connection | psycopg.Connection[Any]] = {}
        self._changing = threading.Lock()

    def add(self, connection: "sqlite3.Connection | psycopg.Connection[Any]") -> None:
        """Note this thread's connection; close those of threads that have ended."""
        with self._changing:
            ended = [thread for thread in self._of if not thread.is_alive()]
            gone = [self._of.pop(thread) for thread in ended]
            self._of[threading.current_thread()] = connection
        _close(gone)

    def close(self) -> None:
        """Close all of them."""
        with self._changing:
            left = list(self._of.values())
            self._of.clear()
        _close(left)


def _close(connections: "Sequence[sqlite3.Connection | psycopg.Connection[Any]]") -> None:
    for connection in connections:
        with suppress(sqlite3.Error, psycopg.Error):
            connection.close()


class _Thread(threading.local):
    """Hold a thread's state: its open write transaction, if any."""

    connection: Any = None  # the open one; only of SQLite, where none is ever lost
    era = 0  # the database's `_era` when the connection was made
    in_transaction = False
    lost = False  # the database has given the transaction up


class Database(ABC):
    """
    Run statements. Thread-safe: every thread has a connection of its own, made when first used.

    SQL text has `?` for parameters and is the same for both kinds of database, but for what `dialect` says.
    """

    dialect: Dialect
    _begin: ClassVar[str]

    def __init__(self, opened: Any) -> None:
        """Args: opened: a peewee database that adds its connections to its `made`."""
        self.peewee: Final = opened
        opened.made = ThreadConnections()
        self._closed = False
        self._era = 0  # rises when every thread must make a new connection
        self.after_commit: Callable[[], None] = lambda: None
        self._thread = _Thread()

    @abstractmethod
    def connection(self) -> Any:
        """
        Return this thread's connection, as the driver's own object.

        Raises: StoreDown.
        """

    @abstractmethod
    def _text(self, sql: str) -> str:
        """Return the statement as the driver takes it."""

    @abstractmethod
    def _has_transaction(self) -> bool:
        """Return whether there may be something to roll back on this thread's connection."""

    @abstractmethod
    def sizes(self) -> Sizes:
        """Return the sizes of database and WAL, and how many connections there are. Raises: StoreDown."""

    @abstractmethod
    def bridge_lock(
        self, stop: threading.Event | None, waiting: Callable[[], None], slot: int
    ) -> AbstractContextManager[BridgeLock | None]:
        """Wait for the lock that one bridge holds: see `Store.hold_bridge_lock`."""

    def watch_slots(self) -> AbstractContextManager[SlotWatch]:
        """Give a watch of the slots: see `Store.watch_slots`."""
        raise StoreFault("several slots, where one file's lock is for one")

    @abstractmethod
    def migration_lock(self) -> AbstractContextManager[None]:
        """Keep other processes from migrating meanwhile. What is done inside may take any time."""

    # Peewee's queries

    def select(self, query: peewee.Query) -> list[Row]:
        """Return a query's rows as the driver gives them; ask again where the connection was lost."""
        text, values = self._composed(query)

        def ask() -> list[Row]:
            with self.whole_connection() as connection:
                found: list[Row] = connection.execute(text, values).fetchall()
                return found

        return self.again(ask)

    def find(self, query: peewee.Query) -> Row | None:
        """Return the query's first row, or None."""
        return next(iter(self.select(query)), None)

    def change(self, query: peewee.Query) -> int:
        """Run a query that writes; return how many rows it changed."""
        text, values = self._composed(query)
        with self.whole_connection() as connection:
            count: int = connection.execute(text, values).rowcount
            return count

    def _composed(self, query: peewee.Query) -> tuple[str, list[Any]]:
        composed: tuple[str, list[Any]] = self.peewee.get_sql_context().sql(query).query()
        return composed

    @contextmanager
    def whole_connection(self) -> Iterator[Any]:
        """Give the connection as `whole` does, and map the driver's errors."""
        try:
            yield self.whole()
        except FOREIGN as fault:
            raise self.named(fault) from fault

    # SQL text

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run one statement and return the driver's cursor."""
        try:
            return self.whole().execute(self._text(sql), parameters)
        except FOREIGN as fault:
            raise self.named(fault) from fault

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement once for each row of parameters."""
        try:
            self.whole().cursor().executemany(self._text(sql), rows)
        except FOREIGN as fault:
            raise self.named(fault) from fault

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement within a transaction."""
        try:
            found: list[Row] = self.whole().execute(self._text(sql), parameters).fetchall()
            return found
        except FOREIGN as fault:
            raise self.named(fault) from fault

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a statement within a transaction, or None."""
        try:
            found: Row | None = self.whole().execute(self._text(sql), parameters).fetchone()
            return found
        except FOREIGN as fault:
            raise self.named(fault) from fault

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement that only reads; ask again where the connection was lost."""
        return self.again(lambda: self.rows(sql, parameters))

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row that `fetch` gives, or None."""
        return self.again(lambda: self.row(sql, parameters))

    def fetch_planned(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """
        Return the rows that `fetch` gives, by a plan for these very values.

        PostgreSQL plans a prepared statement for any value: for a rare word it would read all rows.
        """
        return self.fetch(sql, parameters)

    # Errors and lost connections

    def named(self, foreign: BaseException) -> StoreDown | StoreFault:
        """Return our error for the driver's, and remember what it says of the transaction and the server."""
        named = name(foreign)
        if is_of_a_server_that_left(foreign):
            self._era += 1
        if isinstance(named, StoreDown):
            self._thread.lost = True
        return named

    def whole(self) -> Any:
        """
        Return this thread's connection.

        A full disk or a lost server rolls back by itself: a next statement would stand alone.
        Raises: StoreDown, also where the transaction is lost.
        """
        now = self._thread
        if not now.in_transaction:
            return self.connection()
        if now.lost:
            raise StoreDown("The database has given the transaction up. Try again in a moment.")
        return now.connection

    def again(self, work: Callable[[], Result]) -> Result:
        """
        Return what the work returns; done a second time where the connection turns out to be lost.

        The work must be harmless to repeat. Within a transaction nothing is repeated: what came before is lost too. Nor
        is it after a wait: the host has vanished, and connecting would be a second wait.
        """
        began_s = time.monotonic()
        try:
            return work()
        except StoreDown:
            if self._thread.in_transaction or not self.drop_if_lost() or time.monotonic() - began_s > AT_ONCE_S:
                raise
        return work()

    def drop_if_lost(self) -> bool:
        """Close this thread's connection where it was lost, so that the next use makes a new one; return whether."""
        return False

    def _drop(self) -> None:
        with suppress(peewee.PeeweeException, psycopg.Error):
            self.peewee.close()

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Let what this thread does inside take as long as it takes."""
        yield

    # Write transactions

    @contextmanager
    def writing(self) -> Iterator[None]:
        """
        Make one write transaction of this thread: commit at the end, roll back when an exception leaves it.

        Raises: StoreDown from the end means that the outcome is unknown: repeat what is harmless to repeat.
        """
        self.begin()
        try:
            yield
            self.commit()
        finally:
            if self._thread.in_transaction:
                self.roll_back()

    @abstractmethod
    def counting(self) -> AbstractContextManager[None]:
        """Make one write transaction, as `writing` does, that waits for no disk: a power cut may undo it."""

    def begin(self) -> None:
        """Begin a write transaction. On SQLite it is the only one at once (BEGIN IMMEDIATE)."""
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
            raise self.named(fault) from fault

    def commit(self) -> None:
        """
        Commit to the disk.

        Raises: StoreDown when that is not known; it is rolled back then where it can be.
        """
        committed = False
        try:
            self.execute("COMMIT")
            committed = True
        finally:
            if not committed:
                self.roll_back()
        self._thread.in_transaction = False
        self.after_commit()

    def roll_back(self) -> None:
        """Undo the transaction. A lost or full database has done so by itself."""
        self._thread.in_transaction = False
        if self._closed or self.peewee.is_closed() or not self._has_transaction():
            return
        with suppress(StoreDown):
            self.execute("ROLLBACK")
        self.drop_if_lost()

    def close(self) -> None:
        """Close all threads' connections; whoever still asks gets StoreDown."""
        self._closed = True
        with suppress(peewee.PeeweeException, sqlite3.Error, psycopg.Error):
            self.peewee.close()
        self.peewee.made.close()
