"""Take what was said, and who says it, into the search index and the episodes; no sender waits for it."""

from collections.abc import Sequence
from typing import Final

from chat_core.store import bridge_state, fast_sql
from chat_core.store.dialect import ENTRIES, PEOPLE, Row
from chat_core.store.episodes import count
from chat_core.store.search_index import Index, Numbers, Taken
from chat_core.store.unit_of_work import UnitOfWork


class SearchIntake:
    """Index new entries and clients: a part of a transaction."""

    def __init__(self, unit: UnitOfWork, index: Index) -> None:
        self._unit: Final = unit
        self._index: Final = index

    def take_in(self, limit: int, up_to: Numbers | None = None) -> bool:
        """
        Index the next entries and clients, and count their episodes; return whether there may be more.

        Args: limit: of each; some hundred take a few ms; up_to: where others write too, the numbers below which no
            transaction adds one any more.
        """
        self._unit.flush()
        self._unit.db.dialect.lock_index(self._unit.db, alone=True)
        new, people = self._index.new_entries(limit), self._index.new_people(limit)
        if up_to is not None:
            new = [taken for taken in new if taken.num <= up_to.entry]
            people = [row for row in people if row[0] <= up_to.conversation]
        if new:
            self._index.take_in(new)
            count(self._unit.db, new)
        self._index.take_in_people(people)
        self._are_in(new, people)
        return len(new) == limit

    def numbers(self) -> Numbers:
        """Return the largest numbers so far, and which transactions may still add smaller ones."""
        self._unit.check()
        return Numbers._make(self._unit.db.rows(fast_sql.NUMBERS)[0])

    def pass_over(self) -> None:
        """Leave out the next entry and client, which cannot be taken in, so that others come after them."""
        self._unit.flush()
        self._unit.db.dialect.lock_index(self._unit.db, alone=True)
        self._are_in(self._index.new_entries(1), self._index.new_people(1))

    def _are_in(self, new: Sequence[Taken], people: Sequence[Row]) -> None:
        last = {ENTRIES: new[-1].num} if new else {}
        bridge_state.put(self._unit.db, last | ({PEOPLE: people[-1][0]} if people else {}))
