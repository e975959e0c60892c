"""Add webhooks, what is delivered to anybody outside, and the events that clients were created."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    'CREATE TABLE client_event (num $num, "at" $int NOT NULL, client TEXT NOT NULL)',
    "CREATE TABLE delivery (num $num, id TEXT NOT NULL, destination TEXT NOT NULL, "
    '"key" TEXT NOT NULL, event TEXT NOT NULL, client TEXT, seq $int, entry TEXT, facts TEXT NOT NULL,'
    ' "at" $int NOT NULL, since $int NOT NULL, due $int NOT NULL, tries $int4 NOT NULL, lease $int NOT NULL,'
    " state $int2 NOT NULL, error TEXT, done $int)",
    "CREATE UNIQUE INDEX delivery_id ON delivery (id)",
    "CREATE INDEX delivery_client ON delivery (client)",
    "CREATE INDEX delivery_done ON delivery (done)",
    "CREATE INDEX delivery_destination_state_due_num ON delivery (destination, state, due, num)",
    'CREATE INDEX delivery_destination_key_state_num ON delivery (destination, "key", state, num)',
    "CREATE INDEX delivery_state_destination_num ON delivery (state, destination, num)",
    "CREATE TABLE webhook (id TEXT NOT NULL PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL,"
    ' version $int4 NOT NULL, rotated $int, "off" TEXT, created $int NOT NULL)',
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the tables."""
    run(db, STATEMENTS)
