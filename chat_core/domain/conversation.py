"""
Decide how a conversation changes: `check_…` raises, `do_…` returns the new state. Touches nothing.

`now_ms` is always an argument. The store saves the result, the bridge publishes it, and the front end's `core` mirrors
these rules; tests/vectors/{status,markers,typing,presence,merge}.json hold all of them equal.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Final, Generic, NamedTuple, TypeVar

from chat_core.contract.errors import NotAllowed, WrongState
from chat_core.contract.fields import MAX_TAGS
from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import CONVERSING, KINDS
from chat_core.contract.payloads import (
    MAX_MENTIONED,
    AgentState,
    Command,
    Delayed,
    Do,
    Entry,
    EventKind,
    Marker,
    Mention,
    Priority,
    SaidKind,
    Status,
)

NOTHING_SEEN: Final = Marker(delivered=0, read=0)
# Of the delayed commands of one sort the last one holds.
_SORT: Final = {
    Do.ASSIGN: "assignee",
    Do.RESOLVE: "status",
    Do.SNOOZE: "status",
    Do.REOPEN: "status",
}


class Conversation(NamedTuple):
    """Hold the state of one client's conversation after its entry `last_seq`. `_replace` makes a changed copy."""

    client: str
    status: Status = Status.OPEN
    assignee: str | None = None
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    last_seq: int = 0
    unread: int = 0
    waiting: int | None = None
    until: int | None = None
    notes: int = 0
    name: str | None = None
    online: bool = False
    members: frozenset[str] = frozenset()  # agents and bots that have spoken
    delayed: tuple[Delayed, ...] = ()  # accepted commands without effect yet
    answered: int | None = None  # when an agent wrote last, where the client has not written since
    area: str | None = None  # the client's, like `lang`
    lang: str | None = None
    mentions: tuple[Mention, ...] = ()  # of agents who have not looked since
    team: str | None = None  # None: the default team


@dataclass(frozen=True, slots=True)
class Event:
    """Describe an event that gets its own seq. Without an id the store names it `e-<seq>`."""

    kind: EventKind
    sender: str
    id: str | None = None
    of: int | None = None
    to: str | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Hold the new state, and the events to append, in order, before the message that caused them (if any)."""

    conversation: Conversation
    events: tuple[Event, ...] = ()


def is_desk(sender: str) -> bool:
    """Return whether the sender is an agent or a bot."""
    return role_of(sender) in (Role.AGENT, Role.BOT)


def _is_agent(sender: str) -> bool:
    return role_of(sender) is Role.AGENT


def _active(status: Status, assignee: str | None) -> Status:
    """Return an active conversation's status, which follows from its assignee; any other status stays."""
    if status in (Status.SNOOZED, Status.RESOLVED):
        return status
    return Status.ASSIGNED if assignee else Status.OPEN


def do_say(conversation: Conversation, sender: str, now_ms: int, *, was: str | None = None) -> Change:
    """
    Return the conversation after a message of the sender, and the events that precede the message.

    The first message opens it. The client's message reopens a resolved one and wakes a snoozed one. An agent's reply
    reopens a resolved one and takes an unassigned one; a further agent joins. A bot only becomes a member. The client's
    message cancels a delayed `resolve` or `snooze`.
    Args: was: the guest that this client was, for `opened`.
    """
    now = conversation
    events: list[Event] = []
    if now.last_seq == 0:
        events.append(Event(EventKind.OPENED, sender, was=was))
    if not is_desk(sender):
        if now.delayed:
            now = now._replace(delayed=_without(now.delayed, Do.RESOLVE))
        if now.status is Status.RESOLVED:
            events.append(Event(EventKind.REOPENED, sender))
        if now.status in (Status.RESOLVED, Status.SNOOZED):
            now = now._replace(status=_active(Status.OPEN, now.assignee), until=None)
        waiting = now.waiting if now.waiting is not None else now_ms
        return Change(now._replace(unread=now.unread + 1, waiting=waiting, answered=None), tuple(events))
    if _is_agent(sender):
        if now.status is Status.RESOLVED:
            events.append(Event(EventKind.REOPENED, sender))
            now = now._replace(status=_active(Status.OPEN, now.assignee))
        if now.assignee is None:
            events.append(Event(EventKind.ASSIGNED, sender, to=sender))
            now = now._replace(assignee=sender, status=_active(now.status, sender))
        elif sender != now.assignee and sender not in now.members:
            events.append(Event(EventKind.JOINED, sender))
        now = now._replace(waiting=None, answered=now_ms)
    return Change(now._replace(members=now.members | {sender}), tuple(events))


