"""
Run the embedded broker as a separate process, so that a test can read its memory and processor time: `python -m
tests.abuse.embedded LIMITS` accepts everybody who knows the password. LIMITS is JSON.
"""

import asyncio
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil

from broker.embedded.guard import BrokerLimits
from broker.embedded.listeners import ListenerSettings, serve
from broker.sign_in import Addresses, Granted
from chat_core.contract.policy import Identity
from chat_core.runtime.config import Rate
from tests.conformance.brokers import SignIn
from tests.conformance.frames import RawClient, TcpPipe, WsPipe
from tests.real.parts import REPOSITORY, Child
from tests.waiting import wait_until

PASSWORD: Final = "let me in"
LISTENS: Final = re.compile(r"listening (\d+) (\d+)")


class Everybody:
    """Accept everybody who knows the password."""

    def version(self) -> object:
        return 1

    def check(self, username: str, password: bytes) -> Granted | None:
        return Granted(Identity(username), None, 1) if password.decode(errors="replace") == PASSWORD else None

    def current(self, username: str, generation: int, web_sign_in: str = "") -> Identity | None:
        return Identity(username)


class Abused:
    """A running broker, with its memory and processor time."""

    def __init__(self, child: Child, mqtt_port: int, ws_port: int) -> None:
        self.child, self.mqtt_port, self.ws_port = child, mqtt_port, ws_port
        self._process = psutil.Process(child.pid)

    def memory_mib(self) -> float:
        """Return its resident memory."""
        return float(self._process.memory_info().rss) / 1024**2

    def busy_s(self) -> float:
        """Return its processor time so far, which other processes do not change."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def raw(self, listener: str = "tcp") -> RawClient:
        """Open a connection and send nothing."""
        return RawClient(
            TcpPipe("127.0.0.1", self.mqtt_port) if listener == "tcp" else WsPipe("127.0.0.1", self.ws_port)
        )

    def joined(self, id: str, *filters: str, listener: str = "tcp") -> RawClient:
        """Sign in and subscribe to these filters."""
        client = self.raw(listener)
        client.sign_in(sign_in(id).connect())
        if filters:
            assert client.hear(*filters) == b"\x01" * len(filters)
        return client


def sign_in(id: str) -> SignIn:
    """Return sign-in data for this id, with a new client id."""
    return SignIn(id, PASSWORD, f"{id}:x").again()


@contextmanager
def embedded(folder: Path, **limits: Any) -> Iterator[Abused]:
    """Start the embedded broker with these limits; a `rate` is [per second, burst] or None."""
    command = [sys.executable, "-u", "-m", "tests.abuse.embedded", json.dumps({"rate": None} | limits)]
    with Child(command, log=folder / "embedded.out", cwd=REPOSITORY) as child:
        found = wait_until(lambda: LISTENS.search(child.log()), 20, why=child.log)
        yield Abused(child, int(found[1]), int(found[2]))


async def _serve(limits: dict[str, Any]) -> None:
    def ready(addresses: Addresses) -> None:
        sys.stdout.write(f"listening {addresses.mqtt_port} {addresses.ws_port}\n")

    rate = Rate(*limits.pop("rate")) if limits["rate"] else limits.pop("rate")
    settings = ListenerSettings(mqtt_ports=(0,), ws_ports=(0,), limits=BrokerLimits(rate=rate, **limits))
    await serve(settings, Everybody(), asyncio.Event(), ready)


if __name__ == "__main__":
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)  # as the product does
    asyncio.run(_serve(json.loads(sys.argv[1])))
