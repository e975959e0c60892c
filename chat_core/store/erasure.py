"""
Erase a client in two steps: hide everything in one transaction, then delete it in slices, so that nobody waits long.

What is hidden is the conversation's row with all that hangs on its num, under a name that is no id,
`erased/<num>/<client>`, and the client's meters under the same name. The row's `until` says how far the index of
words was then: later entries are never in it.
"""

from typing import Final

from peewee import Field, Value

from chat_core.store.dialect import ENTRIES
from chat_core.store.models.chats import (
    AlarmRow,
    ConversationRow,
    EntryRow,
    EpisodeRow,
    FileUseRow,
    MarkerRow,
    MeterRow,
    NoteRow,
    ReadingRow,
    UsageRow,
)
from chat_core.store.rows import ERASED_PREFIX, ConversationState
from chat_core.store.search_index import Index, taken_from
from chat_core.store.unit_of_work import UnitOfWork

ERASED_SHELF: Final = 9
SLICE: Final = 200  # rows of a slice
ENTRIES_OF_A_SLICE: Final = 4  # each leaves the index word by word, overwritten: 0.9 ms an entry

_HIDDEN: Final = {
    "shelf": ERASED_SHELF,
    "rev": 0,
    "assignee": None,
    "waiting": None,
    "name": None,
    "online": False,
    "last": None,
    "last_sender": None,
    "delayed": None,
    "due": None,
    "question": None,
    "answered": None,
    "area": None,
    "lang": None,
    "mentions": None,
    "did": "[]",
    "tags": "[]",
    "members": "[]",
    "unread": 0,
    "folded": "",
}
# The owner's column, and the one that tells its rows apart
_OF_CONVERSATION: Final = (
    (NoteRow.conversation, NoteRow.num),
    (MarkerRow.conversation, MarkerRow.reader),
    (FileUseRow.conversation, FileUseRow.seq),
    (EpisodeRow.conversation, EpisodeRow.num),
)
_OF_METER: Final = ((UsageRow.meter, UsageRow.at), (ReadingRow.meter, ReadingRow.at), (AlarmRow.meter, AlarmRow.kind))


def set_aside(unit: UnitOfWork, index: Index, state: ConversationState) -> None:
    """Hide the conversation and the client's meters; the client has none of either any more."""
    name = f"{ERASED_PREFIX}{state.num}/{state.client}"
    hidden = ConversationRow.update(client=name, until=index.cursor(ENTRIES), **_HIDDEN)
    unit.change(hidden.where(ConversationRow.num == state.num))
    unit.change(MeterRow.update(client=name).where(MeterRow.client == state.client))


def erase_slice(unit: UnitOfWork, index: Index) -> bool:
    """Delete a slice of what is hidden; return False where nothing is left to do."""
    row = ConversationRow
    hidden = row.select(row.num, row.client, row.until).where(row.shelf == ERASED_SHELF).order_by(row.num).limit(1)
    for num, name, indexed in unit.select(hidden):
        if not (_erase_entries(unit, index, num, name, indexed) or _erase_rest(unit, num, name)):
            unit.change(MeterRow.delete().where(MeterRow.client == name))
            unit.change(row.delete().where(row.num == num))
        return True
    return False


def _erase_entries(unit: UnitOfWork, index: Index, num: int, name: str, indexed: int) -> bool:
    row = EntryRow
    fields = (row.num, row.conversation, Value(""), row.seq, row.sender, row.at, row.kind, row.body)
    of_conversation = row.select(*fields).where(row.conversation == num).order_by(row.seq)
    found = [taken_from(entry) for entry in unit.db.select(of_conversation.limit(ENTRIES_OF_A_SLICE))]
    if not found:
        return False
    index.gone([taken for taken in found if taken.num <= indexed], name.rpartition("/")[2])
    unit.change(row.delete().where(row.num.in_([taken.num for taken in found])))
    return True


def _erase_rest(unit: UnitOfWork, num: int, name: str) -> bool:
    """Return whether a slice of something else was there to delete."""
    meters = [meter for (meter,) in unit.db.select(MeterRow.select(MeterRow.num).where(MeterRow.client == name))]
    hanging: list[tuple[Field, Field, int]] = [(owner, key, num) for owner, key in _OF_CONVERSATION]
    hanging += [(owner, key, meter) for owner, key in _OF_METER for meter in meters]
    for owner, key, number in hanging:
        row = owner.model
        some = row.select(key).where(owner == number).order_by(key).limit(SLICE)
        if unit.change(row.delete().where(owner == number, key.in_(some))) > 0:
            return True
    return False
