"""Load targets: a system, a system with the null bridge, a stock broker, the disk."""

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
import psycopg

from chat_core.contract import topics
from chat_core.contract.ids import BRIDGE
from chat_core.runtime import tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Holder
from chat_core.store import Store
from tests.bench.generator import LoadTarget
from tests.chaos.systems import SmallSystem, small_system
from tests.real.parts import REPOSITORY, Child, free_port
from tests.real.wattline import config_of, run_cli
from tests.waiting import wait_until

TOKEN_S: Final = 7_200
BLOCK: Final = b"x" * 4_096


class ClientLogins:
    """Passwords minted here: `wattline token` for a thousand clients would be most of the run."""

    def __init__(self, system: SmallSystem, clients: list[str]) -> None:
        self._config = config_of(system.data, system.settings)
        self._keys = Keys.open(self._config.data)
        self._minted = 0
        with Store.open(self._config) as store:
            for client in clients:
                store.registry.ensure_client(client)
            self._generations = {client: store.registry.generation(client) or 0 for client in clients}
        # Mosquitto reads new accounts at most once a second; the CLI returns when it has.
        run_cli(system.data, "token", clients[-1], settings=system.settings)
        self.port, self.ws_port = (system.processes["broker"].port(name) for name in ("mqtt", "ws"))

    def password(self, client: str) -> str:
        """Another one each time, where it is a token: no broker may have seen it before."""
        self._minted += 1
        life_s = TOKEN_S + self._minted
        return tokens.mqtt_password(
            self._config, self._keys, Holder(client, self._generations[client]), life_s, time.time()
        )

    def target(self, listen: Callable[[str], str]) -> LoadTarget:
        return LoadTarget(("127.0.0.1", self.port), self.password, listen, self.ws_port)


@contextmanager
def real_bridge(data: Path, settings: dict[str, str], clients: list[str]) -> Iterator[tuple[SmallSystem, LoadTarget]]:
    """Broker and bridge as they are; a client hears its `log`."""
    with small_system(data, settings) as system:
        logins = ClientLogins(system, clients)
        wait_until(lambda: "link.ready" in system.processes["bridge"].log(), 15, why=system.log)
        yield system, logins.target(topics.log)


@contextmanager
def null_bridge(data: Path, settings: dict[str, str], clients: list[str]) -> Iterator[LoadTarget]:
    """The same broker with the null bridge; a client hears its `log`."""
    with small_system(data, settings, None) as system:
        logins = ClientLogins(system, clients)
        login = run_cli(data, "token", BRIDGE, "--ttl", str(TOKEN_S), settings=settings)
        program = str(REPOSITORY / "tests" / "bench" / "null_bridge.py")
        with Child([sys.executable, "-u", program, login.strip()], log=data / "null.out") as null:
            wait_until(lambda: "ready" in null.log(), 15, why=null.log)
            yield logins.target(topics.log)


@contextmanager
def no_bridge(data: Path, settings: dict[str, str], clients: list[str]) -> Iterator[LoadTarget]:
    """The same broker alone; a client hears its own `msg`."""
    with small_system(data, settings, None) as system:
        yield ClientLogins(system, clients).target(topics.msg)


@contextmanager
def stock_broker(data: Path) -> Iterator[tuple[Child, LoadTarget]]:
    """amqtt as it comes, open to all; a client hears its own `msg`."""
    port, program = free_port(), str(REPOSITORY / "tests" / "bench" / "stock_amqtt.py")
    data.mkdir(parents=True, exist_ok=True)
    with Child([sys.executable, program, str(port)], log=data / "stock.out") as stock:
        assert stock.wait_for_port(port), stock.log()
        yield stock, LoadTarget(("127.0.0.1", port), None, topics.msg)


def sync_times(folder: Path, count: int = 1_000, per_s: float | None = None) -> list[float]:
    """Return how long one fdatasync of an appended block takes, each time. Args: per_s: the pace; None: no pauses."""
    times = []
    descriptor = os.open(folder / "appended", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        for _ in range(count):
            if per_s is not None:
                time.sleep(1 / per_s)
            os.write(descriptor, BLOCK)
            began_s = time.perf_counter()
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - began_s)
    finally:
        os.close(descriptor)
    return times


def commit_times(dsn: str, count: int = 300, per_s: float | None = None) -> list[float]:
    """Return how long the server takes to commit one appended block, each time: what `sync_times` is for a disk."""
    times = []
    with psycopg.connect(dsn, autocommit=True) as server:
        server.execute("CREATE TABLE IF NOT EXISTS appended (block BYTEA NOT NULL)")
        for _ in range(count):
            if per_s is not None:
                time.sleep(1 / per_s)
            began_s = time.perf_counter()
            server.execute("INSERT INTO appended (block) VALUES (%s)", (secrets.token_bytes(300),))
            times.append(time.perf_counter() - began_s)
    return times


def memory_kb(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 1_024


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown processor",
    )
    return f"{os.cpu_count()} cores ({model}), Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.2f} before"
