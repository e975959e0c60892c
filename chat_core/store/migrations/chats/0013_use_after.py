"""Add to a question the meter that it shows, and whether the use was usual after it was resolved."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE episode ADD COLUMN meter TEXT",
    "ALTER TABLE episode ADD COLUMN use_after SMALLINT",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the columns, empty: of older questions nothing is said."""
    run(db, STATEMENTS)
