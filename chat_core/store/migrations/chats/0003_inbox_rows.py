"""Add to the inbox's row: commands that take effect later, the client's last words, area and language, the answer."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE conversation ADD COLUMN delayed TEXT",
    "ALTER TABLE conversation ADD COLUMN due $int",
    # A second's look finds the few that wait, and no other row's write touches this index.
    "CREATE INDEX conversation_due ON conversation (due) WHERE due IS NOT NULL",
    "ALTER TABLE conversation ADD COLUMN question TEXT",
    "ALTER TABLE conversation ADD COLUMN answered $int",
    "ALTER TABLE conversation ADD COLUMN area TEXT",
    "ALTER TABLE conversation ADD COLUMN lang TEXT",
    # From this row down the bridge fills in area and language, which another database may hold.
    "INSERT INTO state (key, value) SELECT 'undescribed', max(num) FROM conversation HAVING max(num) IS NOT NULL",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the columns, empty: an older row has its other values with its next message or change."""
    run(db, STATEMENTS)
