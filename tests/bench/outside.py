"""
Measure what mail, push and webhooks cost a tick: `python -m tests.bench.outside`.

One bridge's writer commits single messages, in turns with their events wanted and not, on SQLite and PostgreSQL. A
figure is the median ratio with / without, of this thread's CPU time, of the wall clock and of the calls.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Final

from chat_core.contract.outside import Outside
from chat_core.runtime import config
from chat_core.store import Store
from tests.bench.ablation import calls, message
from tests.bench.targets import machine
from tests.real.postgres import Postgres

PAIRS: Final = 40
TIMES: Final = 100  # messages of one turn


def turn(store: Store, work: Callable[[], object], wanted: bool) -> tuple[float, float, float]:
    """Return CPU time and wall-clock time of a message, in µs, and its calls."""
    store.outbox.wanted = frozenset(Outside) if wanted else frozenset()
    for _ in range(10):
        work()
    cpu_ns, began_ns = time.thread_time_ns(), time.perf_counter_ns()
    for _ in range(TIMES):
        work()
    cpu_ns, wall_ns = time.thread_time_ns() - cpu_ns, time.perf_counter_ns() - began_ns
    counted = calls(work)
    store.outbox.remove(store.outbox.next(10 * TIMES))  # as web's worker does
    return cpu_ns / TIMES / 1_000, wall_ns / TIMES / 1_000, counted


def compare(name: str, data: str, **settings: str) -> None:
    """Print the ratios on one database."""
    with Store.open(config.load({"WATTLINE_DATA": data, **settings}), migrate=True) as store:
        work = message(store)
        turn(store, work, wanted=True)
        pairs = []
        for number in range(PAIRS):
            first = turn(store, work, wanted=number % 2 == 0)
            second = turn(store, work, wanted=number % 2 == 1)
            pairs.append((first, second) if number % 2 == 0 else (second, first))
    for place, figure in enumerate(("CPU time", "wall clock", "calls")):
        ratio = statistics.median(on[place] / off[place] for on, off in pairs)
        with_events, without = (statistics.median(pair[side][place] for pair in pairs) for side in (0, 1))
        sys.stdout.write(f"{name}, {figure}: {ratio:.3f} ({with_events:.0f} with, {without:.0f} without)\n")


if __name__ == "__main__":
    sys.stdout.write(f"{machine()}\n")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as data:
        compare("SQLite", data)
    with Postgres() as server, tempfile.TemporaryDirectory() as data:
        compare("PostgreSQL", data, WATTLINE_DB=server.fresh_database())
