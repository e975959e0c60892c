"""
Who gets in and what each may do: sign-in, takeover, the policy, routing. Touches nothing but what it is given.

Closes these faults of amqtt 0.12.1: the session is touched before the password is checked, and inherited by whoever
else signs in with its client id; a reconnect races the old connection; passwords are checked in the event loop;
without plugins every topic is allowed, with the ACL plugin delivery is not checked; wills bypass all checks, a
resumed session keeps its old will; retained messages go to whoever signs in; delivery at the subscriber's QoS, with a
retain flag on what was queued; a publish to `$SYS/…` leaves a half-dead connection; `$share/…` is taken literally.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import structlog
from amqtt.mqtt.connack import (
    BAD_USERNAME_PASSWORD,
    CONNECTION_ACCEPTED,
    IDENTIFIER_REJECTED,
    NOT_AUTHORIZED,
    SERVER_UNAVAILABLE,
    UNACCEPTABLE_PROTOCOL_VERSION,
)
from amqtt.mqtt.connect import ConnectPacket
from amqtt.mqtt.publish import PublishPacket
from amqtt.mqtt.suback import SubackPayload
from amqtt.mqtt.subscribe import SubscribePacket
from amqtt.mqtt.unsubscribe import UnsubscribePacket

from broker.adapter import Credentials, Granted
from broker.embedded import metrics, packets
from broker.embedded.connection import Allowance, Connection, Denied, Rejected, Will
from broker.embedded.packets import Message
from broker.embedded.routing import Retained, Subscriptions
from broker.embedded.sessions import Session, Sessions
from chat_core import policy
from chat_core.config import Rate
from chat_core.errors import BadId, Unavailable
from chat_core.ids import Role, username_of
from chat_core.policy import Action, Identity

MQTT_3_1_1: Final = ("MQTT", 4)
GRANTED_QOS: Final = 1
MAX_CLIENT_ID_CHARS: Final = 128
CHECKERS: Final = 2  # threads that verify passwords
READ_AHEAD: Final = 5  # a socket is not read beyond this many times the rate (design.md §4)
# How far above the rate of a client, which the bridge counts; a service is ours, and is never held up.
TIMES_THE_RATE: Final = {Role.CLIENT: 1, Role.DEVICE: 1, Role.AGENT: 20, Role.BOT: 20}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What strangers and clients can use up at most."""

    rate: Rate | None = field(default_factory=lambda: Rate(10, 50))
    connect_within_s: float = 10
    half_open: int = 2_000  # connections without a CONNECT; beyond it those go that have been silent
    silent_s: float = 2.0  # for longer than this, the oldest first: a thousand who come at once are not silent
    checking: int = 2_000  # sign-ins waiting for a thread
    connections: int = 20_000
    filters: int = 1_000  # of one session
    retained: int = 100_000  # topics


