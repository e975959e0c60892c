"""
One write transaction of the bridge's: what it changes is held here and written in a few statements for a whole batch.

Everything that can be held is held (conversations, markers, new entries) and serves the transaction's own reads; savepoints
undo it by journal. Only what goes to SQL before the end needs a real SAVEPOINT, which is then set in the right place.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar

from chat_core.conversation import NOTHING_SEEN, Conversation, Event, raised, seen_by_desk, storable
from chat_core.errors import BadTopic
from chat_core.ids import BRIDGE, Role, is_id, role_of
from chat_core.payloads import Entry, EventKind, Marker, Said, SaidKind, Status, Summary
from chat_core.sql import rows
from chat_core.sql.database import Database
from chat_core.sql.faults import StoreFault
from chat_core.sql.rows import Kept
from chat_core.sql.shapes import Note
from chat_core.topics import parse

PARKED_AT_MOST: Final = 10_000
PARKED_TOPIC_CHARACTERS: Final = 1_000
IN_ONE_QUESTION: Final = 300  # keys in one IN (…): far below SQLite's 32,766 variables

Key = tuple[str, str, str]
_K = TypeVar("_K")
_V = TypeVar("_V")
_MISSING: Final = object()

_INSERT_ENTRY: Final = "INSERT INTO entry (conversation, seq, id, sender, at, kind, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_INSERT_ENTRIES_POSTGRES: Final = (
    "INSERT INTO entry (conversation, seq, id, sender, at, kind, body)"
    " SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[])"
)
_INSERT_CONVERSATION: Final = (
    "INSERT INTO conversation ("
    + ", ".join(f'"{column}"' for column in rows.COLUMNS[1:])
    + ") VALUES ("
    + ", ".join("?" for _ in rows.COLUMNS[1:])
    + ") RETURNING num"
)
_UPDATE_CONVERSATION: Final = (
    "UPDATE conversation SET " + ", ".join(f'"{column}" = ?' for column in rows.COLUMNS[2:]) + " WHERE num = ?"
)
_UPSERT_MARKER: Final = (
    "INSERT INTO marker (conversation, reader, delivered, read) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (conversation, reader) DO UPDATE SET delivered = excluded.delivered, read = excluded.read"
)
_FIND_ENTRY: Final = (
    "SELECT " + rows.ENTRY_LINE + " FROM entry e WHERE e.conversation = ? AND e.sender = ? AND e.id = ?"
)
_UPSERT_STATE: Final = "INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


class Transaction:
    """What `Store.begin()` gives. Of one thread; over after `commit()` or when its `with` is left."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._over = False
        self._kept: dict[str, Kept] = {}
        self._known: dict[Key, Entry | None] = {}
        self._markers: dict[str, dict[str, Marker]] = {}
        self._moved: dict[tuple[str, str], Marker] = {}
        self._pending: list[tuple[Any, ...]] = []
        self._inside = False  # a savepoint
        self._set_in_sql = False  # … and SQL knows of it
        self._pending_before = 0  # pending entries that the savepoint must not undo
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []

    # The transaction itself

    def commit(self) -> None:
        """Everything is on disk, or nothing is. Raises: StoreDown (outcome unknown: repeat)."""
        self._check()
        if self._inside:
            raise StoreFault("commit inside a savepoint")
        self._flush()
        self._write_markers()
        self._write_conversations()
        self._over = True
        self._db.commit()

    def end(self) -> None:
        """What was not committed never was."""
        if not self._over:
            self._over = True
            self._db.roll_back()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """An exception that leaves the block undoes what was done inside, and nothing else. They do not nest."""
        self._check()
        if self._inside:
            raise StoreFault("savepoints do not nest")
        self._inside, self._set_in_sql, self._pending_before = True, False, len(self._pending)
        self._journal.clear()
        try:
            yield
        except BaseException:
            self._undo()
            raise
        finally:
            self._inside = False
        if self._set_in_sql:
            self._db.execute("RELEASE SAVEPOINT one")

    def _undo(self) -> None:
        for mapping, key, before in reversed(self._journal):
            if before is _MISSING:
                mapping.pop(key, None)
            else:
                mapping[key] = before
        self._journal.clear()
        del self._pending[self._pending_before :]
        if self._set_in_sql and not self._over:
            self._db.execute("ROLLBACK TO SAVEPOINT one")
            self._db.execute("RELEASE SAVEPOINT one")

    def _put(self, mapping: dict[_K, _V], key: _K, value: _V) -> None:
        if self._inside:
            self._journal.append((mapping, key, mapping.get(key, _MISSING)))
        mapping[key] = value

    def _forget(self, mapping: dict[_K, _V], key: _K) -> None:
        if key in mapping:
            if self._inside:
                self._journal.append((mapping, key, mapping[key]))
            del mapping[key]

    def _check(self) -> None:
        if self._over:
            raise StoreFault("the transaction is over")

    def _flush(self) -> None:
        """Entries held so far are in SQL: those from before a savepoint before it, the others after it."""
        if self._inside and not self._set_in_sql:
            self._insert_entries(self._pending[: self._pending_before])
            del self._pending[: self._pending_before]
            self._pending_before = 0
            self._db.execute("SAVEPOINT one")
            self._set_in_sql = True
        self._insert_entries(self._pending)
        self._pending.clear()

    def _flush_to_read(self) -> None:
        self._check()
        if self._pending:
            self._flush()

    def _insert_entries(self, entries: list[tuple[Any, ...]]) -> None:
        if not entries:
            return
        if self._db.kind == "postgres":
            self._db.execute(_INSERT_ENTRIES_POSTGRES, [list(column) for column in zip(*entries, strict=True)])
        else:
            self._db.execute_many(_INSERT_ENTRY, entries)

    def _write_markers(self) -> None:
        if self._moved:
            moved = [
                (self._kept[client].num, reader, marker.delivered, marker.read)
                for (client, reader), marker in sorted(self._moved.items(), key=lambda item: item[0])
            ]
            self._db.execute_many(_UPSERT_MARKER, moved)

    def _write_conversations(self) -> None:
        changed = [rows.row_from(kept) for kept in self._kept.values() if kept.changed]
        if changed:
            self._db.execute_many(_UPDATE_CONVERSATION, [(*row[2:], row[0]) for row in changed])

    def _write(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        """Run a statement that a savepoint must be able to undo."""
        self._check()
        self._flush()
        return self._db.execute(sql, parameters)

    # Conversations

    def look_ahead(self, keys: Iterable[Key]) -> None:
        """
        What a batch will ask for is here already; only speed changes.

        Args: keys: (client, sender, id) of what is to be appended.
        """
        self._check()
        wanted = sorted(set(keys) - self._known.keys())
        missing = sorted({client for client, _, _ in wanted} - self._kept.keys())
        for start in range(0, len(missing), IN_ONE_QUESTION):
            self._load(missing[start : start + IN_ONE_QUESTION])
        by_num = {kept.num: client for client, kept in self._kept.items() if kept.num is not None}
        asked = [(self._kept[client].num, sender, id) for client, sender, id in wanted if self._kept[client].num is not None]
        for start in range(0, len(asked), IN_ONE_QUESTION):
            part = asked[start : start + IN_ONE_QUESTION]
            keys_sql = ", ".join("(?, ?, ?)" for _ in part)
            sql = "SELECT e.conversation, e.sender, e.id, " + rows.ENTRY_LINE + " FROM entry e"
            sql += " WHERE (e.conversation, e.sender, e.id) IN (VALUES " + keys_sql + ")"
            for num, sender, id, line in self._db.rows(sql, [value for key in part for value in key]):
                self._put(self._known, (by_num[num], sender, id), rows.entry_from(line))
        for key in wanted:
            if key not in self._known:
                self._put(self._known, key, None)

    def _load(self, clients: list[str]) -> None:
        places = ", ".join("?" for _ in clients)
        sql = "SELECT " + rows.COLUMN_LIST + " FROM conversation WHERE client IN (" + places + ") ORDER BY client"
        sql += self._db.by_kind("", " FOR UPDATE")
        found = {row[1]: rows.kept_from(row) for row in self._db.rows(sql, clients)}
        absent = [client for client in clients if client not in found]
        if absent and self._db.kind == "postgres":
            # Nothing to lock yet: whoever begins this conversation holds its name, and then looks again.
            for client in absent:
                self._db.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (client,))
            places = ", ".join("?" for _ in absent)
            sql = "SELECT " + rows.COLUMN_LIST + " FROM conversation WHERE client IN (" + places + ") ORDER BY client FOR UPDATE"
            found |= {row[1]: rows.kept_from(row) for row in self._db.rows(sql, absent)}
        for client in clients:
            self._put(self._kept, client, found.get(client) or Kept(Conversation(client), epoch=new_epoch()))

    def _of(self, client: str) -> Kept:
        self._check()
        if client not in self._kept:
            self._load([client])
        return self._kept[client]

    def _numbered(self, client: str) -> Kept:
        """The conversation with a row, made where there is none."""
        kept = self._of(client)
        if kept.num is None:
            self._flush()
            row = self._db.row(_INSERT_CONVERSATION, rows.row_from(kept)[1:])
            if row is None:
                raise StoreFault("an insert returned no number")
            kept = replace(kept, num=row[0])
            self._put(self._kept, client, kept)
        return kept

    def _change(self, client: str, conversation: Conversation, **more: Any) -> None:
        """The row will be written, once, with the next rev."""
        kept = self._numbered(client)
        did = kept.did if kept.changed else ()
        now = replace(conversation, rev=kept.stored_rev + 1)
        self._put(self._kept, client, replace(kept, **{"did": did, **more, "conversation": now, "changed": True}))

    def conversation(self, client: str) -> Conversation:
        """The conversation as this transaction has it; a fresh one where there is none. Writes nothing."""
        return self._of(client).conversation

    def put(self, conversation: Conversation) -> None:
        """
        The conversation's row says this: status, assignee, priority, tags, unread, waiting, until, name, online, members.

        `rev` rises by one for each client and transaction. `last`, `last_seq`, `notes` and `rev` are the store's own and are not taken.
        """
        now = self._of(conversation.client).conversation
        kept_as = replace(conversation, rev=now.rev, last=now.last, last_seq=now.last_seq, notes=now.notes)
        if kept_as != now:
            self._change(conversation.client, kept_as)

    def summary(self, client: str) -> Summary | None:
        """The inbox's row as this transaction has it, or None where the client has none."""
        kept = self._of(client)
        return rows.summary_of(kept) if kept.num is not None and kept.conversation.rev > 0 else None

    def summaries(self) -> list[Summary]:
        """The rows that this transaction changes, as they will stand: what to tell the boards after the commit."""
        self._check()
        return [rows.summary_of(kept) for kept in self._kept.values() if kept.changed]

    # Entries

    def find_entry(self, client: str, sender: str, id: str) -> Entry | None:
        """The entry that this sender's id became, or None."""
        self._check()
        key = (client, sender, id)
        if key not in self._known:
            kept = self._of(client)
            row = None if kept.num is None else self._db.row(_FIND_ENTRY, (kept.num, sender, id))
            self._put(self._known, key, rows.entry_from(row[0]) if row else None)
        return self._known[key]

    def entry(self, client: str, seq: int) -> Entry | None:
        """The client's entry of this number, or None."""
        kept = self._of(client)
        if kept.num is None or not kept.first <= seq <= kept.conversation.last_seq:
            return None
        self._flush_to_read()
        sql = "SELECT " + rows.ENTRY_LINE + " FROM entry e WHERE e.conversation = ? AND e.seq = ?"
        row = self._db.row(sql, (kept.num, seq))
        return rows.entry_from(row[0]) if row else None

    def append(self, client: str, sender: str, draft: Said | Event, at_ms: int) -> Entry:
        """
        The draft is the client's next entry. A repeat of (client, sender, id) returns the stored entry and changes nothing.

        Args: draft: an Event without an id becomes `e-<seq>`; at_ms: the server's clock.
        """
        if draft.id is not None:
            known = self.find_entry(client, sender, draft.id)
            if known is not None:
                return known
        kept = self._numbered(client)
        entry = rows.entry_of(draft, kept.conversation.last_seq + 1, sender, at_ms)
        if draft.id is None and self.find_entry(client, sender, entry.id) is not None:
            # Somebody named a message of theirs like our event.
            entry = entry.model_copy(update={"id": f"{entry.id}-{secrets.token_hex(6)}"})
        self._add(kept, entry)
        return entry

    def _add(self, kept: Kept, entry: Entry) -> None:
        row = (kept.num, entry.seq, entry.id, entry.sender, entry.at, entry.kind.value, rows.body_of(entry))
        self._pending.append(row)
        self._put(self._known, (kept.client, entry.sender, entry.id), entry)
        self._change(kept.client, replace(kept.conversation, last=entry, last_seq=entry.seq))

    def amend(self, client: str, of_seq: int, text: str | None) -> Entry | None:
        """
        The entry's words are the text (`edited`), or gone (None: `deleted`); its seq, id, sender, time and kind stay.

        Returns the entry as it now is; None where there is none. What is deleted stays deleted.
        """
        before = self.entry(client, of_seq)
        if before is None or before.deleted:
            return before
        if text is None:
            gone = {"text": None, "file": None, "card": None, "rating": None, "edited": None, "deleted": True}
            after = before.model_copy(update=gone)
        else:
            after = before.model_copy(update={"text": text, "edited": True})
        kept = self._of(client)
        self._write("UPDATE entry SET body = ? WHERE conversation = ? AND seq = ?", (rows.body_of(after), kept.num, of_seq))
        self._put(self._known, (client, after.sender, after.id), after)
        if kept.conversation.last is not None and kept.conversation.last.seq == of_seq:
            self._change(client, replace(kept.conversation, last=after))
        return after

    def erase(self, client: str, at_ms: int, id: str | None = None) -> Entry:
        """
        Nothing of the client's words is left: entries, notes, markers, readings, parked copies. A new epoch begins.

        Its only entry is seq 1, `erased`. `rev` goes on rising. Args: id: the command's; None makes one of its own, new each time.
        """
        kept = self._numbered(client)
        self._flush()
        for table in ("entry", "note", "marker"):
            self._write("DELETE FROM " + table + " WHERE conversation = ?", (kept.num,))
        self._write("DELETE FROM reading WHERE meter IN (SELECT num FROM meter WHERE client = ?)", (client,))
        self._write("DELETE FROM meter WHERE client = ?", (client,))
        self._write("DELETE FROM parked WHERE client = ?", (client,))
        for key in [key for key in self._known if key[0] == client]:
            self._forget(self._known, key)
        for moved in [moved for moved in self._moved if moved[0] == client]:
            self._forget(self._moved, moved)
        self._put(self._markers, client, {})
        epoch = new_epoch()
        erased = Entry(seq=1, id=id or f"e-{epoch}", sender=BRIDGE, at=at_ms, kind=EventKind.ERASED)
        before = kept.conversation
        # Nobody waits for an answer any more; the client's next words open it again.
        fresh = Conversation(client, status=Status.RESOLVED, name=before.name, online=before.online)
        self._change(client, fresh, epoch=epoch, first=1)
        self._add(self._of(client), erased)
        return erased

    # Markers

    def markers(self, client: str) -> dict[str, Marker]:
        """How far each reader of the conversation is."""
        kept = self._of(client)
        if client not in self._markers:
            found: dict[str, Marker] = {}
            if kept.num is not None:
                for reader, delivered, read in self._db.rows("SELECT reader, delivered, read FROM marker WHERE conversation = ?", (kept.num,)):
                    found[reader] = Marker(delivered=delivered, read=read)
            self._put(self._markers, client, found)
        return dict(self._markers[client])

    def move_marker(self, client: str, reader: str, marker: Marker) -> Marker | None:
        """
        The reader's marker is the maximum of what it was and this, at most the last seq, read at most delivered.

        An agent's marker brings `unread` along. Returns the marker as it now is; None where nothing changed.
        """
        kept = self._of(client)
        markers = self.markers(client)
        before = markers.get(reader, NOTHING_SEEN)
        after = raised(before, storable(marker, kept.conversation.last_seq))
        if after == before or kept.num is None:
            return None
        self._put(self._markers, client, {**markers, reader: after})
        self._put(self._moved, (client, reader), after)
        if role_of(reader) is Role.AGENT:
            seen, sees = seen_by_desk(markers).read, seen_by_desk(self._markers[client]).read
            if sees > seen and kept.conversation.unread:
                unread = self.unread_above(client, sees)
                if unread != kept.conversation.unread:
                    self._change(client, replace(kept.conversation, unread=unread))
        return after

    def unread_above(self, client: str, seq: int) -> int:
        """How many of the client's own words lie above the seq."""
        kept = self._of(client)
        if kept.num is None or seq >= kept.conversation.last_seq:
            return 0
        self._flush_to_read()
        kinds = ", ".join("?" for _ in SaidKind)
        sql = "SELECT count(*) FROM entry WHERE conversation = ? AND seq > ? AND sender = ? AND kind IN (" + kinds + ")"
        row = self._db.row(sql, (kept.num, seq, client, *(kind.value for kind in SaidKind)))
        return int(row[0]) if row else 0

    # Notes and commands

    def add_note(self, client: str, agent: str, id: str, text: str, at_ms: int) -> Note:
        """The note is kept, beside the log and without a seq; a repeat of (agent, id) returns the stored one."""
        self._check()
        row = self._db.row(
            "SELECT c.client, n.agent, n.id, n.text, n.at FROM note n JOIN conversation c ON c.num = n.conversation WHERE n.agent = ? AND n.id = ?",
            (agent, id),
        )
        if row is not None:
            return Note(*row)
        kept = self._numbered(client)
        self._write("INSERT INTO note (conversation, agent, id, text, at) VALUES (?, ?, ?, ?, ?)", (kept.num, agent, id, text, at_ms))
        self._change(client, replace(kept.conversation, notes=kept.conversation.notes + 1))
        return Note(client, agent, id, text, at_ms)

    def command_known(self, agent: str, id: str) -> str | None:
        """The client whom this command was for ("" for none) where it is done already, else None."""
        self._check()
        row = self._db.row("SELECT client FROM command WHERE agent = ? AND id = ?", (agent, id))
        return None if row is None else str(row[0])

    def record_command(self, agent: str, id: str, client: str | None, at_ms: int) -> None:
        """The command is done, and its client's Summary of this transaction says so in `did`."""
        self._write(
            "INSERT INTO command (agent, id, client, at) VALUES (?, ?, ?, ?) ON CONFLICT (agent, id) DO NOTHING",
            (agent, id, client or "", at_ms),
        )
        if client is not None:
            kept = self._numbered(client)
            did = kept.did if kept.changed else ()
            self._change(client, kept.conversation, did=(*did, f"{agent}/{id}"))

    def due_snoozed(self, now_ms: int, limit: int = 100) -> list[str]:
        """Clients whose snooze has ended and is still in the row."""
        self._check()
        found = self._db.rows('SELECT client FROM conversation WHERE shelf = 1 AND "until" <= ? ORDER BY "until" LIMIT ?', (now_ms, limit))
        return [row[0] for row in found]

    # What is beside the conversations

    def park(self, topic: str, payload: bytes, why: str, at_ms: int) -> None:
        """The unreadable message is kept aside; of more than 10,000 the oldest go."""
        kept_topic = topic.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")[:PARKED_TOPIC_CHARACTERS]
        self._write(
            "INSERT INTO parked (topic, client, payload, why, at) VALUES (?, ?, ?, ?, ?)",
            (kept_topic, client_in(topic), payload, why, at_ms),
        )
        self._write("DELETE FROM parked WHERE num <= (SELECT max(num) FROM parked) - ?", (PARKED_AT_MOST,))

    def beat(self, at_ms: int) -> None:
        """The bridge's own echo went through at this time."""
        self._write(_UPSERT_STATE, ("beat", at_ms))

    def change_cursor(self) -> int:
        """How far the bridge has done what web and CLI asked."""
        self._check()
        row = self._db.row("SELECT value FROM state WHERE key = 'change_cursor'")
        return int(row[0]) if row else 0

    def set_change_cursor(self, n: int) -> None:
        """Changes up to this one are done."""
        self._write(_UPSERT_STATE, ("change_cursor", n))

    def add_reading(self, client: str, meter: str, at: int, wh: int, w: int | None) -> bool:
        """The reading is kept; False where the meter's reading of that instant was here already."""
        self._check()
        row = self._db.row("SELECT num FROM meter WHERE client = ? AND meter = ?", (client, meter))
        if row is None:
            row = self._write("INSERT INTO meter (client, meter) VALUES (?, ?) RETURNING num", (client, meter)).fetchone()
        done = self._write(
            "INSERT INTO reading (meter, at, wh, w) VALUES (?, ?, ?, ?) ON CONFLICT (meter, at) DO NOTHING", (row[0], at, wh, w)
        )
        return bool(done.rowcount == 1)


def new_epoch() -> str:
    """A name that no other epoch has."""
    return secrets.token_hex(8)


def client_in(topic: str) -> str | None:
    """The client that a topic seems to belong to, whether or not it is a good one."""
    try:
        return parse(topic).client
    except BadTopic:
        levels = topic.split("/")
        return levels[1] if len(levels) > 1 and is_id(levels[1]) else None
