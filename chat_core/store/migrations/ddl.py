"""Run a migration's frozen statements, whose few `$words` name what SQLite and PostgreSQL call differently."""

from collections.abc import Iterable
from string import Template
from typing import Final

from peewee import Database, SqliteDatabase

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
    words = SQLITE if is_sqlite(db) else POSTGRES
    for statement in statements:
        db.execute_sql(Template(statement).substitute(words))
