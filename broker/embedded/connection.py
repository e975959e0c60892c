"""Write to one connection in order, and end it at once. It waits for its peer in its own tasks only."""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from typing import Final

import structlog
from amqtt.adapters import WriterAdapter
from websockets.exceptions import ConnectionClosed

from broker.embedded import metrics
from broker.embedded.fast_message import Message
from broker.embedded.sessions import Session
from broker.sign_in import Granted

FULL_BYTES: Final = 256 * 1024  # bound of what waits to be written
GRACE_S: Final = 1.0  # for the last bytes of a connection that ends
ORDINARY: Final = ("gone", "disconnected", "taken over", "shutdown")  # ends that are counted, not logged
PAUSE_MOST_S: Final = 5.0  # in one piece

log = structlog.get_logger()


class Connection:
    """Serve a peer from its CONNECT to its close. `end` may be called by anybody, at any time."""

    def __init__(
        self,
        writer: WriterAdapter,
        transport: asyncio.BaseTransport,
        left: Callable[["Connection", bool], None],
    ) -> None:
        """Args: left: called once, at the end, with whether the will is due."""
        self.granted: Granted | None = None
        self._expires_s = math.inf  # on the monotonic clock, which is never set
        self.version: object = None  # of the credentials that granted it
        self.keep_alive_s = 0
        self.will: tuple[Message, bool] | None = None  # and whether it is retained
        self.session: Session | None = None
        self.ended = False
        self.heard_s = 0.0  # used with a keep-alive
        self._writer, self._transport, self._left = writer, transport, left
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    def admit(self, granted: Granted) -> None:
        """Note who the peer is, and for how long it may stay."""
        self.granted = granted
        if granted.expires_at_s is not None:
            self._expires_s = time.monotonic() + granted.expires_at_s - time.time()

    @property
    def full(self) -> bool:
        """Return whether the write buffer is over its bound."""
        return self._out_bytes >= FULL_BYTES

    def send(self, frame: bytes) -> None:
        """Send the bytes after all earlier ones, many in one write."""
        self._out.append(frame)
        self._out_bytes += len(frame)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._out:
                self._writer.write(b"".join(self._out))
                self._out.clear()
                self._out_bytes = 0
                await self._writer.drain()
                if self.session is not None:
                    self.session.pump()
        except (OSError, ConnectionClosed):
            self.end("gone")

    async def drained(self) -> None:
        """Wait until the peer has read enough of our answers: a peer that does not read is not read."""
        while self.full and self._writing is not None and not self.ended:
            await asyncio.wait([self._writing])

    async def pause(self, seconds: float) -> None:
        """Read nothing from the peer for so long; nothing is dropped."""
        self.heard_s = math.inf  # we cause its silence
        await asyncio.sleep(min(seconds, PAUSE_MOST_S))
        self.heard_s = time.monotonic()

    async def wait_for(self, turn: asyncio.Future[None]) -> None:
        """Read nothing from the peer until its turn comes."""
        self.heard_s = math.inf  # as above
        await turn
        self.heard_s = time.monotonic()

    def check(self) -> None:
        """End it at 1.5 × keep-alive of silence (MQTT 3.1.1 §3.1.2.10), and when its token has expired."""
        if self.keep_alive_s and time.monotonic() - self.heard_s > self.keep_alive_s * 1.5:
            self.end("keep-alive")
        elif time.monotonic() > self._expires_s:
            self.end("expired")

    def end(self, why: str, *, with_will: bool = True) -> None:
        """Take nothing more, free the session, publish the will; the last bytes are still sent."""
        if self.ended:
            return
        self.ended = True
        metrics.ENDED.labels(why).inc()
        if why not in ORDINARY:
            log.info("connection ended", username=self.granted and self.granted.identity.id, why=why)
        self._left(self, with_will)
        self.session = None
        self._closing = asyncio.create_task(self._close())

    async def _close(self) -> None:
        try:
            with contextlib.suppress(OSError, ConnectionClosed):  # TimeoutError is an OSError
                async with asyncio.timeout(GRACE_S):
                    if self._writing is not None:
                        await self._writing
                    await self._writer.close()
        finally:
            self._transport.abort()  # type: ignore[attr-defined]

    async def closed(self) -> None:
        """Wait until the last bytes are sent, after `end`."""
        if self._closing is not None:
            await self._closing
