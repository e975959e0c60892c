"""Entries as they lie in the database: found by who said them under which id, by seq, by kind. Writes nothing."""

from collections.abc import Collection
from typing import Final

from chat_core.contract.payloads import SaidKind
from chat_core.store import rows
from chat_core.store.rows import compose, marks
from chat_core.store.unit_of_work import Held, Key

_LINE: Final = compose("SELECT $line FROM entry e", line=rows.ENTRY_LINE)
_AT: Final = _LINE + " WHERE e.conversation = ? AND e.seq = ?"
_COUNT_SAID: Final = compose(
    "SELECT count(*) FROM entry WHERE conversation = ? AND seq > ? AND sender = ? AND kind IN ($kinds)",
    kinds=marks(len(SaidKind)),
)


def meet(held: Held, key: Key) -> None:
    """The message's conversation is held, and what its id became already is known. Args: key: of nothing held yet."""
    client, sender, id = key
    dialect = held.db.dialect
    said = dialect.said(sender, id)
    known = held.recent.find(client)
    if known is not None:
        row = held.row(dialect.meet_again, (*said, known.num, client, known.stored_rev))
        if row is not None:
            _met(held, key, known, row[0])
            return
    row = dialect.meet_row(held.db, said, client)
    if row is not None:
        _met(held, key, rows.kept_from(row[:-1]), row[-1])


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
