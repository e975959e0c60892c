"""Make the tables that the bridge writes. Frozen: models change, this does not."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import is_sqlite, run

BEFORE_ENTRIES: Final = (
    """CREATE TABLE conversation (num $num, client TEXT NOT NULL, epoch TEXT NOT NULL, first $int NOT NULL,
      last_seq $int NOT NULL, rev $int NOT NULL, shelf $int2 NOT NULL, status TEXT NOT NULL, assignee TEXT,
      priority TEXT NOT NULL, tags TEXT NOT NULL, unread $int NOT NULL, waiting $int, "until" $int,
      notes $int NOT NULL, name TEXT, online $bool NOT NULL, members TEXT NOT NULL, did TEXT NOT NULL, last TEXT,
      place $int NOT NULL, folded TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX conversation_client ON conversation (client)",
    "CREATE INDEX conversation_shelf_place_num ON conversation (shelf, place, num)",
    "CREATE INDEX conversation_shelf_assignee_place_num ON conversation (shelf, assignee, place, num)",
    # A starting bridge asks for those who are online, without a look at everybody.
    "CREATE INDEX conversation_online ON conversation (num) WHERE online",
)
ENTRIES_SQLITE: Final = (
    """CREATE TABLE entry (num $num, conversation $int NOT NULL REFERENCES conversation (num), seq $int NOT NULL,
      id TEXT NOT NULL, sender TEXT NOT NULL, at $int NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX entry_conversation_seq ON entry (conversation, seq)",
    "CREATE UNIQUE INDEX entry_conversation_sender_id ON entry (conversation, sender, id)",
)
# Numbers of four bytes stand together, so that nothing is padded. A hash keeps an id once for each conversation and
# sender: its index holds no second copy of the three, and PostgreSQL compares the rows themselves where hashes are
# equal. No part holds a slash. A foreign key would be a fifth of an insert's cost: whoever writes an entry has locked
# its conversation.
ENTRIES_POSTGRES: Final = (
    """CREATE TABLE entry (num BIGSERIAL, at BIGINT NOT NULL, conversation INTEGER NOT NULL, seq INTEGER NOT NULL,
      kind TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL)""",
    "ALTER TABLE entry ADD PRIMARY KEY (num) WITH (fillfactor = 100)",
    "CREATE UNIQUE INDEX entry_conversation_seq ON entry (conversation, seq)",
    """ALTER TABLE entry ADD CONSTRAINT entry_said_once
      EXCLUDE USING hash ((conversation || '/' || sender || '/' || id) WITH =) WITH (fillfactor = 100)""",
)
TABLES: Final = (
    """CREATE TABLE marker (conversation $int NOT NULL REFERENCES conversation (num), reader TEXT NOT NULL,
      delivered $int NOT NULL, read $int NOT NULL, PRIMARY KEY (conversation, reader))$clustered""",
    """CREATE TABLE note (num $num, conversation $int NOT NULL REFERENCES conversation (num), agent TEXT NOT NULL,
      id TEXT NOT NULL, text TEXT NOT NULL, at $int NOT NULL)""",
    "CREATE INDEX note_conversation ON note (conversation)",
    "CREATE UNIQUE INDEX note_agent_id ON note (agent, id)",
    """CREATE TABLE command (agent TEXT NOT NULL, id TEXT NOT NULL, client TEXT NOT NULL, at $int NOT NULL,
      PRIMARY KEY (agent, id))$clustered""",
    "CREATE INDEX command_at ON command (at)",
    """CREATE TABLE file_use (file TEXT NOT NULL, conversation $int NOT NULL, seq $int NOT NULL,
      PRIMARY KEY (file, conversation, seq))$clustered""",
    "CREATE INDEX file_use_conversation ON file_use (conversation)",
    """CREATE TABLE episode (num $num, conversation $int NOT NULL, seq $int NOT NULL, asked $int, answered $int,
      "by" TEXT, resolved $int, score $int2, rated $int)""",
    "CREATE INDEX episode_asked ON episode (asked)",
    "CREATE INDEX episode_resolved ON episode (resolved)",
    "CREATE INDEX episode_rated ON episode (rated)",
    "CREATE INDEX episode_conversation_num ON episode (conversation, num)",
    """CREATE TABLE load (at $int NOT NULL PRIMARY KEY, asked $int NOT NULL, answered $int NOT NULL,
      begun $int NOT NULL)$clustered""",
    """CREATE TABLE answer_time (day $int NOT NULL, bucket $int NOT NULL, answers $int NOT NULL, ms $int NOT NULL,
      PRIMARY KEY (day, bucket))$clustered""",
    """CREATE TABLE parked (num $num, topic TEXT NOT NULL, client TEXT, payload $bytes NOT NULL, why TEXT NOT NULL,
      at $int NOT NULL)""",
    "CREATE INDEX parked_client ON parked (client)",
    """CREATE TABLE meter (num $num, client TEXT NOT NULL, meter TEXT NOT NULL, zone TEXT NOT NULL,
      most_w $int NOT NULL, settled $int NOT NULL)""",
    "CREATE UNIQUE INDEX meter_client_meter ON meter (client, meter)",
    """CREATE TABLE reading (meter $int NOT NULL REFERENCES meter (num), at $int NOT NULL, wh $int NOT NULL, w $int,
      PRIMARY KEY (meter, at))$clustered""",
    """CREATE TABLE usage (meter $int NOT NULL, step $int2 NOT NULL, at $int NOT NULL, wh $int NOT NULL,
      estimated BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (meter, step, at))$clustered""",
    """CREATE TABLE alarm (meter $int NOT NULL, kind TEXT NOT NULL, since $int NOT NULL, last $int NOT NULL,
      PRIMARY KEY (meter, kind))$clustered""",
    """CREATE TABLE notice (area TEXT NOT NULL PRIMARY KEY, id TEXT NOT NULL, text TEXT NOT NULL, at $int NOT NULL,
      ended $int, origin TEXT)""",
    """CREATE TABLE beat (num $int2 NOT NULL PRIMARY KEY, at $int NOT NULL, own $int NOT NULL,
      failing TEXT NOT NULL)""",
    "CREATE TABLE cleared (client TEXT NOT NULL PRIMARY KEY, at $int NOT NULL)",
    "CREATE TABLE state (key TEXT NOT NULL PRIMARY KEY, value $int NOT NULL)$clustered",
)
# The words of entries, and the names of clients, as an index finds them. SQLite's keeps no copy of the text.
SEARCH_SQLITE: Final = (
    "CREATE VIRTUAL TABLE search USING fts5(words, who, content='', tokenize='unicode61')",
    "CREATE VIRTUAL TABLE people USING fts5(words, content='', tokenize='unicode61')",
)
# What is deleted leaves the index at once, not when its segments are next merged.
SECURE_SINCE: Final = (3, 42, 0)
SECURE_SQLITE: Final = (
    "INSERT INTO search (search, rank) VALUES ('secure-delete', 1)",
    "INSERT INTO people (people, rank) VALUES ('secure-delete', 1)",
)
# Text takes half the room of a vector. What waits to be merged into the tree stays short, so that no merge takes long.
SEARCH_POSTGRES: Final = tuple(
    statement.replace("TABLE_NAME", table)
    for table in ("search", "people")
    for statement in (
        "CREATE TABLE TABLE_NAME (num BIGINT NOT NULL, words TEXT NOT NULL)",
        "ALTER TABLE TABLE_NAME ADD PRIMARY KEY (num) WITH (fillfactor = 100)",
        """CREATE INDEX TABLE_NAME_words ON TABLE_NAME USING gin (array_to_tsvector(string_to_array(words, ' ')))
          WITH (gin_pending_list_limit = 256)""",
    )
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make them."""
    if is_sqlite(db):
        secure = SECURE_SQLITE if db.server_version >= SECURE_SINCE else ()
        run(db, (*BEFORE_ENTRIES, *ENTRIES_SQLITE, *TABLES, *SEARCH_SQLITE, *secure))
    else:
        run(db, (*BEFORE_ENTRIES, *ENTRIES_POSTGRES, *TABLES, *SEARCH_POSTGRES))
