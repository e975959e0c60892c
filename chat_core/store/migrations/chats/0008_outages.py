"""Add to an outage notice its incident, when power is expected back, and whether who asked is to be told of its end."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE notice ADD COLUMN incident TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE notice ADD COLUMN since $int NOT NULL DEFAULT 0",
    'UPDATE notice SET incident = id, since = "at"',
    "ALTER TABLE notice ADD COLUMN until $int",
    "ALTER TABLE notice ADD COLUMN untold $bool NOT NULL DEFAULT FALSE",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the columns: nobody is told late of an outage that was over before."""
    run(db, STATEMENTS)
