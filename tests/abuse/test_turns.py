"""Serve connected clients of the embedded broker before connections that sign in. Counted, not timed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import pytest
from amqtt.mqtt import ConnectPacket

from broker.embedded import packets
from broker.embedded.guard import BrokerLimits, Guard
from broker.embedded.listeners import GuardedBroker, ListenerSettings
from chat_core.contract.policy import Identity
from tests.conformance import frames
from tests.conformance.brokers import SignIn, TableCredentials
from tests.waiting import wait_until

CROWD = 300
AT_ONCE = 2  # sign-ins that another client's packet may wait for
A_FEW = 4  # accepted in a turn of the loop
TURNS = 50


class ConnectCrowd:
    """A broker in this loop, which does not run while the test says something: all of that is there at once."""

    def __init__(self, guard: Guard, port: int, table: TableCredentials) -> None:
        self.guard, self._port, self._table = guard, port, table
        self._open = ExitStack()

    def connected(self) -> socket.socket:
        """Open a connection and send nothing."""
        return self._open.enter_context(socket.create_connection(("127.0.0.1", self._port), 5))

    def hello(self, id: str) -> bytes:
        """Send a valid CONNECT."""
        return SignIn(id, self._table.put(Identity(id)), f"{id}:x").connect()

    async def until(self, count: int) -> None:
        """Sign in so many connections."""

        def are_in() -> bool:
            return sum(one.session is not None for one in list(self.guard.connections)) >= count

        await asyncio.to_thread(wait_until, are_in, 20)

    def close(self) -> None:
        self._open.close()


@asynccontextmanager
async def crowd() -> AsyncIterator[ConnectCrowd]:
    table = TableCredentials()
    guard = Guard(table, BrokerLimits(rate=None))
    broker = GuardedBroker(guard, ListenerSettings(mqtt_ports=(0,), ws_ports=(0,)))
    await broker.start()
    found = ConnectCrowd(guard, broker.addresses.mqtt_port, table)
    try:
        yield found
    finally:
        found.close()
        await broker.close()


@contextmanager
def looked_into(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[type]]:
    """Return the types of the packets that the broker reads, in order."""
    seen: list[type] = []
    decode = packets.decode

    async def noted(*whole: object) -> object:
        packet = await decode(*whole)  # type: ignore[arg-type]
        seen.append(type(packet))
        return packet

    with monkeypatch.context() as patched:
        patched.setattr(packets, "decode", noted)
        yield seen


async def test_a_crowd_that_signs_in_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 CONNECTs that came first hold up nobody who is in by more than two of them, and all of them are let in."""
    async with crowd() as all_of_them:
        inside = all_of_them.connected()
        inside.sendall(all_of_them.hello("c-in"))
        await all_of_them.until(1)
        hellos = [(all_of_them.connected(), all_of_them.hello(f"c-{number}")) for number in range(CROWD)]
        await asyncio.to_thread(wait_until, lambda: len(all_of_them.guard.half_open) >= CROWD, 20)
        with looked_into(monkeypatch) as seen:
            for connection, hello in hellos:
                connection.sendall(hello)
            inside.sendall(frames.PINGREQ)
            await all_of_them.until(CROWD + 1)
        before = next(place for place, kind in enumerate(seen) if kind is not ConnectPacket)
        assert before <= AT_ONCE
        assert seen.count(ConnectPacket) == CROWD


async def test_many_sign_ins_at_once() -> None:
    """Of 300 who wait to be accepted a few come in at a turn of the loop, and then those who are in have theirs."""
    async with crowd() as all_of_them:
        for _ in range(CROWD):
            all_of_them.connected()
        known = len(all_of_them.guard.half_open)
        for _ in range(TURNS):
            await asyncio.sleep(0)
            more = len(all_of_them.guard.half_open) - known
            assert more <= A_FEW
            known += more
        assert known > 0
