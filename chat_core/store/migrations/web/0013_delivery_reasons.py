"""Add the codes of why deliveries failed and why webhooks are off, so that pages can say it in their language."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE delivery ADD COLUMN reason TEXT",
    "ALTER TABLE webhook ADD COLUMN off_reason TEXT",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add them; older rows keep their English words alone."""
    run(db, STATEMENTS)
