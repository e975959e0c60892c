"""Make the table of agents' photos."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "CREATE TABLE agent_photo (agent TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, content $bytes NOT NULL)",
    "CREATE UNIQUE INDEX agent_photo_name ON agent_photo (name)",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make it."""
    run(db, STATEMENTS)