def check_rating(conversation: Conversation, sender: str, last_kind: str | None) -> None:
    """
    Decide whether the sender may rate the conversation now. A rating changes none of its state.

    Args: last_kind: the kind of the newest entry among `resolved`, `rating` and `erased`.
    Another rating replaces the last one.
    Raises: NotAllowed for anybody but the client; WrongState unless it is resolved.
    """
    if is_desk(sender):
        raise NotAllowed("Only the client rates a conversation.")
    if conversation.status is not Status.RESOLVED or last_kind not in (EventKind.RESOLVED, SaidKind.RATING):
        raise WrongState("A conversation is rated when it is over.")


def check_command(conversation: Conversation, agent: str, command: Command, now_ms: int, target: Entry | None) -> None:
    """Decide whether the agent may do this now. Args: target: what `of` names. Raises: WrongState, NotAllowed."""
    status = conversation.status
    match command.do:
        case Do.RESOLVE if status is Status.RESOLVED:
            raise WrongState("This conversation is resolved already.")
        case Do.REOPEN if status not in (Status.RESOLVED, Status.SNOOZED):
            raise WrongState("This conversation is open already.")
        case Do.ASSIGN if command.to == conversation.assignee:
            raise WrongState("It is assigned so already.")
        case Do.SNOOZE if command.until is None or command.until <= now_ms:
            raise WrongState("Snooze needs a time that lies ahead.")
        case Do.TAG if len(_tags_after(conversation.tags, command)) > MAX_TAGS:
            raise WrongState(f"A conversation has at most {MAX_TAGS} tags.")
        case Do.UNREAD if target is None or target.sender != conversation.client or target.kind not in CONVERSING:
            raise WrongState("Only from a message of the client on a conversation can be unread.")
        case Do.EDIT | Do.DELETE:
            _check_own_words(agent, command, target)
        case _:
            pass


def _check_own_words(agent: str, command: Command, target: Entry | None) -> None:
    if target is None or not isinstance(target.kind, SaidKind):
        raise WrongState("There is no such message.")
    if target.sender != agent:
        raise NotAllowed("Only its own sender may change a message.")
    if target.deleted:
        raise WrongState("This message is deleted.")
    if command.do is Do.EDIT and not KINDS[target.kind].is_editable:
        raise WrongState("Only a text can be edited.")


