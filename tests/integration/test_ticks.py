"""A tick at the speed of one person takes milliseconds. On running brokers and bridges."""

import asyncio
from pathlib import Path

import pytest

from tests.bench.generator import LoadTarget, paced, talkers
from tests.bench.targets import real_bridge

CLIENT = "c-42"
PER_S, SECONDS = 20, 2
NAGLES_MS = 10  # Nagle's algorithm with a delayed acknowledgement makes every tick take 20 to 44 ms

pytestmark = pytest.mark.alone


async def _ticks_ms(target: LoadTarget) -> list[float]:
    async with talkers(target, [CLIENT]) as people:
        return sorted(1_000 * time_s for time_s in await paced(people, PER_S, SECONDS))


@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_no_end_waits_for_more_to_send(tmp_path: Path, broker: str) -> None:
    """At 20 messages a second the fastest tenth of ticks takes under 10 ms, over TCP and WebSocket."""
    with real_bridge(tmp_path, {"WATTLINE_BROKER": broker, "WATTLINE_RATE": "off"}, [CLIENT]) as (_, tcp):
        for target in (tcp, tcp.over_websocket()):
            times_ms = asyncio.run(_ticks_ms(target))
            assert times_ms[len(times_ms) // 10] < NAGLES_MS, times_ms
