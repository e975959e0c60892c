"""Make the tables of addresses that answers go to, of those that want no mail, and of leases of web's duties."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    """CREATE TABLE mail_address (client TEXT NOT NULL PRIMARY KEY, address TEXT, ref TEXT NOT NULL,
      asked $int NOT NULL, verified $int, bounced $int, sent_seq $int NOT NULL, last_id TEXT,
      claim TEXT, claim_seq $int NOT NULL, vouched TEXT)""",
    "CREATE UNIQUE INDEX mail_address_ref ON mail_address (ref)",
    "CREATE TABLE lease (name TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, until $int NOT NULL)$clustered",
    "CREATE TABLE mail_stop (mark TEXT NOT NULL PRIMARY KEY, at $int NOT NULL)$clustered",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make them."""
    run(db, STATEMENTS)
