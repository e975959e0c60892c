"""Connect BENCH_PEOPLE clients at once to each broker; print how long it takes and what each then costs."""

import asyncio
import os
import struct
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from chat_core.contract import topics
from tests.bench.generator import LoadTarget, settled
from tests.bench.table import ResultTable
from tests.bench.targets import ClientLogins, machine, memory_kb
from tests.chaos.systems import small_system
from tests.conformance import frames

PEOPLE: Final = int(os.environ.get("BENCH_PEOPLE", "1000"))
WARM: Final = 50  # of them come and go first: code is loaded, buffers are there
WITHIN_S: Final = 10.0
BROKERS: Final = ("mosquitto", "embedded")
HANDSHAKE: Final = (
    b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]


async def _come_in(target: LoadTarget, websocket: bool, client: str) -> asyncio.StreamWriter:
    """Signed in, and hearing its own log. The WebSocket is by hand: a library would take as long as the broker."""
    reader, writer = await asyncio.open_connection(*target.address)

    async def ask(packet: bytes, answer: bytes) -> None:
        writer.write(_frame(packet) if websocket else packet)
        expected = b"\x82" + bytes((len(answer),)) + answer if websocket else answer
        assert await reader.readexactly(len(expected)) == expected

    if websocket:
        writer.write(HANDSHAKE)
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    await ask(target.hello(client), b"\x20\x02\0\0")
    await ask(frames.subscribe(topics.log(client), packet_id=1), b"\x90\x03\0\1\1")
    return writer


def _frame(packet: bytes) -> bytes:
    """A binary WebSocket message (RFC 6455 §5.2), masked with zeros, which is as good as not at all."""
    size = bytes((0x80 | len(packet),)) if len(packet) < 126 else struct.pack("!BH", 0x80 | 126, len(packet))
    return b"\x82" + size + bytes(4) + packet


async def _all_at_once(target: LoadTarget, websocket: bool, clients: list[str], pid: int) -> tuple[float, float]:
    """Seconds until the last is in, and KB that each costs."""
    for writer in await asyncio.gather(*(_come_in(target, websocket, client) for client in clients[:WARM])):
        writer.close()
    await settled()
    before_kb, began_s = memory_kb(pid), time.perf_counter()
    inside = await asyncio.gather(*(_come_in(target, websocket, client) for client in clients[WARM:]))
    lasted_s = time.perf_counter() - began_s
    await settled()
    each_kb = (memory_kb(pid) - before_kb) / len(inside)
    for writer in inside:
        writer.close()
    return lasted_s, each_kb


def test_a_thousand_at_once(tmp_path: Path) -> None:
    """All are in within 10 s; what an idle one costs, over TCP and WebSocket, each in a fresh process."""
    clients = [f"c-i{number}" for number in range(WARM + PEOPLE)]
    table = ResultTable(f"{PEOPLE:,} at once, then idle; {machine()}", ("", "all in, s", "KB each"))
    for websocket in (False, True):
        for broker in BROKERS:
            name = f"{broker}, {'WebSocket' if websocket else 'TCP'}"
            with small_system(tmp_path / name.replace(", ", "-"), {"WATTLINE_BROKER": broker}, None) as system:
                logins = ClientLogins(system, clients)
                port = system.processes["broker"].port("ws" if websocket else "mqtt")
                target = LoadTarget(("127.0.0.1", port), logins.password, topics.log)
                lasted_s, each_kb = asyncio.run(
                    _all_at_once(target, websocket, clients, system.processes["broker"].pid)
                )
            table.add(name, lasted_s, each_kb)
            assert lasted_s < WITHIN_S, name
    sys.stdout.write(f"\n{table}\n")
