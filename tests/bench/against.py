"""
Measure this checkout against another, in turn: `python -m tests.bench.against OTHER_CHECKOUT [PAIRS] [requests]`.

Both run `wattline up` on SQLite: with Mosquitto for messages, on the embedded broker for `requests` (sign-ins, a page,
search). Print each figure's ratio, this / other: the pairs' median and 95 % interval.
"""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
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
AGENT: Final = "a-bench"
PASSWORD: Final = "correct horse battery"
SETTINGS: Final = {"WATTLINE_RATE": "off", "WATTLINE_GUESTS_PER_S": "1000"}
PER_S: Final = 300
SECONDS: Final = 2.0
WINDOW: Final = 50
REQUESTS: Final = 100
PAGES: Final = {
    "page of 50 entries": f"/api/clients/{PEOPLE[0]}/log?limit=50",
    "inbox": "/api/inbox",
    "search, common word": "/api/search?q=" + "x" * 8,
    "search, no hit": "/api/search?q=kilowatt",
}
FILLED: Final = 2_000  # messages
Figures = dict[str, float]


@dataclass(frozen=True)
class RunningCheckout:
    """Say where one checkout's product answers; hold the agent's bearer."""

    mqtt: LoadTarget
    http_port: int
    bearer: str  # of AGENT, who has PASSWORD


@contextlib.contextmanager
def running(
    checkout: Path, data: Path, broker: str, settings: Mapping[str, str] | None = None
) -> Iterator[RunningCheckout]:
    """The checkout's product, with its own Python and its own code, and these people's credentials."""
    python = checkout / ".venv" / "bin" / "python"
    env = environment(data, {**SETTINGS, "WATTLINE_BROKER": broker, **(settings or {})}) | {"PYTHONPATH": str(checkout)}

    def command(*arguments: str, stdin: str = "") -> str:
        words = [str(python), "-m", "chat_core", *arguments]
        done = subprocess.run(words, env=env, cwd=checkout, input=stdin, stdout=subprocess.PIPE, check=True, text=True)
        return done.stdout

    data.mkdir(parents=True, exist_ok=True)
    with Child([str(python), "-m", "chat_core", "up"], log=data / "up.out", env=env, cwd=checkout) as product:
        wait_until(lambda: "Portal:" in product.log(), 60, why=product.log)
        command("agent", "add", AGENT, "--name", "Bench", "--password-stdin", stdin=PASSWORD)
        *clients, agent = (json.loads(line) for line in command("token", *PEOPLE, AGENT).splitlines())
        passwords = {str(token["username"]): str(token["password"]) for token in (*clients, agent)}
        ports = read_ports(data)
        mqtt = LoadTarget(("127.0.0.1", ports["mqtt"]), lambda client: passwords[client], topics.log)
        yield RunningCheckout(mqtt, ports["http"], str(agent["api_token"]))


def measure_requests(product: RunningCheckout) -> Figures:
    """Return the time of a sign-in with a token, and the median of each page's, in seconds."""
    figures = {"sign-in": 1 / asyncio.run(generator.sign_ins(product.mqtt, PEOPLE * 100, SECONDS))}
    with contextlib.closing(HTTPConnection("127.0.0.1", product.http_port)) as connection:
        for name, path in PAGES.items():
            times = []
            for _ in range(REQUESTS):
                began_s = time.perf_counter()
                connection.request("GET", path, headers={"Authorization": f"Bearer {product.bearer}"})
                answer = connection.getresponse()
                body = answer.read()
                times.append(time.perf_counter() - began_s)
                assert answer.status == 200, body
            figures[name] = statistics.median(times)
    return figures


def fill(product: RunningCheckout) -> None:
    """Let the people write what is read and searched."""

    async def run() -> None:
        async with talkers(product.mqtt, PEOPLE) as people:
            await generator.paced(people, PER_S, FILLED / PER_S)

    asyncio.run(run())


def measure_messages(product: RunningCheckout) -> Figures:
    async def run() -> Figures:
        async with talkers(product.mqtt, PEOPLE) as people:
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


def compare(
    other: Path,
    pairs: int,
    broker: str,
    prepare: Callable[[RunningCheckout], object],
    measure: Callable[[RunningCheckout], Figures],
) -> None:
    """Print each figure's ratio, this checkout's / the other's, as `compare_running` does."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(REPOSITORY, Path(folder) / "this", broker) as this,
        running(other, Path(folder) / "other", broker) as that,
    ):
        compare_running(this, that, pairs, prepare, measure)


def compare_running(
    this: RunningCheckout,
    that: RunningCheckout,
    pairs: int,
    prepare: Callable[[RunningCheckout], object],
    measure: Callable[[RunningCheckout], Figures],
) -> None:
    """Print each figure's ratio. Args: prepare: called once for each product; measure: in turn, so many times."""
    found: list[tuple[Figures, Figures]] = []
    sys.stdout.write(f"{machine()}\n")
    for product in (this, that):
        prepare(product)
    for product in (this, that):
        measure(product)  # code is warm
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


def main(other: Path, pairs: int, requests: bool) -> None:
    if requests:
        compare(other, pairs, "embedded", fill, measure_requests)
    else:
        compare(other, pairs, "mosquitto", lambda _: None, measure_messages)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 20, "requests" in sys.argv[3:])
