"""Define what the bridge can do in one write transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Self

from peewee import Tuple

from chat_core.contract.ids import BRIDGE, Role, role_of
from chat_core.contract.outside import Outside
from chat_core.contract.payloads import MAX_DID, Entry, EventKind, Marker, OutageNotice, Said, Status, Summary
from chat_core.contract.shards import ALL, Slot
from chat_core.domain.conversation import NOTHING_SEEN, Conversation, Event, raised, seen_by_desk, storable
from chat_core.domain.meter_registers import Stand
from chat_core.store import bridge_state, fast_sql, notices, outbox, rows
from chat_core.store.conversation_epochs import new_epoch
from chat_core.store.database import Database
from chat_core.store.erasure import erase_slice, set_aside
from chat_core.store.fast_recent import Recent
from chat_core.store.meter_alarms import MeterAlarms
from chat_core.store.models.chats import (
    CommandRow,
    ConversationRow,
    EntryRow,
    EpisodeRow,
    FileUseRow,
    NoteRow,
    ParkedRow,
)
from chat_core.store.readings import Readings
from chat_core.store.results import AreaReach, Note
from chat_core.store.rows import ConversationState
from chat_core.store.search_index import Index
from chat_core.store.search_intake import SearchIntake
from chat_core.store.unit_of_work import IN_ONE_QUESTION, Key, UnitOfWork


class Transaction:
    """Make one write transaction, from `Store.begin()`, in one thread. It is over after `commit()` or its `with`."""

    def __init__(self, database: Database, tz: str, recent: Recent, wanted: Collection[str]) -> None:
        """Args: tz: see StoreConfig; wanted: the events that somebody outside wants to hear of."""
        self._db = database
        self._unit = UnitOfWork(database, recent, wanted)
        self.tz: Final = tz  # the platform's time zone
        # The teams that conversations leave by this transaction, by client; None is the default team.
        self.left: Final[Mapping[str, str | None]] = self._unit.left
        # Clients whose rows are told again → commands done earlier that they name
        self.told_again: Final[Mapping[str, tuple[str, ...]]] = self._unit.told_again
        self._readings = Readings(self._unit, tz)
        self._index = Index(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._unit.end()

    def commit(self) -> None:
        """Write all of it to the disk, or nothing. Raises: StoreDown (outcome unknown: repeat)."""
        self._readings.flush()
        self._unit.commit()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """
        Undo what was done inside the block, and nothing else, where an exception leaves it. Savepoints do not nest.

        Raises: StoreFault at its end too, when the database refuses what was done inside.
        """
        self._readings.flush()
        with self._unit.savepoint():
            yield
            self._readings.flush()

    # Conversations

    def look_ahead(self, keys: Sequence[Key]) -> None:
        """
        Load what a batch will ask for, in few questions.

        Args: keys: (client, sender, id) of what is to be appended.
        """
        unit = self._unit
        if len(keys) == 1 and not unit.conversations:
            unit.meet(keys[0])
            return
        wanted = sorted(set(keys) - unit.entries.keys())
        self.meet(client for client, _, _ in wanted)
        numbers = {client: unit.conversations[client].num for client, _, _ in wanted}
        clients = {num: client for client, num in numbers.items()}
        asked = [(numbers[client], sender, id) for client, sender, id in wanted if numbers[client] is not None]
        for start in range(0, len(asked), IN_ONE_QUESTION):
            for num, sender, id, line in self._db.dialect.find_lines(self._db, asked[start : start + IN_ONE_QUESTION]):
                unit.entries[clients[num], sender, id] = rows.entry_from(line)
        for key in wanted:
            if key not in unit.entries:
                unit.entries[key] = None

    def meet(self, clients: Iterable[str]) -> None:
        """Load these clients' conversations, in few questions."""
        missing = sorted({*clients} - self._unit.conversations.keys())
        for start in range(0, len(missing), IN_ONE_QUESTION):
            self._unit.load(missing[start : start + IN_ONE_QUESTION])

    def conversation(self, client: str) -> Conversation:
        """Return the conversation as this transaction has it; a fresh one, not stored, where there is none."""
        return self._unit.get(client).conversation

    def put(self, conversation: Conversation) -> None:
        """
        Set the row's status, assignee, priority, tags, unread, waiting, until, name, online, members, delayed,
        answered, area, lang, mentions and team.

        `rev` rises by one for each client and transaction. The store counts `last_seq` and `notes` itself.
        """
        state = self._unit.get(conversation.client)
        now = state.conversation
        if conversation.name != now.name and state.num is not None and state.stored_rev > 0:
            self._unit.flush()
            self._index.renamed(state.num, rows.folded_of(now), rows.folded_of(conversation))
        if conversation.team != now.team and state.rev > 0:
            self._unit.left.setdefault(conversation.client, now.team)
        stored = conversation
        if (conversation.last_seq, conversation.notes) != (now.last_seq, now.notes):
            stored = conversation._replace(last_seq=now.last_seq, notes=now.notes)
        if stored != now:
            self._unit.put(state._replace(conversation=stored, changed=True))

    def tell_again(self, client: str, *did: str) -> None:
        """Tell the client's row after the commit, even if it is unchanged. Args: did: commands that it names too."""
        state = self._unit.get(client)
        names = self._unit.told_again.get(client, ())
        if state.num is not None and state.rev > 0:
            self._unit.told_again[client] = tuple(dict.fromkeys((*names, *did)))

    def summaries(self) -> list[Summary]:
        """
        Return the rows that this transaction changes, and those to be told again, as they are after the commit.

        A row is told only at a transaction's end: two of one `rev` differ in nothing but `did`.
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
        """Return the entry that this sender's id became, or None."""
        key = (client, sender, id)
        if key not in self._unit.entries:
            state = self._unit.get(client)
            line = None if state.num is None else self._db.dialect.find_line(self._db, state.num, sender, id)
            self._unit.entries[key] = rows.entry_from(line) if line else None
        return self._unit.entries[key]

    def entry(self, client: str, seq: int) -> Entry | None:
        """Return the client's entry of this number, or None."""
        state = self._unit.get(client)
        if state.num is None or not state.first <= seq <= state.conversation.last_seq:
            return None
        row = self._unit.row(fast_sql.ENTRY_AT, (state.num, seq))
        return rows.entry_from(row[0]) if row else None

    def last_kind(self, client: str, kinds: Collection[str]) -> str | None:
        """Return the kind of the client's newest entry of one of these kinds, or None."""
        of_client = EntryRow.select(EntryRow.kind).where(EntryRow.conversation == self._unit.get(client).num)
        newest = of_client.where(EntryRow.kind.in_([*kinds])).order_by(EntryRow.seq.desc()).limit(1)
        return next((str(kind) for (kind,) in self._unit.select(newest)), None)

    def append(self, client: str, sender: str, draft: Said | Event, at_ms: int) -> Entry:
        """
        Append the draft as the client's next entry. A repeat of (client, sender, id) returns the stored one.

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
            self._unit.execute(fast_sql.INSERT_FILE_USE, (entry.file.file, state.num, entry.seq))
        return entry

    def line_of(self, client: str, entry: Entry) -> str:
        """Return the entry as the wire has it. Of the client's newest one it is made already."""
        state = self._unit.get(client)
        if state.last is entry and state.line is not None:
            return state.line
        return rows.stored(entry).line

    def amend(self, client: str, of_seq: int, text: str | None) -> Entry | None:
        """
        Replace the entry's words by the text (`edited`) or remove them (None: `deleted`).

        Returns the entry as it now is; None where there is none. A deleted entry stays as it is.
        """
        before = self.entry(client, of_seq)
        if before is None or before.deleted:
            return before
        if text is None:
            after = rows.deleted(before)
        else:
            after = before.model_copy(update={"text": text, "edited": True})
        state, unit = self._unit.get(client), self._unit
        amended = (EntryRow.conversation == state.num) & (EntryRow.seq == of_seq)
        unit.change(EntryRow.update(body=rows.body_of(after)).where(amended))
        for (num,) in unit.select(EntryRow.select(EntryRow.num).where(amended)):
            self._index.changed(num, client, before, after)
        if before.file is not None and after.file is None:
            shown = (FileUseRow.conversation == state.num) & (FileUseRow.seq == of_seq)
            unit.change(FileUseRow.delete().where(shown))
        unit.entries[client, after.sender, after.id] = after
        last = rows.last_of(state)
        if last is not None and last.seq == of_seq:
            unit.put(state._replace(last=after, line=rows.stored(after).line))
        return after

    def erase(self, client: str, at_ms: int, id: str | None = None) -> Entry:
        """
        Hide everything of the client's but its id: entries, notes, markers, readings, parked copies, tags and name.

        A new epoch begins with one entry, `erased`. `rev` goes on rising. `erase_more` deletes what is hidden.
        Args: id: the command's; None makes a new one.
        """
        state = self._unit.get_stored(client)
        self._readings.forget_unsaved(client)
        set_aside(self._unit, self._index, state)
        if state.num is not None and state.stored_rev > 0:
            self._index.renamed(state.num, rows.folded_of(state.conversation), None)
        self._unit.change(ParkedRow.delete().where(ParkedRow.client == client))
        for key in [key for key in self._unit.entries if key[0] == client]:
            del self._unit.entries[key]
        for moved in [moved for moved in self._unit.moved if moved[0] == client]:
            del self._unit.moved[moved]
        self._unit.markers[client] = {}
        self._unit.forget_events(client)
        self._unit.put_event(outbox.erased_row(client, at_ms))
        epoch = new_epoch()
        erased = Entry(seq=1, id=id or f"e-{epoch}", sender=BRIDGE, at=at_ms, kind=EventKind.ERASED)
        before = state.conversation
        # Nobody waits for an answer; the client's next words open the conversation again.
        fresh = Conversation(client, status=Status.RESOLVED, online=before.online, team=before.team)
        anew = self._unit.put(ConversationState(fresh, epoch=epoch, stored_rev=state.stored_rev))
        self._unit.put_entry(anew, erased)
        return erased

    def erase_more(self) -> bool:
        """Delete a slice of what erasures hid from the disk; return False where nothing is left of any."""
        return erase_slice(self._unit, self._index)

    @property
    def intake(self) -> SearchIntake:
        """Give access to what searches and reports take in later."""
        return SearchIntake(self._unit, self._index)

    # Markers

    def markers(self, client: str) -> dict[str, Marker]:
        """Return how far each reader of the conversation is."""
        state = self._unit.get(client)
        if client not in self._unit.markers:
            found = [] if state.num is None else self._db.rows(fast_sql.MARKERS, (state.num,))
            self._unit.markers[client] = {
                reader: Marker(delivered=delivered, read=read) for reader, delivered, read in found
            }
        return dict(self._unit.markers[client])

    def move_marker(self, client: str, reader: str, marker: Marker) -> Marker | None:
        """
        Raise the reader's marker to this, at most to the last seq, and `read` at most to `delivered`.

        An agent's marker updates `unread`. Returns the marker as it now is; None where nothing changed.
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
            if after.read > before.read and sees >= seen and state.conversation.unread:
                unread = self.unread_above(client, sees)
                if unread != state.conversation.unread:
                    self._unit.put(state._replace(conversation=state.conversation._replace(unread=unread)))
        return after

    def unread_above(self, client: str, seq: int) -> int:
        """Return how many of the client's own words lie above the seq."""
        state = self._unit.get(client)
        if state.num is None or seq >= state.conversation.last_seq:
            return 0
        row = self._unit.row(fast_sql.COUNT_SAID, (state.num, seq, client))
        return int(row[0]) if row else 0

    # Notes and commands

    def add_note(self, client: str, agent: str, id: str, text: str, at_ms: int) -> Note:
        """Store the note, beside the log and without a seq; a repeat of (agent, id) returns the stored one."""
        self._unit.check()
        stored = NoteRow.select(ConversationRow.client, NoteRow.text, NoteRow.at).join(ConversationRow)
        row = self._db.find(stored.where(NoteRow.agent == agent, NoteRow.id == id))
        if row is not None:
            return Note(row[0], agent, id, *row[1:])
        state = self._unit.get_stored(client)
        self._unit.change(NoteRow.insert(conversation=state.num, agent=agent, id=id, text=text, at=at_ms))
        now = state.conversation
        self._unit.put(state._replace(conversation=now._replace(notes=now.notes + 1)))
        return Note(client, agent, id, text, at_ms)

    def tell_mention(self, client: str, agent: str, note: str, mentioned: Collection[str], at_ms: int) -> None:
        """Tell whoever wants to hear of it outside that the agent's note mentions these agents."""
        if mentioned and Outside.MENTIONED in self._unit.wanted:
            self._unit.put_event(outbox.mention_row(client, agent, note, mentioned, at_ms))

    def command_known(self, agent: str, id: str) -> str | None:
        """Return the client whom this command was for ("" for none) where it is done already, else None."""
        self._unit.check()
        row = self._db.row(fast_sql.COMMAND_CLIENT, (agent, id))
        return None if row is None else str(row[0])

    def record_command(self, agent: str, id: str, client: str | None, at_ms: int) -> None:
        """
        Store that the command is done; its client's Summary of this transaction says so in `did`.

        `did` names the newest 200; an agent whose command it does not name repeats it.
        """
        self._unit.execute(fast_sql.INSERT_COMMAND, (agent, id, client or "", at_ms))
        if client is not None:
            state = self._unit.get_stored(client)
            self._unit.put(state._replace(doing=(*state.doing, f"{agent}/{id}")[-MAX_DID:]))

    def forget_commands(self, before_ms: int, limit: int) -> bool:
        """
        Forget at most so many commands done before then; return whether there may be more.

        A repeat that comes later still is done again: no outbox repeats for so long.
        """
        key = (CommandRow.agent, CommandRow.id)
        old = CommandRow.select(*key).where(CommandRow.at < before_ms).order_by(CommandRow.at).limit(limit)
        return self._unit.change(CommandRow.delete().where(Tuple(*key).in_(old))) == limit

    def forget_old_events(self, before_ms: int, limit: int) -> bool:
        """Forget events for somebody outside that no worker has taken since; return whether there may be more."""
        return bridge_state.forget_old_events(self._unit, before_ms, limit)

    def due_snoozed(self, now_ms: int, limit: int = 100) -> list[str]:
        """Return clients whose snooze has ended and is still in the row."""
        self._unit.check()
        return [client for (client,) in self._db.rows(fast_sql.DUE_SNOOZED, (now_ms, limit))]

    def due_delayed(self, now_ms: int, limit: int = 100) -> list[str]:
        """Return clients with a delayed command whose time has come."""
        self._unit.check()
        return [client for (client,) in self._db.rows(fast_sql.DUE_DELAYED, (now_ms, limit))]

    def take_undescribed(self, limit: int) -> list[str]:
        """Return the next clients whose rows an earlier version wrote, without area and language; each once."""
        return bridge_state.take_undescribed(self._unit, limit)

    # What is beside the conversations

    def park(self, topic: str, payload: bytes, why: str, at_ms: int) -> None:
        """Store the unreadable message; of more than 10,000 the oldest go."""
        bridge_state.park(self._unit, topic, payload, why, at_ms)

    def put_notice(self, area: str, notice: OutageNotice, at_ms: int) -> OutageNotice:
        """Set the area's outage notice, or end it; return it with the begin of its incident and its own time."""
        if Outside.INCIDENT in self._unit.wanted:
            self._unit.put_event(outbox.incident_row(area, notice.id, at_ms, ended=notice.text is None))
        return notices.put(self._unit, area, notice, at_ms)

    def put_silent(self, meters_of: Mapping[str, int]) -> None:
        """Store how many meters of each area are silent."""
        self._unit.check()
        bridge_state.put(self._db, {notices.SILENT + area: meters for area, meters in meters_of.items()})

    def note_told(self, area: str, since: int) -> None:
        """Note that who asked was told of the end of the area's outage that began then."""
        self._unit.check()
        notices.note_told(self._unit, area, since)

    def note_reach(self, area: str, since: int, reach: AreaReach) -> None:
        """Note whom the outage reaches that began then in the area."""
        self._unit.check()
        notices.note_reach(self._unit, area, since, reach)

    def find_notice(self, area: str) -> OutageNotice | None:
        """Return the notice that stands in the area."""
        self._unit.check()
        return notices.find(self._db, area)

    def beat(self, own_ms: int, failing: Collection[str] = (), slot: Slot = ALL) -> None:
        """
        Store that the bridge's own echo went through now, by the database's clock.

        Args: own_ms: the bridge's clock, which shows a skew; failing: names of its duties that fail now.
        """
        bridge_state.beat(self._unit, own_ms, failing, slot)

    def set_change_cursor(self, n: int, slot: Slot = ALL) -> None:
        """Store that the slot has done the changes up to this one."""
        self._unit.check()
        bridge_state.put_change_cursor(self._db, slot, n)

    @property
    def changes_rows(self) -> bool:
        """Return whether this transaction changes any conversation's row."""
        return bool(self._unit.changed)

    def note_untold(self, slot: Slot = ALL, held: Iterable[str] = ()) -> None:
        """
        Note whose rows the slot changes here: its successor, if it is killed before it tells them, finds them.

        Args: held: clients whose earlier rows the slot has not told yet.
        """
        self._unit.check()
        bridge_state.note_untold(self._db, slot, {**self._unit.changed, **dict.fromkeys(held)})

    def forget_untold(self, slot: Slot = ALL) -> None:
        """Forget whose rows the slot noted: the broker has all of them."""
        bridge_state.forget_untold(self._unit, slot)

    def note_cleared(self, client: str, at_ms: int) -> None:
        """Note for 30 days that no broker may retain anything of the client's for displays."""
        bridge_state.note_cleared(self._unit, client, at_ms)

    def add_reading(self, client: str, meter: str, at: int, wh: int, w: int | None) -> bool:
        """
        Store the reading and add it to the sums; return False where the meter's reading of that instant is stored.

        Raises: NotAllowed for one meter too many.
        """
        return self._readings.add(client, meter, Stand(at, wh), w)

    @property
    def alarms(self) -> MeterAlarms:
        """Give access to what was told of meters' alarms."""
        return MeterAlarms(self._unit)

    def put_use_after(self, uses: Mapping[int, int]) -> None:
        """Store what the use was after questions were resolved. Args: uses: by the episode's number."""
        for episode, use in uses.items():
            self._unit.change(EpisodeRow.update(use_after=use).where(EpisodeRow.num == episode))

    def settle_meter(self, num: int) -> None:
        """Make the meter's sums anew in the store's time zone."""
        self._readings.settle(num)

    def make_reading_weeks(self, now_ms: int) -> None:
        """Make PostgreSQL's partitions for the readings of the weeks that come."""
        self._readings.make_weeks(now_ms)

    def forget_readings(self, above: int, before_ms: int, meters: int, limit: int) -> int | None:
        """
        Forget the next meters' readings before then, but their last few; their sums stay.

        Args: above: what this returned before, 0 at first; meters: at most; limit: readings of one meter at most.
        Returns None after the last meter.
        """
        return self._readings.forget(above, before_ms, meters, limit)
