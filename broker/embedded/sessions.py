"""
Sessions: what is on its way to each client id, in order, until it is acknowledged. Touches nothing.

Closes these faults of amqtt 0.12.1: unacknowledged QoS 1 is dropped after 5 s or with the connection, nothing comes
again, and one task per delivery loses the order (here: one backlog, and an in-flight map that only PUBACK empties; a
resumed session is first sent the in-flight again, with DUP, then the backlog); the queues have no end; a clean
session outlives its connection. amqtt's `Session` is not kept: each brings a state machine of 23 KB, and unbounded
queues.

What is too much. QoS 0 for a reader that does not keep up is dropped and counted. QoS 1 is never dropped from the
middle: a session that passes its bounds ends as a whole, with its connection. Its reader comes back to "session
present = 0", which says that something is missing, and fetches from the database, as it does anyway (design.md §1); a
queue with silent holes would say nothing. Nothing ticked is lost: a message is ticked by its entry, not by a queue.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from broker.embedded import metrics
from broker.embedded.packets import Message
from broker.embedded.routing import Subscriptions
from chat_core.ids import Role
from chat_core.policy import Action, Identity, allows


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    What one session may hold. `window`: in flight at once; `messages`, `size_bytes`: waiting and in flight together.
    """

    window: int
    messages: int
    size_bytes: int
    away_s: float  # how long it may be without a connection


MIB: Final = 1024 * 1024
# A service's window is also the largest batch of a bridge that acknowledges after COMMIT. A board hears every client.
BOUNDS: Final = {
    Role.CLIENT: Bounds(100, 1_000, 8 * MIB, 3_600),
    Role.DEVICE: Bounds(20, 1_000, 1 * MIB, 3_600),
    Role.AGENT: Bounds(200, 10_000, 16 * MIB, 3_600),
    Role.BOT: Bounds(200, 10_000, 16 * MIB, 3_600),
    Role.SERVICE: Bounds(1_000, 10_000, 64 * MIB, 86_400),
}
RETAINED_WAITING: Final = 200_000  # references to what is stored anyway, but repeated SUBSCRIBEs must not pile them up
RIGHTS_KEPT: Final = 4_096  # answers of the policy remembered per session
AWAY_PER_USER: Final = 8
AWAY_IN_ALL: Final = 2_000
TOTAL_BYTES: Final = 256 * MIB  # of all sessions together


class Line(Protocol):
    """The connection that a session is attached to."""

    @property
    def full(self) -> bool:
        """Whether so much waits to be written that no more should be added."""

    def send(self, frame: bytes) -> None:
        """The bytes go out after all earlier ones."""


class Session:
    """One client id's subscriptions and what is on its way to it."""

    __slots__ = (
        "_again",
        "_backlog",
        "_id",
        "_inflight",
        "_rights",
        "_room",
        "_waiting",
        "bounds",
        "clean",
        "client_id",
        "identity",
        "line",
        "over",
        "size_bytes",
        "subscribed",
    )

    def __init__(self, client_id: str, identity: Identity, *, clean: bool) -> None:
        """Args: clean: whether it ends with its connection."""
        self.client_id = client_id
        self.identity = identity
        self.clean = clean
        self.bounds = BOUNDS[identity.role]
        self.subscribed: dict[str, int] = {}
        self.line: Line | None = None
        self.over = False
        self.size_bytes = 0
        self._backlog: deque[tuple[Message, int]] = deque()
        self._waiting = 0  # of the backlog, what is not retained
        self._inflight: dict[int, Message] = {}
        self._again: deque[int] = deque()  # in flight on an earlier connection, not yet sent on this one
        self._id = 0
        self._rights: dict[tuple[Action, str], bool] = {}
        self._room: asyncio.Event | None = None

    def may(self, action: Action, topic: str) -> bool:
        """
        What the policy says for this session's identity; the answer is remembered, a publish is no time to read a
        table.
        """
        known = self._rights.get((action, topic))
        if known is None:
            if len(self._rights) >= RIGHTS_KEPT:
                self._rights.clear()
            known = self._rights[(action, topic)] = allows(self.identity, action, topic)
        return known

    def deliver(self, message: Message, qos: int) -> None:
        """The message is on its way at this QoS: sent, or waiting in its place. `over` when it was too much."""
        if self.over:
            return
        line = self.line
        if qos == 0:
            if line is None or line.full:
                metrics.DROPPED.labels("qos 0, slow reader").inc()
            else:
                line.send(message.frame(0))
            return
        self.size_bytes += len(message.payload)
        if line is not None and not self._backlog and not self._again and self._launch(line, message):
            return
        self._backlog.append((message, 1))
        self._waiting += 1
        if self._waiting + len(self._inflight) > self.bounds.messages or self.size_bytes > self.bounds.size_bytes:
            self.over = True

    def deliver_retained(self, messages: Iterable[Message], qos: int) -> None:
        """
        The retained messages wait in their place, outside the bounds of live ones: they are references to one store.
        """
        for message in messages:
            if self.may(Action.RECEIVE, message.topic):
                granted = min(qos, message.qos)
                self.size_bytes += len(message.payload) if granted else 0
                self._backlog.append((message, granted))
        self.over = self.over or len(self._backlog) > RETAINED_WAITING
        self.pump()

    def _launch(self, line: Line, message: Message) -> bool:
        if line.full or len(self._inflight) >= self.bounds.window:
            return False
        self._id = self._id % 65_535 + 1
        while self._id in self._inflight:
            self._id = self._id % 65_535 + 1
        self._inflight[self._id] = message
        line.send(message.numbered(self._id))
        return True

    def pump(self) -> None:
        """As much is sent as the line and the window take: what must come again first, then the backlog."""
        line = self.line
        if line is None:
            return
        while self._again and not line.full:
            number = self._again.popleft()
            if number in self._inflight:
                line.send(self._inflight[number].numbered(number, again=True))
        while self._backlog and not self._again and not line.full:
            message, qos = self._backlog[0]
            if qos == 0:
                line.send(message.frame(0))
            elif not self._launch(line, message):
                break
            self._backlog.popleft()
            if not message.retained:
                self._waiting -= 1
        if self._room is not None and not self.crowded:
            self._room.set()

    def acknowledged(self, packet_id: int) -> bool:
        """The message with this id is done. False: there is none, so nothing happened."""
        message = self._inflight.pop(packet_id, None)
        if message is None:
            return False
        self.size_bytes -= len(message.payload)
        self.pump()
        return True

    def attach(self, line: Line, identity: Identity) -> None:
        """The session goes on over this line: the in-flight again with DUP, in order, then what waited."""
        self.line = line
        self.become(identity)
        self._again = deque(self._inflight)
        self.pump()

    def become(self, identity: Identity) -> None:
        """The rights are those of this identity from now on."""
        self.identity = identity
        self._rights.clear()

    def detach(self) -> None:
        """The session waits without a line; who waits for room in it goes on."""
        self.line = None
        if self._room is not None:
            self._room.set()

    @property
    def crowded(self) -> bool:
        """Whether those who write to this service should slow down: it is here, and half of what it may hold waits."""
        if self.line is None or self.identity.role is not Role.SERVICE:
            return False
        return self._waiting > self.bounds.messages // 2 or self.size_bytes > self.bounds.size_bytes // 2

    async def room(self) -> None:
        """Returns when it is no longer crowded, or its connection has ended."""
        while self.crowded:
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()


