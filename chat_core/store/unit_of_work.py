"""
Collect what one write transaction reads and is about to write, in few statements for a batch.

`get` reads, `put` remembers, `flush` writes. The transaction's own reads see what it has put. A savepoint begins and
ends with all of it in SQL: so the database refuses a message in that message's savepoint, and never at the COMMIT.
A savepoint copies what was put when it begins, and restores the copy to undo.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from peewee import Query

from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import Entry, Marker
from chat_core.domain.conversation import Conversation
from chat_core.store import fast_sql, outbox, rows
from chat_core.store.conversation_epochs import REV_BASE, new_epoch
from chat_core.store.database import Database
from chat_core.store.dialect import Row
from chat_core.store.fast_recent import Recent
from chat_core.store.faults import StoreFault
from chat_core.store.models.chats import OutboxRow, StateRow
from chat_core.store.rows import ConversationState

Key = tuple[str, str, str]  # client, sender, id
IN_ONE_QUESTION: Final = 300  # keys in one IN (…): far below SQLite's 32,766 variables


class UnitOfWork:
    """Hold the state of one transaction, for one thread, until `commit()` or `end()`."""

    def __init__(self, database: Database, recent: Recent, wanted: Collection[str] = ()) -> None:
        """Args: wanted: the events that somebody outside wants to hear of."""
        self.db: Final = database
        self.recent: Final = recent
        self.wanted: Final = wanted
        self.conversations: Final[dict[str, ConversationState]] = {}
        self.entries: Final[dict[Key, Entry | None]] = {}  # None: there is none
        self.markers: Final[dict[str, dict[str, Marker]]] = {}
        self.moved: Final[dict[tuple[str, str], Marker]] = {}  # client, reader: not in SQL yet
        # A client whose row is told again → commands done earlier that it names
        self.told_again: Final[dict[str, tuple[str, ...]]] = {}
        self.left: Final[dict[str, str | None]] = {}  # by client: the team that its conversation left
        # What a savepoint restores: code replaces their values and never changes one.
        self.undoable: Final[list[dict[Any, Any]]] = [
            self.conversations,
            self.entries,
            self.markers,
            self.moved,
            self.told_again,
            self.left,
        ]
        self._new_entries: list[tuple[Any, ...]] = []  # not in SQL yet
        self._events: list[Row] = []  # for somebody outside: not in SQL yet
        self._changed: dict[str, None] = {}  # clients whose row is not in SQL yet
        # What it changed and what it tells again, once it is committed
        self._committed: dict[str, ConversationState] = {}
        self._committed_told_again: dict[str, ConversationState] = {}
        self._in_savepoint = False
        self._over = False

    def get(self, client: str) -> ConversationState:
        """Return the client's conversation, locked for this transaction; a fresh one where there is none."""
        state = self.conversations.get(client)
        if state is None:
            self.load([client])
            state = self.conversations[client]
        return state

    def put(self, state: ConversationState) -> ConversationState:
        """
        Remember the conversation's new state, which its row will have with the next rev; return it with a row.
        """
        if not state.changed:
            state = state._replace(changed=True)
        if state.num is None:
            row = rows.row_from(state)[1:]
            (num,) = self.execute(fast_sql.INSERT_CONVERSATION, row).fetchone()
            state = state._replace(num=num, row=(num, *row))
        client = state.conversation.client
        self._changed[client] = None
        self.conversations[client] = state
        return state

    def put_entry(self, state: ConversationState, entry: Entry) -> None:
        """
        Remember the conversation's next entry. Its row shows it, unless a client's words wait there for an answer.

        Args: state: the conversation's, with a row.
        """
        stored = rows.stored(entry)
        now = state.conversation._replace(last_seq=stored.seq)
        self._new_entries.append((state.num, *stored))
        self.entries[now.client, stored.sender, stored.id] = entry
        if self.wanted:
            event = outbox.row_of(now.client, entry, self.wanted)
            if event is not None:
                self._events.append(event)
        if rows.leaves_question(state, entry):
            self.put(state._replace(conversation=now, changed=True))
        else:
            question = rows.question_after(state, entry)
            self.put(state._replace(conversation=now, changed=True, last=entry, line=stored.line, question=question))

    def put_event(self, row: Row) -> None:
        """Remember an event for somebody outside. Args: row: of `outbox`."""
        self._events.append(row)

    def forget_events(self, client: str) -> None:
        """Delete the client's events that no worker has taken."""
        self._events = [row for row in self._events if row[2] != client]
        self.change(OutboxRow.delete().where(OutboxRow.client == client))

    def flush(self) -> None:
        """Write the entries that were put, and the events so far, before a statement that needs them."""
        if self._over:
            self.check()
        if not self._new_entries:
            return
        if len(self._new_entries) == 1 and not self._events:
            self.db.execute(fast_sql.INSERT_ENTRY, self._new_entries[0])  # one round trip, where COPY takes two
        else:
            self.db.dialect.insert_entries(self.db, self._new_entries, self._events)
            self._events.clear()
        self._new_entries.clear()

    def _flush_all(self) -> None:
        """Write entries, markers and conversations' rows."""
        self.flush()
        if self._events:  # of no entry
            self.db.execute_many(fast_sql.INSERT_EVENT, self._events)
            self._events.clear()
        if self.moved:
            moved = [
                (self.conversations[client].num, reader, to.delivered, to.read)
                for (client, reader), to in self.moved.items()
            ]
            self.db.execute_many(fast_sql.UPSERT_MARKER, moved)
            self.moved.clear()
        alike: dict[tuple[str, ...], list[list[Any]]] = {}
        for client in self._changed:
            state = self.conversations[client]
            row, columns, values = rows.changes_of(state)
            if columns:
                alike.setdefault(columns, []).append([*values, state.num])
            self.conversations[client] = state._replace(row=row)
        self._changed.clear()
        for columns, changed in alike.items():
            if len(changed) == 1:
                self.db.execute(fast_sql.update_conversation(columns), changed[0])
            else:
                self.db.execute_many(fast_sql.update_conversation(columns), changed)

    @property
    def changed(self) -> dict[str, ConversationState]:
        """Return the conversations whose rows it changes, or has changed once it is committed, by client."""
        if self._over:
            return self._committed
        return {client: state for client, state in self.conversations.items() if state.changed}

    @property
    def unchanged_told_again(self) -> dict[str, ConversationState]:
        """Return the conversations of `told_again` whose rows it does not change."""
        if self._over:
            return self._committed_told_again
        states = self.conversations
        return {client: states[client] for client in self.told_again if client in states and not states[client].changed}

    # Commit, roll back, undo

    def check(self) -> None:
        """Raise StoreFault where the transaction is over."""
        if self._over:
            raise StoreFault("the transaction is over")

    def commit(self) -> None:
        """Write and commit all of it. Raises: StoreDown (outcome unknown)."""
        self.check()
        if self._in_savepoint:
            raise StoreFault("commit inside a savepoint")
        self._flush_all()
        self._committed = self.changed
        if self.told_again:
            self._committed_told_again = self.unchanged_told_again
        self._forget()
        self.db.commit()
        self.recent.note(self._committed)

    def _forget(self) -> None:
        """Forget what was read: a later call has to ask the database, which `check` refuses."""
        self._over = True
        self.conversations.clear()
        self.entries.clear()

    def end(self) -> None:
        """Roll back what was not committed."""
        if not self._over:
            self._forget()
            self.db.roll_back()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """
        Undo what was done inside the block, and nothing else, where an exception leaves it.

        The database refuses what it will by the block's end; that is undone too.
        """
        self.check()
        if self._in_savepoint:
            raise StoreFault("savepoints do not nest")
        self._flush_all()
        before = [dict(put) for put in self.undoable]
        self.db.execute("SAVEPOINT one")
        self._in_savepoint, done = True, False
        try:
            yield
            self._flush_all()
            done = True
        finally:
            self._in_savepoint = False
            if not done:
                self._undo(before)
        self.db.execute("RELEASE SAVEPOINT one")

    def _undo(self, before: Sequence[dict[Any, Any]]) -> None:
        for put, was in zip(self.undoable, before, strict=True):
            put.clear()
            put.update(was)
        self._new_entries.clear()
        self._events.clear()
        self._changed.clear()
        if not self._over:
            with suppress(StoreDown):  # then all of the transaction is lost, and commit() says so
                self.db.execute("ROLLBACK TO SAVEPOINT one")
                self.db.execute("RELEASE SAVEPOINT one")

    # Statements

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run SQL text after all entries that were put, so that a savepoint can undo it."""
        self.flush()
        return self.db.execute(sql, parameters)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of a read that sees the entries that were put, or None."""
        self.flush()
        return self.db.row(sql, parameters)

    def change(self, query: Query) -> int:
        """Run a query that writes, as `execute` does; return how many rows it changed."""
        self.flush()
        return self.db.change(query)

    def select(self, query: Query) -> list[Row]:
        """Return the rows of a query that sees the entries that were put."""
        self.flush()
        return self.db.select(query)

    # Conversations

    def load(self, clients: list[str]) -> None:
        """Read and lock these conversations, in the order of their names."""
        self.check()
        found = self._states_of(clients)
        absent = [client for client in clients if client not in found]
        if absent and self.db.dialect.lock_absent(self.db, absent):
            found |= self._states_of(absent)
        for client in clients:
            self.conversations[client] = found.get(client) or self._fresh(client)

    def _fresh(self, client: str) -> ConversationState:
        if self.recent.rev_base is None:
            row = self.db.find(StateRow.select(StateRow.value).where(StateRow.key == REV_BASE))
            self.recent.rev_base = row[0] if row else 0
        return ConversationState(Conversation(client), epoch=new_epoch(), stored_rev=self.recent.rev_base)

    def _states_of(self, clients: list[str]) -> dict[str, ConversationState]:
        sql = fast_sql.select_conversations(len(clients), f"ORDER BY client {self.db.dialect.row_lock}")
        return {row[1]: rows.state_from(row) for row in self.db.rows(sql, clients)}

    def meet(self, key: Key) -> None:
        """Read one message's conversation, and the entry that its id became already. Args: key: nothing is read yet."""
        client, sender, id = key
        dialect = self.db.dialect
        said = dialect.said(sender, id)
        known = self.recent.find(client)
        if known is not None:
            row = self.row(dialect.meet_again, (*said, known.num, client, known.stored_rev))
            if row is not None:
                self._met(key, known, row[0])
                return
        row = dialect.meet_row(self.db, said, client)
        if row is not None:
            self._met(key, rows.state_from(row[:-1]), row[-1])

    def _met(self, key: Key, state: ConversationState, line: str | None) -> None:
        self.conversations[key[0]] = state
        self.entries[key] = rows.entry_from(line) if line else None

    def get_stored(self, client: str) -> ConversationState:
        """Return the client's conversation with a row, made where there is none."""
        state = self.get(client)
        return self.put(state) if state.num is None else state
