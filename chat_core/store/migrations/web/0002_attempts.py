"""Make the table that counts attempts to sign in and the like."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    """CREATE TABLE attempt (key TEXT NOT NULL PRIMARY KEY, minute_at $int NOT NULL, in_minute $int4 NOT NULL,
      hour_at $int NOT NULL, in_hour $int4 NOT NULL)$clustered""",
    "CREATE INDEX attempt_hour_at ON attempt (hour_at)",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make it."""
    run(db, STATEMENTS)
