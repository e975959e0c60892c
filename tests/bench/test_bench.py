"""
Print ticks, throughput, sign-ins and memory beside their bases, measured in turn in one run.

BENCH_SECONDS says how long each measurement takes. Nothing is asserted but that everything came back.
"""

import asyncio
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest

from chat_core.contract import topics
from chat_core.contract.payloads import Presence, encode
from tests.bench import generator
from tests.bench.generator import LoadSender, LoadTarget, talkers
from tests.bench.sign_in_load import SignInRate, sign_in_load
from tests.bench.table import ResultTable, Times, percentile
from tests.bench.targets import (
    commit_times,
    machine,
    memory_kb,
    no_bridge,
    null_bridge,
    real_bridge,
    stock_broker,
    sync_times,
)
from tests.real.postgres import Postgres
from tests.waiting import wait_until

SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "8"))
SHORT_RUNS: Final = 8
AT_ONCE: Final = 4  # outsiders who sign in
TURNS: Final = 3  # each thing is measured so often, in turn, so that a slow minute is everybody's
SETTINGS: Final = {"WATTLINE_RATE": "off"}
PEOPLE: Final = [f"c-b{number}" for number in range(20)]
WINDOW: Final = 50  # of each of them, flat out: a thousand under way
IDLE: Final = 1_000
FEW, MANY = 50, 1_000  # clients who talk
HUMAN_PER_S: Final = 20
WARM: Final = 50  # of them come and go first: code is loaded, buffers are there
BROKERS: Final = ("mosquitto", "embedded")
QUIET: Final = 1.0  # load below which a measurement is worth keeping

Turn = dict[str, list[float]]  # what was measured one after the other: times by name

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_800)]


def quiet() -> None:
    """Wait for a quiet machine, at most a minute; the table says how loaded it was."""
    try:
        wait_until(lambda: os.getloadavg()[0] < QUIET, 60)
    except AssertionError:
        sys.stdout.write(f"\nthe machine is busy: load {os.getloadavg()[0]:.2f}\n")


def paced(target: LoadTarget, per_s: float, people: int) -> list[float]:
    async def run() -> list[float]:
        async with talkers(target, PEOPLE[:people]) as clients:
            return await generator.paced(clients, per_s, SECONDS / TURNS if per_s > 100 else SECONDS)

    return asyncio.run(run())


def flat_out(target: LoadTarget) -> float:
    async def run() -> float:
        async with talkers(target, PEOPLE) as clients:
            return await generator.flat_out(clients, WINDOW, SECONDS / 2)

    return asyncio.run(run())


@pytest.mark.parametrize("broker", BROKERS)
def test_tick(tmp_path: Path, broker: str) -> None:
    """From publish to the own id on the log, at human speed and at 300 a second, and flat out, beside hop and null."""
    quiet()
    settings = SETTINGS | {"WATTLINE_BROKER": broker}
    table = ResultTable(f"{broker}, SQLite; {machine()}; ms", ("", "load", "p50", "p95", "p99", "largest", "messages"))
    most = ResultTable(
        f"{broker}: flat out, {len(PEOPLE)} clients with {WINDOW} under way each", ("", "messages/s", "of null")
    )
    with (
        real_bridge(tmp_path / "real", settings, PEOPLE) as (_, tick),
        null_bridge(tmp_path / "null", settings, PEOPLE) as null,
        no_bridge(tmp_path / "none", settings, PEOPLE) as hop,
    ):
        parts = {"hop": hop, "null": null, "tick": tick}
        syncs: list[float] = []
        for per_s, people in ((HUMAN_PER_S, 1), (60, len(PEOPLE)), (300, len(PEOPLE)), (1_000, len(PEOPLE))):
            turns: list[Turn] = []
            for _ in range(SHORT_RUNS if per_s == 300 else TURNS):
                turn = {
                    "sync": sync_times(tmp_path, 100, per_s),
                    "sync alone": sync_times(tmp_path, 300),
                    **{name: paced(target, per_s, people) for name, target in parts.items()},
                }
                syncs += turn["sync alone"]
                turns.append(turn)
            for name in (*parts, "sync"):
                table.add_times(name, f"{per_s}/s", _all_of(turns, name))
            _judge(table, per_s, turns)
            if per_s == HUMAN_PER_S:
                _beside_websocket(table, tick)
        table.add_times("sync", "one after the other", Times.of(syncs))
        reached = dict.fromkeys(parts, 0.0)
        for _ in range(TURNS):
            for name, target in parts.items():
                reached[name] = max(reached[name], flat_out(target))
        for name, rate in reached.items():
            most.add(_NAMES[name], rate, rate / reached["null"])
    sys.stdout.write(f"\n{table}\n{most}\n")


_NAMES: Final = {"hop": "echo (the generator's ceiling)", "null": "null", "tick": "committed"}


