"""Keep with an outage whom it reached."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE notice ADD COLUMN clients $int",
    "ALTER TABLE notice ADD COLUMN reached $int",
    "ALTER TABLE notice ADD COLUMN displays $int",
    "ALTER TABLE past_notice ADD COLUMN clients $int",
    "ALTER TABLE past_notice ADD COLUMN reached $int",
    "ALTER TABLE past_notice ADD COLUMN displays $int",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the columns, empty: whom earlier outages reached is not known."""
    run(db, STATEMENTS)
