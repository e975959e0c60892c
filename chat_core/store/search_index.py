"""
Index the words of entries and the names of clients: FTS5 on SQLite, tsvector on PostgreSQL.

Transactions of their own take in new entries later, in order (`take_in`), so that no message waits; `state` says how
far that is. What is taken in changes and goes together with its entry.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from chat_core.contract.kinds import SEARCHED, find_words
from chat_core.contract.payloads import Entry
from chat_core.domain.search_query import who_words, words_of
from chat_core.store import fast_sql, rows
from chat_core.store.database import Database
from chat_core.store.dialect import ENTRIES, PEOPLE, Indexed, Row


class Taken(NamedTuple):
    """Hold an entry that is being taken in, as its row has it."""

    num: int
    conversation: int
    client: str
    seq: int
    sender: str
    at: int
    kind: str
    body: dict[str, Any]


class Numbers(NamedTuple):
    """Hold the largest numbers at one moment, and PostgreSQL's oldest open transaction and its next one."""

    entry: int
    conversation: int
    oldest: int
    next: int


def taken_from(row: tuple[Any, ...]) -> Taken:
    """Return the entry of a row that has its fields, the body as text."""
    return Taken._make((*row[:-1], json.loads(row[-1])))


class Index:
    """Write the index within a transaction of the bridge's."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def cursor(self, table: str) -> int:
        """Return up to which number all is taken in; no other transaction raises it before this one ends."""
        self._db.dialect.lock_index(self._db, alone=False)
        row = self._db.row(fast_sql.STATE, (table,))
        return row[0] if row else 0

    def new_entries(self, limit: int) -> list[Taken]:
        """Return the next entries to take in, in the order of their commit."""
        return [taken_from(row) for row in self._db.rows(fast_sql.NEW_ENTRIES, (self.cursor(ENTRIES), limit))]

    def take_in(self, entries: Sequence[Taken]) -> None:
        """Index these, the next ones."""
        found = [
            Indexed(taken.num, words, who_words(taken.client, taken.sender))
            for taken in entries
            if rows.is_a_client(taken.client) and (words := _words_of(taken.kind, taken.body))
        ]
        if found:
            self._db.dialect.index(self._db, ENTRIES, found)

    def new_people(self, limit: int) -> list[Row]:
        """Return the next conversations to take in: their num and their `folded`."""
        return self._db.rows(fast_sql.NEW_PEOPLE, (self.cursor(PEOPLE), limit))

    def take_in_people(self, people: Sequence[Row]) -> None:
        """Index the names of these conversations, the next ones."""
        if people:
            found = [Indexed(num, words_of(folded), []) for num, folded in people]
            self._db.dialect.index(self._db, PEOPLE, found)

    def changed(self, num: int, client: str, before: Entry, after: Entry | None) -> None:
        """Index the entry's other words, or none; do nothing for one that is not taken in."""
        if before.kind not in SEARCHED or num > self.cursor(ENTRIES):
            return
        who = who_words(client, before.sender)
        if words := _words_of(before.kind, rows.content_of(before)):
            self._db.dialect.unindex(self._db, ENTRIES, Indexed(num, words, who))
        if after is not None and (words := _words_of(after.kind, rows.content_of(after))):
            self._db.dialect.index(self._db, ENTRIES, [Indexed(num, words, who)])

    def gone(self, entries: Sequence[Taken], client: str) -> None:
        """Remove these from the index. Args: client: whose they were when they were taken in."""
        cursor = self.cursor(ENTRIES)
        for taken in entries:
            if taken.num <= cursor and (words := _words_of(taken.kind, taken.body)):
                who = who_words(client, taken.sender)
                self._db.dialect.unindex(self._db, ENTRIES, Indexed(taken.num, words, who))

    def renamed(self, num: int, before: str, after: str | None) -> None:
        """Index the client by another name, or not at all. Args: before, after: the row's `folded`."""
        if num <= self.cursor(PEOPLE):
            self._db.dialect.unindex(self._db, PEOPLE, Indexed(num, words_of(before), []))
            if after is not None:
                self._db.dialect.index(self._db, PEOPLE, [Indexed(num, words_of(after), [])])


def _words_of(kind: str, body: dict[str, Any]) -> list[str]:
    """Return the words by which an entry of this kind is found."""
    return words_of(find_words(kind, body) or "")
