"""
The embedded broker, as a separate process, under each kind of flood from one peer.

ABUSE_MESSAGES and ABUSE_S make the floods longer, as `make bench` does; the promises stay the same.
"""

import asyncio
import math
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from chat_core.contract import topics
from tests.abuse.embedded import PASSWORD, Abused, embedded, sign_in
from tests.bench import generator
from tests.bench.generator import LoadTarget, talkers
from tests.conformance import frames
from tests.waiting import wait_until

MESSAGES: Final = int(os.environ.get("ABUSE_MESSAGES", "20000"))
SECONDS: Final = float(os.environ.get("ABUSE_S", "1.5"))
LISTENERS: Final = ("tcp", "ws")
RATE: Final = (10.0, 50)  # as in the product
READ_AHEAD: Final = 5
A_SECOND: Final = 1.0
BOUND_MIB: Final = 40  # memory that a flood may cost, whatever its size
WORDS: Final = b"x" * 300


class Peer:
    """A connection that writes as fast as the broker reads, and counts the bytes that come back."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self.send = send
        self.heard_bytes = 0
        self.wanted_bytes = math.inf
        self.enough = asyncio.Event()

    def hear(self, data: str | bytes) -> None:
        """Return the number of answers: a CONNACK and PUBACKs, of four bytes each."""
        self.heard_bytes += len(data)
        if self.heard_bytes > self.wanted_bytes:
            self.enough.set()


@asynccontextmanager
async def peer(broker: Abused, id: str, listener: str) -> AsyncIterator[Peer]:
    """Sign in over this listener."""
    if listener == "tcp":
        reader, writer = await asyncio.open_connection("127.0.0.1", broker.mqtt_port)

        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        async def hear() -> None:
            while data := await reader.read(65_536):
                found.hear(data)

        found, close = Peer(send), writer.transport.abort
    else:
        websocket = await open_websocket(
            f"ws://127.0.0.1:{broker.ws_port}/mqtt", subprotocols=[Subprotocol("mqtt")], compression=None
        )

        async def hear() -> None:
            async for data in websocket:
                found.hear(data)

        found, close = Peer(websocket.send), websocket.transport.abort
    hearing = asyncio.create_task(_until_closed(hear()))
    try:
        await found.send(sign_in(id).connect())
        yield found
    finally:
        close()
        await hearing


async def _until_closed(hearing: Coroutine[None, None, None]) -> None:
    with suppress(OSError, ConnectionClosed):
        await hearing


async def flood(one: Peer, id: str) -> None:
    """Send 20,000 messages as fast as the broker reads them."""
    topic = topics.msg(id)
    with suppress(OSError, ConnectionClosed):
        for number in range(MESSAGES):
            await one.send(frames.publish(topic, WORDS, qos=1, packet_id=number % 65_535 + 1))


async def stop(flooding: asyncio.Task[None]) -> None:
    """Wait for the end of the flood, read or not."""
    flooding.cancel()
    await asyncio.gather(flooding, return_exceptions=True)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Abused]:
    """A broker without a rate limit."""
    with embedded(tmp_path_factory.mktemp("embedded")) as running:
        yield running


@pytest.fixture(scope="module")
def limiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Abused]:
    """A broker with the product's rate limit."""
    with embedded(tmp_path_factory.mktemp("limiting"), rate=RATE) as running:
        yield running


@pytest.mark.alone
@pytest.mark.parametrize(
    ("limited", "listener"),
    [
        (True, "ws"),
        (False, "tcp"),
        pytest.param(True, "tcp", marks=pytest.mark.bench),
        pytest.param(False, "ws", marks=pytest.mark.bench),
    ],
)
def test_others_while_one_floods(broker: Abused, limiting: Abused, limited: bool, listener: str) -> None:
    """While one client sends 20,000 messages as fast as it can, nobody else waits a second, and memory is bounded."""
    abused, flooding_id = limiting if limited else broker, f"c-{listener}"

    async def run() -> tuple[list[float], int]:
        target = LoadTarget(("127.0.0.1", abused.mqtt_port), lambda _: PASSWORD, topics.msg)
        async with talkers(target, ["c-1", "c-2"]) as pair, peer(abused, flooding_id, listener) as flooder:
            flooding = asyncio.create_task(flood(flooder, flooding_id))
            times = await generator.paced(pair, 8, SECONDS)
            if not limited:
                await flooding
                times += await generator.paced(pair, 8, 1)
            await stop(flooding)
            return times, flooder.heard_bytes // 4

    before = abused.memory_mib()
    times, taken = asyncio.run(run())
    sys.stdout.write(
        f"\n{listener}, limited {limited}: {taken:,} taken, the others at most {max(times) * 1e3:.0f} ms, "
    )
    sys.stdout.write(f"{abused.memory_mib() - before:.1f} MiB more\n")
    assert max(times) < A_SECOND
    assert abused.memory_mib() - before < BOUND_MIB
    assert taken > (RATE[1] * READ_AHEAD if limited else MESSAGES * 0.9), "there was no flood"


