"""Add to a client the begin of the outage whose end it waits to be told."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE client ADD COLUMN power_wait $int",
    # The bridge looks every few seconds, and nearly nobody waits.
    "CREATE INDEX client_power_wait ON client (power_wait) WHERE power_wait IS NOT NULL",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the column, empty."""
    run(db, STATEMENTS)
