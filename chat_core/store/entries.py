"""Entries as they lie in the database: found by who said them under which id, by seq, by kind. Writes nothing."""

from collections.abc import Collection
from typing import Final

from chat_core.contract.payloads import SaidKind
from chat_core.store import rows
from chat_core.store.rows import compose, marks
from chat_core.store.unit_of_work import Key, UnitOfWork

_LINE: Final = compose("SELECT $line FROM entry e", line=rows.ENTRY_LINE)
_AT: Final = _LINE + " WHERE e.conversation = ? AND e.seq = ?"
_COUNT_SAID: Final = compose(
    "SELECT count(*) FROM entry WHERE conversation = ? AND seq > ? AND sender = ? AND kind IN ($kinds)",
    kinds=marks(len(SaidKind)),
)


def meet(unit: UnitOfWork, key: Key) -> None:
    """Read one message's conversation, and the entry that its id became already. Args: key: of nothing read yet."""
    client, sender, id = key
    dialect = unit.db.dialect
    said = dialect.said(sender, id)
    known = unit.recent.find(client)
    if known is not None:
        row = unit.row(dialect.meet_again, (*said, known.num, client, known.stored_rev))
        if row is not None:
            _met(unit, key, known, row[0])
            return
    row = dialect.meet_row(unit.db, said, client)
    if row is not None:
        _met(unit, key, rows.state_from(row[:-1]), row[-1])


def _met(unit: UnitOfWork, key: Key, state: rows.ConversationState, line: str | None) -> None:
    unit.conversations[key[0]] = state
    unit.entries[key] = rows.entry_from(line) if line else None


def line_at(unit: UnitOfWork, num: int, seq: int) -> str | None:
    """The line of the conversation's entry of this seq, or None."""
    row = unit.row(_AT, (num, seq))
    return row[0] if row else None


def last_kind(unit: UnitOfWork, num: int, kinds: Collection[str]) -> str | None:
    """The kind of the conversation's newest entry of one of these kinds, or None."""
    sql = compose(
        "SELECT kind FROM entry WHERE conversation = ? AND kind IN ($kinds) ORDER BY seq DESC LIMIT 1",
        kinds=marks(len(kinds)),
    )
    row = unit.row(sql, (num, *kinds))
    return str(row[0]) if row else None


def count_said(unit: UnitOfWork, num: int, sender: str, above: int) -> int:
    """Return how many of the sender's own words lie above the seq."""
    row = unit.row(_COUNT_SAID, (num, above, sender, *(kind.value for kind in SaidKind)))
    return int(row[0]) if row else 0
