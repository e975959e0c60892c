"""Add the sender of the entry that an inbox row shows, which a page parsed from `last` for each row."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE conversation ADD COLUMN last_sender TEXT",
    "UPDATE conversation SET last_sender = $json_of_last ->> 'from' WHERE last IS NOT NULL",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the column and fill it."""
    run(db, STATEMENTS)
