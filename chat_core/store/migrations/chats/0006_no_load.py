"""Remove the words counted by quarter of an hour: reports count questions from the episodes."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Drop the table."""
    run(db, ("DROP TABLE load",))
