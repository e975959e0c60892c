"""Check sign-in, publish and subscribe against the policy, and route. Touches its connections."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from amqtt import mqtt
from amqtt.adapters import ReaderAdapter, WriterAdapter

from broker.embedded import metrics, packets
from broker.embedded.absent_sessions import Owner
from broker.embedded.connect import ACCEPTED, BAD_CLIENT_ID, GRANTED_QOS, Authenticator, allowed, allowed_will, is_short
from broker.embedded.connection import Connection
from broker.embedded.fair_turns import FairTurns
from broker.embedded.fast_message import Message
from broker.embedded.packets import LINK, PacketRefused
from broker.embedded.peers import Allowance, Peers
from broker.embedded.routing import Tree
from broker.embedded.sessions import BOUNDS, Awaited, Session, Sessions
from broker.sign_in import CredentialChecker
from chat_core.contract import policy
from chat_core.contract.ids import Role
from chat_core.contract.policy import Action
from chat_core.domain import firmware
from chat_core.runtime.addresses import Networks
from chat_core.runtime.config import Rate
from chat_core.runtime.guarded import guarded
from chat_core.runtime.trace import Trace

DENIED: Final = 0x80  # a filter in a SUBACK
BREATHE_EVERY: Final = 32  # packets, after which the event loop runs
READ_AHEAD: Final = 5  # times the rate, beyond which no sender is read (docs/contract.md#refusals-and-rates)
# Factors of a client's rate; a service has no limit.
TIMES_THE_RATE: Final = {Role.CLIENT: 1, Role.DEVICE: 1, Role.AGENT: 20, Role.BOT: 20, Role.LISTENER: 1}
MUCH: Final = 100  # messages for a service: a bridge on a busy machine stores them in about 0.1 s
SIGN_INS: Final = Rate(2, 64)  # of one person from one address: twice all of its connections at once
MAX_NAME_CHARS: Final = 32  # of an id
PUBACK: Final = 4  # (MQTT 3.1.1 §2.2.1)
# Of a packet, in fair turns. Anybody can become many guests, so a known client has ten of their turns.
PRICES: Final = {Owner.GUEST: 1.0, Owner.CLIENT: 0.1, Owner.DEVICE: 0.1, Owner.DESK: 0.02}
PINGRESP: Final = mqtt.PingRespPacket.build().to_bytes()

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BrokerLimits:
    """Bound what unauthenticated peers and clients can use."""

    rate: Rate | None = field(default_factory=lambda: Rate(10, 50))
    connect_within_s: float = 10
    half_open: int = 2_000  # connections without a CONNECT; beyond it those go that have been silent
    silent_s: float = 2.0  # for longer than this, the oldest first
    checking: int = 2_000  # sign-ins waiting for their turn
    connections: int = 20_000
    per_address: int = 1_000  # connections: an office may share an address
    per_person: int = 32  # connections, as many as a presence counts; the oldest ends
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")  # trusted for a peer's address
    filters: int = 1_000  # of one session
    client_filters: int = 64  # of one session of a client or a device
    retained: int = 100_000  # topics


def _read_ahead(rate: Rate | None, times: int) -> Rate | None:
    return Rate(rate.per_second * times * READ_AHEAD, rate.burst * times * READ_AHEAD) if rate is not None else None


class Guard:
    """Guard one process. What it does between two awaits is not interleaved with anything."""

    def __init__(
        self,
        credentials: CredentialChecker,
        limits: BrokerLimits,
        awaited: Awaited | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.limits = limits
        self._trace = trace
        self.connections: set[Connection] = set()
        self.half_open: dict[asyncio.BaseTransport, float] = {}  # since when, the oldest first
        self.peers = Peers(Networks(limits.proxies), limits.per_address, limits.per_person)
        self._authenticator = Authenticator(credentials, limits.checking)
        self._allowance, self._sign_ins = Allowance(), Allowance()
        self._rates = {role: _read_ahead(limits.rate, times) for role, times in TIMES_THE_RATE.items()}
        self._lagging: Session | None = None  # a service that has much to read
        self._much = MUCH if limits.rate is not None else BOUNDS[Role.SERVICE].messages // 2
        self._turns = FairTurns(self._lags)
        self._sessions = Sessions(awaited)
        self._retained: Tree[Message] = Tree()

    # Coming and going

    def arrived(self, transport: asyncio.BaseTransport) -> None:
        """Count an accepted socket; when too many are silent, drop the one silent longest."""
        now_s = time.monotonic()
        self.half_open[transport] = now_s
        if not self.peers.arrive(transport):
            self._drop_half_open(transport, "too many from one address")
        elif len(self.half_open) + len(self.connections) > self.limits.connections:
            self._drop_half_open(transport, "too many connections")
        elif len(self.half_open) > self.limits.half_open:
            oldest, since_s = next(iter(self.half_open.items()))
            if now_s - since_s > self.limits.silent_s:
                self._drop_half_open(oldest, "too many half-open")

    def lost(self, transport: asyncio.BaseTransport) -> None:
        self.half_open.pop(transport, None)
        self.peers.lose(transport)

    def _drop_half_open(self, transport: asyncio.BaseTransport, why: str) -> None:
        del self.half_open[transport]
        metrics.ENDED.labels(why).inc()
        transport.abort()  # type: ignore[attr-defined]

    async def serve(self, reader: ReaderAdapter, writer: WriterAdapter, transport: asyncio.BaseTransport) -> None:
        """Serve a peer until its connection ends."""
        connection, why = Connection(writer, transport, self._left), "gone"
        try:
            with guarded("connection", PacketRefused) as guard:  # a defect ends this connection only
                first = await packets.read_whole(reader)
                if self.half_open.pop(transport, None) is None or first is None:
                    return
                self.connections.add(connection)
                packets.check_protocol(*first)
                async with self._authenticator.turn():
                    connecting = await packets.decode(*first)
                if not isinstance(connecting, mqtt.ConnectPacket):
                    raise PacketRefused("bad packet: no CONNECT")
                address = self.peers.address_of(transport)
                if wait_s := self._sign_in_due_s(connecting, address):
                    await connection.pause(wait_s)
                async with self._authenticator.turn():
                    await self._admit(connection, connecting, address)
                await self._converse(connection, reader)
            if guard.fault is not None:
                why = "our fault"
        except PacketRefused as refused:
            why = str(refused)
            metrics.REFUSED.labels(why).inc()
            if refused.answer is not None:
                connection.send(refused.answer)
        finally:
            self.half_open.pop(transport, None)
            connection.end(why)
            try:
                await connection.closed()
            finally:
                self.connections.discard(connection)

    def _sign_in_due_s(self, connect: mqtt.ConnectPacket, address: str | None) -> float:
        """Return for how long this sign-in waits: repeated sign-ins cost others no more than their rate."""
        if self.limits.rate is None:
            return 0.0
        # By address too: a password guesser delays only itself.
        name = f"{address} {(connect.username or '')[:MAX_NAME_CHARS]}"
        return self._sign_ins.spend(name, SIGN_INS, 1, time.monotonic())

    def _left(self, connection: Connection, with_will: bool) -> None:
        self.peers.sign_out(connection)
        if connection.session is None:
            return
        self._sessions.leave(connection.session)
        if with_will and connection.will is not None:
            self._route(*connection.will)

    # Signing in

    async def _admit(self, connection: Connection, connect: mqtt.ConnectPacket, address: str | None) -> None:
        """Give the connection an identity and a session, and send CONNACK. Raises: PacketRefused."""
        granted, connection.version = await self._authenticator.check(connect)
        if connection.ended:
            return
        connection.will = allowed_will(granted.identity, connect)
        connection.admit(granted)
        identity, client_id = granted.identity, connect.client_id or ""
        connection.keep_alive_s, connection.heard_s = connect.keep_alive, time.monotonic()
        before = self._sessions.get(client_id)
        if before is not None and before.identity.id != identity.id:
            raise PacketRefused("client id of somebody else", BAD_CLIENT_ID)
        if before is not None and before.connection is not None:
            before.connection.end("taken over")
        session, present = self._sessions.open(client_id, identity, clean=connect.clean_session_flag)
        connection.session, session.linked = session, bool(connect.proto_level & LINK)
        session.address = address
        connection.send(mqtt.ConnackPacket.build(int(present), ACCEPTED).to_bytes())
        session.attach(connection, identity)
        metrics.SIGNED_IN.inc()
        if (end_oldest := self.peers.sign_in(connection, identity.id, identity.role)) is not None:
            end_oldest()

    # Conversing

    async def _converse(self, connection: Connection, reader: ReaderAdapter) -> None:
        handled = 0
        while not connection.ended and (whole := await packets.read_whole(reader)) is not None:
            session = connection.session
            if connection.ended or session is None:
                return
            connection.heard_s = time.monotonic()
            handled += 1
            if handled % BREATHE_EVERY == 0:
                await asyncio.sleep(0)
            if whole[0].packet_type == PUBACK:
                packet = await packets.decode(*whole)
                if session.acknowledged(packet.packet_id):
                    if session is self._lagging and not session.has_more_than(self._much):
                        self._turns.wake()
                    continue  # bounded by what we sent, so it costs nothing
                await self._count(connection, session, 1)
            elif (price := PRICES.get(session.owner)) is None:
                await self._handle(connection, session, await packets.decode(*whole))  # a service is ours
                await connection.drained()
            else:
                if (turn := self._turns.take(session.identity.id, price)) is not None:
                    await connection.wait_for(turn)
                    if connection.session is not session:
                        return
                await self._count(
                    connection, session, await self._handle(connection, session, await packets.decode(*whole))
                )

    async def _count(self, connection: Connection, session: Session, cost: int) -> None:
        """Read no more from a person than its allowance (READ_AHEAD), over all of its connections."""
        await connection.drained()
        identity = session.identity
        if cost > 1:
            self._turns.add(identity.id, (cost - 1) * PRICES.get(session.owner, 0))
        if (rate := self._rates.get(identity.role)) is None:
            return
        wait_s = self._allowance.spend(identity.id, rate, cost, time.monotonic())
        if wait_s > 0 and not connection.ended:
            metrics.REFUSED.labels("faster than read").inc()
            await connection.pause(wait_s)

    def _lags(self) -> bool:
        if self._lagging is not None and not self._lagging.has_more_than(self._much):
            self._lagging = None
        return self._lagging is not None

    async def _handle(self, connection: Connection, session: Session, packet: Any) -> int:
        """Do what the packet asks for; return its cost. Raises: PacketRefused."""
        if isinstance(packet, mqtt.PublishPacket):
            topic, payload, qos = packet.topic_name or "", packet.data or b"", packet.qos or 0
            said = allowed(session.identity, session.may, topic, payload, qos, packet.retain_flag)
            if said is not None:
                self._route(*said, session)
            if packet.packet_id is not None:  # routed into every queue: a PUBACK means that the broker has it
                connection.send(mqtt.PubackPacket.build(packet.packet_id).to_bytes())
        elif isinstance(packet, mqtt.PingReqPacket):
            connection.send(PINGRESP)
        elif isinstance(packet, mqtt.SubscribePacket):
            if session.identity.role is Role.SERVICE:
                await self.recheck()  # the bridge may receive a device's new topics at once
                if connection.ended:
                    return 0
            return self._subscribe(connection, session, packet)
        elif isinstance(packet, mqtt.UnsubscribePacket):
            return self._unsubscribe(connection, session, packet)
        elif isinstance(packet, mqtt.DisconnectPacket):
            connection.end("disconnected", with_will=False)
        elif isinstance(packet, mqtt.ConnectPacket):
            raise PacketRefused("bad packet: second CONNECT")
        return 1

    def _subscribe(self, connection: Connection, session: Session, packet: Any) -> int:
        """Grant allowed filters, answer 0x80 for others, then send what is retained. Return the cost."""
        asked = packet.payload.topics
        codes = [self._granted(session, topic_filter, qos) for topic_filter, qos in asked]
        connection.send(mqtt.SubackPacket.build(packet.variable_header.packet_id, codes).to_bytes())
        for (topic_filter, _), code in zip(asked, codes, strict=True):
            for message in self._retained.under(topic_filter) if code != DENIED else ():
                if session.may(Action.RECEIVE, message.topic):
                    session.deliver(message, min(message.qos, code))
        if session.over:
            self._sessions.give_up(session, "too much retained")
        return len(codes)

    def _unsubscribe(self, connection: Connection, session: Session, packet: Any) -> int:
        for topic_filter in packet.payload.topics:
            self._sessions.unsubscribe(session, topic_filter)
        connection.send(mqtt.UnsubackPacket.build(packet.variable_header.packet_id).to_bytes())
        return len(packet.payload.topics)

    def _granted(self, session: Session, topic_filter: str, qos: int) -> int:
        new = topic_filter not in session.subscribed
        if is_short(topic_filter) and firmware.hears(session.identity, topic_filter):
            return min(qos, GRANTED_QOS)  # nobody may publish there
        if not is_short(topic_filter) or not policy.allows(session.identity, Action.SUBSCRIBE, topic_filter):
            metrics.REFUSED.labels("subscribe not allowed").inc()
            log.info("subscribe refused", username=session.identity.id, topic_filter=topic_filter[:80])
            return DENIED
        few = session.identity.role in (Role.CLIENT, Role.DEVICE)
        most = min(self.limits.filters, self.limits.client_filters) if few else self.limits.filters
        if new and len(session.subscribed) >= most:
            metrics.REFUSED.labels("too many filters").inc()
            return DENIED
        granted = min(qos, GRANTED_QOS)
        self._sessions.subscribe(session, topic_filter, granted)
        return granted

    def _route(self, message: Message, retain: bool, sender: Session | None = None) -> None:
        """Queue the message in every session that may receive it."""
        metrics.PUBLISHED.inc()
        if self._trace is not None:
            said_by = None if sender is None else sender.identity.id
            self._trace.note("routed", message.topic, message.payload, sender=said_by)
        flagged = message
        if retain:
            self._retain(message)
            flagged = Message(message.topic, message.payload, message.qos, retained=True)
        for session, granted in self._sessions.hearers(message.topic).items():
            if session.may(Action.RECEIVE, message.topic) and not (session.linked and session is sender):
                session.deliver(flagged if session.linked else message, min(message.qos, granted))
                metrics.DELIVERED.inc()
                if session.over:
                    # Later: its will must not be routed in the middle of this message.
                    asyncio.get_running_loop().call_soon(self._sessions.give_up, session, "too slow")
                elif session.has_more_than(self._much):
                    self._lagging = session

    def _retain(self, message: Message) -> None:
        topic = message.topic
        if not message.payload:
            self._retained.remove(topic)
        elif len(self._retained) < self.limits.retained or self._retained.get(topic) is not None:
            self._retained.put(topic, Message(topic, message.payload, message.qos, True, answers=True))
        else:
            metrics.DROPPED.labels("too many retained").inc()
            log.warning("too many retained topics", limit=self.limits.retained)

    # Once a second

    def sweep(self) -> None:
        """Check the deadlines of CONNECTs, keep-alives, tokens and sessions."""
        now_s = time.monotonic()
        for transport, since_s in list(self.half_open.items()):
            if now_s - since_s > self.limits.connect_within_s:
                self._drop_half_open(transport, "CONNECT deadline")
        for connection in list(self.connections):
            connection.check()
        self._sessions.expire()
        self._allowance.sweep(now_s)
        self._sign_ins.sweep(now_s)
        metrics.CONNECTIONS.set(len(self.half_open) + len(self.connections))
        metrics.SESSIONS.set(len(self._sessions))

    async def recheck(self) -> None:
        await self._authenticator.recheck(self.connections)

    async def close(self) -> None:
        """Close every connection, without wills: after a stop, as after a kill, `roll` corrects presence."""
        for connection in list(self.connections):
            connection.end("shutdown", with_will=False)
        await asyncio.gather(*(one.closed() for one in self.connections), return_exceptions=True)
        for transport in list(self.half_open):
            self._drop_half_open(transport, "shutdown")
