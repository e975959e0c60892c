"""One connection of the embedded broker on a wire of memory: what it does when its peer does not read."""

import asyncio
import itertools

import pytest

from broker.embedded import connection as under_test
from broker.embedded.connection import Connection
from broker.embedded.guard import Guard, Limits
from chat_core.policy import Identity
from tests.conformance import frames
from tests.conformance.brokers import Table

CHUNK = frames.PINGREQ * 512
ENOUGH = 50  # chunks that a connection which never stops reading would have taken at once


class DeafWire:
    """A peer that signs in, asks on and on, and reads nothing after its CONNACK until it is told to."""

    def __init__(self, connecting: bytes) -> None:
        self._chunks = itertools.chain([connecting], itertools.repeat(CHUNK))
        self._sent = 0
        self.taken = 0
        self.took_enough = asyncio.Event()
        self.reads = asyncio.Event()
        self.gone = asyncio.Event()

    async def receive(self) -> bytes:
        if self.gone.is_set():
            return b""
        self.taken += 1
        if self.taken > ENOUGH:
            self.took_enough.set()
            await self.gone.wait()
            return b""
        return next(self._chunks)

    async def send(self, data: bytes) -> None:
        self._sent += 1
        if self._sent > 1:
            await self.reads.wait()

    def close(self) -> None:
        self.gone.set()

    def abort(self) -> None:
        self.gone.set()
        self.reads.set()


async def test_answers_to_a_peer_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks without reading the answers is not read either, so nothing piles up; once they read, it goes on."""
    monkeypatch.setattr(under_test, "FULL_BYTES", 4 * len(CHUNK))
    table = Table()
    password = table.put(Identity("s-1"))
    guard = Guard(table, Limits())
    wire = DeafWire(frames.connect("s-1:x", "s-1", password))
    running = asyncio.create_task(Connection(wire, guard).run())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await wire.took_enough.wait()
    assert wire.taken < 15
    wire.reads.set()
    async with asyncio.timeout(5):
        await wire.took_enough.wait()
    await guard.close()
    async with asyncio.timeout(5):
        await running
    assert not guard.connections
