"""
Words of entries, and names of clients, as an index finds them: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Neither keeps the words themselves. `state` holds how far each is: `search` an entry's num, `people` a conversation's.
"""

from peewee import Database, SqliteDatabase
from playhouse.migrate import SchemaMigrator

# What is deleted leaves the index at once (since SQLite 3.42), not when its segments are next merged.
SECURE_SINCE = (3, 42, 0)


def up(migrator: SchemaMigrator, db: Database) -> None:
    if isinstance(db, SqliteDatabase):
        db.execute_sql("CREATE VIRTUAL TABLE search USING fts5(words, who, content='', tokenize='unicode61')")
        db.execute_sql("CREATE VIRTUAL TABLE people USING fts5(words, content='', tokenize='unicode61')")
        if db.server_version >= SECURE_SINCE:
            db.execute_sql("INSERT INTO search (search, rank) VALUES ('secure-delete', 1)")
            db.execute_sql("INSERT INTO people (people, rank) VALUES ('secure-delete', 1)")
        return
    for table in ("search", "people"):
        db.execute_sql(f"CREATE TABLE {table} (num BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        db.execute_sql(f"CREATE INDEX {table}_words ON {table} USING gin (words)")
