"""
One connection: whole packets in, one writer out, deadlines. Touches the socket it is given.

Closes these faults of amqtt 0.12.1: no CONNECT deadline; keep-alive never enforced (and its timeout cuts a read in
the middle of a header); a DISCONNECT right after CONNACK counts as a crash; PUBACK before check and routing;
WebSocket bytes repeated after a cut, text frames taken; a sender without a rate limit; one task per delivery, and a
close that waits for a reader that does not read. A connection never waits for its peer except in its own two tasks,
so whoever takes its session over can end it at once.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from amqtt.mqtt.connect import ConnectPacket
from amqtt.mqtt.disconnect import DisconnectPacket
from amqtt.mqtt.pingreq import PingReqPacket
from amqtt.mqtt.puback import PubackPacket
from amqtt.mqtt.publish import PublishPacket
from amqtt.mqtt.subscribe import SubscribePacket
from amqtt.mqtt.unsubscribe import UnsubscribePacket
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from broker.embedded import metrics, packets
from broker.embedded.packets import BadPacket, Framer, Message, Packet
from broker.embedded.sessions import Session
from chat_core.ids import Role
from chat_core.policy import Identity

if TYPE_CHECKING:
    from broker.embedded.guard import Guard

CHUNK_BYTES: Final = 16 * 1024
FULL_BYTES: Final = 256 * 1024  # no more is added to what waits to be written
GRACE_S: Final = 1.0  # for the last bytes of a connection that ends
BREATHE_EVERY: Final = 32  # packets after which others get their turn
ORDINARY: Final = ("gone", "disconnected", "taken over", "shutdown")  # ends that are counted, not logged
CROWDED_S: Final = 5.0  # the longest that a sender is held up by a slow service

log = structlog.get_logger()


class Denied(Exception):
    """The policy does not allow it, and MQTT 3.1.1 has no other answer than to close. The text is a counter's label."""


class Rejected(Exception):
    """A sign-in is refused with a CONNACK code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class Wire(Protocol):
    """A byte stream either way, over TCP or WebSocket."""

    async def receive(self) -> bytes:
        """The next bytes; none at the end, however it came. Raises: BadPacket."""

    async def send(self, data: bytes) -> None:
        """The bytes are with the operating system or its buffer. Raises: OSError, ConnectionClosed."""

    def close(self) -> None:
        """No more will be sent."""

    def abort(self) -> None:
        """The connection is gone, whatever its peer does."""


class TcpWire:
    """A TCP or TLS stream. asyncio sets TCP_NODELAY on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def receive(self) -> bytes:
        try:
            return await self._reader.read(CHUNK_BYTES)
        except OSError:
            return b""

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()


class WsWire:
    """The binary messages of a WebSocket, as one stream (§6)."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._closing: asyncio.Task[None] | None = None

    async def receive(self) -> bytes:
        try:
            while True:
                data = await self._socket.recv()
                if isinstance(data, str):
                    raise BadPacket("text frame")
                if data:
                    return data
        except ConnectionClosed:
            return b""

    async def send(self, data: bytes) -> None:
        await self._socket.send(data)

    def close(self) -> None:
        self._closing = self._closing or asyncio.create_task(self._socket.close())

    def abort(self) -> None:
        self._socket.transport.abort()


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much is read from one connection: packets at once, and packets a second."""

    burst: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Will:
    """What is published when the connection ends without DISCONNECT; allowed when it was given."""

    message: Message
    retain: bool


