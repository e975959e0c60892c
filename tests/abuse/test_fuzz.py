"""
Random and mutated packets at each listener of each broker: it still serves, nobody hears what is not theirs, and its
memory is back at its level. FUZZ_PACKETS, FUZZ_S and FUZZ_SEED make it longer, or another one (`make fuzz`).
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest

from chat_core.contract.ids import BRIDGE
from tests.abuse.embedded import Abused, embedded, sign_in
from tests.abuse.fuzz import Fuzzer, FuzzTarget
from tests.conformance import frames
from tests.conformance.brokers import SignIn, TestedBroker
from tests.conformance.frames import RawClient
from tests.waiting import wait_until

PACKETS: Final = int(os.environ.get("FUZZ_PACKETS", "800"))
SECONDS: Final = float(os.environ.get("FUZZ_S", "0"))
SEED: Final = int(os.environ.get("FUZZ_SEED", "20261124"))
# This part comes first: code is loaded, buffers are allocated; embedded WebSockets are level after 20,000 packets.
WARM: Final = 0.2 if PACKETS < 5_000 else min(1.0, max(0.2, 20_000 / PACKETS))
LEVEL_MIB: Final = 12  # more than after that part
BACK_WITHIN_S: Final = 30.0
PING_EVERY_S: Final = 10.0

pytestmark = pytest.mark.timeout(1_800)


class Fuzzed:
    """A broker under test."""

    def __init__(self, broker: TestedBroker | Abused, pid: int) -> None:
        self.host, self.ports = "127.0.0.1", {"tcp": broker.mqtt_port, "ws": broker.ws_port}
        self._broker, self._pid = broker, pid

    def known(self, id: str) -> SignIn:
        """Return sign-in data."""
        return sign_in(id) if isinstance(self._broker, Abused) else self._broker.known(id)

    def joined(self, who: SignIn, *filters: str, listener: str = "tcp") -> RawClient:
        """Sign in and subscribe."""
        broker = self._broker
        client = broker.raw(listener) if isinstance(broker, Abused) else _raw(broker, listener)
        client.sign_in(who.again().connect())
        if filters:
            client.hear(*filters)
        return client

    def log(self) -> str:
        """Return the embedded broker's output."""
        return self._broker.child.log() if isinstance(self._broker, Abused) else ""

    def memory_mib(self) -> float:
        """Return the resident memory of its processes."""
        process = psutil.Process(self._pid)
        found = [process, *process.children(recursive=True)]
        return sum(float(one.memory_info().rss) for one in found) / 1024**2


def _raw(broker: TestedBroker, listener: str) -> RawClient:
    return broker.raw() if listener == "tcp" else broker.raw_ws()


@pytest.fixture(scope="module", params=["embedded", "mosquitto", pytest.param("rabbitmq", marks=pytest.mark.abuse)])
def fuzzed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """Each kind of broker."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    if request.param == "embedded":
        with embedded(folder) as abused:
            yield Fuzzed(abused, abused.child.pid)
        return
    from tests.conformance.others import MosquittoBroker, RabbitBroker

    with (MosquittoBroker if request.param == "mosquitto" else RabbitBroker)(folder) as broker:
        yield Fuzzed(broker, broker._server.child.pid)


@pytest.mark.parametrize("listener", ["tcp", "ws"])
def test_fuzz(fuzzed: Fuzzed, listener: str, request: pytest.FixtureRequest) -> None:
    """Whatever bytes come, it still works, nobody receives foreign messages, and memory does not grow."""
    name, victim, service = fuzzed.known("c-fuzz"), fuzzed.known("c-victim"), fuzzed.known(BRIDGE)
    target = FuzzTarget(fuzzed.host, fuzzed.ports[listener], listener == "ws", lambda: name.again().connect(), "c-fuzz")
    fuzzer = Fuzzer(target, SEED)
    asyncio.run(fuzzer.run(int(PACKETS * WARM), SECONDS * WARM))
    before = fuzzed.memory_mib()
    with fuzzed.joined(victim, "support/c-victim/#") as steady:
        asyncio.run(_kept_alive(fuzzer, steady))
        for one in ("tcp", "ws"):
            log, words = "support/c-victim/log", f"after {one}".encode()
            with fuzzed.joined(service, listener=one) as says:
                says.send(frames.publish(log, words, qos=1)).expect(frames.PUBACK)
            assert steady.messages(1)[0].payload == words, "forged, or nothing"
    assert "Traceback" not in fuzzed.log(), fuzzed.log()[-3_000:]
    wait_until(lambda: fuzzed.memory_mib() < before + LEVEL_MIB, BACK_WITHIN_S, fuzzed.memory_mib)
    sys.stdout.write(f"\n{request.node.callspec.id}: {fuzzer.sent:,} packets on {fuzzer.connections:,} connections, ")
    sys.stdout.write(f"{before:.1f} MiB before, {fuzzed.memory_mib():.1f} after\n")


async def _kept_alive(fuzzer: Fuzzer, steady: RawClient) -> None:
    """Send random packets while another client stays connected."""
    fuzzing = asyncio.create_task(fuzzer.run(fuzzer.sent + PACKETS, SECONDS))
    while not (await asyncio.wait([fuzzing], timeout=PING_EVERY_S))[0]:
        assert await asyncio.to_thread(steady.until_pong) == [], "somebody hears what is not theirs"
    await fuzzing
