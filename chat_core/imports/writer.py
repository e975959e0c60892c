"""Write imported conversations, in the bridge's place: same rules, same transactions. Touches the database."""

import hashlib
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from pydantic import ValidationError

from chat_core.contract.fields import MAX_PERSON_NAME, MAX_TAG, MAX_TAGS, MAX_TEXT
from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import CONVERSING
from chat_core.contract.languages import LANGS, NOT_IMPORTED, in_lang
from chat_core.contract.payloads import Command, Do, Entry, EventKind, Marker, Priority, Rating, Said, SaidKind, Status
from chat_core.domain.attributes import AT_MOST, MOST_CHARACTERS
from chat_core.domain.conversation import NOTHING_SEEN, Event, do_command, do_say
from chat_core.imports.items import Contact, Left, LineKind, OldLine, Speaker, Thread
from chat_core.imports.names import Authors, plain
from chat_core.imports.report import ImportReport
from chat_core.imports.stage import Stage
from chat_core.store import BridgeLock, Store, Transaction

LINES_AT_ONCE: Final = 300  # a transaction of some tens of ms
_OUR_ID: Final = re.compile("[a-z]+-[0-9a-f]{24}")  # see ImportWriter._id
_EVENTS: Final = (EventKind.OPENED, EventKind.REOPENED)  # who takes a conversation is decided here anew
_COUNTED: Final = {LineKind.TEXT: "messages", LineKind.RATING: "ratings", LineKind.RESOLVED: "ends"}


class Part(NamedTuple):
    """Hold some of a client's lines, in their order."""

    client: str
    lines: list[OldLine]
    is_first: bool
    is_last: bool


class Progress(NamedTuple):
    """
    Hold how far the client's conversation is within this run.

    Args: is_live: its newest words were said here, so nothing of the export ends it or marks it read; seen: the desk's
        last entry, by an agent.
    """

    at: int
    is_live: bool = False
    seen: tuple[str, int] | None = None
    has_new: bool = False


