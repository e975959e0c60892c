"""Map foreign errors: what the drivers and peewee raise never leaves the store."""

import sqlite3
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final

import peewee
import psycopg

from chat_core.contract.errors import StoreDown

FULL: Final = "disk_full"
FULL_TEXT: Final = "The disk that holds the database is full. Nothing is stored until there is room."
READ_ONLY: Final = (
    "The database's server takes no writes: it is a standby, or set to read-only. Is its URL the primary's?"
)
BUSY: Final = "The database is locked: another program has been writing to it for more than 5 s. Try again in a moment."
_ANYTHING: Final = "The database does not answer. Try again in a moment."
_PASSWORD: Final = "The database refuses the password in WATTLINE_DB."
_USER: Final = "The database refuses the user in WATTLINE_DB: there is none of that name, or it may not come in."
_NAME: Final = "The database that WATTLINE_DB names does not exist on its server."
_HOST: Final = "The host that WATTLINE_DB names is not known: its name cannot be looked up."
_NO_WAY: Final = "The network finds no way to the host that WATTLINE_DB names."
_NOBODY: Final = "Nothing listens where WATTLINE_DB says: is the database's server up, and the port right?"
OPTION: Final = "WATTLINE_DB has a port or an option, behind the ?, that PostgreSQL does not know."
_SILENT: Final = "The database's host did not answer in time: is it up, and does a firewall let us through?"
_MANY: Final = "The database's server takes no more connections: raise its max_connections."
_STARTING: Final = "The database's server is starting or stopping. Try again in a moment."

# The codes that may pass, and their causes (https://sqlite.org/rescode.html, primary codes).
_OF_SQLITE: Final[dict[int, str]] = {
    sqlite3.SQLITE_PERM: "The database file may not be opened: check its owner and permissions.",
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_NOMEM: "There is no memory left for the database.",
    sqlite3.SQLITE_READONLY: "The database's file or folder cannot be written: check its owner and permissions.",
    sqlite3.SQLITE_INTERRUPT: _ANYTHING,
    sqlite3.SQLITE_IOERR: "The disk that holds the database reports errors: check it, and the system's log.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged. Stop Wattline, and restore a backup.",
    sqlite3.SQLITE_FULL: FULL_TEXT,
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened: check its folder's owner and permissions.",
    sqlite3.SQLITE_PROTOCOL: BUSY,
    sqlite3.SQLITE_NOTADB: "The database file is damaged, or no database at all. Restore a backup.",
}
_LOCKED: Final = "55P03"
# By SQLSTATE, the longer first (PostgreSQL, appendix A).
_OF_STATES: Final = (
    ("25006", READ_ONLY),
    ("28P01", _PASSWORD),
    ("28", _USER),
    ("3D000", _NAME),
    ("53100", FULL_TEXT),
    ("53200", "The database's server has no memory left."),
    ("53300", _MANY),
    (_LOCKED, BUSY),
    ("57014", "The database took too long over one question, and was told to leave it."),
    ("57P03", _STARTING),
    ("57P", "The database's server was stopped, or ended our connection. Try again in a moment."),
)
# A connection that was not made has no SQLSTATE, only libpq's words, here in lower case; the first that occurs counts.
_OF_WORDS: Final = (
    ("is bad: invalid ", OPTION),
    ("pg_hba.conf", _USER),
    ("password", _PASSWORD),
    ("authentication failed", _USER),
    ("fatal:  role ", _USER),
    ("fatal:  database ", _NAME),
    ("too many clients", _MANY),
    ("connection slots", _MANY),
    ("too many connections", _MANY),
    ("starting up", _STARTING),
    ("shutting down", _STARTING),
    ("session is read-only", READ_ONLY),
    ("server is in hot standby mode", READ_ONLY),
    ("resolve host", _HOST),
    ("translate host name", _HOST),
    ("refused", _NOBODY),
    ("no such file", _NOBODY),
    ("no route to host", _NO_WAY),
    ("unreachable", _NO_WAY),
    ("timeout", _SILENT),
    ("timed out", _SILENT),
    ("certificate", "The database's TLS certificate is not the one that WATTLINE_DB asks for."),
    ("ssl", "The database's server and WATTLINE_DB do not agree about TLS (sslmode)."),
)
# The server stops or takes no writes: another of the URL's hosts may be the primary now.
_LEFT: Final = frozenset({"25006", "57P01", "57P02", "57P03"})
# SQLSTATE class "program limit exceeded", as too long for an index. psycopg counts it among errors that may pass.
_LIMITS: Final = "54"
FOREIGN: Final = (peewee.PeeweeException, sqlite3.Error, psycopg.Error)


class StoreFault(Exception):
    """
    Say that our SQL or our caller is wrong: the same call would fail again.

    It is no WattlineError, so that nobody answers it with "try again". The bridge parks what caused it.
    """


class _Mapped(AbstractContextManager[None]):
    """Map without contextlib's generators, which cost more than the call of a statement."""

    def __exit__(
        self, _kind: type[BaseException] | None, fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(fault, FOREIGN):
            raise name(fault) from fault


_MAPPED: Final = _Mapped()


def mapped() -> AbstractContextManager[None]:
    """Raise each inner fault as StoreDown (try again) or StoreFault (a fault of ours)."""
    return _MAPPED


def name(foreign: BaseException) -> StoreDown | StoreFault:
    """Return our error for a driver's or peewee's; an error that may pass has its cause in our words."""
    cause = _cause(foreign)
    found = _of_sqlite(cause) if isinstance(cause, sqlite3.Error) else _of_postgres(cause)
    if found is not None:
        return StoreDown(found, why=FULL if found is FULL_TEXT else None)
    # No text of the driver's: it may quote what was being stored.
    return StoreFault(f"the database refused a statement: {type(cause or foreign).__name__}")


def is_of_a_server_that_left(foreign: BaseException) -> bool:
    """Return whether the server stops, or has become one that nothing can be written to."""
    cause = _cause(foreign)
    return isinstance(cause, psycopg.Error) and cause.sqlstate in _LEFT


def is_of_a_lock(foreign: BaseException) -> bool:
    """Return whether PostgreSQL gave up waiting for a lock."""
    cause = _cause(foreign)
    return isinstance(cause, psycopg.Error) and cause.sqlstate == _LOCKED


def _cause(foreign: BaseException) -> BaseException | None:
    """Return the driver's error. peewee raises its own while it handles the driver's, sometimes twice."""
    cause: BaseException | None = foreign
    while isinstance(cause, peewee.PeeweeException):
        cause = cause.__context__
    return cause


def _of_sqlite(cause: sqlite3.Error) -> str | None:
    code = getattr(cause, "sqlite_errorcode", None)  # None where Python itself raised it
    return None if code is None else _OF_SQLITE.get(code & 0xFF)


def _of_postgres(cause: BaseException | None) -> str | None:
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError):
        return None
    state = cause.sqlstate or ""
    if state.startswith(_LIMITS):
        return None
    if not state:
        said = str(cause).lower()
        return next((text for word, text in _OF_WORDS if word in said), _ANYTHING)
    return next((text for begin, text in _OF_STATES if state.startswith(begin)), _ANYTHING)
