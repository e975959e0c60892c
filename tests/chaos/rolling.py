"""Wattline on PostgreSQL, with two bridges and two webs behind nginx. Its parts are replaced one after the other."""

import itertools
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Final

from tests.chaos.systems import READY_WITHIN_S
from tests.real.composed import status
from tests.real.nginx import BROKER, COMMITTED, LISTEN, WEB, Nginx
from tests.real.parts import Closing, accepts, reserve_port
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until

OFFICES: Final = {"offices/test.map": '"127.0.0.1" "";\n'}  # everybody here has one address
WEBS: Final = ("web1", "web2")
BRIDGES: Final = ("bridge1", "bridge2")
PARTS: Final = ("broker", *WEBS, *reversed(BRIDGES))  # in the order of docs/operating.md
NGINX_FORGIVES_S: Final = 2.1  # a host that it left out for a second: it counts whole seconds, and more than one


class RollingSystem(Closing):
    """
    The whole system; nginx's origin is `url()`.

    Blow: `replaced`: the tables are migrated, then each part is ended and started again, of this version.
    Args: db: URL of an empty database; older: the folder of the release to begin with; None: this one; replaced: the
        parts, in their order.
    """

    def __init__(self, folder: Path, db: str, older: Path | None, replaced: Sequence[str]) -> None:
        self.folder, self.data, self._replaced = folder, folder / "data", replaced
        self.data.mkdir(parents=True)
        self._reserved = {name: reserve_port() for name in ("mqtt", "ws", *WEBS)}  # while a part is replaced, too
        self._ports = {name: int(reserved.getsockname()[1]) for name, reserved in self._reserved.items()}
        self._new = {
            "WATTLINE_DATA": str(self.data),
            "WATTLINE_DB": db,
            "WATTLINE_BROKER": "mosquitto",
            "WATTLINE_RATE": "off",
            "WATTLINE_OFFICE_NETWORKS": "127.0.0.1",
            "WATTLINE_MQTT_PORT": str(self._ports["mqtt"]),
            "WATTLINE_WS_PORT": str(self._ports["ws"]),
        }
        self.settings = self._new if older is None else self._new | {"PYTHONPATH": str(older)}
        self._starts = itertools.count(1)
        self._processes: dict[str, ProductProcess] = {}
        self._stack = ExitStack()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        run_cli(self.data, "migrate", settings=self.settings)
        for name in ("broker", *WEBS):
            self._begin_part(name)
        for name in ("broker", *WEBS):
            self._wait_for_part(name)
        for name in BRIDGES:  # the first gets the lock
            self._start_part(name)
        self._nginx = self._stack.enter_context(self._proxy())
        wait_until(lambda: status(f"{self.url()}/readyz") == 200, READY_WITHIN_S, why=self.log)

    def _start_part(self, name: str) -> None:
        self._begin_part(name)
        self._wait_for_part(name)

    def _begin_part(self, name: str) -> None:
        module = name.rstrip("12")
        port = {"WATTLINE_HTTP_PORT": str(self._ports[name])} if name in WEBS else {}
        folder = self.folder / f"{name}-{next(self._starts)}"  # with a log of its own
        self._processes[name] = ProductProcess(module, folder, settings=self.settings | port, at_once=True)

    def _wait_for_part(self, name: str) -> None:
        process = self._processes[name]
        if name in BRIDGES:
            wait_until(lambda: process.log() != "", READY_WITHIN_S)  # the first line: it asks for the lock
        else:
            listens = self._ports["mqtt" if name == "broker" else name]
            wait_until(lambda: accepts(listens), READY_WITHIN_S, why=process.log)

    def _proxy(self) -> Nginx:
        webs = " ".join(f"server 127.0.0.1:{self._ports[name]} fail_timeout=1s;" for name in WEBS)
        text = COMMITTED.read_text().replace(WEB, webs).replace(BROKER, f"server 127.0.0.1:{self._ports['ws']};")
        return Nginx(lambda port: text.replace(LISTEN, f"listen 127.0.0.1:{port};"), OFFICES)

    def url(self) -> str:
        return f"http://localhost:{self._nginx.port}"

    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._ports["mqtt"]

    def partner_address(self) -> tuple[str, int]:
        return self.address()

    def strike(self, blow: str, random: Random) -> None:
        assert blow == "replaced"
        self.settings = self._new
        run_cli(self.data, "migrate", settings=self._new)
        for name in self._replaced:
            self._processes[name].close()
            self._start_part(name)
            if name in WEBS:
                threading.Event().wait(NGINX_FORGIVES_S)
        wait_until(lambda: status(f"{self.url()}/readyz") == 200, READY_WITHIN_S, why=self.log)

    def log(self) -> str:
        logs = {name: process.log() for name, process in self._processes.items()}
        logs["nginx"] = "\n".join(line for line in self._nginx.child.log().splitlines() if '" 200 ' not in line)
        return "\n".join(f"--- {name}\n{log[-3_000:]}" for name, log in logs.items())

    def close(self) -> None:
        self._stack.close()
        for process in self._processes.values():
            process.close()
        for reserved in self._reserved.values():
            reserved.close()
