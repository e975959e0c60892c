"""Add the sender of the entry that an inbox row shows, which a page parsed from `last` for each row."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import fill, run

COLUMN: Final = "ALTER TABLE conversation ADD COLUMN last_sender TEXT"
FILL: Final = "UPDATE conversation SET last_sender = $json_of_last ->> 'from' WHERE last IS NOT NULL AND $slice"
# A transaction of all rows would lock each of them, and no message would be stored meanwhile.
atomic: Final = False


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the column and fill it, slice by slice."""
    if "last_sender" not in {column.name for column in db.get_columns("conversation")}:
        run(db, (COLUMN,))
    fill(db, "conversation", FILL, left="last_sender IS NULL")