def do_command(conversation: Conversation, agent: str, command: Command) -> Change:
    """Return the conversation after the command, and its events. Call `check_command` first."""
    now = conversation._replace(delayed=_without(conversation.delayed, command.do))
    match command.do:
        case Do.ASSIGN:
            changed = now._replace(assignee=command.to, status=_active(now.status, command.to))
            return Change(changed, (Event(EventKind.ASSIGNED, agent, command.id, to=command.to),))
        case Do.RESOLVE:
            changed = now._replace(status=Status.RESOLVED, until=None, waiting=None)
            return Change(changed, (Event(EventKind.RESOLVED, agent, command.id),))
        case Do.REOPEN:
            changed = now._replace(status=_active(Status.OPEN, now.assignee), until=None)
            return Change(changed, (Event(EventKind.REOPENED, agent, command.id),))
        case Do.SNOOZE:
            return Change(now._replace(status=Status.SNOOZED, until=command.until))
        case Do.NOTE:
            return Change(now._replace(notes=now.notes + 1))
        case Do.READ:
            return Change(now._replace(mentions=tuple(each for each in now.mentions if each.agent != agent)))
        case Do.MOVE:
            events = (Event(EventKind.ASSIGNED, agent, command.id),) if now.assignee else ()
            # The new team is not bound by what others have delayed, and who left can no longer cancel it.
            moved = now._replace(team=command.team, assignee=None, status=_active(now.status, None), delayed=())
            return Change(moved, events)
        case Do.TAG:
            return Change(now._replace(tags=_tags_after(now.tags, command)))
        case Do.PRIORITY if command.level is not None:
            return Change(now._replace(priority=command.level))
        case Do.EDIT:
            return Change(now, (Event(EventKind.EDITED, agent, command.id, of=command.of),))
        case Do.DELETE:
            return Change(now, (Event(EventKind.DELETED, agent, command.id, of=command.of),))
        case _:
            return Change(now)


def _tags_after(tags: tuple[str, ...], command: Command) -> tuple[str, ...]:
    kept = [tag for tag in tags if tag not in command.remove]
    return tuple(kept + [tag for tag in dict.fromkeys(command.add) if tag not in kept])


def do_delay(conversation: Conversation, agent: str, command: Command, at_ms: int) -> Conversation:
    """Return the conversation with the command, which takes effect at its time and replaces one of its sort."""
    delayed = Delayed(agent=agent, id=command.id, do=command.do, at=at_ms, to=command.to, until=command.until)
    return conversation._replace(delayed=(*_without(conversation.delayed, command.do), delayed))


def do_cancel(conversation: Conversation, delayed: Delayed) -> Conversation:
    """Return the conversation without the delayed command."""
    return conversation._replace(delayed=tuple(each for each in conversation.delayed if each != delayed))


def _without(delayed: tuple[Delayed, ...], do: Do) -> tuple[Delayed, ...]:
    """Return the delayed commands of another sort than this command."""
    return tuple(each for each in delayed if _SORT[each.do] != _SORT.get(do))


def do_mention(conversation: Conversation, by: str, note: str, agents: Iterable[str]) -> Conversation:
    """Return the conversation with the note's mentions, one for each agent; nobody is told of one's own."""
    fresh = [Mention(agent=agent, by=by, id=note) for agent in agents if agent != by]
    named = {mention.agent for mention in fresh}
    kept = (mention for mention in conversation.mentions if mention.agent not in named)
    return conversation._replace(mentions=(*kept, *fresh)[-MAX_MENTIONED:])


def do_wake(conversation: Conversation) -> Conversation:
    """Return a snoozed conversation as it is after its time has come."""
    return conversation._replace(status=_active(Status.OPEN, conversation.assignee), until=None)


def raised(marker: Marker, said: Marker) -> Marker:
    """Return the maximum of both, so that neither order nor repeats matter."""
    return Marker(delivered=max(marker.delivered, said.delivered), read=max(marker.read, said.read))


def storable(said: Marker, last_seq: int) -> Marker:
    """Return the marker as the bridge stores it: at most the last seq, and read at most delivered."""
    delivered = min(said.delivered, last_seq)
    return Marker(delivered=delivered, read=min(said.read, delivered))


def seen_by_desk(markers: Mapping[str, Marker]) -> Marker:
    """Return the maximum over the agents, which the client's ticks show. A bot's marker does not count."""
    return reduce(raised, (marker for reader, marker in markers.items() if _is_agent(reader)), NOTHING_SEEN)


ConnT = TypeVar("ConnT", bound=Hashable)
MAX_CONNECTIONS: Final = 32  # of one person; bounded because senders choose their connections' names


