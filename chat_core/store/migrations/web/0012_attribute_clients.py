"""Add the client to the index of attributes' values: PostgreSQL read a row of the table for each client found."""

from functools import partial
from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import in_short_waits, is_sqlite, run

STATEMENTS: Final = (
    "CREATE INDEX IF NOT EXISTS client_attribute_name_value_client ON client_attribute (name, value, client)",
    "DROP INDEX IF EXISTS client_attribute_name_value",
)
atomic: Final = (
    False  # each statement's lock ends with it: of three million attributes new ones wait 10 s for the first
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Replace the index. After a kill the same call goes on."""
    for statement in STATEMENTS:
        if is_sqlite(db):
            run(db, [statement])
        else:
            in_short_waits(db, partial(run, db, [statement]), "the clients' attributes")
