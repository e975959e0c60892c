"""
PostgreSQL: what keeps an id once for each conversation and sender is a tree of hashes. A frozen copy.

The hash index of 0008 grew in leaps, to 51 bytes an entry where a tree has 30, and compared rows a second time as each
was written. Two ids that differ and have the same 64 bits would be refused as one: among ten million entries there are
such with a chance of 1 in 370,000. That an entry's conversation exists was asked once more for each entry, a fifth of
all that an insert costs; whoever writes an entry has locked that row, and erasure takes the entries first.
"""

from peewee import Database, SqliteDatabase
from playhouse.migrate import SchemaMigrator

STATEMENTS = (
    "ALTER TABLE entry DROP CONSTRAINT entry_said_once",
    "CREATE UNIQUE INDEX entry_said_once ON entry (hashtextextended(conversation || '/' || sender || '/' || id, 0))",
    "ALTER TABLE entry DROP CONSTRAINT entry_conversation_fkey",
)


def up(migrator: SchemaMigrator, db: Database) -> None:
    if isinstance(db, SqliteDatabase):
        return
    for statement in STATEMENTS:
        db.execute_sql(statement)