class Guard:
    """
    The one guard of a process. Everything but `admit` and `recheck` happens without an await, so nothing interleaves.
    """

    def __init__(self, credentials: Credentials, limits: Limits) -> None:
        self.limits = limits
        self.connections: set[Connection] = set()
        self._half_open: dict[Connection, float] = {}  # since when, the oldest first
        self._credentials = credentials
        self._subscriptions: Subscriptions[Session] = Subscriptions()
        self._retained = Retained(limits.retained)
        self._sessions = Sessions(self._subscriptions)
        self._checking = 0
        self._turns = asyncio.Semaphore(CHECKERS)
        self._threads = ThreadPoolExecutor(CHECKERS, "check")

    # Coming and going

    def arrived(self, connection: Connection) -> None:
        """The connection counts; when too many are silent, the one that has been so longest goes."""
        now = time.monotonic()
        self.connections.add(connection)
        metrics.CONNECTIONS.set(len(self.connections))
        self._half_open[connection] = now
        if len(self.connections) > self.limits.connections:
            connection.end("too many connections")
        elif len(self._half_open) > self.limits.half_open:
            oldest, since = next(iter(self._half_open.items()))
            if now - since > self.limits.silent_s:
                oldest.end("too many half-open")

    def gone(self, connection: Connection) -> None:
        """The connection counts no longer."""
        self._half_open.pop(connection, None)
        self.connections.discard(connection)
        metrics.CONNECTIONS.set(len(self.connections))

    def left(self, connection: Connection, *, with_will: bool) -> None:
        """The session of a connection that ends is free, and its will published if it is due."""
        self._half_open.pop(connection, None)
        if connection.session is None:
            return
        self._sessions.leave(connection.session)
        metrics.SESSIONS.set(len(self._sessions))
        if with_will and connection.will is not None:
            self._route(connection.will.message, retain=connection.will.retain)

    # Signing in

    async def admit(self, connection: Connection, connect: ConnectPacket) -> None:
        """The connection has an identity and a session, and was told so. Raises: Rejected."""
        self._half_open.pop(connection, None)
        client_id = _checked_client_id(connect)
        connection.username = connect.username or ""
        granted, connection.version = await self._check(connect.username or "", (connect.password or "").encode())
        if connection.ended:
            return
        connection.identity = identity = granted.identity
        connection.generation = granted.generation
        connection.expires_at_s = granted.expires_at_s
        connection.keep_alive_s = connect.keep_alive
        connection.allowance = self._allowance(identity.role)
        connection.will = _allowed_will(identity, connect)
        self._open_session(connection, client_id, identity, clean=connect.clean_session_flag)

    async def _check(self, username: str, password: bytes) -> tuple[Granted, object]:
        """Verified in a thread: the loop never waits for a signature, a hash or a disk."""
        if self._checking >= self.limits.checking:
            raise Rejected(SERVER_UNAVAILABLE, "too many sign-ins at once")
        self._checking += 1
        try:
            async with self._turns:  # a thread with more work waiting would not let go of the interpreter for 5 ms
                running = asyncio.get_running_loop()
                granted, version = await running.run_in_executor(self._threads, self._checked, username, password)
        except Unavailable:
            raise Rejected(SERVER_UNAVAILABLE, "credentials unavailable") from None
        finally:
            self._checking -= 1
        if granted is None or granted.identity.id != username:
            raise Rejected(BAD_USERNAME_PASSWORD, "bad user name or password")
        return granted, version

    def _checked(self, username: str, password: bytes) -> tuple[Granted | None, object]:
        version = self._credentials.version()  # before the check: a change in between is then seen by `recheck`
        return self._credentials.check(username, password), version

    def _open_session(self, connection: Connection, client_id: str, identity: Identity, *, clean: bool) -> None:
        before = self._sessions.find(client_id)
        if before is not None and before.identity.id != identity.id:
            raise Rejected(IDENTIFIER_REJECTED, "client id of somebody else")
        if before is not None and isinstance(before.line, Connection):
            before.line.end("taken over")
        session, present = self._sessions.open(client_id, identity, clean=clean)
        connection.session = session
        connection.send(packets.connack(CONNECTION_ACCEPTED, present=present))
        session.attach(connection, identity)
        metrics.SIGNED_IN.inc()
        metrics.SESSIONS.set(len(self._sessions))

    def _allowance(self, role: Role) -> Allowance | None:
        rate, times = self.limits.rate, TIMES_THE_RATE.get(role)
        if rate is None or times is None:
            return None
        return Allowance(rate.burst * READ_AHEAD * times, rate.per_second * READ_AHEAD * times)

    # Publishing

    def publish(self, connection: Connection, packet: PublishPacket) -> Session | None:
        """
        The message waits in every session that may hear it. Returns a service that cannot keep up. Raises: Denied.
        """
        identity, topic, payload = connection.identity, packet.topic_name or "", packet.data or b""
        assert identity is not None and connection.session is not None, "admitted"
        qos = packet.qos or 0
        if qos > GRANTED_QOS:
            raise Denied("QoS 2")
        retain = bool(packet.retain_flag)
        if not (
            connection.session.may(Action.PUBLISH, topic)
            or (retain and not payload and policy.may_clear_retained(identity, topic))
        ):
            raise Denied("publish not allowed")
        if retain and not _may_retain(identity, topic, payload):
            if not _is_own_topic(identity, topic):
                raise Denied("retain not allowed")
            retain = False
        return self._route(Message(topic, payload, qos), retain=retain)

    def _route(self, message: Message, *, retain: bool) -> Session | None:
        metrics.PUBLISHED.inc()
        if retain and not self._retained.put(message.topic, message.payload, message.qos):
            metrics.DROPPED.labels("too many retained").inc()
            log.warning("too many retained topics", limit=self.limits.retained)
        crowded: Session | None = None
        for session, granted in self._subscriptions.hearing(message.topic).items():
            if not session.may(Action.RECEIVE, message.topic):
                continue
            session.deliver(message, min(message.qos, granted))
            metrics.DELIVERED.inc()
            if session.over:
                # Not from within this loop: its will would be routed in the middle of this message.
                asyncio.get_running_loop().call_soon(self._end_session, session, "too slow")
            elif session.crowded:
                crowded = session
        return crowded

    def _end_session(self, session: Session, why: str) -> None:
        if self._sessions.find(session.client_id) is not session:
            return
        log.warning("session given up", username=session.identity.id, why=why)
        line = session.line
        self._sessions.give_up(session, why)
        if isinstance(line, Connection):
            line.end(why)

    # Subscribing

    def subscribe(self, connection: Connection, session: Session, packet: SubscribePacket) -> int:
        """
        Every allowed filter is heard from now on, the others answer 0x80; then comes what is retained there.

        Returns how many were asked for.
        """
        assert packet.payload is not None and packet.variable_header is not None, "decoded"
        codes = [self._subscribed(session, topic_filter, qos) for topic_filter, qos in packet.payload.topics]
        connection.send(packets.suback(packet.variable_header.packet_id, codes))
        for (topic_filter, _), code in zip(packet.payload.topics, codes, strict=True):
            if code != SubackPayload.RETURN_CODE_80:
                session.deliver_retained(self._retained.under(topic_filter), code)
        if session.over:
            self._end_session(session, "too much retained")
        return len(codes)

    def _subscribed(self, session: Session, topic_filter: str, qos: int) -> int:
        known = topic_filter in session.subscribed
        if not policy.allows(session.identity, Action.SUBSCRIBE, topic_filter):
            metrics.REFUSED.labels("subscribe not allowed").inc()
            log.info("subscribe refused", username=session.identity.id, topic_filter=topic_filter[:80])
            return SubackPayload.RETURN_CODE_80
        if not known and len(session.subscribed) >= self.limits.filters:
            metrics.REFUSED.labels("too many filters").inc()
            return SubackPayload.RETURN_CODE_80
        granted = min(qos, GRANTED_QOS)
        session.subscribed[topic_filter] = granted
        self._subscriptions.add(topic_filter, session, granted)
        return granted

    def unsubscribe(self, connection: Connection, session: Session, packet: UnsubscribePacket) -> int:
        """The filters are heard no longer. Returns how many were named."""
        assert packet.payload is not None and packet.variable_header is not None, "decoded"
        for topic_filter in packet.payload.topics:
            if session.subscribed.pop(topic_filter, None) is not None:
                self._subscriptions.remove(topic_filter, session)
        connection.send(packets.unsuback(packet.variable_header.packet_id))
        return len(packet.payload.topics)

    # Once a second

    def sweep(self) -> None:
        """Sessions too long away or too large together are gone."""
        for session in self._sessions.expire():
            self._end_session(session, "memory")
        metrics.SESSIONS.set(len(self._sessions))

    async def recheck(self) -> None:
        """After a change of credentials: everybody has the rights of now, and whom they no longer cover is cut off."""
        running = asyncio.get_running_loop()
        try:
            version = await running.run_in_executor(self._threads, self._credentials.version)
            held = [one for one in self.connections if one.identity is not None and one.version != version]
            if not held:
                return
            proofs = {(one.username, one.generation) for one in held}
            now = await running.run_in_executor(self._threads, self._current, proofs)
        except Unavailable as problem:
            log.warning("credentials not rechecked", problem=str(problem))
            return
        for connection in held:
            identity = now[(connection.username, connection.generation)]
            connection.version = version
            if identity is None:
                connection.end("no longer allowed")
            elif connection.session is not None and identity != connection.identity:
                connection.identity = identity
                connection.session.become(identity)

    def _current(self, proofs: set[tuple[str, int]]) -> dict[tuple[str, int], Identity | None]:
        return {proof: self._credentials.current(*proof) for proof in proofs}

    async def close(self) -> None:
        """Every connection is closed, without wills: a stopping broker is like a killed one, and `roll` heals both."""
        for connection in list(self.connections):
            connection.end("shutdown", with_will=False)
        until = time.monotonic() + 2
        while self.connections and time.monotonic() < until:
            await asyncio.sleep(0.01)
        self._threads.shutdown(wait=False, cancel_futures=True)


