"""Make the tables of Web Push: who is notified in which browser, and who is looking at the board."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    """CREATE TABLE push_subscription (id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, sign_in TEXT NOT NULL,
      endpoint TEXT NOT NULL, p256dh TEXT NOT NULL, auth TEXT NOT NULL, lang TEXT NOT NULL, browser TEXT NOT NULL,
      created $int NOT NULL, succeeded $int)""",
    "CREATE INDEX push_subscription_person_created ON push_subscription (person, created)",
    "CREATE INDEX push_subscription_created ON push_subscription (created)",
    "CREATE TABLE push_watch (person TEXT NOT NULL PRIMARY KEY, until $int NOT NULL)$clustered",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make them."""
    run(db, STATEMENTS)
