"""
Divide PostgreSQL's messages by hash of their conversation, where an operator asks for it: each part is vacuumed and
indexed by itself. A sender's ids stay unique, as a conversation is in one part.

A page costs the server half as much again, so nobody has parts by default (docs/scale.md has the figures).
"""

from collections.abc import Sequence
from typing import Final

from chat_core.contract.errors import Refused
from chat_core.store.database import Database
from chat_core.store.dialect import Row, Statements
from chat_core.store.fast_sql import ENTRY_LINE
from chat_core.store.postgres import PostgresDatabase, PostgresDialect
from chat_core.store.rows import compose

_PARTS: Final = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'entry'::regclass"
_TABLE: Final = (
    "ALTER SEQUENCE entry_num_seq OWNED BY NONE",
    "DROP TABLE entry",
    """CREATE TABLE entry (num BIGINT NOT NULL DEFAULT nextval('entry_num_seq'), at BIGINT NOT NULL,
      conversation INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, sender TEXT NOT NULL, id TEXT NOT NULL,
      body TEXT NOT NULL) PARTITION BY HASH (conversation)""",
    "ALTER SEQUENCE entry_num_seq OWNED BY entry.num",
    "CREATE UNIQUE INDEX entry_conversation_seq ON entry (conversation, seq)",
)
# The whole table could not have the last two: its key would have to hold the conversation.
_PART: Final = (
    "CREATE TABLE entry_p$n PARTITION OF entry FOR VALUES WITH (MODULUS $parts, REMAINDER $n)",
    "ALTER TABLE entry_p$n ADD PRIMARY KEY (num) WITH (fillfactor = 100)",
    """ALTER TABLE entry_p$n ADD CONSTRAINT entry_p${n}_said_once
      EXCLUDE USING hash ((conversation || '/' || sender || '/' || id) WITH =) WITH (fillfactor = 100)""",
)
_SAID: Final = "e.conversation || '/' || e.sender || '/' || e.id"
_IN_PART: Final = f"e.conversation = c.num AND {_SAID}"
_FIND: Final = compose("SELECT $line FROM entry e WHERE e.conversation = ? AND $said = ?", line=ENTRY_LINE, said=_SAID)
_FIND_ALL: Final = compose(
    "SELECT found.* FROM unnest(?::int[], ?::text[]) AS asked (conversation, said) CROSS JOIN LATERAL ("
    "SELECT e.conversation, e.sender, e.id, $line FROM entry e"
    " WHERE e.conversation = asked.conversation AND $said = asked.said OFFSET 0) AS found",
    line=ENTRY_LINE,
    said=_SAID,
)


class DividedDialect(PostgresDialect):
    """Name the conversation wherever an entry is looked up by its sender's id: PostgreSQL then opens one part."""

    meet = PostgresDialect.meet.replace(_SAID, _IN_PART)
    meet_again = PostgresDialect.meet_again.replace(_SAID, _IN_PART)

    def find_line(self, db: Statements, num: int, sender: str, id: str) -> str | None:
        row = db.row(_FIND, (num, f"{num}/{sender}/{id}"))
        return row[0] if row else None

    def find_lines(self, db: Statements, keys: Sequence[tuple[int | None, str, str]]) -> list[Row]:
        asked = [num for num, _, _ in keys], [f"{num}/{sender}/{id}" for num, sender, id in keys]
        return db.rows(_FIND_ALL, asked)


def adapt(chats: Database) -> None:
    """Speak the dialect of divided messages where they are. Raises: StoreDown."""
    if isinstance(chats, PostgresDatabase) and chats.fetch(_PARTS) != [(0,)]:
        chats.dialect = DividedDialect()


def divide(chats: Database, parts: int) -> None:
    """
    Divide the messages of a database that has none. The same call again does nothing.

    Raises: Refused on SQLite, where there are messages, or where they are divided otherwise; StoreDown.
    """
    if not isinstance(chats, PostgresDatabase):
        raise Refused("Only PostgreSQL divides messages: set WATTLINE_DB.")
    with chats.writing():
        ((now,),) = chats.rows(_PARTS)
        if now == parts:
            return
        if now:
            raise Refused(f"The messages are divided into {now} already, and stay so.")
        chats.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
        if chats.row("SELECT 1 FROM entry LIMIT 1"):
            raise Refused("This database has messages. Divide an empty one, and `wattline move` into it.")
        for statement in _TABLE:
            chats.execute(statement)
        for n in range(parts):
            for statement in _PART:
                chats.execute(compose(statement, n=str(n), parts=str(parts)))
