"""Foreign errors, mapped at the door: what the drivers and peewee raise never leaves it. Touches nothing."""

import sqlite3
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final

import peewee
import psycopg

from chat_core.errors import StoreDown

# What says "not now" rather than "never like this" (https://sqlite.org/rescode.html, primary codes).
_PASSING: frozenset[int] = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
# SQLSTATE class "program limit exceeded": too long for an index, too deep. psycopg counts it among what passes.
_LIMITS: Final = "54"
FULL: Final = "disk_full"
FOREIGN: Final = (peewee.PeeweeException, sqlite3.Error, psycopg.Error)


class StoreFault(Exception):
    """
    Our own SQL or our caller is wrong: the same call would fail again.

    Outside the tree of errors on purpose: nobody may answer it with "try again". What caused it is parked.
    """


class _Mapped(AbstractContextManager[None]):
    """By hand: it is around every statement, and contextlib's generators cost more than the statement's own call."""

    def __exit__(
        self, _kind: type[BaseException] | None, fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(fault, FOREIGN):
            raise name(fault) from fault


_MAPPED: Final = _Mapped()


def mapped() -> AbstractContextManager[None]:
    """Whatever goes wrong inside leaves as StoreDown (try again) or StoreFault (a fault of ours)."""
    return _MAPPED


def name(foreign: BaseException) -> StoreDown | StoreFault:
    """The house's error for a driver's or peewee's."""
    cause: BaseException | None = foreign
    # peewee raises its own while it handles the driver's, sometimes twice.
    while isinstance(cause, peewee.PeeweeException):
        cause = cause.__context__
    if _is_full(cause):
        return StoreDown("The disk that holds the database is full. Nothing is stored until there is room.", why=FULL)
    if _passes(cause):
        return StoreDown("The database does not answer. Try again in a moment.")
    # No text of the driver's: it may quote what was being stored.
    return StoreFault(f"the database refused a statement: {type(cause or foreign).__name__}")


def _is_full(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(cause, psycopg.errors.DiskFull)


def _passes(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)  # None where Python itself raised it
        return code is not None and code & 0xFF in _PASSING
    if isinstance(cause, psycopg.Error) and (cause.sqlstate or "").startswith(_LIMITS):
        return False
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError)
