"""
Hold what is on its way to each client id, in order, until it is acknowledged.

QoS 0 for a slow reader is dropped and counted. QoS 1 is never dropped from the middle: a session over its bounds ends
as a whole, with its connection. Its reader sees "session present = 0" and fetches from the database
(docs/contract.md#reading-the-log). No ticked message is lost: an entry ticks it, not a queue.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final, Protocol

import structlog

from broker.embedded import metrics
from broker.embedded.absent_sessions import MIB, POOLS, AbsentSessions, Owner, owner_of
from broker.embedded.fast_message import Message
from broker.embedded.routing import Tree
from chat_core.contract.ids import Role
from chat_core.contract.policy import Action, Identity, allows


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bound one session. `window`: in flight at once; `messages`, `size_bytes`: waiting and in flight together."""

    window: int
    messages: int
    size_bytes: int
    away_s: float  # how long it may be without a connection


# A service's window is also the largest batch of the bridge. A board receives every client's messages.
BOUNDS: Final = {
    Role.CLIENT: Bounds(100, 1_000, 8 * MIB, 3_600),
    Role.DEVICE: Bounds(20, 1_000, 1 * MIB, 3_600),
    Role.LISTENER: Bounds(200, 1_000, 8 * MIB, 3_600),
    Role.AGENT: Bounds(200, 10_000, 16 * MIB, 3_600),
    Role.BOT: Bounds(200, 10_000, 16 * MIB, 3_600),
    Role.SERVICE: Bounds(1_000, 10_000, 64 * MIB, 86_400),
}
# Answers to SUBSCRIBEs, beyond `messages`: repeated SUBSCRIBEs must not pile them up.
RETAINED_WAITING: Final = 20_000
RETAINED_WAITING_DESK: Final = 200_000
FEW_RETAINED: Final = frozenset({Owner.GUEST, Owner.CLIENT, Owner.DEVICE})
RIGHTS_KEPT: Final = 4_096  # the policy's answers cached per session

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Awaited:
    """Name a session that exists before its owner: messages wait for the first sign-in under this name."""

    identity: Identity
    filters: tuple[str, ...]


class Receiver(Protocol):
    """Define the connection that a session is attached to."""

    @property
    def full(self) -> bool:
        """Return whether so much waits to be written that no more should be added."""

    def send(self, frame: bytes) -> None:
        """Send the bytes after all earlier ones."""

    def end(self, why: str) -> None:
        """End the connection, and free its session."""


