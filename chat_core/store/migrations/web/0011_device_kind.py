"""Add the kind of a device, as which it was set up."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = ("ALTER TABLE device ADD COLUMN kind TEXT",)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add it; of older devices it is unknown."""
    run(db, STATEMENTS)
