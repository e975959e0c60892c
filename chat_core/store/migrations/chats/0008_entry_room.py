"""
PostgreSQL: an entry takes less room. Its table is made anew, so nobody writes meanwhile. A frozen copy.

Numbers of four bytes stand together, so that nothing is padded, and what keeps an id once for each conversation and
sender is a hash: its index holds no second copy of the three. It is exact all the same: PostgreSQL compares the rows
themselves where hashes are alike. No part holds a slash. SQLite's rows are small by themselves.
"""

from peewee import Database, SqliteDatabase
from playhouse.migrate import SchemaMigrator

STATEMENTS = (
    "ALTER TABLE entry RENAME TO entry_before",
    """CREATE TABLE entry (
      num BIGINT NOT NULL DEFAULT nextval('entry_num_seq'), at BIGINT NOT NULL, conversation INTEGER NOT NULL,
      seq INTEGER NOT NULL, kind TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL)""",
    """INSERT INTO entry (num, at, conversation, seq, kind, sender, id, body)
      SELECT num, at, conversation, seq, kind, sender, id, body FROM entry_before ORDER BY num""",
    "ALTER SEQUENCE entry_num_seq OWNED BY entry.num",
    "DROP TABLE entry_before",
    "ALTER TABLE entry ADD PRIMARY KEY (num) WITH (fillfactor = 100)",
    "ALTER TABLE entry ADD FOREIGN KEY (conversation) REFERENCES conversation (num)",
    "CREATE UNIQUE INDEX entry_conversation_seq ON entry (conversation, seq)",
    """ALTER TABLE entry ADD CONSTRAINT entry_said_once
      EXCLUDE USING hash ((conversation || '/' || sender || '/' || id) WITH =) WITH (fillfactor = 100)""",
)


def up(migrator: SchemaMigrator, db: Database) -> None:
    if isinstance(db, SqliteDatabase):
        return
    for statement in STATEMENTS:
        db.execute_sql(statement)
