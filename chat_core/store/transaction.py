"""Define what the bridge can do in one write transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Self

from chat_core.contract.ids import BRIDGE, Role, role_of
from chat_core.contract.payloads import MAX_DID, Entry, EventKind, Marker, Origin, Said, Status, Summary
from chat_core.domain.conversation import NOTHING_SEEN, Conversation, Event, raised, seen_by_desk, storable
from chat_core.domain.meter_registers import Stand
from chat_core.store import entries, heartbeats, parked, rows
from chat_core.store.database import Database
from chat_core.store.dialect import ENTRIES, PEOPLE
from chat_core.store.episodes import count
from chat_core.store.erasure import erase_slice, set_aside
from chat_core.store.fast_recent import Recent
from chat_core.store.meter_alarms import MeterAlarms
from chat_core.store.readings import Readings
from chat_core.store.results import Note
from chat_core.store.rows import ConversationState
from chat_core.store.search_index import Index, Taken
from chat_core.store.unit_of_work import IN_ONE_QUESTION, Key, UnitOfWork, new_epoch

UNTOLD: Final = "untold/"  # before a client's id: a key of `state`
CLEARED_KEPT_MS: Final = 30 * 86_400_000  # longer than any broker goes without saving what it retains
_FIND_NOTE: Final = (
    "SELECT c.client, n.agent, n.id, n.text, n.at FROM note n JOIN conversation c ON c.num = n.conversation"
    " WHERE n.agent = ? AND n.id = ?"
)
_UPSERT_STATE: Final = (
    "INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


class Transaction:
    """Make one write transaction, from `Store.begin()`. One thread only; over after `commit()` or its `with`."""

    def __init__(self, database: Database, tz: str, recent: Recent) -> None:
        self._db = database
        self._unit = UnitOfWork(database, recent)
        self._readings = Readings(self._unit, tz)
        self._index = Index(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._unit.end()

    def commit(self) -> None:
        """Everything is on disk, or nothing is. Raises: StoreDown (outcome unknown: repeat)."""
        self._readings.flush()
        self._unit.commit()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """
        An exception that leaves the block undoes what was done inside, and nothing else. They do not nest.

        Raises: StoreFault at its end too, when the database refuses what was done inside: nothing is left for COMMIT.
        """
        self._readings.flush()
        with self._unit.savepoint():
            yield
            self._readings.flush()

    # Conversations

    def look_ahead(self, keys: Sequence[Key]) -> None:
        """
        Load what a batch will ask for; only speed changes.

        Args: keys: (client, sender, id) of what is to be appended.
        """
        unit = self._unit
        if len(keys) == 1 and not unit.conversations:
            entries.meet(unit, keys[0])
            return
        wanted = sorted(set(keys) - unit.entries.keys())
        missing = sorted({client for client, _, _ in wanted} - unit.conversations.keys())
        for start in range(0, len(missing), IN_ONE_QUESTION):
            unit.load(missing[start : start + IN_ONE_QUESTION])
        numbers = {client: unit.conversations[client].num for client, _, _ in wanted}
        clients = {num: client for client, num in numbers.items()}
        asked = [(numbers[client], sender, id) for client, sender, id in wanted if numbers[client] is not None]
        for start in range(0, len(asked), IN_ONE_QUESTION):
            for num, sender, id, line in self._db.dialect.find_lines(self._db, asked[start : start + IN_ONE_QUESTION]):
                unit.entries[clients[num], sender, id] = rows.entry_from(line)
        for key in wanted:
            if key not in unit.entries:
                unit.entries[key] = None

    def conversation(self, client: str) -> Conversation:
        """The conversation as this transaction has it; a fresh one where there is none. Writes nothing."""
        return self._unit.get(client).conversation

    def put(self, conversation: Conversation) -> None:
        """
        The row says this: status, assignee, priority, tags, unread, waiting, until, name, online, members.

        `rev` rises by one for each client and transaction. `last_seq` and `notes` are the store's own and are not
        taken.
        """
        state = self._unit.get(conversation.client)
        now = state.conversation
        if conversation.name != now.name and state.num is not None and state.stored_rev > 0:
            self._unit.flush()
            self._index.renamed(state.num, rows.folded_of(now), rows.folded_of(conversation))
        stored = conversation
        if (conversation.last_seq, conversation.notes) != (now.last_seq, now.notes):
            stored = conversation._replace(last_seq=now.last_seq, notes=now.notes)
        if stored != now:
            self._unit.put(state._replace(conversation=stored, changed=True))

    def tell_again(self, client: str, *did: str) -> None:
        """Once this is committed the client's row is told as it then stands. Args: did: commands that it names too."""
        state = self._unit.get(client)
        names = self._unit.told_again.get(client, ())
        if state.num is not None and state.rev > 0:
            self._unit.told_again[client] = tuple(dict.fromkeys((*names, *did)))

    def summaries(self) -> list[Summary]:
        """
        The rows that this transaction changes, and those to be told again, as they stand once it is committed.

        Only of a transaction's end is a row told: two of one `rev` differ in nothing but `did`.
        """
        unit = self._unit
        if not unit.told_again:
            return [rows.summary_of(state) for state in unit.changed.values()]
        rows_told = {**unit.changed, **unit.unchanged_told_again}
        return [
            rows.summary_of(state, (*state.doing, *unit.told_again.get(client, ()))[-MAX_DID:])
            for client, state in rows_told.items()
        ]

    # Entries

    def find_entry(self, client: str, sender: str, id: str) -> Entry | None:
        """The entry that this sender's id became, or None."""
        key = (client, sender, id)
        if key not in self._unit.entries:
            state = self._unit.get(client)
            line = None if state.num is None else self._db.dialect.find_line(self._db, state.num, sender, id)
            self._unit.entries[key] = rows.entry_from(line) if line else None
        return self._unit.entries[key]

    def entry(self, client: str, seq: int) -> Entry | None:
        """The client's entry of this number, or None."""
        state = self._unit.get(client)
        if state.num is None or not state.first <= seq <= state.conversation.last_seq:
            return None
        line = entries.line_at(self._unit, state.num, seq)
        return rows.entry_from(line) if line else None

    def last_kind(self, client: str, kinds: Collection[str]) -> str | None:
        """The kind of the client's newest entry of one of these kinds, or None."""
        state = self._unit.get(client)
        return None if state.num is None else entries.last_kind(self._unit, state.num, kinds)

    def append(self, client: str, sender: str, draft: Said | Event, at_ms: int) -> Entry:
        """
        The draft is the client's next entry. A repeat of (client, sender, id) returns the stored one, changing nothing.

        Args: draft: an Event without an id becomes `e-<seq>`; at_ms: the server's clock.
        """
        if draft.id is not None:
            known = self.find_entry(client, sender, draft.id)
            if known is not None:
                return known
        state = self._unit.get_stored(client)
        entry = rows.entry_of(draft, state.conversation.last_seq + 1, sender, at_ms)
        self._unit.put_entry(state, entry)
        if entry.file is not None:
            self._unit.execute(
                "INSERT INTO file_use (file, conversation, seq) VALUES (?, ?, ?)",
                (entry.file.file, state.num, entry.seq),
            )
        return entry

    def line_of(self, client: str, entry: Entry) -> str:
        """The entry as the wire has it. Of the client's newest one it is made already."""
        state = self._unit.get(client)
        if state.last is entry and state.line is not None:
            return state.line
        return rows.stored(entry).line

    def amend(self, client: str, of_seq: int, text: str | None) -> Entry | None:
        """
        The entry's words are the text (`edited`), or gone (None: `deleted`); its seq, id, sender, time and kind stay.

        Returns the entry as it now is; None where there is none. What is deleted stays deleted.
        """
        before = self.entry(client, of_seq)
        if before is None or before.deleted:
            return before
        if text is None:
            after = rows.deleted(before)
        else:
            after = before.model_copy(update={"text": text, "edited": True})
        state = self._unit.get(client)
        self._unit.execute(
            "UPDATE entry SET body = ? WHERE conversation = ? AND seq = ?", (rows.body_of(after), state.num, of_seq)
        )
        row = self._unit.row("SELECT num FROM entry WHERE conversation = ? AND seq = ?", (state.num, of_seq))
        if row is not None:
            self._index.changed(int(row[0]), client, before, after)
        if before.file is not None and after.file is None:
            self._unit.execute("DELETE FROM file_use WHERE conversation = ? AND seq = ?", (state.num, of_seq))
        self._unit.entries[client, after.sender, after.id] = after
        shown = rows.last_of(state)
        if shown is not None and shown.seq == of_seq:
            self._unit.put(state._replace(last=after, line=rows.stored(after).line))
        return after

    def erase(self, client: str, at_ms: int, id: str | None = None) -> Entry:
        """
        Nothing of the client's is to be seen but its id: no entry, note, marker, reading, parked copy, tag, name.

        A new epoch begins.

        Its only entry is seq 1, `erased`. `rev` goes on rising. What was set aside goes by `erase_more`.
        Args: id: the command's; None makes one that no other erasure has.
        """
        state = self._unit.get_stored(client)
        self._readings.forget_unsaved(client)
        set_aside(self._unit, self._index, state)
        if state.num is not None and state.stored_rev > 0:
            self._index.renamed(state.num, rows.folded_of(state.conversation), None)
        self._unit.execute("DELETE FROM parked WHERE client = ?", (client,))
        for key in [key for key in self._unit.entries if key[0] == client]:
            del self._unit.entries[key]
        for moved in [moved for moved in self._unit.moved if moved[0] == client]:
            del self._unit.moved[moved]
        self._unit.markers[client] = {}
        epoch = new_epoch()
        erased = Entry(seq=1, id=id or f"e-{epoch}", sender=BRIDGE, at=at_ms, kind=EventKind.ERASED)
        before = state.conversation
        # Nobody waits for an answer any more; the client's next words open it again.
        fresh = Conversation(client, status=Status.RESOLVED, online=before.online)
        anew = self._unit.put(ConversationState(fresh, epoch=epoch, stored_rev=state.stored_rev))
        self._unit.put_entry(anew, erased)
        return erased

    def erase_more(self) -> bool:
        """A slice of what erasures set aside is gone from the disk; False where nothing is left of any."""
        return erase_slice(self._unit, self._index)

    # Searches

    def take_in(self, limit: int) -> bool:
        """
        The next entries and clients can be found by searches, and count in the overview; whether there may be more.

        Args: limit: how many of each at most; some hundred take a few ms.
        """
        self._unit.flush()
        new, people = self._index.new_entries(limit), self._index.new_people(limit)
        if new:
            self._index.take_in(new)
            count(self._db, new)
        self._index.take_in_people(people)
        self._are_in(new, people)
        return len(new) == limit

    def pass_over(self) -> None:
        """The next entry and client, which cannot be taken in, never can: others come after them."""
        self._unit.flush()
        self._are_in(self._index.new_entries(1), self._index.new_people(1))

    def _are_in(self, new: Sequence[Taken], people: Sequence[tuple[int, str]]) -> None:
        if new:
            self._unit.execute(_UPSERT_STATE, (ENTRIES, new[-1].num))
        if people:
            self._unit.execute(_UPSERT_STATE, (PEOPLE, people[-1][0]))

    # Markers

    def markers(self, client: str) -> dict[str, Marker]:
        """Return how far each reader of the conversation is."""
        state = self._unit.get(client)
        if client not in self._unit.markers:
            found: dict[str, Marker] = {}
            if state.num is not None:
                for reader, delivered, read in self._db.rows(
                    "SELECT reader, delivered, read FROM marker WHERE conversation = ?", (state.num,)
                ):
                    found[reader] = Marker(delivered=delivered, read=read)
            self._unit.markers[client] = found
        return dict(self._unit.markers[client])

    def move_marker(self, client: str, reader: str, marker: Marker) -> Marker | None:
        """
        The reader's marker is the maximum of what it was and this, at most the last seq, read at most delivered.

        An agent's marker brings `unread` along. Returns the marker as it now is; None where nothing changed.
        """
        state = self._unit.get(client)
        markers = self.markers(client)
        before = markers.get(reader, NOTHING_SEEN)
        after = raised(before, storable(marker, state.conversation.last_seq))
        if after == before or state.num is None:
            return None
        self._unit.markers[client] = {**markers, reader: after}
        self._unit.moved[client, reader] = after
        if role_of(reader) is Role.AGENT:
            seen, sees = seen_by_desk(markers).read, seen_by_desk(self._unit.markers[client]).read
            if sees > seen and state.conversation.unread:
                unread = self.unread_above(client, sees)
                if unread != state.conversation.unread:
                    self._unit.put(state._replace(conversation=state.conversation._replace(unread=unread)))
        return after

    def unread_above(self, client: str, seq: int) -> int:
        """Return how many of the client's own words lie above the seq."""
        state = self._unit.get(client)
        if state.num is None or seq >= state.conversation.last_seq:
            return 0
        return entries.count_said(self._unit, state.num, client, above=seq)

    # Notes and commands

    def add_note(self, client: str, agent: str, id: str, text: str, at_ms: int) -> Note:
        """The note is state, beside the log and without a seq; a repeat of (agent, id) returns the stored one."""
        self._unit.check()
        row = self._db.row(_FIND_NOTE, (agent, id))
        if row is not None:
            return Note(*row)
        state = self._unit.get_stored(client)
        self._unit.execute(
            "INSERT INTO note (conversation, agent, id, text, at) VALUES (?, ?, ?, ?, ?)",
            (state.num, agent, id, text, at_ms),
        )
        now = state.conversation
        self._unit.put(state._replace(conversation=now._replace(notes=now.notes + 1)))
        return Note(client, agent, id, text, at_ms)

    def command_known(self, agent: str, id: str) -> str | None:
        """The client whom this command was for ("" for none) where it is done already, else None."""
        self._unit.check()
        row = self._db.row("SELECT client FROM command WHERE agent = ? AND id = ?", (agent, id))
        return None if row is None else str(row[0])

    def record_command(self, agent: str, id: str, client: str | None, at_ms: int) -> None:
        """
        The command is done, and its client's Summary of this transaction says so in `did`.

        There the newest 200 stand: who is not told repeats his, and is.
        """
        self._unit.execute(
            "INSERT INTO command (agent, id, client, at) VALUES (?, ?, ?, ?) ON CONFLICT (agent, id) DO NOTHING",
            (agent, id, client or "", at_ms),
        )
        if client is not None:
            state = self._unit.get_stored(client)
            self._unit.put(state._replace(doing=(*state.doing, f"{agent}/{id}")[-MAX_DID:]))

    def forget_commands(self, before_ms: int, limit: int) -> bool:
        """
        Commands done before then are forgotten, at most so many; whether there may be more of them.

        A repeat that comes later still is done again: nobody keeps a command in an outbox for so long.
        """
        done = self._unit.execute(
            "DELETE FROM command WHERE (agent, id) IN (SELECT agent, id FROM command WHERE at < ? ORDER BY at LIMIT ?)",
            (before_ms, limit),
        )
        return bool(done.rowcount == limit)

    def due_snoozed(self, now_ms: int, limit: int = 100) -> list[str]:
        """Clients whose snooze has ended and is still in the row."""
        self._unit.check()
        found = self._db.rows(
            'SELECT client FROM conversation WHERE shelf = 1 AND "until" <= ? ORDER BY "until" LIMIT ?', (now_ms, limit)
        )
        return [row[0] for row in found]

    # What is beside the conversations

    def park(self, topic: str, payload: bytes, why: str, at_ms: int) -> None:
        """The unreadable message is kept aside; of more than 10,000 the oldest go."""
        parked.park(self._unit, topic, payload, why, at_ms)

    def put_notice(
        self, area: str, id: str, text: Mapping[str, str] | None, at_ms: int, origin: Origin | None = None
    ) -> None:
        """The area's outage notice is this one; None: it is over. Args: origin: what made it; None: a person."""
        if text is None:
            self._unit.execute(
                "UPDATE notice SET ended = ?, id = ? WHERE area = ? AND ended IS NULL", (at_ms, id, area)
            )
            return
        self._unit.execute(
            "INSERT INTO notice (area, id, text, at, origin) VALUES (?, ?, ?, ?, ?) ON CONFLICT (area) DO UPDATE"
            " SET id = excluded.id, text = excluded.text, at = excluded.at, ended = NULL, origin = excluded.origin",
            (area, id, rows.compact(text), at_ms, origin),
        )

    def find_notice(self, area: str) -> str | None:
        """The id of the notice that stands in the area."""
        self._unit.check()
        row = self._db.row("SELECT id FROM notice WHERE area = ? AND ended IS NULL", (area,))
        return str(row[0]) if row else None

    def beat(self, own_ms: int, failing: Collection[str] = ()) -> None:
        """
        Store that the bridge's own echo went through now, by the database's clock.

        Args: own_ms: the bridge's clock, so that a skew is seen; failing: names of its duties that fail now.
        """
        heartbeats.write(self._unit, own_ms, failing)

    def set_change_cursor(self, n: int) -> None:
        """Changes up to this one are done."""
        self._unit.execute(_UPSERT_STATE, ("change_cursor", n))

    @property
    def changes_rows(self) -> bool:
        """Return whether this transaction changes any conversation's row."""
        return bool(self._unit.changed)

    def note_untold(self) -> None:
        """Note whose rows this transaction changes: a bridge that is killed before it tells them finds them noted."""
        changed = list(self._unit.changed)
        self._unit.flush()
        self._db.execute_many(_UPSERT_STATE, [(f"{UNTOLD}{client}", 1) for client in changed])

    def forget_untold(self) -> None:
        """Forget whose rows were noted: the broker has all of them."""
        self._unit.execute("DELETE FROM state WHERE key LIKE ?", (f"{UNTOLD}%",))

    def note_cleared(self, client: str, at_ms: int) -> None:
        """Nothing of the client's is to be retained for displays; whoever greets a broker says so, for 30 days."""
        self._unit.execute("DELETE FROM cleared WHERE at < ?", (at_ms - CLEARED_KEPT_MS,))
        self._unit.execute(
            "INSERT INTO cleared (client, at) VALUES (?, ?) ON CONFLICT (client) DO UPDATE SET at = excluded.at",
            (client, at_ms),
        )

    def add_reading(self, client: str, meter: str, at: int, wh: int, w: int | None) -> bool:
        """
        The reading is state, and in the sums; False where the meter's reading of that instant was here already.

        Raises: NotAllowed for one meter too many.
        """
        return self._readings.add(client, meter, Stand(at, wh), w)

    @property
    def alarms(self) -> MeterAlarms:
        """Return what was told of meters' alarms."""
        return MeterAlarms(self._unit)

    def settle_meter(self, num: int) -> None:
        """The meter's sums are made anew in the store's time zone."""
        self._readings.settle(num)

    def forget_readings(self, above: int, before_ms: int, limit: int) -> int | None:
        """
        The next meter's readings before then are gone; their sums stay, and its last few.

        Args: above: what this gave the time before, 0 at first; limit: readings at most.
        Returns None after the last meter.
        """
        return self._readings.forget(above, before_ms, limit)