@dataclass(frozen=True, slots=True)
class Connections(Generic[ConnT]):
    """
    Hold the live connections of one person, each with its last state; clients are only online.

    Beyond MAX_CONNECTIONS the one that published longest ago is dropped. After a roll call only those count that
    publish presence again.
    """

    states: Mapping[ConnT, AgentState] = field(default_factory=dict)
    unheard: frozenset[ConnT] = frozenset()

    def heard(self, conn: ConnT, state: AgentState) -> "Connections[ConnT]":
        """Return the connections after one has opened, changed or closed."""
        unheard = self.unheard - {conn}
        rest = {name: known for name, known in self.states.items() if name != conn}
        if state is not AgentState.OFFLINE:
            rest[conn] = state
        if len(rest) > MAX_CONNECTIONS:
            oldest = next(iter(rest))
            del rest[oldest]
            unheard -= {oldest}
        return Connections(rest, unheard)

    def rolled(self) -> "Connections[ConnT]":
        """Return the connections after a roll call: each must answer."""
        return Connections(self.states, frozenset(self.states))

    def roll_ended(self) -> "Connections[ConnT]":
        """Return the connections that have answered the roll call in time."""
        return Connections({conn: state for conn, state in self.states.items() if conn not in self.unheard})

    @property
    def state(self) -> AgentState:
        """Return online if any connection is, else away if any is, else offline."""
        states = self.states.values()
        return next((best for best in (AgentState.ONLINE, AgentState.AWAY) if best in states), AgentState.OFFLINE)


@dataclass(frozen=True, slots=True)
class Log:
    """Hold how much of a client's log a reader has: all up to `last`, and `held` above a gap."""

    last: int = 0
    epoch: str | None = None
    held: Mapping[int, Entry] = field(default_factory=dict)
    erased: str | None = None  # id of the erasure that began this epoch, if any


@dataclass(frozen=True, slots=True)
class Merged:
    """
    Hold the log after a merge.

    `shown`: the new entries in seq order; `fetch_after`: fetch the page after this seq, if any; `dropped`: a new epoch
    began, so forget cache and markers first (the outbox stays).
    """

    log: Log
    shown: tuple[Entry, ...] = ()
    fetch_after: int | None = None
    dropped: bool = False


def merge_live(log: Log, entry: Entry) -> Merged:
    """Merge one live entry. Each seq counts once; above a gap nothing is shown until the page is fetched."""
    if entry.kind is EventKind.ERASED:
        if entry.id == log.erased:
            return Merged(log)
        return Merged(Log(last=entry.seq, erased=entry.id), (entry,), fetch_after=0, dropped=True)
    if entry.seq <= log.last:
        return Merged(log)
    return _advance(log, (entry,))


def merge_page(log: Log, epoch: str, first: int, last: int, entries: Iterable[Entry]) -> Merged:
    """
    Merge a page of the snapshot.

    Args: epoch, first, last: as in `GET …/log`; nothing below `first` is a gap. `last` 0: the log is empty. Its epoch
        is "" before the first entry, and its first epoch is no change.
    """
    dropped = log.epoch is not None and log.epoch != epoch
    base = Log(epoch=epoch or None) if dropped else replace(log, epoch=epoch or None)
    if base.last < first - 1:
        base = replace(base, last=first - 1)
    merged = _advance(base, entries)
    # The server has more than this page: continue from its end.
    fetch_after = merged.log.last if merged.log.last < last else merged.fetch_after
    return replace(merged, dropped=dropped, fetch_after=fetch_after)


def _advance(log: Log, entries: Iterable[Entry]) -> Merged:
    held = dict(log.held)
    for entry in entries:
        held.setdefault(entry.seq, entry)
    shown: list[Entry] = []
    last = log.last
    while (following := held.get(last + 1)) is not None:
        shown.append(following)
        last += 1
    above = {seq: entry for seq, entry in held.items() if seq > last}
    erased = next((entry.id for entry in shown if entry.kind is EventKind.ERASED), log.erased)
    return Merged(Log(last, log.epoch, above, erased), tuple(shown), last if above else None)
