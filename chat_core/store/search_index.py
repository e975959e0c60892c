"""
The words of entries and the names of clients, kept findable behind one door: FTS5 on SQLite, tsvector on PostgreSQL,
whose table holds the words as a text.

New entries are taken in later, in order, in transactions of their own (`take_in`), so that no tick waits for it;
`state` says how far that is. What is taken in already is changed and removed together with its entry.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from chat_core.contract.payloads import Entry, SaidKind
from chat_core.domain.search_query import who_words, words_of
from chat_core.store import rows
from chat_core.store.database import Database
from chat_core.store.dialect import ENTRIES, PEOPLE, Indexed

_KINDS: Final = (SaidKind.TEXT.value, SaidKind.FILE.value, SaidKind.RATING.value)
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
            if taken.kind in _KINDS and rows.is_a_client(taken.client) and (words := _words_in(taken.body))
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
        if before.kind not in _KINDS or num > self.cursor(ENTRIES):
            return
        who = who_words(client, before.sender)
        if words := words_of(text_of(before) or ""):
            self._db.dialect.unindex(self._db, ENTRIES, Indexed(num, words, who))
        if after is not None and (words := words_of(text_of(after) or "")):
            self._db.dialect.index(self._db, ENTRIES, [Indexed(num, words, who)])

    def gone(self, entries: Sequence[Taken], client: str) -> None:
        """None of these can be found. Args: client: whose they were when they were taken in."""
        cursor = self.cursor(ENTRIES)
        for taken in entries:
            if taken.num <= cursor and taken.kind in _KINDS and (words := _words_in(taken.body)):
                who = who_words(client, taken.sender)
                self._db.dialect.unindex(self._db, ENTRIES, Indexed(taken.num, words, who))

    def renamed(self, num: int, before: str, after: str | None) -> None:
        """The client is found by another name, or no more. Args: before, after: the row's `folded`."""
        if num <= self.cursor(PEOPLE):
            self._db.dialect.unindex(self._db, PEOPLE, Indexed(num, words_of(before), []))
            if after is not None:
                self._db.dialect.index(self._db, PEOPLE, [Indexed(num, words_of(after), [])])


def text_of(entry: Entry) -> str | None:
    """What of an entry can be searched for: its text, its file's name, the words beside a rating."""
    if entry.deleted:
        return None
    if entry.file is not None:
        return entry.file.name
    return entry.rating.text if entry.rating is not None else entry.text


def text_in(body: dict[str, Any]) -> str | None:
    """The same, from a row's `body`."""
    if body.get("deleted"):
        return None
    found = body.get("text") or body.get("file", {}).get("name") or body.get("rating", {}).get("text")
    return found if isinstance(found, str) else None


def _words_in(body: dict[str, Any]) -> list[str]:
    return words_of(text_in(body) or "")
