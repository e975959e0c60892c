"""One MQTT 3.1.1 connection on asyncio, as thin as possible: generators must cost less than what they drive."""

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Final, Self

from tests.conformance import frames

CONNECT_S: Final = 2.0  # of TCP, as bridge.mqtt.connection
HELLO_S: Final = 5.0
PING_EVERY_S: Final = 7.0
PING_WITHIN_S: Final = 5.0  # without an answer, a dead line
IDS: Final = 65_535

Hear = Callable[[bytes, bytes], None]  # topic, payload


class PeerRefused(Exception):
    """The broker did not let this end in, or did not grant what it asked for."""


class PeerConnection(asyncio.Protocol):
    """Connected, subscribed and heard: `on_publish(topic, payload)`, `on_puback(id)`; `gone` when it is over."""

    def __init__(self, on_publish: Hear, on_puback: Callable[[int], None] = lambda _: None) -> None:
        self.on_publish, self.on_puback = on_publish, on_puback
        self.gone = asyncio.Event()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._rest = b""
        self._id = 0
        self._pinged = False
        self._pinger: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport

    @classmethod
    async def open(
        cls,
        address: tuple[str, int],
        hello: bytes,
        filters: Sequence[str],
        on_publish: Hear,
        on_puback: Callable[[int], None] = lambda _: None,
    ) -> Self:
        """Connect and subscribe. Args: hello: the CONNECT packet. Raises: OSError, PeerRefused."""
        loop = asyncio.get_running_loop()
        line = cls(on_publish, on_puback)
        try:
            async with asyncio.timeout(HELLO_S):
                async with asyncio.timeout(CONNECT_S):
                    await line.connect(address)
                kind, body = await line._ask(hello)
                if (kind, body[1:2]) != (frames.CONNACK, b"\0"):
                    raise PeerRefused(f"CONNACK {body!r}")
                if filters:
                    kind, body = await line._ask(frames.subscribe(*filters))
                    if kind != frames.SUBACK or any(code & 0x80 for code in body[2:]):
                        raise PeerRefused(f"SUBACK {body!r}")
        except BaseException:
            line.close()
            raise
        line._pinger = loop.call_later(PING_EVERY_S, line._ping)
        return line

    async def connect(self, address: tuple[str, int]) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, *address)

    def publish(self, topic: bytes, payload: bytes, qos: int = 1) -> int:
        """Written at once; returns its packet id (0 with QoS 0)."""
        packet_id = 0
        if qos:
            packet_id = self._id = self._id % IDS + 1
        self.transport.write(frames.publish(topic, payload, qos=qos, packet_id=packet_id))
        return packet_id

    def close(self) -> None:
        if self._pinger is not None:
            self._pinger.cancel()
        if hasattr(self, "transport"):
            self.transport.write(frames.DISCONNECT)
            self.transport.close()

    async def _ask(self, packet: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(packet)
        return await self._answer

    def _ping(self) -> None:
        if self._pinged:
            self.transport.abort()
            return
        self._pinged = True
        self.transport.write(frames.PINGREQ)
        self._pinger = asyncio.get_running_loop().call_later(PING_WITHIN_S, self._look_for_pong)

    def _look_for_pong(self) -> None:
        if self._pinged:
            self.transport.abort()
        else:
            self._pinger = asyncio.get_running_loop().call_later(PING_EVERY_S - PING_WITHIN_S, self._ping)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, _fault: Exception | None) -> None:
        if self._pinger is not None:
            self._pinger.cancel()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("closed"))
        self.gone.set()

    def data_received(self, data: bytes) -> None:
        """Every whole packet is handed on, and what was QoS 1 acknowledged, in one write."""
        if self._rest:
            data = self._rest + data
        at, end, acks = 0, len(data), []
        while end - at >= 2:
            size, start, shift = data[at + 1], at + 2, 7
            if size & 0x80:
                size &= 0x7F
                while start < end:
                    size |= (data[start] & 0x7F) << shift
                    shift += 7
                    start += 1
                    if not data[start - 1] & 0x80:
                        break
                else:
                    break
            if start + size > end:
                break
            head, at = data[at], start + size
            if head >> 4 == frames.PUBLISH:
                words = start + 2 + (data[start] << 8 | data[start + 1])
                topic = data[start + 2 : words]
                if head & 6:
                    acks.append(b"\x40\x02" + data[words : words + 2])
                    words += 2
                self.on_publish(topic, data[words:at])
            elif head >> 4 == frames.PUBACK:
                self.on_puback(struct.unpack_from("!H", data, start)[0])
            elif head >> 4 == frames.PINGRESP:
                self._pinged = False
            elif self._answer is not None and not self._answer.done():
                self._answer.set_result((head >> 4, data[start:at]))
        self._rest = data[at:]
        if acks:
            self.transport.write(b"".join(acks))