class Connection:
    """A peer, from accept to close. `end` may be called by anybody, at any time, and takes effect at once."""

    def __init__(self, wire: Wire, guard: "Guard") -> None:
        self.username = ""
        self.identity: Identity | None = None
        self.generation = 0
        self.version: object = None
        self.expires_at_s: float | None = None
        self.keep_alive_s = 0.0
        self.will: Will | None = None
        self.session: Session | None = None
        self.allowance: Allowance | None = None
        self.ended = False
        self._wire = wire
        self._guard = guard
        self._out: deque[bytes] = deque()
        self._out_bytes = 0
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._heard_s = 0.0
        self._paused = False
        self._credits = 0.0
        self._counted_s = 0.0

    @property
    def full(self) -> bool:
        """Whether so much waits to be written that no more should be added."""
        return self._out_bytes >= FULL_BYTES

    def send(self, frame: bytes) -> None:
        """The bytes go out after all earlier ones, many in one write."""
        self._out.append(frame)
        self._out_bytes += len(frame)
        self._wake.set()

    async def run(self) -> None:
        """Serves the peer until the connection ends, for whatever reason."""
        writing = asyncio.create_task(self._write())
        self._guard.arrived(self)
        why = "gone"
        try:
            await self._converse()
        except TimeoutError:
            why = "CONNECT deadline"
        except (BadPacket, Denied, Rejected) as refused:
            why = f"bad packet: {refused}" if isinstance(refused, BadPacket) else str(refused)
            metrics.REFUSED.labels(why).inc()
            if isinstance(refused, Rejected):
                self.send(packets.connack(refused.code))
        except Exception:  # the outermost loop of a connection: a fault of ours ends this peer's, not everybody's
            log.exception("connection failed", username=self.username)
            why = "our fault"
        finally:
            self.end(why)
            await writing
            self._guard.gone(self)

    async def _converse(self) -> None:
        incoming = self._incoming()
        async with asyncio.timeout(self._guard.limits.connect_within_s):
            first = await anext(incoming, None)
        if first is None:
            return
        if not isinstance(first, ConnectPacket):
            raise BadPacket("no CONNECT")
        await self._guard.admit(self, first)
        self._heard_s = self._counted_s = time.monotonic()
        self._credits = self.allowance.burst if self.allowance else 0.0
        self._watch()
        handled = 0
        async for packet in incoming:
            if self.ended:
                return
            self._heard_s = time.monotonic()
            await self._handle(packet)
            handled += 1
            if handled % BREATHE_EVERY == 0:
                await asyncio.sleep(0)

    async def _incoming(self) -> AsyncIterator[Packet]:
        framer = Framer()
        while chunk := await self._wire.receive():
            for packet in framer.feed(chunk):
                yield packet

    async def _handle(self, packet: Packet) -> None:
        session = self.session
        assert session is not None, "admitted"
        cost = 1
        if isinstance(packet, PubackPacket):
            if session.acknowledged(packet.packet_id):
                return  # bounded by what we sent, so it costs nothing
        elif isinstance(packet, PublishPacket):
            await self._take(packet)
        elif isinstance(packet, PingReqPacket):
            self.send(packets.PINGRESP)
        elif isinstance(packet, SubscribePacket):
            if session.identity.role is Role.SERVICE:
                await self._guard.recheck()  # a device's topics given a moment ago are the bridge's to hear now
            if not self.ended:
                cost = self._guard.subscribe(self, session, packet)
        elif isinstance(packet, UnsubscribePacket):
            cost = self._guard.unsubscribe(self, session, packet)
        elif isinstance(packet, DisconnectPacket):
            self.end("disconnected", with_will=False)
            return
        else:
            raise BadPacket("second CONNECT")
        await self._pay(cost)

    async def _take(self, packet: PublishPacket) -> None:
        """Checked, routed into every queue, then acknowledged: a PUBACK means that the broker has it."""
        crowded = self._guard.publish(self, packet)
        if packet.qos and packet.packet_id is not None:
            self.send(packets.puback(packet.packet_id))
        if crowded is not None and self.identity is not None and self.identity.role is not Role.SERVICE:
            await self._pause(crowded.room(), CROWDED_S)

    async def _pay(self, cost: int) -> None:
        """The socket is not read beyond this connection's allowance (design.md §4); nothing of it is dropped."""
        while self.full and not self.ended:
            self._drained.clear()
            await self._drained.wait()  # who does not read our answers gives us no more to answer
        allowance = self.allowance
        if allowance is None:
            return
        now = time.monotonic()
        self._credits = min(allowance.burst, self._credits + (now - self._counted_s) * allowance.per_second) - cost
        self._counted_s = now
        if self._credits < 0:
            metrics.REFUSED.labels("faster than read").inc()
            await self._pause(asyncio.sleep(-self._credits / allowance.per_second), CROWDED_S)

    async def _pause(self, until: Awaitable[None], at_most_s: float) -> None:
        """Its silence meanwhile is our doing and does not count against the keep-alive."""
        self._paused = True
        try:
            async with asyncio.timeout(at_most_s):
                await until
        except TimeoutError:
            pass
        finally:
            self._paused = False
            self._heard_s = time.monotonic()

    def _watch(self) -> None:
        """
        Ends the connection at 1.5 × keep-alive of silence (§3.1.2.10) and when its token expires; else looks again
        then.
        """
        if self.ended:
            return
        waits: list[float] = []
        if self.keep_alive_s:
            silence_left_s = self.keep_alive_s * 1.5 - (0 if self._paused else time.monotonic() - self._heard_s)
            if silence_left_s <= 0:
                self.end("keep-alive")
                return
            waits.append(silence_left_s)
        if self.expires_at_s is not None:
            life_left_s = self.expires_at_s - time.time()
            if life_left_s <= 0:
                self.end("expired")
                return
            waits.append(life_left_s)
        if waits:
            self._timer = asyncio.get_running_loop().call_later(min(waits), self._watch)

    def end(self, why: str, *, with_will: bool = True) -> None:
        """
        Nothing more is taken from this peer, its session is free and its will published; the last bytes still go out.
        """
        if self.ended:
            return
        self.ended = True
        metrics.ENDED.labels(why).inc()
        if why not in ORDINARY:
            log.info("connection ended", username=self.username, why=why)
        if self._timer is not None:
            self._timer.cancel()
        self._wake.set()
        asyncio.get_running_loop().call_later(GRACE_S, self._wire.abort)
        self._guard.left(self, with_will=with_will)
        self.session = None

    async def _write(self) -> None:
        try:
            while self._out or not self.ended:
                if not self._out:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                batch = b"".join(self._out)
                self._out.clear()
                self._out_bytes = 0
                self._drained.set()
                await self._wire.send(batch)
                if self.session is not None:
                    self.session.pump()
        except (OSError, ConnectionClosed):
            self.end("gone")
        finally:
            self._drained.set()
            self._wire.close()
