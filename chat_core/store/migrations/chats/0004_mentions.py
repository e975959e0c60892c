"""Add to the inbox's row which agents a note mentions."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE conversation ADD COLUMN mentions TEXT",
    # An agent who returns asks for the few rows that mention it.
    "CREATE INDEX conversation_mentions ON conversation (place, num) WHERE mentions IS NOT NULL",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the column, empty."""
    run(db, STATEMENTS)
