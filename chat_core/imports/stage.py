"""
Order an export's things by client and time, in a nameless database in TMPDIR. Touches files.

So an export of any size takes little memory, its files may come in any order, and what two of them hold counts once.
The database ends with its process, also by kill -9: SQLite unlinks such a file when it opens it.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from typing import Final, NamedTuple, TypeVar

from chat_core.contract.payloads import Priority
from chat_core.imports.items import Author, Contact, Left, LineKind, OldLine, SavedReply, Speaker, Thread

_TABLES: Final = """
CREATE TABLE person (id TEXT PRIMARY KEY, data TEXT, client TEXT) WITHOUT ROWID;
CREATE INDEX client ON person (client);
CREATE TABLE author (id TEXT PRIMARY KEY, data TEXT) WITHOUT ROWID;
CREATE TABLE thread (id TEXT PRIMARY KEY, person TEXT, data TEXT) WITHOUT ROWID;
CREATE INDEX of_person ON thread (person);
CREATE TABLE line (thread TEXT, id TEXT, at INTEGER, kind INTEGER, data TEXT, PRIMARY KEY (thread, id)) WITHOUT ROWID;
CREATE TABLE reply (id TEXT PRIMARY KEY, data TEXT) WITHOUT ROWID;
"""
_IN_ORDER: Final = """
SELECT person.client, line.data FROM line
JOIN thread ON thread.id = line.thread JOIN person ON person.id = thread.person
WHERE person.client IS NOT NULL ORDER BY person.client, line.at, line.thread, line.kind, length(line.id), line.id
"""
_FIND: Final = {
    Contact: "SELECT data FROM person WHERE id = ?",
    Author: "SELECT data FROM author WHERE id = ?",
}
_PEOPLE: Final = "SELECT data, EXISTS (SELECT 1 FROM thread WHERE thread.person = person.id) FROM person ORDER BY id"
_COUNT: Final = """
SELECT count(DISTINCT person.client) FROM line
JOIN thread ON thread.id = line.thread JOIN person ON person.id = thread.person
"""
_LOST: Final = "SELECT thread, id FROM line WHERE thread NOT IN (SELECT id FROM thread)"
_OF_CLIENT: Final = "SELECT thread.data FROM thread JOIN person ON person.id = thread.person WHERE person.client = ?"
_BARE: Final = """
SELECT client, data FROM person WHERE client IS NOT NULL AND id NOT IN (SELECT person FROM thread) ORDER BY client
"""
_ORDER: Final = {kind: n for n, kind in enumerate(LineKind)}

T = TypeVar("T", Contact, Author)


class Work(NamedTuple):
    """Hold one client's lines in their order, lazily: read them before the next client's."""

    client: str
    lines: Iterator[OldLine]


@contextmanager
def staged() -> Iterator["Stage"]:
    """Make the database, and remove it at the end."""
    with closing(sqlite3.connect("", isolation_level=None)) as db:
        db.executescript(_TABLES)
        db.execute("BEGIN")  # one for all of it
        yield Stage(db)


class Stage:
    """Hold what was read."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, item: Contact | Author | Thread | OldLine | SavedReply) -> None:
        """Add the thing; a fact that an earlier one of this id has stays, where this one has none."""
        match item:
            case Contact():
                item = _merged(self._find(Contact, item.id), item)
                self._write("INSERT OR REPLACE INTO person VALUES (?, ?, NULL)", item.id, _json(item))
            case Author():
                item = _merged(self._find(Author, item.id), item)
                self._write("INSERT OR REPLACE INTO author VALUES (?, ?)", item.id, _json(item))
            case Thread():
                self._write("INSERT OR REPLACE INTO thread VALUES (?, ?, ?)", item.id, item.person, _json(item))
            case OldLine():
                values = (item.thread, item.id, item.at, _ORDER[item.kind], _json(item))
                self._write("INSERT OR REPLACE INTO line VALUES (?, ?, ?, ?, ?)", *values)
            case SavedReply():
                self._write("INSERT OR REPLACE INTO reply VALUES (?, ?)", item.id, _json(item))

    def _write(self, sql: str, *values: str | int) -> None:
        self._db.execute(sql, values)

    def _find(self, kind: type[T], id: str) -> T | None:
        row = self._db.execute(_FIND[kind], (id,)).fetchone()
        return kind(*json.loads(row[0])) if row else None

    def people(self) -> Iterator[tuple[Contact, bool]]:
        """Give each person, and whether it has a conversation."""
        for data, talks in self._db.execute(_PEOPLE):
            yield Contact(*json.loads(data)), bool(talks)

    def name_clients(self, named: list[tuple[str, str]]) -> None:
        """Say as which clients people are taken. Args: named: (client, person)."""
        self._db.executemany("UPDATE person SET client = ? WHERE id = ?", named)

    def people_of(self, client: str) -> list[Contact]:
        """Return who is taken as this client."""
        found = self._db.execute("SELECT data FROM person WHERE client = ? ORDER BY id", (client,))
        return [Contact(*json.loads(data)) for (data,) in found]

    def find_author(self, id: str) -> Author | None:
        """Return the agent or bot of this id."""
        return self._find(Author, id)

    def work(self) -> Iterator[Work]:
        """Give the clients with their lines, by client and time."""
        rows = self._db.execute(_IN_ORDER)
        for client, found in groupby(rows, key=lambda row: str(row[0])):
            yield Work(client, (_line(data) for _, data in found))

    def bare(self) -> Iterator[tuple[str, Contact]]:
        """Give the clients without conversation."""
        for client, data in self._db.execute(_BARE):
            yield client, Contact(*json.loads(data))

    def threads_of(self, client: str) -> list[Thread]:
        """Return the client's conversations."""
        return [_thread(data) for (data,) in self._db.execute(_OF_CLIENT, (client,))]

    def replies(self) -> list[SavedReply]:
        """Return the saved replies, by id."""
        return [SavedReply(*json.loads(data)) for (data,) in self._db.execute("SELECT data FROM reply ORDER BY id")]

    def lost(self) -> Iterator[Left]:
        """Give the lines of conversations that the export does not hold."""
        for thread, id in self._db.execute(_LOST):
            yield Left("no_conversation", "message", id, thread)

    def count_clients(self) -> int:
        """Return how many clients have lines."""
        return int(self._db.execute(_COUNT).fetchone()[0])


def _json(item: tuple[object, ...]) -> str:
    return json.dumps(item)


def _merged(before: T | None, now: T) -> T:
    """Return what both say of one id; the newer of two facts counts."""
    if before is None:
        return now
    facts = {name: value for name, value in now._asdict().items() if value not in (None, False)}
    return before._replace(**facts)


def _line(data: str) -> OldLine:
    line = OldLine(*json.loads(data))
    return line._replace(speaker=Speaker(line.speaker), kind=LineKind(line.kind), files=tuple(line.files))


def _thread(data: str) -> Thread:
    thread = Thread(*json.loads(data))
    return thread._replace(tags=tuple(thread.tags), priority=Priority(thread.priority))
