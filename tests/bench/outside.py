"""
Measure what mail, push and webhooks cost a tick: `python -m tests.bench.outside [ticks]`.

With `ticks` the product runs twice: with a mail server, subscriptions to push and a webhook of every event, and without
them. Both store 60 messages a second in turn. Print the ratio of their ticks, with / without.

Else one bridge's writer commits single messages, in turns with their events wanted and not, on SQLite and PostgreSQL. A
figure is the median ratio with / without, of this thread's CPU time, of the wall clock and of the calls.
"""

import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chat_core.contract.outside import Outside
from chat_core.runtime import clock, config
from chat_core.store import Store
from chat_core.store.push_subscriptions import PushSubscription, id_of
from tests.bench import generator
from tests.bench.ablation import calls, message
from tests.bench.against import AGENT, PEOPLE, Figures, RunningCheckout, compare_running, running
from tests.bench.generator import talkers
from tests.bench.targets import machine
from tests.real.parts import REPOSITORY, Child
from tests.real.postgres import Postgres
from tests.real.smtp import smtp_server
from tests.real.wattline import config_of
from tests.waiting import wait_until

PAIRS: Final = 40
RECEIVER: Final = """
import threading
from tests.real.webhook_receiver import WebhookReceiver
with WebhookReceiver() as receiver:
    print(receiver.url, flush=True)
    threading.Event().wait()
"""
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


@contextmanager
def receiver() -> Iterator[str]:
    """Give the address of a program that takes webhooks, and pushes as they come."""
    with tempfile.NamedTemporaryFile() as log, Child([sys.executable, "-c", RECEIVER], log=Path(log.name)) as child:
        wait_until(lambda: child.log().endswith("\n"), 10)
        yield child.log().strip()


def switch_all_on(data: Path, settings: Mapping[str, str], address: str) -> None:
    """Add a webhook of every event, and a browser in which the agent takes notifications."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    now_ms = clock.now_ms()
    with Store.open(config_of(data, settings), migrate=True) as store:
        store.webhooks.add(address, list(Outside), now_ms)
        p256dh, auth = (urlsafe_b64encode(part).decode().rstrip("=") for part in (point, secrets.token_bytes(16)))
        browser = PushSubscription(id_of(address), AGENT, "", address, p256dh, auth, "en", "Chrome", now_ms)
        store.registry.push.put(browser)


def compare_ticks() -> None:
    """Print what a client waits for at 60 messages a second, with all that goes outside and without it."""

    def measure(product: RunningCheckout) -> Figures:
        async def run() -> Figures:
            async with talkers(product.mqtt, PEOPLE) as people:
                times = sorted(await generator.paced(people, 60, 4.0))
            return {"tick p50": statistics.median(times), "tick p95": times[int(len(times) * 0.95)]}

        figures = asyncio.run(run())
        with Store.open(config_of(folder / "with", settings)) as store:
            wait_until(
                lambda: not store.outbox.next(1) and not any(each.waiting for each in store.deliveries.queues()), 60
            )
        return figures

    with tempfile.TemporaryDirectory() as name, receiver() as address, smtp_server() as smtp:
        folder, origin = Path(name), address.removesuffix("/in")
        settings = {
            "WATTLINE_OUTBOUND_NETWORKS": "127.0.0.0/8",
            "WATTLINE_PUSH_SERVICES": origin,
            "WATTLINE_SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
            "WATTLINE_MAIL_FROM": "support@wattline.example",
            "WATTLINE_URL": "https://chat.example",
        }
        switch_all_on(folder / "with", settings, address)
        with (
            running(REPOSITORY, folder / "with", "mosquitto", settings) as on,
            running(REPOSITORY, folder / "without", "mosquitto") as off,
        ):
            compare_running(on, off, 20, lambda _: None, measure)


if __name__ == "__main__":
    if sys.argv[1:] == ["ticks"]:
        compare_ticks()
        sys.exit()
    sys.stdout.write(f"{machine()}\n")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as data:
        compare("SQLite", data)
    with Postgres() as server, tempfile.TemporaryDirectory() as data:
        compare("PostgreSQL", data, WATTLINE_DB=server.fresh_database())
