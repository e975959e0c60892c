"""Entries as they lie in the database: found by who said them under which id, by seq, by kind. Writes nothing."""

from collections.abc import Collection
from typing import Any, Final

from chat_core.contract.payloads import SaidKind
from chat_core.store import rows
from chat_core.store.database import Database
from chat_core.store.rows import compose, marks
from chat_core.store.unit_of_work import Held, Key

_LINE: Final = compose("SELECT $line FROM entry e", line=rows.ENTRY_LINE)
_FIND: Final = _LINE + " WHERE e.conversation = ? AND e.sender = ? AND e.id = ?"
_FIND_ALL: Final = compose(
    "SELECT e.conversation, e.sender, e.id, $line FROM entry e"
    " WHERE (e.conversation, e.sender, e.id) IN (VALUES $$keys)",
    line=rows.ENTRY_LINE,
)
# PostgreSQL keeps the three as one hash, of conversation/sender/id. OFFSET 0 holds it to a look-up a key: left alone it
# reads all of a table that is not long yet, batch after batch.
_FIND_POSTGRES: Final = _LINE + " WHERE e.conversation || '/' || e.sender || '/' || e.id = ?"
_FIND_ALL_POSTGRES: Final = compose(
    "SELECT found.* FROM unnest(?::text[]) AS asked (said) CROSS JOIN LATERAL ("
    "SELECT e.conversation, e.sender, e.id, $line FROM entry e"
    " WHERE e.conversation || '/' || e.sender || '/' || e.id = asked.said OFFSET 0) AS found",
    line=rows.ENTRY_LINE,
)
# The conversation of one message and the entry that its id became already: one question, so one round trip.
_MEET: Final = "SELECT $columns, ($line WHERE $same)$before FROM conversation c WHERE c.client = ? $lock"
_MEET_SQLITE: Final = compose(
    _MEET,
    columns=rows.COLUMN_LIST,
    line=_LINE,
    same="e.conversation = c.num AND e.sender = ? AND e.id = ?",
    before="",
    lock="",
)
# A statement that waited for the row's lock returns the row as the other writer left it, but looks for entries in the
# snapshot from before (PostgreSQL 17, 13.2.1). The row's `rev` in that snapshot tells.
_MEET_POSTGRES: Final = compose(
    _MEET,
    columns=rows.COLUMN_LIST,
    line=_LINE,
    same="e.conversation || '/' || e.sender || '/' || e.id = c.num || '/' || ?",
    before=", (SELECT b.rev FROM conversation b WHERE b.num = c.num)",
    lock="FOR UPDATE OF c",
)
_REV: Final = rows.COLUMNS.index("rev")
# The same, of a conversation that is remembered: its row only has to be as it was.
_MEET_AGAIN: Final = (
    "SELECT ($line WHERE $same) FROM conversation c WHERE c.num = ? AND c.client = ? AND c.rev = ? $lock"
)
_MEET_AGAIN_SQLITE: Final = compose(
    _MEET_AGAIN, line=_LINE, same="e.conversation = c.num AND e.sender = ? AND e.id = ?", lock=""
)
_MEET_AGAIN_POSTGRES: Final = compose(
    _MEET_AGAIN,
    line=_LINE,
    same="e.conversation || '/' || e.sender || '/' || e.id = c.num || '/' || ?",
    lock="FOR UPDATE OF c",
)
_AT: Final = _LINE + " WHERE e.conversation = ? AND e.seq = ?"
_COUNT_SAID: Final = compose(
    "SELECT count(*) FROM entry WHERE conversation = ? AND seq > ? AND sender = ? AND kind IN ($kinds)",
    kinds=marks(len(SaidKind)),
)


def find_line(database: Database, num: int, sender: str, id: str) -> str | None:
    """The line of the conversation's entry that the sender's id became, or None."""
    if database.kind == "postgres":
        row = database.row(_FIND_POSTGRES, (f"{num}/{sender}/{id}",))
    else:
        row = database.row(_FIND, (num, sender, id))
    return row[0] if row else None


def find_lines(database: Database, keys: list[tuple[int | None, str, str]]) -> list[tuple[Any, ...]]:
    """Conversation, sender, id and line of the entries that there are under these three."""
    if database.kind == "postgres":
        return database.rows(_FIND_ALL_POSTGRES, ([f"{num}/{sender}/{id}" for num, sender, id in keys],))
    sql = _FIND_ALL.replace("$keys", ", ".join(["(?, ?, ?)"] * len(keys)))
    return database.rows(sql, [value for key in keys for value in key])


def meet(held: Held, key: Key) -> None:
    """The message's conversation is held, and what its id became already is known. Args: key: of nothing held yet."""
    client, sender, id = key
    postgres = held.db.kind == "postgres"
    said = (f"{sender}/{id}",) if postgres else (sender, id)
    known = held.recent.find(client)
    if known is not None:
        as_it_was = (known.num, client, known.stored_rev)
        row = held.row(_MEET_AGAIN_POSTGRES if postgres else _MEET_AGAIN_SQLITE, (*said, *as_it_was))
        if row is not None:
            _met(held, key, known, row[0])
            return
    row = _meet_postgres(held, (*said, client)) if postgres else held.row(_MEET_SQLITE, (*said, client))
    if row is not None:
        _met(held, key, rows.kept_from(row[:-1]), row[-1])


def _meet_postgres(held: Held, asked: tuple[str, ...]) -> tuple[Any, ...] | None:
    row = held.row(_MEET_POSTGRES, asked)
    if row is not None and row[-1] != row[_REV]:
        row = held.row(_MEET_POSTGRES, asked)  # the lock is ours now: this statement sees all that is committed
    return None if row is None else row[:-1]


def _met(held: Held, key: Key, kept: rows.Kept, line: str | None) -> None:
    held.put(held.kept, key[0], kept)
    held.put(held.known, key, rows.entry_from(line) if line else None)


def line_at(held: Held, num: int, seq: int) -> str | None:
    """The line of the conversation's entry of this seq, or None."""
    row = held.row(_AT, (num, seq))
    return row[0] if row else None


def last_kind(held: Held, num: int, kinds: Collection[str]) -> str | None:
    """The kind of the conversation's newest entry of one of these kinds, or None."""
    sql = compose(
        "SELECT kind FROM entry WHERE conversation = ? AND kind IN ($kinds) ORDER BY seq DESC LIMIT 1",
        kinds=marks(len(kinds)),
    )
    row = held.row(sql, (num, *kinds))
    return str(row[0]) if row else None


def count_said(held: Held, num: int, sender: str, above: int) -> int:
    """How many of the sender's own words lie above the seq."""
    row = held.row(_COUNT_SAID, (num, above, sender, *(kind.value for kind in SaidKind)))
    return int(row[0]) if row else 0
