"""Add the bridge's lease, and the MQTT client id under which it connects."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    """CREATE TABLE shard (n $int2 NOT NULL PRIMARY KEY, owner TEXT NOT NULL, epoch $int4 NOT NULL,
      "until" $int NOT NULL)""",
    """INSERT INTO shard (n, owner, epoch, "until") VALUES (0, '', 0, 0)""",
    "CREATE TABLE slot (n $int2 NOT NULL PRIMARY KEY, mqtt_client_id TEXT NOT NULL)",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the tables."""
    run(db, STATEMENTS)
