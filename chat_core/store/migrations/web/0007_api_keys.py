"""Make the table of API keys."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    """CREATE TABLE api_key (id TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL, name TEXT NOT NULL,
      speaker TEXT NOT NULL, scopes TEXT NOT NULL, networks TEXT NOT NULL, hint TEXT NOT NULL, created $int NOT NULL,
      expires $int, used $int, uses $int NOT NULL)""",
    "CREATE UNIQUE INDEX api_key_hash ON api_key (hash)",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make it."""
    run(db, STATEMENTS)
