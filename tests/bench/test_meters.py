"""Print the chat's tick beside BENCH_METERS (1,000) meters, and how long a year's chart takes from the database."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Final

import psutil
import pytest

from chat_core.store import Store
from tests.bench import generator
from tests.bench.generator import LoadTarget, talkers
from tests.bench.meters import add_devices, connected, read_on
from tests.bench.table import ResultTable, Times
from tests.bench.targets import machine, real_bridge
from tests.contract.stores import T0, committed, opened, sqlite_at
from tests.real.wattline import config_of
from tests.waiting import wait_until

SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "8"))
METERS: Final = int(os.environ.get("BENCH_METERS", "1000"))
TURNS: Final = 3
CHAT_PER_S: Final = 60
PEOPLE: Final = [f"c-b{number}" for number in range(20)]
PASSWORD: Final = "a-password-of-a-device"
YEAR_MS: Final = 366 * 86_400_000
SETTINGS: Final = {"WATTLINE_RATE": "off"}

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


async def _talk(target: LoadTarget, *, beside: bool) -> list[float]:
    async with talkers(target, PEOPLE) as people, connected(target, PEOPLE) as lines:
        reading = asyncio.create_task(read_on(lines, PEOPLE, METERS)) if beside else None
        times = await generator.paced(people, CHAT_PER_S, SECONDS)
        if reading is not None:
            reading.cancel()
        return times


@pytest.mark.parametrize("broker", ["mosquitto", "embedded"])
def test_meters_beside_the_chat(tmp_path: Path, broker: str) -> None:
    """The tick at 60 messages a second, alone and while all meters send their reading a minute."""
    table = ResultTable(
        f"{broker}, SQLite; {METERS:,} meters; {machine()}; ms",
        ("tick", "", "p50", "p95", "p99", "largest", "messages"),
    )
    with real_bridge(tmp_path, SETTINGS | {"WATTLINE_BROKER": broker}, PEOPLE) as (system, target):
        add_devices(system, PEOPLE)
        found: dict[bool, list[float]] = {False: [], True: []}
        bridge = psutil.Process(system.processes["bridge"].pid)
        busy_s = {False: 0.0, True: 0.0}
        for _ in range(TURNS):
            for beside in (False, True):
                began = bridge.cpu_times()
                found[beside] += asyncio.run(_talk(target, beside=beside))
                ended = bridge.cpu_times()
                busy_s[beside] += ended.user + ended.system - began.user - began.system
        alone, together = Times.of(found[False]), Times.of(found[True])
        table.add_times("alone", f"{CHAT_PER_S}/s", alone)
        table.add_times("beside meters", f"{CHAT_PER_S}/s", together)
        table.add("grown by", "", together.p50 / alone.p50 - 1, "", together.p99 / alone.p99 - 1, "", "")
        per_s = [1_000 * spent / TURNS / SECONDS for spent in busy_s.values()]
        table.add("the bridge's CPU, ms/s: alone; beside", "", per_s[0], per_s[1], "", "", "")
        with Store.open(config_of(system.data, system.settings)) as store:
            wait_until(lambda: store.consumption.last_reading(PEOPLE[0]) is not None)
    sys.stdout.write(f"\n{table}\n")


def test_a_year_of_quarters(tmp_path: Path) -> None:
    """A year of one meter, read every quarter of an hour: stored, and fetched as the chart's two columns."""
    table = ResultTable(f"a year of quarters, SQLite; {machine()}", ("", "ms"))
    with opened(sqlite_at(tmp_path)) as store:
        readings = [(T0 + at, 10**6 + at // 15_000) for at in range(0, YEAR_MS, 900_000)]
        began_s = time.perf_counter()
        for start in range(0, len(readings), 96):
            with committed(store) as tx:
                for at, wh in readings[start : start + 96]:
                    tx.add_reading("c-42", "m-1", at, wh, None)
        table.add("store one reading, in batches of 96", (time.perf_counter() - began_s) * 1_000 / len(readings))
        times = []
        for _ in range(10):
            began_s = time.perf_counter()
            columns = store.consumption.interval_columns("c-42", T0, T0 + YEAR_MS, "quarter", "Europe/Bucharest")
            times.append(time.perf_counter() - began_s)
        table.add(f"columns, {sum(map(len, columns)) // 1_024} KiB, p50", Times.of(times).p50)
        table.add("columns, largest", Times.of(times).most)
    sys.stdout.write(f"\n{table}\n")
