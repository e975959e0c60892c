"""
What a write transaction holds before it writes: conversations, markers and new entries, in few statements for a batch.

What is held serves the transaction's own reads. A savepoint begins and ends with all of it in SQL, so that what the
database refuses of one message is refused in that message's savepoint, and at the COMMIT there is nothing left to
refuse; a journal undoes what is held along with it.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, Final, TypeVar

from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import Entry, Marker
from chat_core.domain.conversation import Conversation
from chat_core.store import rows
from chat_core.store.database import Database
from chat_core.store.dialect import INSERT_ENTRY
from chat_core.store.faults import StoreFault
from chat_core.store.recent import Recent
from chat_core.store.rows import COLUMNS, Kept, compose, marks

Key = tuple[str, str, str]  # client, sender, id
_K = TypeVar("_K")
_V = TypeVar("_V")
_MISSING: Final = object()
REV_BASE: Final = "rev_base"  # below the first `rev` of a conversation that begins; raised by a restore
IN_ONE_QUESTION: Final = 300  # keys in one IN (…): far below SQLite's 32,766 variables

_INSERT_CONVERSATION: Final = compose(
    "INSERT INTO conversation ($columns) VALUES ($marks) RETURNING num",
    columns=", ".join(f'"{column}"' for column in COLUMNS[1:]),
    marks=marks(len(COLUMNS) - 1),
)
_UPSERT_MARKER: Final = (
    "INSERT INTO marker (conversation, reader, delivered, read) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (conversation, reader) DO UPDATE SET delivered = excluded.delivered, read = excluded.read"
)


class Held:
    """The state of one transaction. Of one thread; over after `commit()` or `end()`."""

    def __init__(self, database: Database, recent: Recent) -> None:
        self.db: Final = database
        self.recent: Final = recent
        self.kept: Final[dict[str, Kept]] = {}
        self.known: Final[dict[Key, Entry | None]] = {}
        self.markers: Final[dict[str, dict[str, Marker]]] = {}
        self.moved: Final[dict[tuple[str, str], Marker]] = {}
        self.ticks: Final[
            dict[str, tuple[str, ...]]
        ] = {}  # client whose row is told again → commands done earlier that it names
        self._entries: list[tuple[Any, ...]] = []  # not in SQL yet
        self._changed: dict[str, None] = {}  # clients whose row is not in SQL yet
        self._written: dict[str, Kept] = {}  # once it is committed: what it changed
        self._told_again: dict[str, Kept] = {}  # … and the rows of `ticks`
        self._over = False
        self._inside = False  # a savepoint
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []

    @property
    def changed(self) -> dict[str, Kept]:
        """The conversations whose rows it changes, or has changed once it is committed, by client."""
        return self._written or {client: kept for client, kept in self.kept.items() if kept.changed}

    @property
    def told_again(self) -> dict[str, Kept]:
        """The conversations of `ticks`, as they are held or were committed."""
        return self._told_again or {client: self.kept[client] for client in self.ticks if client in self.kept}

    def check(self) -> None:
        """The transaction is not over."""
        if self._over:
            raise StoreFault("the transaction is over")

    def commit(self) -> None:
        """All of it is on disk. Raises: StoreDown (outcome unknown)."""
        self.check()
        if self._inside:
            raise StoreFault("commit inside a savepoint")
        self._write_out()
        self._written = self.changed
        if self.ticks:
            self._told_again = self.told_again
        self._let_go()
        self.db.commit()
        self.recent.note(self._written)

    def _let_go(self) -> None:
        """Nothing is held any more: whatever is asked now has to ask the database, and may not."""
        self._over = True
        self.kept.clear()
        self.known.clear()

    def _write_out(self) -> None:
        """Entries, markers and conversations' rows are in SQL, whole."""
        self._flush()
        if self.moved:
            moved = [
                (self.kept[client].num, reader, to.delivered, to.read) for (client, reader), to in self.moved.items()
            ]
            self.db.execute_many(_UPSERT_MARKER, moved)
            self.moved.clear()
        alike: dict[tuple[str, ...], list[list[Any]]] = {}
        for client in self._changed:
            kept = self.kept.get(client)
            if kept is None or not kept.changed:
                continue  # a savepoint undid it
            row, columns, values = rows.changes_of(kept)
            if columns:
                alike.setdefault(columns, []).append([*values, kept.num])
            self.put(self.kept, client, kept.written(row))
        self._changed.clear()
        for columns, changed in alike.items():
            if len(changed) == 1:
                self.db.execute(_update_of(columns), changed[0])
            else:
                self.db.execute_many(_update_of(columns), changed)

    def end(self) -> None:
        """What was not committed never was."""
        if not self._over:
            self._let_go()
            self.db.roll_back()

    # Savepoints

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """
        An exception that leaves the block undoes what was done inside, and nothing else.

        So does what the database refuses of it, which is known at the block's end.
        """
        self.check()
        if self._inside:
            raise StoreFault("savepoints do not nest")
        self._inside = True
        try:
            self._write_out()
            self._journal.clear()
            self.db.execute("SAVEPOINT one")
            try:
                yield
                self._write_out()
            except BaseException:
                self._undo()
                raise
        finally:
            self._inside = False
        self.db.execute("RELEASE SAVEPOINT one")

    def _undo(self) -> None:
        for mapping, key, before in reversed(self._journal):
            if before is _MISSING:
                mapping.pop(key, None)
            else:
                mapping[key] = before
        self._journal.clear()
        self._entries.clear()
        if not self._over:
            with suppress(StoreDown):  # then all of the transaction is lost, and commit() says so
                self.db.execute("ROLLBACK TO SAVEPOINT one")
                self.db.execute("RELEASE SAVEPOINT one")

    def put(self, mapping: dict[_K, _V], key: _K, value: _V) -> None:
        """The mapping, one of the above, holds the value until a savepoint undoes it."""
        if self._inside:
            self._journal.append((mapping, key, mapping.get(key, _MISSING)))
        mapping[key] = value

    def forget(self, mapping: dict[_K, _V], key: _K) -> None:
        """The mapping, one of the above, has no such key until a savepoint undoes it."""
        if key in mapping:
            self.put(mapping, key, mapping[key])
            del mapping[key]

    # Statements

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a statement after all that is held, so that a savepoint can undo it."""
        self.check()
        self._flush()
        return self.db.execute(sql, parameters)

    def write_apart(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a statement on what no entry touches: what is held may stay held."""
        self.check()
        return self.db.execute(sql, parameters)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a read that sees the held entries, or None."""
        self.check()
        if self._entries:
            self._flush()
        return self.db.row(sql, parameters)

    def settle(self) -> None:
        """All that is held is in SQL, so that a statement of somebody else's comes after it."""
        self.check()
        self._flush()

    def _flush(self) -> None:
        """Held entries are in SQL."""
        self._insert(self._entries)
        self._entries.clear()

    def _insert(self, entries: list[tuple[Any, ...]]) -> None:
        if not entries:
            return
        if len(entries) == 1:
            self.db.execute(INSERT_ENTRY, entries[0])  # one round trip, where COPY takes two
        else:
            self.db.dialect.insert_entries(self.db, entries)

    # Conversations and entries

    def of(self, client: str) -> Kept:
        """The client's conversation, locked for this transaction; a fresh one where there is none."""
        kept = self.kept.get(client)
        if kept is None:
            self.load([client])
            kept = self.kept[client]
        return kept

    def load(self, clients: list[str]) -> None:
        """These conversations are held, locked in the order of their names."""
        self.check()
        found = self._rows_of(clients)
        absent = [client for client in clients if client not in found]
        if absent and self.db.dialect.lock_absent(self.db, absent):
            found |= self._rows_of(absent)
        for client in clients:
            self.put(self.kept, client, found.get(client) or self._fresh(client))

    def _fresh(self, client: str) -> Kept:
        if self.recent.rev_base is None:
            row = self.db.row("SELECT value FROM state WHERE key = ?", (REV_BASE,))
            self.recent.rev_base = int(row[0]) if row else 0
        return Kept(Conversation(client), epoch=new_epoch(), stored_rev=self.recent.rev_base)

    def _rows_of(self, clients: list[str]) -> dict[str, Kept]:
        sql = _select_of(len(clients), self.db.dialect.row_lock)
        return {row[1]: rows.kept_from(row) for row in self.db.rows(sql, clients)}

    def numbered(self, client: str) -> Kept:
        """The client's conversation with a row, made where there is none."""
        kept = self.of(client)
        if kept.num is None:
            row = rows.row_from(kept)[1:]
            (num,) = self.write(_INSERT_CONVERSATION, row).fetchone()
            kept = kept._replace(num=num, row=(num, *row))
            self.put(self.kept, client, kept)
        return kept

    def change(self, kept: Kept, conversation: Conversation) -> None:
        """The row will say this, with the rev after the one before the transaction. Args: kept: as it is held."""
        if kept.num is None:
            kept = self.numbered(conversation.client)
        self._change(kept, conversation, kept.doing, kept.last, kept.line)

    def change_last(self, kept: Kept, last: Entry, line: str) -> None:
        """The row's newest entry reads so now."""
        self._change(kept, kept.conversation, kept.doing, last, line)

    def change_did(self, kept: Kept, did: tuple[str, ...]) -> None:
        """The row will say that this transaction did these commands."""
        self._change(kept, kept.conversation, did, kept.last, kept.line)

    def add(self, kept: Kept, entry: Entry) -> None:
        """
        Add the conversation's next entry, and show it in the row unless a client's words wait there for an answer.

        Args: kept: as it is held, with a row.
        """
        stored = rows.stored(entry)
        now = kept.conversation._replace(last_seq=stored.seq)
        self._entries.append((kept.num, *stored))
        self.put(self.known, (now.client, stored.sender, stored.id), entry)
        last, line = (kept.last, kept.line) if rows.leaves_question(kept, entry) else (entry, stored.line)
        self._change(kept, now, kept.doing, last, line)

    def _change(
        self, kept: Kept, now: Conversation, did: tuple[str, ...], last: Entry | None, line: str | None
    ) -> None:
        self._changed[now.client] = None
        changed = Kept(now, kept.num, kept.epoch, kept.first, kept.stored_rev, did, True, last, line, kept.row)
        self.put(self.kept, now.client, changed)


@lru_cache(maxsize=2 * IN_ONE_QUESTION)
def _select_of(clients: int, lock: str) -> str:
    return compose(
        "SELECT $columns FROM conversation WHERE client IN ($marks) ORDER BY client $lock",
        columns=rows.COLUMN_LIST,
        marks=marks(clients),
        lock=lock,
    )


@lru_cache(maxsize=256)  # of so many ways in which a row changes, a dozen are an everyday matter
def _update_of(columns: tuple[str, ...]) -> str:
    named = ", ".join(f'"{column}" = ?' for column in columns)
    return compose("UPDATE conversation SET $columns WHERE num = ?", columns=named)


def new_epoch() -> str:
    """A name that no other epoch has."""
    return secrets.token_hex(8)
