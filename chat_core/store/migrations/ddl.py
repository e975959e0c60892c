"""Run a migration's frozen statements, whose few `$words` name what SQLite and PostgreSQL call differently."""

import time
from collections.abc import Callable, Iterable
from string import Template
from typing import Final

import structlog
from peewee import Database, SqliteDatabase

from chat_core.contract.errors import StoreDown
from chat_core.store.faults import FOREIGN, is_of_a_lock

_LAST: Final = "SELECT coalesce(max(num), 0) FROM $table"
SLICE_ROWS: Final = 2_000  # some 50 ms, for which a message of one of these rows waits
TOLD_EVERY_S: Final = 3.0
# Whoever writes to a table waits behind us for its lock. Autovacuum gives way to a wait of a second, a backup does not.
LOCK_WAIT_MS: Final = 1_500
LOCK_REST_S: Final = 4.5
LOCK_TRIES: Final = 10

log = structlog.get_logger(__name__)

# `clustered`: rows that are little but their key need no second tree; PostgreSQL has no such tables.
SQLITE: Final = {
    "num": "INTEGER NOT NULL PRIMARY KEY",
    "int": "INTEGER",
    "int4": "INTEGER",
    "int2": "INTEGER",
    "bool": "INTEGER",
    "bytes": "BLOB",
    "clustered": " WITHOUT ROWID",
    "json_of_last": "last",
}
POSTGRES: Final = {
    "num": "BIGSERIAL PRIMARY KEY",
    "int": "BIGINT",
    "int4": "INTEGER",
    "int2": "SMALLINT",
    "bool": "BOOLEAN",
    "bytes": "BYTEA",
    "clustered": "",
    "json_of_last": "last::json",
}


def is_sqlite(db: Database) -> bool:
    """Return whether the database is SQLite; otherwise it is PostgreSQL."""
    return isinstance(db, SqliteDatabase)


def run(db: Database, statements: Iterable[str]) -> None:
    """Run the statements in their order."""
    for statement in statements:
        db.execute_sql(Template(statement).substitute(_words(db)))


def fill(db: Database, table: str, statement: str, *, left: str) -> None:
    """
    Change the rows of a table with a `num`, some thousands in a transaction, and log how far it is.

    After a kill the same call goes on: it passes the rows that are done.
    Args: statement: with `$slice` as the last condition; left: the condition of a row that is not done.
    """
    ((last,),) = db.execute_sql(Template(_LAST).substitute(table=table)).fetchall()
    next_s = time.monotonic() + TOLD_EVERY_S
    for low in range(0, last, SLICE_ROWS):
        its = f"num > {low} AND num <= {low + SLICE_ROWS} AND {left}"
        with db.atomic():
            db.execute_sql(Template(statement).substitute(_words(db), slice=its))
        if time.monotonic() >= next_s:
            next_s = time.monotonic() + TOLD_EVERY_S
            log.info("migration.fills", table=table, percent=100 * low // last)


def in_short_waits(db: Database, do: Callable[[], None], what: str) -> None:
    """
    Change PostgreSQL's tables in a transaction; repeat it for a minute where others hold their locks.

    Args: what: names the tables in the error.
    Raises: StoreDown.
    """
    for tries_left in reversed(range(LOCK_TRIES)):
        try:
            with db.atomic():
                db.execute_sql(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
                do()
            return
        except FOREIGN as fault:
            if not is_of_a_lock(fault):
                raise
            if not tries_left:
                text = f"Another transaction, such as a backup, locks {what}. Migrate again when it has ended."
                raise StoreDown(text) from fault
            log.info("migration.waits", locked=what, tries_left=tries_left)
        time.sleep(LOCK_REST_S)


def _words(db: Database) -> dict[str, str]:
    return SQLITE if is_sqlite(db) else POSTGRES
