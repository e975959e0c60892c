"""Add the outages of an area that another one followed."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    'CREATE TABLE past_notice (area TEXT NOT NULL, incident TEXT NOT NULL, text TEXT NOT NULL, "at" $int NOT NULL,'
    ' since $int NOT NULL, ended $int NOT NULL, origin TEXT, "until" $int, PRIMARY KEY (area, incident))',
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the table, empty: what was overwritten before is gone."""
    run(db, STATEMENTS)
