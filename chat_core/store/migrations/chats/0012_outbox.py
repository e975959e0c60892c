"""Add the events for somebody outside."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    'CREATE TABLE outbox (num $num, "at" $int NOT NULL, event TEXT NOT NULL, client TEXT, seq $int, entry TEXT,'
    " facts TEXT NOT NULL)",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the table."""
    run(db, STATEMENTS)
