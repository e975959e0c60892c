"""Divide the clients into 64 shards, each of which a slot has. What was called a shard before is a slot."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    """CREATE TABLE slot_lease (n $int2 NOT NULL PRIMARY KEY, owner TEXT NOT NULL, epoch $int4 NOT NULL,
      "until" $int NOT NULL, waits $int NOT NULL DEFAULT 0, coming $int NOT NULL DEFAULT 0)""",
    """INSERT INTO slot_lease (n, owner, epoch, "until") SELECT n, owner, epoch, "until" FROM shard""",
    "DROP TABLE shard",
    "CREATE TABLE shard (n $int2 NOT NULL PRIMARY KEY, slot $int2 NOT NULL)",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Keep the leases under their new name, and add an empty table: slot 0 has all shards."""
    run(db, STATEMENTS)
