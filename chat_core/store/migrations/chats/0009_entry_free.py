"""
PostgreSQL: an entry asks no more whether its conversation exists. A frozen copy.

That was a fifth of all that an insert costs; whoever writes an entry has locked that row, and erasure takes the entries
first.
"""

from peewee import Database, SqliteDatabase
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    if not isinstance(db, SqliteDatabase):
        db.execute_sql("ALTER TABLE entry DROP CONSTRAINT entry_conversation_fkey")