class ImportWriter:
    """Write all that a stage holds; what is here already stays as it is."""

    def __init__(self, store: Store, source: str, stage: Stage, authors: Authors, report: ImportReport) -> None:
        self._store = store
        self._source = source
        self._stage = stage
        self._authors = authors
        self._report = report
        self._progress: dict[str, Progress] = {}  # of the clients of the present transaction, and of an unfinished one

    def write(self, lock: BridgeLock | None, now_ms: int, told: Callable[[int], None]) -> None:
        """
        Write the conversations. Args: lock: None for a dry run, which undoes each transaction; told: is called with
        how many clients are done.
        """
        batch: list[Part] = []
        done = 0
        for part in self._parts():
            batch.append(part)
            done += part.is_last
            if sum(len(each.lines) for each in batch) >= LINES_AT_ONCE:
                self._write_batch(batch, lock, now_ms)
                batch = []
                told(done)
        self._write_batch(batch, lock, now_ms)
        told(done)

    def _parts(self) -> Iterator[Part]:
        for client, lines in self._stage.work():
            piece, is_first = list(islice(lines, LINES_AT_ONCE)), True
            while piece:
                following = list(islice(lines, LINES_AT_ONCE))
                yield Part(client, piece, is_first, not following)
                piece, is_first = following, False

    def _write_batch(self, batch: list[Part], lock: BridgeLock | None, now_ms: int) -> None:
        if lock is not None:
            lock.check()
            for part in batch:
                add_client(self._store, part.client, self._stage.people_of(part.client))
                for line in part.lines:
                    self._authors.make(self._sender(part.client, line))
                self._authors.make(self._authors.id_of(None, is_bot=False))
        with self._store.begin() as tx:
            keys = [
                (part.client, self._sender(part.client, line), self._id(line.thread, line.id, "0"))
                for part in batch
                for line in part.lines
                if line.kind is not LineKind.NOTE
            ]
            tx.look_ahead(keys)
            for part in batch:
                self._write_part(tx, part, now_ms)
            if lock is not None:
                tx.commit()

    def _sender(self, client: str, line: OldLine) -> str:
        if line.speaker is Speaker.CLIENT and line.kind is not LineKind.NOTE:
            return client
        return self._authors.id_of(line.author, is_bot=line.speaker is Speaker.BOT)

    def _id(self, *parts: str) -> str:
        """Return the id of ours, always the same for the same thing of the export."""
        return f"{self._source}-{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:24]}"

    def _write_part(self, tx: Transaction, part: Part, now_ms: int) -> None:
        client = part.client
        if part.is_first:
            now = tx.conversation(client)
            last = tx.entry(client, now.last_seq) if now.last_seq else None
            self._progress[client] = Progress(last.at if last is not None else 0, _is_live(tx, client))
            if last is None:
                person = self._store.registry.find_client(client)
                if person is not None:
                    team = self._store.registry.homes.team_of(client, person.area, person.lang)
                    tx.put(now._replace(name=person.name, area=person.area, lang=person.lang, team=team))
        for line in part.lines:
            try:
                self._write_line(tx, client, line)
            except ValidationError as fault:
                self._report.leave(Left("bad_value", line.kind, line.id, fault.errors()[0]["msg"]))
        if part.is_last:
            self._finish(tx, client, now_ms)

    def _write_line(self, tx: Transaction, client: str, line: OldLine) -> None:
        sender = self._sender(client, line)
        match line.kind:
            case LineKind.RESOLVED:
                self._end(tx, client, sender, line)
            case LineKind.RATING:
                rating = Rating(score=line.score or 0, text=plain(line.text)[:MAX_TEXT] or None)
                said = Said(id=self._id(line.thread, line.id, "0"), kind=SaidKind.RATING, rating=rating, sent=line.at)
                self._append(tx, client, sender, said, line)
            case _:
                self._words(tx, client, sender, line)

    def _words(self, tx: Transaction, client: str, sender: str, line: OldLine) -> None:
        """Write a message or note; one that is too long in several pieces."""
        attached = in_lang(NOT_IMPORTED, tx.conversation(client).lang)
        text = plain("\n".join(filter(None, [line.text, *(attached.format(name=name) for name in line.files)])))
        if not text:
            self._report.leave(Left("empty", line.kind, line.id))
        for n, begin in enumerate(range(0, len(text), MAX_TEXT)):
            id, piece = self._id(line.thread, line.id, str(n)), text[begin : begin + MAX_TEXT]
            if line.kind is LineKind.NOTE:
                before = tx.conversation(client).notes
                tx.add_note(client, sender, id, piece, line.at)
                is_new = tx.conversation(client).notes > before
                (self._report.taken if is_new else self._report.known)["notes"] += 1
                if is_new and tx.conversation(client).last_seq == 0:
                    self._progress[client] = self._progress[client]._replace(has_new=True)
            else:
                said = Said(id=id, kind=SaidKind.TEXT, text=piece, sent=line.at)
                self._append(tx, client, sender, said, line)

    def _append(self, tx: Transaction, client: str, sender: str, said: Said, line: OldLine) -> None:
        known = self._known(tx, client, sender, said.id, line)
        if known is not None:
            return
        before = tx.conversation(client)
        if said.kind is not SaidKind.RATING:
            change = do_say(before, sender, line.at)
            for event in change.events:
                if event.kind in _EVENTS:
                    tx.append(client, event.sender, event, line.at)
            after = change.conversation._replace(assignee=before.assignee)
            if after.status is Status.ASSIGNED and after.assignee is None:
                after = after._replace(status=Status.OPEN)
            tx.put(after)
        self._wrote(client, tx.append(client, sender, said, line.at), line)

    def _end(self, tx: Transaction, client: str, sender: str, line: OldLine) -> None:
        id = self._id(line.thread, line.id, "0")
        if self._known(tx, client, sender, id, line) is not None:
            return
        now = tx.conversation(client)
        if now.status is Status.RESOLVED or now.last_seq == 0:
            return
        if self._progress[client].is_live:
            self._report.leave(Left("later_here", line.kind, line.id, client))
            return
        change = do_command(now, sender, Command(id=id, do=Do.RESOLVE, client=client))
        for event in change.events:
            self._wrote(client, tx.append(client, sender, event, line.at), line)
        tx.put(change.conversation)

    def _known(self, tx: Transaction, client: str, sender: str, id: str, line: OldLine) -> bool | None:
        """Return None for what is to be written, or else whether an earlier run wrote it."""
        known = tx.find_entry(client, sender, id)
        if known is not None:
            self._report.known[_COUNTED[line.kind]] += 1
            self._see(client, known)
            return True
        if line.at < self._progress[client].at:
            self._report.leave(Left("later_here", line.kind, line.id, client))
            return False
        return None

    def _wrote(self, client: str, entry: Entry, line: OldLine) -> None:
        self._report.taken[_COUNTED[line.kind]] += 1
        self._see(client, entry)
        now = self._progress[client]
        is_live = now.is_live and line.kind is not LineKind.TEXT
        self._progress[client] = now._replace(at=entry.at, is_live=is_live, has_new=True)

    def _see(self, client: str, entry: Entry) -> None:
        now = self._progress[client]
        if role_of(entry.sender) is Role.AGENT:
            self._progress[client] = now._replace(seen=(entry.sender, entry.seq))
        elif entry.kind is SaidKind.RATING and now.seen is not None:
            self._progress[client] = now._replace(seen=(now.seen[0], entry.seq))  # a rating waits for nobody

    def _finish(self, tx: Transaction, client: str, now_ms: int) -> None:
        """Give the conversation the tags that the export has, and unless it goes on here, the state and the markers."""
        progress = self._progress.pop(client)
        if not progress.has_new and (progress.is_live or not _is_unfinished(tx, client)):
            return  # what agents did with it since stays
        threads = self._stage.threads_of(client)
        self._report.taken["conversations"] += len(threads)
        now = tx.conversation(client)
        tx.put(now._replace(tags=self._tags(now.tags, [tag for thread in threads for tag in thread.tags])))
        if progress.is_live or now.last_seq == 0:
            return
        waiting = [thread for thread in threads if thread.is_open]
        if waiting:
            self._leave_open(tx, client, waiting, progress.at, now_ms)
        else:
            self._close(tx, client, progress.at)
        last = tx.conversation(client).last_seq
        tx.move_marker(client, client, Marker(delivered=last, read=last))
        agent, seq = progress.seen or (self._authors.id_of(None, is_bot=False), 0)
        read = seq if waiting else last
        if read:
            tx.move_marker(client, agent, Marker(delivered=read, read=read))

    def _leave_open(self, tx: Transaction, client: str, waiting: list[Thread], at_ms: int, now_ms: int) -> None:
        """Give the conversation the state that the export's open ones have."""
        now = tx.conversation(client)
        if now.status is Status.RESOLVED:
            desk = self._authors.id_of(None, is_bot=False)
            tx.append(client, desk, Event(EventKind.REOPENED, desk), at_ms)
        assignees = (self._authors.id_of(each.assignee, is_bot=False) for each in waiting if each.assignee)
        assignee = now.assignee or next(filter(self._authors.is_active, assignees), None)
        until = max((each.until or 0 for each in waiting), default=0)
        status = Status.SNOOZED if until > now_ms else Status.ASSIGNED if assignee else Status.OPEN
        high = any(each.priority is Priority.HIGH for each in waiting)
        tx.put(
            now._replace(
                status=status,
                assignee=assignee,
                until=until if status is Status.SNOOZED else None,
                priority=Priority.HIGH if high else now.priority,
            )
        )

    def _close(self, tx: Transaction, client: str, at_ms: int) -> None:
        """Resolve the conversation, which is closed there; the export does not say by whom and when."""
        now, desk = tx.conversation(client), self._authors.id_of(None, is_bot=False)
        if now.status is Status.RESOLVED:
            return
        change = do_command(now, desk, Command(id=self._id(client, str(now.last_seq)), do=Do.RESOLVE, client=client))
        for event in change.events:
            tx.append(client, desk, event, at_ms)
        tx.put(change.conversation)
        self._report.taken["ends"] += 1

    def _tags(self, before: tuple[str, ...], found: list[str]) -> tuple[str, ...]:
        tags = list(before)
        for tag in dict.fromkeys(map(plain, found)):
            if not tag or tag in tags:
                continue
            if len(tag) > MAX_TAG or len(tags) >= MAX_TAGS:
                self._report.leave(Left("tag", "tag", tag))
            else:
                tags.append(tag)
        return tuple(tags)


