"""
Erasure in two steps: what is erased is set aside at once, out of everybody's sight; then it goes in slices, each a
short transaction, so that nobody waits for a long conversation.

Set aside is a conversation's row under a name that is no id, `erased/<num>/<client>`, with all that hangs on its num,
and the client's meters under the same name. Its `until` says how far the index of words was then: what came later is
not in it, and never will be.
"""

from typing import Final

from chat_core.store.dialect import ENTRIES
from chat_core.store.rows import ERASED_PREFIX, ConversationState, compose, marks
from chat_core.store.search_index import Index, taken_from
from chat_core.store.unit_of_work import UnitOfWork

ERASED_SHELF: Final = 9
SLICE: Final = 200  # rows of a slice
ENTRIES_OF_A_SLICE: Final = 4  # each leaves the index word by word, overwritten: measured at 0.9 ms an entry

_SET_ASIDE: Final = (
    'UPDATE conversation SET client = ?, shelf = ?, rev = 0, "until" = ?, assignee = NULL, waiting = NULL,'
    " name = NULL, online = FALSE, last = NULL, did = '[]', tags = '[]', members = '[]', unread = 0, folded = ''"
    " WHERE num = ?"
)
_NEXT: Final = 'SELECT num, client, "until" FROM conversation WHERE shelf = ? ORDER BY num LIMIT 1'
_ENTRIES: Final = (
    "SELECT e.num, e.conversation, '', e.seq, e.sender, e.at, e.kind, e.body FROM entry e"
    " WHERE e.conversation = ? ORDER BY e.seq LIMIT ?"
)
# What hangs on the conversation, with the column that tells its rows apart; then what hangs on its meters.
_OF_CONVERSATION: Final = (("note", "num"), ("marker", "reader"), ("file_use", "seq"), ("episode", "num"))
_OF_METER: Final = (("usage", "at"), ("reading", "at"), ("alarm", "kind"))


def set_aside(unit: UnitOfWork, index: Index, state: ConversationState) -> None:
    """The conversation and the client's meters are out of sight; the client has none of either any more."""
    name = f"{ERASED_PREFIX}{state.num}/{state.client}"
    unit.execute(_SET_ASIDE, (name, ERASED_SHELF, index.cursor(ENTRIES), state.num))
    unit.execute("UPDATE meter SET client = ? WHERE client = ?", (name, state.client))


def erase_slice(unit: UnitOfWork, index: Index) -> bool:
    """A slice of what was set aside is gone; False where nothing is left to do."""
    row = unit.row(_NEXT, (ERASED_SHELF,))
    if row is None:
        return False
    num, name, indexed = int(row[0]), str(row[1]), int(row[2])
    if not (_erase_entries(unit, index, num, name, indexed) or _erase_rest(unit, num, name)):
        unit.execute("DELETE FROM meter WHERE client = ?", (name,))
        unit.execute("DELETE FROM conversation WHERE num = ?", (num,))
    return True


def _erase_entries(unit: UnitOfWork, index: Index, num: int, name: str, indexed: int) -> bool:
    found = [taken_from(row) for row in unit.db.rows(_ENTRIES, (num, ENTRIES_OF_A_SLICE))]
    if not found:
        return False
    index.gone([taken for taken in found if taken.num <= indexed], name.rpartition("/")[2])
    numbers = [taken.num for taken in found]
    unit.execute(compose("DELETE FROM entry WHERE num IN ($nums)", nums=marks(len(numbers))), numbers)
    return True


def _erase_rest(unit: UnitOfWork, num: int, name: str) -> bool:
    """Return whether a slice of something else was there to go."""
    meters = [int(row[0]) for row in unit.db.rows("SELECT num FROM meter WHERE client = ?", (name,))]
    hanging = [(table, column, "conversation", num) for table, column in _OF_CONVERSATION]
    hanging += [(table, column, "meter", meter) for table, column in _OF_METER for meter in meters]
    for table, column, owner, number in hanging:
        sql = compose(
            "DELETE FROM $table WHERE $owner = ? AND $column IN"
            " (SELECT $column FROM $table WHERE $owner = ? ORDER BY $column LIMIT ?)",
            table=table,
            owner=owner,
            column=column,
        )
        if unit.execute(sql, (number, number, SLICE)).rowcount > 0:
            return True
    return False