def _checked_client_id(connect: ConnectPacket) -> str:
    """The client id, `<username>:<random>` of this user. Raises: Rejected."""
    if (connect.proto_name, connect.proto_level) != MQTT_3_1_1:
        raise Rejected(UNACCEPTABLE_PROTOCOL_VERSION, "not MQTT 3.1.1")
    client_id = connect.client_id or ""
    try:
        owner = username_of(client_id)
    except BadId:
        raise Rejected(IDENTIFIER_REJECTED, "bad client id") from None
    if connect.username != owner or len(client_id) > MAX_CLIENT_ID_CHARS:
        raise Rejected(IDENTIFIER_REJECTED, "client id of somebody else")
    return client_id


def _allowed_will(identity: Identity, connect: ConnectPacket) -> Will | None:
    """The will, checked like any PUBLISH. Raises: Rejected."""
    if not connect.will_flag:
        return None
    topic, payload, retain = connect.will_topic or "", bytes(connect.will_message or b""), connect.will_retain_flag
    if connect.will_qos > GRANTED_QOS or not policy.allows(identity, Action.PUBLISH, topic):
        raise Rejected(NOT_AUTHORIZED, "will not allowed")
    if retain and not _may_retain(identity, topic, payload):
        if not _is_own_topic(identity, topic):
            raise Rejected(NOT_AUTHORIZED, "will not allowed")
        retain = False
    return Will(Message(topic, payload, connect.will_qos), retain)


def _may_retain(identity: Identity, topic: str, payload: bytes) -> bool:
    return policy.may_retain(identity, topic) or (not payload and policy.may_clear_retained(identity, topic))


def _is_own_topic(identity: Identity, topic: str) -> bool:
    """Whether the retain flag is dropped rather than refused: a device bought in a shop sets it by itself."""
    return identity.role is Role.DEVICE and topic in identity.topics
