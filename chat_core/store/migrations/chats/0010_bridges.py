"""Add the bridges that live, so that several share the shards."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = ('CREATE TABLE bridge (owner TEXT NOT NULL PRIMARY KEY, "until" $int NOT NULL)',)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the table."""
    run(db, STATEMENTS)
