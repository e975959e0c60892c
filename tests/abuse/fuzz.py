"""
Send invalid bytes from a seed: random ones, and real packets with an error.

A fuzzer sends them on its own connections, signed in or not, over TCP or WebSocket, or to the WebSocket port before any
handshake. It discards the broker's answers.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from tests.conformance import frames
from tests.conformance.frames import GivenWill

PER_CONNECTION: Final = 12  # packets; the broker reads those before the first that it refuses
AT_ONCE: Final = 8
ANSWER_S: Final = 0.2
WITHIN_S: Final = 1.0  # then the connection is left: the broker waits for the rest of a packet


@dataclass(frozen=True)
class FuzzTarget:
    """The broker's address, and sign-in data for it."""

    host: str
    port: int
    websocket: bool
    hello: Callable[[], bytes]
    name: str


class Fuzzer:
    """Send packets until their number and the time are reached."""

    def __init__(self, target: FuzzTarget, seed: int) -> None:
        self.target = target
        self.sent = self.connections = 0
        self._random = Random(seed)
        msg, name = f"support/{target.name}/msg", target.name
        self._real = [
            target.hello(),
            frames.connect(f"{name}:x", name, "wrong", will=GivenWill(f"support/{name}/presence")),
            frames.publish(msg, b'{"id":"x","kind":"text"}', qos=1, packet_id=9),
            frames.publish(f"support/{name}/typing", b'{"on":true}'),
            frames.publish(msg, b"x" * 300, qos=2, packet_id=10, dup=True),
            frames.publish(f"support/{name}/presence", b"", retain=True),
            frames.subscribe(f"support/{name}/#", "notice/+", packet_id=11),
            frames.unsubscribe(f"support/{name}/#", packet_id=12),
            frames.puback(1),
            frames.packet(0x62, b"\0\1"),
            frames.publish(b"\xff" * 60_000),
            frames.PINGREQ,
            frames.DISCONNECT,
        ]

    def packet(self) -> bytes:
        """Return the next packet."""
        random = self._random
        if random.random() < 0.2:
            return random.randbytes(random.randint(1, 300))
        found = bytearray(random.choice(self._real))
        for _ in range(random.choice((0, 1, 1, 1, 2, 5))):
            at = random.randrange(len(found)) if found else 0
            match random.randrange(7):
                case 0:
                    found[at : at + 1] = random.randbytes(1)
                case 1 if found:
                    found[at] ^= 1 << random.randrange(8)
                case 2:
                    del found[at : at + random.randint(1, 8)]
                case 3:
                    found[at:at] = random.randbytes(random.randint(1, 8))
                case 4:
                    found[at:at] = random.choice(
                        (b"\0", b"\xff\xff\xff\x7f", b"\xc0\x80", b"\xed\xa0\x80", b"/+/#", b"$SYS/")
                    )
                case 5:
                    found[1:2] = random.choice((b"\0", b"\x7f", b"\x80", b"\xff\xff\xff\xff\x01"))
                case 6:
                    found += random.choice(self._real)
        return bytes(found) or b"\0"

    async def run(self, packets: int, seconds: float) -> None:
        """Send at least so many packets for at least so long."""
        until_s = time.monotonic() + seconds

        async def go_on() -> None:
            while self.sent < packets or time.monotonic() < until_s:
                with suppress(OSError, EOFError, WebSocketException, InvalidHandshake):
                    async with asyncio.timeout(WITHIN_S):
                        await self._one_connection()
                self.connections += 1

        await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))

    async def _one_connection(self) -> None:
        batch = [self.packet() for _ in range(PER_CONNECTION)]
        if self._random.random() < 0.7:
            batch.insert(0, self.target.hello())
        if self.target.websocket and self._random.random() < 0.9:
            await self._over_websocket(batch)
            return
        if self.target.websocket:
            batch[0] = b"GET /mqtt HTTP/1.1\r\nHost: x\r\n" if self._random.random() < 0.5 else batch[0]
        reader, writer = await asyncio.open_connection(self.target.host, self.target.port)
        try:
            for packet in batch:
                writer.write(packet)
                self.sent += 1
                await writer.drain()
            if self._random.random() < 0.5:
                writer.write_eof()
                await reader.read()
            else:
                await reader.read(4)
        finally:
            writer.transport.abort()

    async def _over_websocket(self, batch: list[bytes]) -> None:
        url = f"ws://{self.target.host}:{self.target.port}/mqtt"
        async with open_websocket(
            url, subprotocols=[Subprotocol("mqtt")], compression=None, close_timeout=0.2
        ) as socket:
            for packet in batch:
                await socket.send(packet if self._random.random() < 0.98 else packet.decode("latin-1"))
                self.sent += 1
            async with asyncio.timeout(ANSWER_S):
                await socket.recv()
