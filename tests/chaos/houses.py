"""Houses to be killed in: the whole product as a person starts it, and a small one whose bridge may be a mutant."""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

import psutil

from chat_core import config as settings_of
from chat_core.store import Store
from tests.chaos.crowd import AGENT
from tests.chaos.history import Row
from tests.real.wattline import Room, Wattline, environment, read_ports, run_cli
from tests.waiting import wait_until

LIVES_S: Final = 3.2  # the supervisor waits ever longer for a room that lives shorter than 3 s
TOKEN_S: Final = "7200"
PAGE: Final = 1_000  # the store's own limit


class House(Protocol):
    """What a round needs of a house."""

    data: Path
    settings: dict[str, str]

    def kill(self, room: str, random: Random) -> None:
        """kill -9; the room comes back by itself."""

    def log(self) -> str:
        """What its processes printed."""


class WholeHouse:
    """`wattline up`."""

    def __init__(self, data: Path, settings: Mapping[str, str]) -> None:
        self.data, self.settings = data, dict(settings)
        self.up = Wattline(data, settings=settings)
        try:
            self.up.ports()
            wait_until(lambda: "Portal:" in self.up.log(), 30, why=self.up.log)
        except BaseException:
            self.up.stop()
            raise

    @property
    def url(self) -> str:
        return self.up.url

    def kill(self, room: str, random: Random) -> None:
        """Of a broker that is Mosquitto, either Mosquitto itself or who watches over it."""
        pid = wait_until(lambda: self._grown(room), 30, why=self.up.log)
        if room == "broker":
            below = [child.pid for child in psutil.Process(pid).children() if child.name().startswith("mosquitto")]
            pid = random.choice([pid, *below])
        os.kill(pid, signal.SIGKILL)

    def _grown(self, room: str) -> int:
        """Its pid, once it has lived so long that the supervisor starts the next one at once."""
        pid = self.up.children().get(room, 0)
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


class SmallHouse:
    """
    Broker and bridge alone, each a process of the test's own.

    Args: bridge: the module that is run as the bridge; None: nobody is.
    """

    def __init__(self, data: Path, settings: Mapping[str, str], bridge: str | None = "bridge") -> None:
        self.data, self.settings = data, dict(settings)
        data.mkdir(parents=True, exist_ok=True)
        run_cli(data, "migrate", settings=settings)
        self.rooms = {"broker": Room("broker", data, settings=settings)}
        try:
            self.rooms["broker"].port("mqtt")
            if bridge is not None:
                self.rooms["bridge"] = Room(bridge, data, settings=settings)
        except BaseException:
            self.close()
            raise

    def kill(self, room: str, random: Random) -> None:
        self.rooms[room].kill()
        self.rooms[room].restart()

    def log(self) -> str:
        return "\n".join(room.log() for room in self.rooms.values())

    def close(self) -> None:
        for room in reversed(self.rooms.values()):
            room.close()


class Books:
    """The house's database, read through the store's own snapshots, and who may come in."""

    def __init__(self, house: House) -> None:
        given = environment(house.data, house.settings)
        self._house = house
        self._config = settings_of.load({name: value for name, value in given.items() if name.startswith("WATTLINE_")})
        self._store = Store.open(self._config)
        self._logs: dict[str, list[Row]] = {}

    def close(self) -> None:
        self._store.close()

    def address(self) -> tuple[str, int]:
        """Where the broker is now. Raises: OSError while nobody knows."""
        port = read_ports(self._house.data).get("mqtt", 0)
        if not port:
            raise ConnectionRefusedError("no port yet")
        return "127.0.0.1", port

    def let_in(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        """Everybody is known; their credentials by id."""
        if self._store.registry.find_agent(AGENT) is None:
            self._store.registry.add_agent(AGENT, "Ana")
        told = run_cli(self._house.data, "token", *ids, "--ttl", TOKEN_S, settings=self._house.settings)
        return {line["username"]: line for line in map(json.loads, told.splitlines())}

    def read(self, clients: list[str]) -> tuple[dict[str, list[Row]], dict[str, dict[str, int]]]:
        """Each client's whole log, read anew, and its read markers."""
        logs: dict[str, list[Row]] = {}
        markers: dict[str, dict[str, int]] = {}
        for client in clients:
            rows: list[Row] = []
            while True:
                page = self._store.log(client, after=rows[-1]["seq"] if rows else 0, limit=PAGE)
                rows += page.entries
                if len(page.entries) < PAGE:
                    break
            logs[client] = rows
            markers[client] = {reader: marker["read"] for reader, marker in page.markers.items()}
        return logs, markers


@contextmanager
def whole_house(data: Path, settings: Mapping[str, str]) -> Iterator[WholeHouse]:
    house = WholeHouse(data, settings)
    try:
        yield house
    finally:
        house.close()


@contextmanager
def small_house(data: Path, settings: Mapping[str, str], bridge: str | None = "bridge") -> Iterator[SmallHouse]:
    house = SmallHouse(data, settings, bridge)
    try:
        yield house
    finally:
        house.close()
