"""Add the client to the index of the inbox's order, so that a list is walked without reading its rows."""

from functools import partial
from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import in_short_waits, is_sqlite, run

STATEMENTS: Final = (
    "CREATE INDEX IF NOT EXISTS conversation_shelf_place_num_client ON conversation (shelf, place, num, client)",
    "DROP INDEX IF EXISTS conversation_shelf_place_num",
)
atomic: Final = False  # each statement's lock ends with it: of a million conversations messages wait 3 s for the first


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Replace the index. After a kill the same call goes on."""
    for statement in STATEMENTS:
        if is_sqlite(db):
            run(db, [statement])
        else:
            in_short_waits(db, partial(run, db, [statement]), "the conversations")
