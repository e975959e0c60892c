"""Make the tables that web and CLI write. Frozen: models change, this does not."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

TABLES: Final = (
    """CREATE TABLE identity (id TEXT NOT NULL PRIMARY KEY, name TEXT, generation $int4 NOT NULL,
      disabled $bool NOT NULL, created $int NOT NULL, touched $int NOT NULL)""",
    "CREATE TABLE spare_guest (id TEXT NOT NULL PRIMARY KEY REFERENCES identity (id))",
    """CREATE TABLE agent (id TEXT NOT NULL PRIMARY KEY REFERENCES identity (id), admin $bool NOT NULL,
      password_hash TEXT, sign_outs $int4 NOT NULL)""",
    "CREATE TABLE sign_in (id TEXT NOT NULL PRIMARY KEY, agent TEXT NOT NULL, created $int NOT NULL)",
    "CREATE INDEX sign_in_agent_created ON sign_in (agent, created)",
    "CREATE TABLE listener (id TEXT NOT NULL PRIMARY KEY, client TEXT, expires $int NOT NULL)",
    "CREATE INDEX listener_expires ON listener (expires)",
    """CREATE TABLE setup_link (hash TEXT NOT NULL PRIMARY KEY, agent TEXT NOT NULL REFERENCES agent (id),
      expires $int NOT NULL)""",
    "CREATE INDEX setup_link_agent ON setup_link (agent)",
    """CREATE TABLE client (id TEXT NOT NULL PRIMARY KEY REFERENCES identity (id), lang TEXT, area TEXT,
      meters TEXT NOT NULL, was TEXT)""",
    """CREATE TABLE device (id TEXT NOT NULL PRIMARY KEY REFERENCES identity (id), client TEXT NOT NULL,
      topics TEXT NOT NULL, password_hashes TEXT NOT NULL)""",
    "CREATE INDEX device_client ON device (client)",
    """CREATE TABLE file (id TEXT NOT NULL PRIMARY KEY, client TEXT NOT NULL, sender TEXT NOT NULL,
      upload TEXT NOT NULL, sha256 TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, size $int NOT NULL,
      width $int, height $int, at $int NOT NULL, checked $int NOT NULL)""",
    "CREATE INDEX file_client ON file (client)",
    "CREATE INDEX file_checked ON file (checked)",
    "CREATE UNIQUE INDEX file_client_sender_upload ON file (client, sender, upload)",
    "CREATE INDEX file_sender_at ON file (sender, at)",
    """CREATE TABLE file_usage (key TEXT NOT NULL, hour $int NOT NULL, bytes $int NOT NULL,
      PRIMARY KEY (key, hour))$clustered""",
    "CREATE INDEX file_usage_hour ON file_usage (hour)",
    """CREATE TABLE jti (jti TEXT NOT NULL PRIMARY KEY, exp $int NOT NULL, answer TEXT NOT NULL,
      at $int NOT NULL)$clustered""",
    "CREATE INDEX jti_exp ON jti (exp)",
    "CREATE TABLE setting (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE counter (key TEXT NOT NULL PRIMARY KEY, value $int NOT NULL)",
    "CREATE TABLE change (num $num, kind TEXT NOT NULL, body TEXT NOT NULL, at $int NOT NULL)",
    "CREATE INDEX change_kind_body ON change (kind, body)",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make them."""
    run(db, TABLES)
