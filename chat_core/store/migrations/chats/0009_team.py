"""Add to a conversation the team that it belongs to."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = ("ALTER TABLE conversation ADD COLUMN team TEXT",)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the column, empty: a conversation without a team is the default team's."""
    run(db, STATEMENTS)