def _is_imported(entry: Entry) -> bool:
    """Return whether an import, of whichever product, wrote the message or end."""
    return _OUR_ID.fullmatch(entry.id) is not None


def _is_live(tx: Transaction, client: str) -> bool:
    """Return whether the newest words of the conversation were said here."""
    for seq in range(tx.conversation(client).last_seq, 0, -1):
        entry = tx.entry(client, seq)
        if entry is None:
            return False  # erased
        if entry.kind in CONVERSING:
            return not _is_imported(entry)
    return False


def _is_unfinished(tx: Transaction, client: str) -> bool:
    """Return whether an earlier run was interrupted before it moved the markers."""
    last = tx.entry(client, tx.conversation(client).last_seq)
    read = tx.markers(client).get(client, NOTHING_SEEN).read
    return last is not None and _is_imported(last) and read < last.seq


def add_client(store: Store, client: str, people: list[Contact]) -> bool:
    """
    Make the client known, with what the export says; return False for one who is, of whom the portal knows more.

    Mail address and phone number become attributes: nobody verified the address, so no mail goes there.
    """
    registry = store.registry
    is_new = registry.find_client(client) is None
    if is_new:
        names = (plain(person.name)[:MAX_PERSON_NAME] for person in people if person.name)
        langs = (person.lang for person in people if person.lang in LANGS)
        registry.ensure_client(client, name=next(filter(None, names), None), lang=next(langs, None))
    told = {name: plain(fact)[:MOST_CHARACTERS] for person in people for name, fact in _facts(person) if fact}
    known = registry.attributes.of(client) if told else {}
    fresh = {name: fact for name, fact in told.items() if fact and name not in known}
    if fresh and len(known) + len(fresh) <= AT_MOST:
        registry.attributes.change(client, fresh)
    return is_new


def _facts(person: Contact) -> Iterator[tuple[str, str | None]]:
    yield "email", person.mail
    yield "phone", person.phone