def _beside_websocket(table: ResultTable, tcp: LoadTarget) -> None:
    """The same tick as a browser has it, in turn with TCP's."""
    over: dict[str, list[float]] = {"tick over TCP": [], "tick over WebSocket": []}
    for _ in range(TURNS):
        for name, target in zip(over, (tcp, tcp.over_websocket()), strict=True):
            over[name] += paced(target, HUMAN_PER_S, 1)
    (first, second) = (Times.of(times) for times in over.values())
    table.add_times("tick over WebSocket", f"{HUMAN_PER_S}/s", second)
    table.add("WebSocket p50 / TCP p50", f"{HUMAN_PER_S}/s", second.p50 / first.p50, "", "", "", "")


@pytest.mark.parametrize("broker", BROKERS)
def test_many_clients(tmp_path: Path, broker: str) -> None:
    """300 messages a second by a thousand clients, all connected, beside the same by fifty and by one."""
    quiet()
    crowd = [f"c-m{number}" for number in range(MANY)]
    head = ("tick at 300/s", "clients", "p50", "p95", "p99", "largest", "messages")
    table = ResultTable(f"{broker}, SQLite; {machine()}; ms", head)
    with real_bridge(tmp_path, SETTINGS | {"WATTLINE_BROKER": broker}, crowd) as (_, tick):

        async def run(people: int) -> list[float]:
            async with talkers(tick, crowd[:people]) as clients:
                return await generator.paced(clients, 300, SECONDS / TURNS)

        found: dict[int, list[float]] = {people: [] for people in (1, FEW, MANY)}
        for _ in range(TURNS):
            for people, times in found.items():
                times += asyncio.run(run(people))
        for people, times in found.items():
            table.add_times("tick", f"{people:,}", Times.of(times))
        table.add(
            "p99 / that of fifty", f"{MANY:,}", "", "", Times.of(found[MANY]).p99 / Times.of(found[FEW]).p99, "", ""
        )
    sys.stdout.write(f"\n{table}\n")


@pytest.mark.parametrize("broker", BROKERS)
def test_on_postgres(tmp_path: Path, broker: str) -> None:
    """On a PostgreSQL that syncs, beside null, its own commits and SQLite: ticks at three rates, and flat out."""
    quiet()
    settings = SETTINGS | {"WATTLINE_BROKER": broker}
    table = ResultTable(f"{broker}, flat out; {machine()}", ("", "messages/s", "of null"))
    ticks = ResultTable(f"{broker}; {machine()}; ms", ("", "load", "p50", "p95", "p99", "largest", "messages"))
    with (
        Postgres(syncs=True) as server,
        real_bridge(tmp_path / "pg", settings | {"WATTLINE_DB": server.fresh_database()}, PEOPLE) as (_, postgres),
        real_bridge(tmp_path / "sqlite", settings, PEOPLE) as (_, sqlite),
        null_bridge(tmp_path / "null", settings, PEOPLE) as null,
    ):
        parts = {"null": null, "tick": postgres, "tick on SQLite": sqlite}
        bare = server.fresh_database()
        reached = dict.fromkeys(parts, 0.0)
        for _ in range(TURNS):
            for name, target in parts.items():
                reached[name] = max(reached[name], flat_out(target))
        for per_s in (60, 300, 1_000):
            turns: list[Turn] = []
            for _ in range(SHORT_RUNS if per_s == 300 else TURNS):
                turn = {name: paced(target, per_s, len(PEOPLE)) for name, target in parts.items()}
                turns.append(turn | {"sync alone": commit_times(bare), "sync": commit_times(bare, 100, per_s)})
            for name in (*parts, "sync"):
                ticks.add_times(name, f"{per_s}/s", _all_of(turns, name))
            _judge(ticks, per_s, turns)
        for name, rate in reached.items():
            table.add(name, rate, rate / reached["null"])
    sys.stdout.write(f"\n{table}\n{ticks}\n")


def _all_of(turns: Sequence[Turn], name: str) -> Times:
    return Times.of([time for turn in turns for time in turn[name]])


def _judge(table: ResultTable, per_s: int, turns: Sequence[Turn]) -> None:
    """The median of what the turns say, each of its own null and sync, and the largest beside it."""
    medians = [{name: statistics.median(times) for name, times in turn.items()} for turn in turns]
    for sync, told in (("sync alone", "sync alone"), ("sync", "sync at that pace")):
        ratios = [turn["tick"] / (turn["null"] + turn[sync]) for turn in medians]
        row = f"tick p50 / (null + {told}), median of {len(turns)} turns"
        table.add(row, f"{per_s}/s", statistics.median(ratios), "", "", max(ratios), "")
    tick = _all_of(turns, "tick")
    table.add("tick p99 / p50", f"{per_s}/s", tick.p99 / tick.p50, "", "", "", "")