@pytest.mark.parametrize("listener", LISTENERS)
def test_not_read_beyond_five_times_the_rate(limiting: Abused, listener: str) -> None:
    """The broker reads 5 × the burst at once and then 5 × the rate; more waits at the sender."""

    async def run() -> tuple[int, float]:
        async with peer(limiting, "c-over", listener) as flooder:
            began_s = time.monotonic()
            flooder.wanted_bytes = 4 * (burst + per_second)
            flooding = asyncio.create_task(flood(flooder, "c-over"))
            await flooder.enough.wait()
            counted, lasted_s = flooder.heard_bytes // 4, time.monotonic() - began_s
            await stop(flooding)
            return counted, lasted_s

    per_second, burst = (READ_AHEAD * value for value in RATE)
    counted, lasted_s = asyncio.run(run())
    assert counted <= burst + per_second * lasted_s + 2  # the CONNACK, and the one beyond the limit


def test_a_reader_that_does_not_read(broker: Abused) -> None:
    """60 MB for readers that do not read, with QoS 0 and 1, connected or not, cost only a bounded part of it."""
    away = sign_in("c-away")
    with broker.raw() as leaving:
        leaving.sign_in(away.connect(clean=False))
        leaving.hear(topics.log("c-away"))
    with broker.joined("s-bridge") as service, broker.joined("c-one", topics.log("c-one")), broker.raw() as careless:
        careless.sign_in(sign_in("c-none").connect())
        careless.hear(topics.log("c-none"), qos=0)
        before = broker.memory_mib()
        for id, qos in (("c-one", 1), ("c-none", 0), ("c-away", 1)):
            for _ in range(330):
                service.send(frames.publish(topics.log(id), b"x" * 60_000, qos=qos))
        service.until_pong()
        assert broker.memory_mib() - before < BOUND_MIB


def test_how_many_may_connect(tmp_path: Path) -> None:
    """Beyond the limit new connections are closed at once, by TCP and WebSocket; existing ones stay."""
    with embedded(tmp_path, connections=20) as few, few.joined("c-1") as inside:
        others = [few.raw() for _ in range(19)]
        for _ in range(10):
            assert few.raw().closed()
        with pytest.raises((OSError, WebSocketException)):
            few.raw("ws")
        assert inside.until_pong() == []
        for other in others:
            other.pipe.close()
        wait_until(lambda: few.joined("c-2").until_pong() == [])


def test_names_that_cost_memory(broker: Abused) -> None:
    """Filters of tens of thousands of levels or characters are refused: a guest could fill gigabytes with them."""
    with broker.joined("c-1") as client:
        before = broker.memory_mib()
        for number in range(30):
            assert client.hear(f"support/c-1/{'+/' * 30_000}{number}") == b"\x80"
            assert client.hear(f"support/c-1/{'x' * 60_000}{number}") == b"\x80"
        assert client.hear("support/c-1/" + "+/" * 20 + "#") == b"\x80"
        assert client.hear(*(f"support/c-1/{number}/+/+/+/+/+/#" for number in range(100))).count(b"\x01") == 64
        assert broker.memory_mib() - before < BOUND_MIB


def test_a_publish_among_many_filters(broker: Abused) -> None:
    """A publish takes the same processor time with 10 filters subscribed as with 10,000."""
    published = frames.publish("notice/outage", WORDS) * 1_000

    def cost() -> float:
        began_s = broker.busy_s()
        for _ in range(15):
            service.send(published).until_pong()
        return broker.busy_s() - began_s

    with broker.joined("s-bridge") as service, broker.joined("c-1", "notice/desk") as hears, ExitStack() as many:
        assert hears.hear(*[f"support/c-1/{number}" for number in range(10)]) == b"\1" * 10
        cost()
        with_few = min(cost() for _ in range(3))
        for holder in range(2, 12):
            holds = many.enter_context(broker.joined(f"a-{holder}"))
            for start in range(0, 1_000, 200):
                names = [f"support/c-{holder}/{number}/#" for number in range(start, start + 200)]
                assert holds.hear(*names) == b"\1" * 200
        with_many = min(cost() for _ in range(3))
    sys.stdout.write(f"\n15,000 publishes: {with_few:.2f} s with 10 filters, {with_many:.2f} s with 10,000\n")
    assert with_many < 1.5 * with_few
