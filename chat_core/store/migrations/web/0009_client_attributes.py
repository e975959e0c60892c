"""Make the table of clients' attributes."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    """CREATE TABLE client_attribute (client TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (client, name))$clustered""",
    "CREATE INDEX client_attribute_name_value ON client_attribute (name, value)",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make it."""
    run(db, STATEMENTS)
