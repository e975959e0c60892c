"""Print how long an outage and its end take to BENCH_SUBSCRIBERS (10,000) screens, beside a client who talks."""

import asyncio
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, encode
from chat_core.store import Store
from tests.bench import generator
from tests.bench.generator import LoadTarget, talkers
from tests.bench.table import ResultTable, Times
from tests.bench.targets import ClientLogins, machine, real_bridge
from tests.chaos.connection import PeerConnection
from tests.real.wattline import config_of, run_cli

SUBSCRIBERS: Final = int(os.environ.get("BENCH_SUBSCRIBERS", "10000"))
AREA: Final = "north"
BOSS: Final = "a-boss"
TALKER: Final = "c-talker"
SCREENS: Final = [f"c-s{number}" for number in range(SUBSCRIBERS)]
SETTINGS: Final = {"WATTLINE_RATE": "off"}
TOGETHER: Final = 50
WITHIN_S: Final = 30.0

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


class Screens:
    def __init__(self) -> None:
        self.lines: list[PeerConnection] = []
        self.times_s: list[float] = []
        self.began_s = 0.0
        self.all = asyncio.Event()

    def hear(self, _topic: bytes, payload: bytes) -> None:
        """A notice; the empty one that clears it says nothing."""
        if payload:
            self.times_s.append(time.perf_counter() - self.began_s)
            if len(self.times_s) == len(self.lines):
                self.all.set()

    async def told(self, boss: PeerConnection, command: Command) -> Times:
        self.times_s.clear()
        self.all.clear()
        self.began_s = time.perf_counter()
        boss.publish(topics.desk_do(BOSS).encode(), encode(command))
        async with asyncio.timeout(WITHIN_S):
            await self.all.wait()
        return Times.of(self.times_s)


async def _open(target: LoadTarget, screens: Screens) -> None:
    filters = [topics.outage(AREA)]
    for start in range(0, len(SCREENS), TOGETHER):
        part = SCREENS[start : start + TOGETHER]
        opening = (PeerConnection.open(target.address, target.hello(client), filters, screens.hear) for client in part)
        screens.lines += await asyncio.gather(*opening)


async def _run(target: LoadTarget) -> tuple[Times, Times, Times, Times]:
    screens = Screens()
    boss = await PeerConnection.open(target.address, target.hello(BOSS), [], lambda *_: None)
    async with talkers(target, [TALKER]) as people:
        await _open(target, screens)
        alone = Times.of(await generator.paced(people, 20, 3))
        talking = asyncio.create_task(generator.paced(people, 20, 3))
        await asyncio.sleep(0)
        text = {"en": "Power is off in the north.", "ro": "Curentul este oprit în nord."}
        begun = await screens.told(boss, Command(id="bench-on", do=Do.NOTICE, areas=[AREA], text=text))
        ended = await screens.told(boss, Command(id="bench-off", do=Do.NOTICE, areas=[AREA]))
        beside = Times.of(await talking)
    for line in [boss, *screens.lines]:
        line.close()
    return begun, ended, alone, beside


@pytest.mark.parametrize("broker", ["mosquitto", "embedded"])
def test_an_outage(tmp_path: Path, broker: str) -> None:
    """From the order to the last screen, for the outage and for its end; and a chat's tick meanwhile."""
    table = ResultTable(
        f"{broker}: an outage told to {SUBSCRIBERS:,}; {machine()}; ms",
        ("", "", "p50", "p95", "p99", "largest", "told"),
    )
    settings = SETTINGS | {"WATTLINE_BROKER": broker}
    with real_bridge(tmp_path, settings, [TALKER]) as (system, _):
        with Store.open(config_of(system.data, system.settings)) as store:
            store.registry.add_agent(BOSS, "Boss", admin=True)
        logins = ClientLogins(system, [TALKER, *SCREENS])
        boss = json.loads(run_cli(tmp_path, "token", BOSS, settings=settings))["password"]
        target = replace(logins.target(topics.log), login=lambda id: boss if id == BOSS else logins.password(id))
        begun, ended, alone, beside = asyncio.run(_run(target))
        table.add_times("outage", "", begun)
        table.add_times("its end", "", ended)
        table.add_times("tick alone", "20/s", alone)
        table.add_times("tick meanwhile", "20/s", beside)
    sys.stdout.write(f"\n{table}\n")
