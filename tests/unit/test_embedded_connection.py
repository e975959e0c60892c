"""One connection of the embedded broker on a wire of memory: what it does when its peer does not read."""

import asyncio
import itertools

import pytest
from amqtt.adapters import BufferWriter, ReaderAdapter

from broker.embedded import connection as under_test
from broker.embedded.guard import BrokerLimits, Guard
from chat_core.contract.policy import Identity
from tests.conformance import frames
from tests.conformance.brokers import TableCredentials

CHUNK = frames.PINGREQ * 512
ENOUGH = 50  # chunks that a connection which never stops reading would have taken at once


class DeafPeer(ReaderAdapter, BufferWriter):
    """Signs in, asks on and on, and reads nothing after its CONNACK until it is told to."""

    def __init__(self, connecting: bytes) -> None:
        super().__init__()
        self._chunks = itertools.chain([connecting], itertools.repeat(CHUNK))
        self._held = b""
        self._sent = 0
        self.taken = 0
        self.took_enough = asyncio.Event()
        self.reads = asyncio.Event()
        self.gone = asyncio.Event()

    def get_extra_info(self, name: str) -> object:
        """Nothing is known of it."""

    async def read(self, n: int = -1) -> bytes:
        while len(self._held) < n:
            self.taken += 1
            if self.taken > ENOUGH:
                self.took_enough.set()
                await self.gone.wait()
            if self.gone.is_set():
                raise EOFError
            self._held += next(self._chunks)
        data, self._held = self._held[:n], self._held[n:]
        return data

    def feed_eof(self) -> None:
        self.gone.set()

    async def drain(self) -> None:
        self._sent += 1
        if self._sent > 1:
            await self.reads.wait()

    async def close(self) -> None:
        self.gone.set()

    def abort(self) -> None:
        self.gone.set()
        self.reads.set()


async def test_answers_to_a_peer_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that reads no answers is not read either, until it reads."""
    monkeypatch.setattr(under_test, "FULL_BYTES", 4 * len(CHUNK))
    table = TableCredentials()
    password = table.put(Identity("s-1"))
    guard = Guard(table, BrokerLimits())
    peer = DeafPeer(frames.connect("s-1:x", "s-1", password))
    guard.arrived(peer)  # type: ignore[arg-type]
    running = asyncio.create_task(guard.serve(peer, peer, peer))  # type: ignore[arg-type]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await peer.took_enough.wait()
    assert peer.taken < 15
    peer.reads.set()
    async with asyncio.timeout(5):
        await peer.took_enough.wait()
    await guard.close()
    async with asyncio.timeout(5):
        await running
    assert not guard.connections