class Sessions:
    """All sessions by client id, bounded in number, size and age."""

    def __init__(self, subscriptions: Subscriptions[Session]) -> None:
        self._subscriptions = subscriptions
        self._by_id: dict[str, Session] = {}
        self._away: dict[Session, float] = {}  # since when, the longest away first

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Session]:
        return iter(self._by_id.values())

    def find(self, client_id: str) -> Session | None:
        """The session of this client id, connected or not."""
        return self._by_id.get(client_id)

    def open(self, client_id: str, identity: Identity, *, clean: bool) -> tuple[Session, bool]:
        """The session to go on with, and whether it was there before. The caller has ended its old connection."""
        session = self._by_id.get(client_id)
        if session is not None and not clean and not session.over:
            self._away.pop(session, None)
            return session, True
        if session is not None:
            self.drop(session)
        session = self._by_id[client_id] = Session(client_id, identity, clean=clean)
        return session, False

    def leave(self, session: Session) -> None:
        """Its connection has ended: a clean one is gone at once, another waits within the bounds."""
        session.detach()
        if session.clean or session.over:
            self.drop(session)
            return
        self._away[session] = time.monotonic()
        of_user = [other for other in self._away if other.identity.id == session.identity.id]
        if len(of_user) > AWAY_PER_USER:
            self.give_up(of_user[0], "too many sessions of one user")
        if len(self._away) > AWAY_IN_ALL:
            self.give_up(next(iter(self._away)), "too many sessions")

    def drop(self, session: Session) -> None:
        """Nothing of the session is left, and it takes nothing more."""
        session.over = True
        self._away.pop(session, None)
        if self._by_id.get(session.client_id) is session:
            del self._by_id[session.client_id]
        for topic_filter in session.subscribed:
            self._subscriptions.remove(topic_filter, session)
        session.subscribed.clear()

    def give_up(self, session: Session, why: str) -> None:
        """The session is dropped although its owner may come back, and that is counted."""
        metrics.DROPPED.labels(why).inc()
        self.drop(session)

    def expire(self) -> list[Session]:
        """Those too long away are gone; returns the connected ones to end until all together fit into memory again."""
        now = time.monotonic()
        for session, since in list(self._away.items()):
            if now - since > session.bounds.away_s:
                self.give_up(session, "session expired")
        too_much = sum(session.size_bytes for session in self._by_id.values()) - TOTAL_BYTES
        connected: list[Session] = []
        if too_much > 0:
            for session in sorted(self._by_id.values(), key=lambda one: (one.line is not None, -one.size_bytes)):
                if too_much <= 0 or session.identity.role is Role.SERVICE:
                    continue
                too_much -= session.size_bytes
                if session.line is None:
                    self.give_up(session, "memory")
                else:
                    connected.append(session)
        return connected
