"""Run a migration's frozen statements, whose few `$words` name what SQLite and PostgreSQL call differently."""

import time
from collections.abc import Iterable
from string import Template
from typing import Final

import structlog
from peewee import Database, SqliteDatabase

_LAST: Final = "SELECT coalesce(max(num), 0) FROM $table"
SLICE_ROWS: Final = 2_000  # some 50 ms, for which a message of one of these rows waits
TOLD_EVERY_S: Final = 3.0

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


def _words(db: Database) -> dict[str, str]:
    return SQLITE if is_sqlite(db) else POSTGRES
