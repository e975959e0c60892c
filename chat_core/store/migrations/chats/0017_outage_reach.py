"""Keep with an outage whom it reached, and its expected end out of its text."""

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
    # No release stored an expected end; a development version told it in the text, where it would be told twice now.
    'UPDATE notice SET "until" = NULL',
    'UPDATE past_notice SET "until" = NULL',
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the columns, empty: whom earlier outages reached is not known."""
    run(db, STATEMENTS)
