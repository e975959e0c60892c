"""
The words of entries and the names of clients, indexed for search: FTS5 on SQLite, tsvector on PostgreSQL,
whose table holds the words as a text.

New entries are taken in later, in order, in transactions of their own (`take_in`), so that no tick waits for it;
`state` says how far that is. What is taken in already is changed and removed together with its entry.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from chat_core.contract.kinds import SEARCHED, find_words
from chat_core.contract.payloads import Entry
from chat_core.domain.search_query import who_words, words_of
from chat_core.store import rows
from chat_core.store.database import Database
from chat_core.store.dialect import ENTRIES, PEOPLE, Indexed

_CURSOR: Final = "SELECT value FROM state WHERE key = ?"
_NEW: Final = (
    "SELECT e.num, c.num, c.client, e.seq, e.sender, e.at, e.kind, e.body FROM entry e"
    " JOIN conversation c ON c.num = e.conversation WHERE e.num > ? ORDER BY e.num LIMIT ?"
)
_NEW_PEOPLE: Final = "SELECT num, folded FROM conversation WHERE num > ? ORDER BY num LIMIT ?"


class Taken(NamedTuple):
    """An entry that is being taken in, as its row has it."""

    num: int
    conversation: int
    client: str
    seq: int
    sender: str
    at: int
    kind: str
    body: dict[str, Any]


def taken_from(row: tuple[Any, ...]) -> Taken:
    """The entry of a row that has its fields, the body as text."""
    num, conversation, client, seq, sender, at, kind, body = row
    return Taken(num, conversation, client, seq, sender, at, kind, json.loads(body))


class Index:
    """Parts of a transaction of the bridge's, and what searches read."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # How far it is

    def cursor(self, table: str) -> int:
        """Up to which number all is taken in."""
        row = self._db.row(_CURSOR, (table,))
        return int(row[0]) if row else 0

    def new_entries(self, limit: int) -> list[Taken]:
        """The next entries to take in, in the order of their commit."""
        return [taken_from(row) for row in self._db.rows(_NEW, (self.cursor(ENTRIES), limit))]

    def take_in(self, entries: Sequence[Taken]) -> None:
        """These, the next ones, can be found."""
        found = [
            Indexed(taken.num, words, who_words(taken.client, taken.sender))
            for taken in entries
            if rows.is_a_client(taken.client) and (words := _words_of(taken.kind, taken.body))
        ]
        if found:
            self._db.dialect.index(self._db, ENTRIES, found)

    def new_people(self, limit: int) -> list[tuple[int, str]]:
        """The next conversations to take in: their num and their `folded`."""
        return [(int(num), folded) for num, folded in self._db.rows(_NEW_PEOPLE, (self.cursor(PEOPLE), limit))]

    def take_in_people(self, people: Sequence[tuple[int, str]]) -> None:
        """These conversations, the next ones, can be found by name."""
        if people:
            found = [Indexed(num, words_of(folded), []) for num, folded in people]
            self._db.dialect.index(self._db, PEOPLE, found)

    # What changes together with its row

    def changed(self, num: int, client: str, before: Entry, after: Entry | None) -> None:
        """The entry's words are others, or gone; nothing to do while it is not taken in."""
        if before.kind not in SEARCHED or num > self.cursor(ENTRIES):
            return
        who = who_words(client, before.sender)
        if words := _words_of(before.kind, rows.content_of(before)):
            self._db.dialect.unindex(self._db, ENTRIES, Indexed(num, words, who))
        if after is not None and (words := _words_of(after.kind, rows.content_of(after))):
            self._db.dialect.index(self._db, ENTRIES, [Indexed(num, words, who)])

    def gone(self, entries: Sequence[Taken], client: str) -> None:
        """None of these can be found. Args: client: whose they were when they were taken in."""
        cursor = self.cursor(ENTRIES)
        for taken in entries:
            if taken.num <= cursor and (words := _words_of(taken.kind, taken.body)):
                who = who_words(client, taken.sender)
                self._db.dialect.unindex(self._db, ENTRIES, Indexed(taken.num, words, who))

    def renamed(self, num: int, before: str, after: str | None) -> None:
        """The client is found by another name, or no more. Args: before, after: the row's `folded`."""
        if num <= self.cursor(PEOPLE):
            self._db.dialect.unindex(self._db, PEOPLE, Indexed(num, words_of(before), []))
            if after is not None:
                self._db.dialect.index(self._db, PEOPLE, [Indexed(num, words_of(after), [])])


def _words_of(kind: str, body: dict[str, Any]) -> list[str]:
    """Return the words by which an entry of this kind is found."""
    return words_of(find_words(kind, body) or "")