def test_embedded_beside_stock(tmp_path: Path) -> None:
    """Echo, sign-ins and memory of the embedded broker beside amqtt as it comes."""
    quiet()
    idle, others, more = ([f"c-{crowd}{number}" for number in range(IDLE)] for crowd in "ijk")
    table = ResultTable(f"embedded beside stock amqtt 0.12.1; {machine()}", ("", "stock", "ours", "ours / stock"))
    with (
        stock_broker(tmp_path / "stock") as (stock, theirs),
        real_bridge(tmp_path / "real", SETTINGS | {"WATTLINE_BROKER": "embedded"}, PEOPLE + idle + others + more) as (
            system,
            ours,
        ),
    ):
        # First, in fresh processes: what others leave behind would be taken for process that costs nothing.
        (stock_kb,) = _idle_kb(theirs, idle, stock.pid)
        broker_kb, first_kb = _idle_kb(ours, idle, system.processes["broker"].pid, system.processes["bridge"].pid)
        _, bridge_kb = _each_of_crowds(ours, (others, more), system.processes["bridge"].pid)
        table.add("KB per idle connection", stock_kb, broker_kb, broker_kb / stock_kb)
        table.add(f"KB of the bridge per client on the line: of the first {IDLE:,}", "", first_kb, "")
        table.add(f"… of {IDLE:,} more, beside as many others", "", bridge_kb, "")
        table.add("echo; committed messages/s", *_in_turn(flat_out, theirs, ours))
        table.add("sign-ins/s: anonymous; token", *_in_turn(_signed_in, theirs, ours))
        beside = _ticks_beside_sign_ins(tmp_path, ours, theirs)
    sys.stdout.write(f"\n{table}\n{beside}\n")


def _in_turn(
    measure: Callable[[LoadTarget], float], theirs: LoadTarget, ours: LoadTarget
) -> tuple[float, float, float]:
    """Return both medians, and that of each turn's ours / theirs: between turns the machine may change its speed."""
    turns = [(measure(theirs), measure(ours)) for _ in range(SHORT_RUNS)]
    ratio = statistics.median(mine / stock for stock, mine in turns)
    return statistics.median(stock for stock, _ in turns), statistics.median(mine for _, mine in turns), ratio


def _signed_in(target: LoadTarget) -> float:
    return asyncio.run(generator.sign_ins(target, PEOPLE * 100, SECONDS / TURNS))


def _ticks_beside_sign_ins(folder: Path, target: LoadTarget, another: LoadTarget) -> ResultTable:
    """Of one client at 20 a second: alone, beside sign-ins without a pause, and beside the same at another broker."""

    async def run(where: LoadTarget | None) -> tuple[Times, float]:
        async with AsyncExitStack() as around:
            (person,) = await around.enter_async_context(talkers(target, PEOPLE[:1]))
            let = (
                await around.enter_async_context(sign_in_load(where, PEOPLE[1:] * 100, folder, AT_ONCE))
                if where
                else SignInRate()
            )
            times = Times.of(await generator.paced([person], HUMAN_PER_S, SECONDS / 2))
        return times, let.per_s

    places = {"nobody": None, "outsiders sign in": target, "they do so at stock amqtt": another}
    found: dict[str, list[tuple[Times, float]]] = {name: [] for name in places}
    for _ in range(SHORT_RUNS):
        for name, where in places.items():
            found[name].append(asyncio.run(run(where)))
    head = ("meanwhile", "p50", "p95", "largest", "largest / p50 of a run: least", "median", "most", "sign-ins/s")
    table = ResultTable(f"tick of one client at {HUMAN_PER_S}/s, {SHORT_RUNS} short runs; {machine()}; ms", head)
    for name, runs in found.items():
        p50, p95, most = (
            percentile(sorted(of), 50) for of in zip(*((t.p50, t.p95, t.most) for t, _ in runs), strict=True)
        )
        ratios = sorted(times.most / times.p50 for times, _ in runs)
        table.add(name, p50, p95, most, ratios[0], percentile(ratios, 50), ratios[-1], max(per_s for _, per_s in runs))
    return table


def _idle_kb(target: LoadTarget, clients: list[str], *pids: int) -> list[float]:
    """Return what one more silent connection costs each process, over a thousand, each subscribed and present."""

    async def run() -> list[float]:
        async with talkers(target, clients[:WARM]) as people:
            await _appear(people)
        before = [memory_kb(pid) for pid in pids]
        async with talkers(target, clients[WARM:]) as people:
            await _appear(people)
            return [(memory_kb(pid) - kb) / len(people) for pid, kb in zip(pids, before, strict=True)]

    return asyncio.run(run())


def _each_of_crowds(target: LoadTarget, crowds: Sequence[list[str]], pid: int) -> list[float]:
    """Return what each client of a crowd costs the process; a crowd stays while the next one connects."""

    async def run() -> list[float]:
        found = []
        async with AsyncExitStack() as around:
            for crowd in crowds:
                before = memory_kb(pid)
                await _appear(await around.enter_async_context(talkers(target, crowd)))
                found.append((memory_kb(pid) - before) / len(crowd))
        return found

    return asyncio.run(run())


async def _appear(people: Sequence[LoadSender]) -> None:
    for person in people:
        person.line.publish(topics.presence(person.client).encode(), encode(Presence(online=True, conn="x1")))
    await generator.settled()
