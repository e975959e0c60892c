"""
Measure this checkout against another, in turn: `python -m tests.bench.against OTHER_CHECKOUT [PAIRS]`.

Both run `wattline up` on Mosquitto and SQLite. Print each figure's ratio, this / other: the pairs' median and 95 %
interval.
"""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chat_core.contract import topics
from tests.bench import generator
from tests.bench.generator import LoadTarget, talkers
from tests.bench.targets import machine
from tests.real.parts import REPOSITORY, Child
from tests.real.wattline import environment, read_ports
from tests.waiting import wait_until

PEOPLE: Final = [f"c-b{number}" for number in range(20)]
SETTINGS: Final = {"WATTLINE_RATE": "off", "WATTLINE_BROKER": "mosquitto"}
PER_S: Final = 300
SECONDS: Final = 2.0
WINDOW: Final = 50
Figures = dict[str, float]


@contextlib.contextmanager
def running(checkout: Path, data: Path) -> Iterator[LoadTarget]:
    """The checkout's product, with its own Python and its own code, and these people's credentials."""
    python = checkout / ".venv" / "bin" / "python"
    env = environment(data, SETTINGS) | {"PYTHONPATH": str(checkout)}
    data.mkdir(parents=True, exist_ok=True)
    with Child([str(python), "-m", "chat_core", "up"], log=data / "up.out", env=env, cwd=checkout) as product:
        wait_until(lambda: "Portal:" in product.log(), 60, why=product.log)
        passwords = {}
        for client in PEOPLE:
            token = subprocess.run(
                [str(python), "-m", "chat_core", "token", client], env=env, cwd=checkout, stdout=subprocess.PIPE
            )
            passwords[client] = str(json.loads(token.stdout)["password"])
        yield LoadTarget(("127.0.0.1", read_ports(data)["mqtt"]), lambda client: passwords[client], topics.log)


def measure(target: LoadTarget) -> Figures:
    async def run() -> Figures:
        async with talkers(target, PEOPLE) as people:
            times = sorted(await generator.paced(people, PER_S, SECONDS))
            rate = await generator.flat_out(people, WINDOW, SECONDS)
        p99 = times[int(len(times) * 0.99)]
        return {"tick p50": statistics.median(times), "tick p99": p99, "time a committed message": 1 / rate}

    return asyncio.run(run())


def interval(ratios: list[float]) -> tuple[float, float]:
    """The 95 % interval of the median: order statistics, by the binomial's normal approximation."""
    ordered, count = sorted(ratios), len(ratios)
    reach = 0.98 * count**0.5
    low, high = max(0, int(count / 2 - reach)), min(count - 1, int(count / 2 + reach))
    return ordered[low], ordered[high]


def main(other: Path, pairs: int) -> None:
    found: list[tuple[Figures, Figures]] = []
    sys.stdout.write(f"{machine()}\n")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(REPOSITORY, Path(folder) / "this") as this,
        running(other, Path(folder) / "other") as that,
    ):
        for number in range(pairs):
            first, second = (this, that) if number % 2 else (that, this)
            turn = (measure(first), measure(second))
            found.append(turn if number % 2 else (turn[1], turn[0]))
            time.sleep(0.2)
    for name in found[0][0]:
        ratios = [mine[name] / theirs[name] for mine, theirs in found]
        low, high = interval(ratios)
        mine, theirs = (statistics.median(pair[side][name] for pair in found) * 1e3 for side in (0, 1))
        sys.stdout.write(
            f"{name}: {statistics.median(ratios):.3f} ({low:.3f} to {high:.3f}) of {pairs} pairs; "
            f"medians {mine:.3f} and {theirs:.3f} ms\n"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