@dataclass(slots=True, eq=False)
class Session:
    """
    Hold one client id's subscriptions and what is on its way to it. Args: clean: whether it ends with its connection.
    """

    client_id: str
    identity: Identity
    clean: bool
    bounds: Bounds = field(init=False)
    owner: Owner = field(init=False)
    may: Callable[[Action, str], bool] = field(init=False)  # what the policy says for this identity
    subscribed: dict[str, int] = field(default_factory=dict)
    connection: Receiver | None = None
    address: str | None = None  # where its last connection came from, if that is known
    linked: bool = False  # another broker: gets the retain flag, and not its own messages
    over: bool = False
    held: int = 0  # QoS 1 messages waiting and in flight, without answers
    size_bytes: int = 0
    _backlog: deque[tuple[Message, int, int]] = field(default_factory=deque)  # with QoS, and packet id if sent before
    _inflight: dict[int, Message] = field(default_factory=dict)
    _last_id: int = 0

    def __post_init__(self) -> None:
        self.bounds, self.owner = BOUNDS[self.identity.role], owner_of(self.identity.id)
        self.become(self.identity)

    def become(self, identity: Identity) -> None:
        """Use this identity's rights from now on; what an agent's new teams may not read is not delivered any more."""
        has_new_teams = identity.teams != self.identity.teams
        self.identity = identity
        self.may = lru_cache(RIGHTS_KEPT)(partial(allows, identity))
        if has_new_teams:
            self._forget_foreign()

    def _forget_foreign(self) -> None:
        """Remove what waits or is in flight and may not be received now."""
        waiting = [(message, number) for message, _, number in self._backlog if number == 0]
        held = [message for message, _ in waiting] + list(self._inflight.values())
        foreign = {id(message) for message in held if not self.may(Action.RECEIVE, message.topic)}
        self._inflight = {number: one for number, one in self._inflight.items() if id(one) not in foreign}
        self._backlog = deque(one for one in self._backlog if id(one[0]) not in foreign)
        counted = [one for one in held if id(one) in foreign and not one.answers]
        self.held -= len(counted)
        self.size_bytes -= sum(len(one.payload) for one in counted)

    def deliver(self, message: Message, qos: int) -> None:
        """Send the message at this QoS, or queue it; set `over` when it was too much."""
        if self.over:
            return
        if qos == 0 and not message.answers:
            if self.connection is None or self.connection.full:
                metrics.DROPPED.labels("qos 0, slow reader").inc()
            else:
                self.connection.send(message.frame(0))
            return
        if not message.answers:
            self.held += 1
            self.size_bytes += len(message.payload)
        self._backlog.append((message, qos, 0))
        self.pump()
        much = self.held > self.bounds.messages or self.size_bytes > self.bounds.size_bytes
        most = RETAINED_WAITING if self.owner in FEW_RETAINED else RETAINED_WAITING_DESK
        self.over = much or len(self._backlog) > most

    def pump(self) -> None:
        """Send as much as the connection and the window take."""
        while self.connection is not None and self._backlog and not self.connection.full:
            message, qos, number = self._backlog[0]
            again = number > 0
            if qos and not again:
                if len(self._inflight) >= self.bounds.window:
                    return
                number = self._last_id % 65_535 + 1
                while number in self._inflight:
                    number = number % 65_535 + 1
                self._last_id = number
                self._inflight[number] = message
            self._backlog.popleft()
            if not again or number in self._inflight:
                self.connection.send(message.frame(qos, number, again=again))

    def acknowledged(self, packet_id: int) -> bool:
        """Remove the message with this id; return False when there is none."""
        message = self._inflight.pop(packet_id, None)
        if message is None:
            return False
        if not message.answers:
            self.held -= 1
            self.size_bytes -= len(message.payload)
        self.pump()
        return True

    def attach(self, connection: Receiver, identity: Identity) -> None:
        """Go on over this connection: the in-flight again with DUP, in order, then what waited."""
        self.connection = connection
        self.become(identity)
        again = [(message, 1, number) for number, message in self._inflight.items()]
        self._backlog = deque([*again, *(waiting for waiting in self._backlog if not waiting[2])])
        self.pump()

    def has_more_than(self, messages: int) -> bool:
        """Return whether those who write to this service should slow down: it is here, and has this much to read."""
        if self.connection is None or self.identity.role is not Role.SERVICE:
            return False
        return self.held > messages or self.size_bytes > self.bounds.size_bytes // 2


