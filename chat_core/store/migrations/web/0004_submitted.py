"""Make the table of what web and mail hand to the bridge."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    """CREATE TABLE submitted (num $num, source TEXT NOT NULL, key TEXT NOT NULL, client TEXT NOT NULL,
      shard_key $int NOT NULL, topic TEXT NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL, at $int NOT NULL,
      due $int NOT NULL, done $int, seq $int, why TEXT, text TEXT, status $int4)""",
    "CREATE UNIQUE INDEX submitted_source_key ON submitted (source, key)",
    "CREATE INDEX submitted_client ON submitted (client)",
    "CREATE INDEX submitted_done_num ON submitted (done, num)",  # those that wait have no `done`
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make it."""
    run(db, STATEMENTS)
