"""Systems to inject faults into: the whole product, and broker and bridge alone, whose bridge may be a mutant."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final, Protocol

import psutil

from tests.chaos.clock import set_clock
from tests.real.postgres import Postgres
from tests.real.wattline import ProductProcess, Wattline, read_ports, run_cli
from tests.waiting import wait_until

LIVES_S: Final = 3.2  # the supervisor waits ever longer for a process that lives shorter than 3 s
READY_WITHIN_S: Final = 30.0  # as LET_IN_S of the crowd: not what is judged
STOPPED_S: Final = (1.0, 4.0)  # how long a process or a line stands still


class FaultTarget(Protocol):
    """A system as a round of faults needs it."""

    data: Path
    settings: dict[str, str]

    def strike(self, blow: str, random: Random) -> None:
        """The blow falls; what it hit comes back by itself, or has when this returns."""

    def address(self) -> tuple[str, int]:
        """Return the broker's address. Raises: OSError while nobody knows it."""

    def partner_address(self) -> tuple[str, int]:
        """Return the broker's address for the partner, perhaps through a proxy of its own."""

    def log(self) -> str:
        """Return the output of its processes."""


def broker_address(data: Path) -> tuple[str, int]:
    """Return the broker's own address. Raises: OSError while nobody knows it."""
    port = read_ports(data).get("mqtt", 0)
    if not port:
        raise ConnectionRefusedError("no port yet")
    return "127.0.0.1", port


def web_url(data: Path) -> str:
    """Return web's address by name, as a person types it."""
    return f"http://localhost:{read_ports(data).get('http', 0)}"


def stop_for_a_while(pid: int, random: Random) -> None:
    """SIGSTOP of a process and all below it for some seconds: it looks alive, and does nothing."""
    family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    signal_all(family, signal.SIGSTOP)
    try:
        threading.Event().wait(random.uniform(*STOPPED_S))
    finally:
        signal_all(family, signal.SIGCONT)


def signal_all(pids: list[int], sig: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, sig)


class WholeSystem:
    """
    `wattline up`.

    Faults: kill -9 of `bridge`, `broker`, `web`, `supervisor` (started again, as by systemd) and of its own `postgres`;
    `bridge stopped`, `broker stopped`: SIGSTOP for seconds; `clock set forward`, `clock set back`, `clock set right`.
    """

    def __init__(self, data: Path, settings: Mapping[str, str], postgres: Postgres | None = None) -> None:
        self.data, self.settings, self.postgres = data, dict(settings), postgres
        self.up = Wattline(data, settings=settings)
        try:
            self.up.ports()
            wait_until(lambda: "Portal:" in self.up.log(), 30, why=self.up.log)
        except BaseException:
            self.up.stop()
            raise

    def url(self) -> str:
        return web_url(self.data)

    def address(self) -> tuple[str, int]:
        return broker_address(self.data)

    def partner_address(self) -> tuple[str, int]:
        return self.address()

    def strike(self, blow: str, random: Random) -> None:
        process, _, how = blow.partition(" ")
        if blow == "supervisor":
            self.up.child.kill()
            self.up.restart()
        elif blow == "postgres":
            assert self.postgres is not None
            self.postgres.kill()
            threading.Event().wait(random.uniform(0, 1))
            self.postgres.restart()
        elif process == "clock":
            set_clock(self.settings, how)
        elif how:
            stop_for_a_while(wait_until(lambda: self._grown(process), 30, why=self.up.log), random)
        else:
            self._kill(process, random)

    def _kill(self, process: str, random: Random) -> None:
        """Of a broker that is Mosquitto, either Mosquitto itself or who watches over it."""
        pid = wait_until(lambda: self._grown(process), 30, why=self.up.log)
        if process == "broker":
            below = [child.pid for child in psutil.Process(pid).children() if child.name().startswith("mosquitto")]
            pid = random.choice([pid, *below])
        os.kill(pid, signal.SIGKILL)

    def _grown(self, process: str) -> int:
        """Its pid, once it has lived so long that the supervisor starts the next one at once."""
        pid = self.up.children().get(process, 0)
        try:
            return pid if pid and _age_s(psutil.Process(pid)) > LIVES_S else 0
        except psutil.NoSuchProcess:
            return 0

    def log(self) -> str:
        return self.up.log()

    def close(self) -> None:
        self.up.stop()


def _age_s(process: psutil.Process) -> float:
    """By the clock since boot: the wall clock's idea of when that was may be half a second off."""
    started_s = process.create_time() - psutil.boot_time()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_s


class SmallSystem:
    """Broker and bridge alone, as processes; faults: kill -9 of either. Args: bridge: a module; None: no bridge."""

    def __init__(self, data: Path, settings: Mapping[str, str], bridge: str | None = "bridge") -> None:
        self.data, self.settings = data, dict(settings)
        data.mkdir(parents=True, exist_ok=True)
        run_cli(data, "migrate", settings=settings)
        self.processes = {"broker": ProductProcess("broker", data, settings=settings)}
        try:
            self.processes["broker"].port("mqtt")
            if bridge is not None:
                self.processes["bridge"] = process = ProductProcess(bridge, data, settings=self._inside())
                # Before its first session nobody keeps for it what a broker takes, and a script says it once.
                wait_until(lambda: "link.ready" in process.log(), READY_WITHIN_S, why=self.log)
        except BaseException:
            self.close()
            raise

    def _inside(self) -> dict[str, str]:
        return self.settings

    def address(self) -> tuple[str, int]:
        return broker_address(self.data)

    def partner_address(self) -> tuple[str, int]:
        return self.address()

    def strike(self, blow: str, random: Random) -> None:
        self.processes[blow].kill()
        self.processes[blow].restart()

    def log(self) -> str:
        return "\n".join(process.log() for process in self.processes.values())

    def close(self) -> None:
        for process in reversed(self.processes.values()):
            process.close()


@contextmanager
def whole_system(data: Path, settings: Mapping[str, str], postgres: Postgres | None = None) -> Iterator[WholeSystem]:
    with closing(WholeSystem(data, settings, postgres)) as system:
        yield system


@contextmanager
def small_system(data: Path, settings: Mapping[str, str], bridge: str | None = "bridge") -> Iterator[SmallSystem]:
    with closing(SmallSystem(data, settings, bridge)) as system:
        yield system