class Sessions(dict[str, Session]):
    """
    Hold all sessions by client id, bounded in number, size and age, and who receives what.

    The awaited owner always has one: after a PUBACK the sender may never send again, as `mosquitto_pub -q 1` does.
    """

    def __init__(self, awaited: Awaited | None = None) -> None:
        super().__init__()
        self._awaited = awaited
        self.hearing: Tree[dict[Session, int]] = Tree()
        self._absent = AbsentSessions()
        self._wait()

    def _wait(self) -> None:
        """Give the awaited owner a session, under a client id that nobody can have, if there is none."""
        waited = self._awaited
        if waited is None or any(one.identity.id == waited.identity.id and not one.clean for one in self.values()):
            return
        session = self[waited.identity.id] = Session(waited.identity.id, waited.identity, clean=False)
        for topic_filter in waited.filters:
            self.subscribe(session, topic_filter, 1)

    def _claim(self, client_id: str, identity: Identity) -> Session | None:
        """Return the session that waited for this identity, under its client id from now on."""
        session = self.pop(identity.id, None)
        if session is not None:
            session.client_id = client_id
            self[client_id] = session
        return session

    def open(self, client_id: str, identity: Identity, *, clean: bool) -> tuple[Session, bool]:
        """Return the session to go on with, and whether it existed before. The caller has ended its old connection."""
        session = self.get(client_id)
        if session is None and not clean:
            session = self._claim(client_id, identity)
        if session is not None and not clean and not session.over:
            self._absent.remove(session)
            return session, True
        new = self[client_id] = Session(client_id, identity, clean)
        if session is not None:
            self._drop(session)
        return new, False

    def leave(self, session: Session) -> None:
        """Note that its connection has ended: drop a clean session, bound the others."""
        session.connection = None
        if session.clean or session.over:
            self._drop(session)
            return
        if (too_many := self._absent.add(session, time.monotonic())) is not None:
            self.give_up(*too_many)

    def give_up(self, session: Session, why: str) -> None:
        """End the session and its connection, although its owner may come back; count that."""
        if self.get(session.client_id) is not session:
            return
        metrics.DROPPED.labels(why).inc()
        log.warning("session given up", username=session.identity.id, why=why)
        session.over = True
        if session.connection is not None:
            session.connection.end(why)
        else:
            self._drop(session)

    def _drop(self, session: Session) -> None:
        session.over = True  # accepts nothing more
        self._absent.remove(session)
        if self.get(session.client_id) is session:
            del self[session.client_id]
        for topic_filter in list(session.subscribed):
            self.unsubscribe(session, topic_filter)
        if self._awaited is not None and session.identity.id == self._awaited.identity.id:
            self._wait()

    def subscribe(self, session: Session, topic_filter: str, qos: int) -> None:
        """Subscribe the session to this filter; a known filter gets the new QoS."""
        session.subscribed[topic_filter] = qos
        holders = self.hearing.get(topic_filter)
        if holders is None:
            self.hearing.put(topic_filter, holders := {})
        holders[session] = qos

    def unsubscribe(self, session: Session, topic_filter: str) -> None:
        """Remove the session's subscription to this filter."""
        holders = self.hearing.get(topic_filter)
        if session.subscribed.pop(topic_filter, None) is not None and holders is not None:
            del holders[session]
            if not holders:
                self.hearing.remove(topic_filter)

    def hearers(self, topic: str) -> dict[Session, int]:
        """
        Return each session that receives this topic, with the highest QoS of its matching filters (MQTT 3.1.1 §3.3.5).
        """
        found: dict[Session, int] = {}
        for holders in self.hearing.matching(topic):
            for session, qos in holders.items():
                found[session] = max(qos, found.get(session, 0))
        return found

    def expire(self) -> None:
        """Give up sessions too long away, and the largest of each class until it fits into its memory."""
        for session in self._absent.find_expired(time.monotonic()):
            self.give_up(session, "session expired")
        sizes: Counter[Owner] = Counter()
        queued = 0
        for session in self.values():
            sizes[session.owner] += session.size_bytes
            if session.owner is Owner.SERVICE:
                queued += session.held
        metrics.BRIDGE_QUEUE.set(queued)
        for owner, size_bytes in sizes.items():
            if owner is not Owner.SERVICE and size_bytes > POOLS[owner].size_bytes:
                self._shrink(owner, size_bytes - POOLS[owner].size_bytes)

    def _shrink(self, owner: Owner, too_much: int) -> None:
        mine = [session for session in self.values() if session.owner is owner]
        for session in sorted(mine, key=lambda one: (one.connection is not None, -one.size_bytes)):
            if too_much <= 0:
                return
            too_much -= session.size_bytes
            self.give_up(session, "memory")
