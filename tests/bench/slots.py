"""
Measure a message's processor time with one bridge and with three: `python -m tests.bench.slots [PAIRS]`.

On Mosquitto and PostgreSQL, in turn. What bridges, broker and database spend is counted, the senders' own time is not.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from chat_core.contract import topics
from tests.bench.generator import paced, talkers
from tests.bench.targets import ClientLogins
from tests.chaos.several_bridges import several_bridges
from tests.real.postgres import Postgres

PEOPLE: Final = [f"c-b{number}" for number in range(60)]
PER_S: Final = 300
SECONDS: Final = 10.0
PARTS: Final = ("bridges", "broker", "database")


def spent_s(pids: list[int]) -> float:
    """Return the processor time of these processes and all below them."""
    families = [each for pid in pids for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]
    return sum(sum(process.cpu_times()[:2]) for process in families)


@contextmanager
def counted(parts: dict[str, list[int]], found: dict[str, float]) -> Iterator[None]:
    before = {name: spent_s(pids) for name, pids in parts.items()}
    yield
    found.update({name: (spent_s(pids) - before[name]) / (PER_S * SECONDS) * 1e6 for name, pids in parts.items()})


def measure(folder: Path, postgres: Postgres, bridges: int) -> dict[str, float]:
    """Return microseconds a message, by part."""
    settings = {
        "WATTLINE_BROKER": "mosquitto",
        "WATTLINE_RATE": "off",
        "WATTLINE_SLOTS": str(bridges),
        "WATTLINE_DB": postgres.fresh_database(),
    }
    found: dict[str, float] = {}
    with several_bridges(folder, settings, bridges) as system:
        target = ClientLogins(system, PEOPLE).target(topics.log)
        parts = {
            "bridges": [bridge.pid for bridge in system.bridges],
            "broker": [system.processes["broker"].child.pid],
            "database": [postgres.child.pid],
        }

        async def run() -> None:
            async with talkers(target, PEOPLE) as people:
                with counted(parts, found):
                    await paced(people, PER_S, SECONDS)

        asyncio.run(run())
    return found


def main(pairs: int) -> None:
    rounds: dict[int, list[dict[str, float]]] = {1: [], 3: []}
    with Postgres() as postgres, tempfile.TemporaryDirectory(prefix="wl-slots-") as folder:
        for n in range(pairs):
            for bridges, measured in rounds.items():
                measured.append(measure(Path(folder) / f"{n}-{bridges}", postgres, bridges))
                told = " ".join(f"{part} {value:.0f}" for part, value in measured[-1].items())
                sys.stdout.write(f"{bridges} bridges, µs a message: {told}, all {sum(measured[-1].values()):.0f}\n")
    for part in (*PARTS, "all"):
        one, three = (
            statistics.median(sum(each.values()) if part == "all" else each[part] for each in rounds[bridges])
            for bridges in (1, 3)
        )
        sys.stdout.write(f"{part}: {one:.0f} with one, {three:.0f} with three, {three / one:.2f} times\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
