"""
PostgreSQL: words that can be found lie as text, in order, and the tree is over the vector made of it. A frozen copy.

A vector in the table took 270 bytes of an entry of a hundred, most of it for where each word stands; the text says that
by itself, in half the room. What waits to be merged into the tree stays short, so that no merge takes long.
"""

from peewee import Database, SqliteDatabase
from playhouse.migrate import SchemaMigrator

STATEMENTS = (
    "ALTER TABLE $table RENAME TO words_before",
    "CREATE TABLE $table (num BIGINT NOT NULL, words TEXT NOT NULL)",
    """INSERT INTO $table (num, words)
      SELECT num, (SELECT coalesce(string_agg(lexeme, ' ' ORDER BY place NULLS LAST), '')
        FROM unnest(words_before.words) LEFT JOIN LATERAL unnest(positions) AS at (place) ON true)
      FROM words_before ORDER BY num""",
    "DROP TABLE words_before",
    "ALTER TABLE $table ADD PRIMARY KEY (num) WITH (fillfactor = 100)",
    """CREATE INDEX $table_words ON $table USING gin (array_to_tsvector(string_to_array(words, ' ')))
      WITH (gin_pending_list_limit = 256)""",
)


def up(migrator: SchemaMigrator, db: Database) -> None:
    if isinstance(db, SqliteDatabase):
        return
    for table in ("search", "people"):
        for statement in STATEMENTS:
            db.execute_sql(statement.replace("$table", table))
