"""Further hosts on this machine whose network can be interrupted: network namespaces and pairs of virtual cards."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.real.parts import Child, accepts, missing
from tests.real.postgres import USER, Postgres
from tests.waiting import wait_until

DATABASE_PORT = 5432
# Network namespaces do not separate Unix sockets, so a relay in the namespace connects a TCP port to the server's. It
# gives up a silent peer as the server would, by the time limits in chat_core.store.postgres_connection.SETTINGS.
RELAY = """
import socket, sys, threading

def carry(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for peer in (one, other):
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
for option, value in (("KEEPIDLE", 5), ("KEEPINTVL", 2), ("KEEPCNT", 3), ("USER_TIMEOUT", 8000)):
    listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_" + option), value)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
while True:
    near, _ = listener.accept()
    far = socket.socket(socket.AF_UNIX)
    far.connect(sys.argv[3])
    for pair in ((near, far), (far, near)):
        threading.Thread(target=carry, args=pair, daemon=True).start()
"""


@dataclass(frozen=True)
class Cable:
    """The connection from this host (address `near`) to the host in the namespace (address `far`)."""

    namespace: str
    card: str
    near: str
    far: str

    def inside(self, *command: str) -> list[str]:
        """Return the command that runs on the far host; `ip netns exec` would need mounts that a chroot lacks."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *command]

    def database(self, name: str) -> str:
        """Return the URL of a database on the far host (`far_postgres`)."""
        return f"postgresql://{USER}@{self.far}:{DATABASE_PORT}/{name}"

    def cut(self) -> None:
        """Drop every packet from the far host without an error to either side."""
        _ip("route", "add", "blackhole", f"{self.near}/32", inside=self.namespace)

    def mend(self) -> None:
        """Undo `cut`."""
        _ip("route", "del", "blackhole", f"{self.near}/32", inside=self.namespace)


def _ip(*words: str, inside: str | None = None) -> None:
    command = [*(("nsenter", f"--net=/run/netns/{inside}") if inside else ()), "ip", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


@contextmanager
def far_host() -> Iterator[Cable]:
    """Provide a second host; at the end it is removed with everything that runs there."""
    if shutil.which("ip") is None:
        missing("ip", "iproute2")
    name = f"wl{uuid4().hex[:8]}"
    net = f"10.{os.getpid() % 200 + 20}.{uuid4().int % 250}"
    cable = Cable(name, f"{name}f", f"{net}.1", f"{net}.2")
    _ip("netns", "add", name)
    try:
        _ip("link", "add", f"{name}n", "type", "veth", "peer", "name", cable.card, "netns", name)
        _ip("addr", "add", f"{cable.near}/30", "dev", f"{name}n")
        _ip("link", "set", f"{name}n", "up")
        _ip("addr", "add", f"{cable.far}/30", "dev", cable.card, inside=name)
        _ip("link", "set", cable.card, "up", inside=name)
        _ip("link", "set", "lo", "up", inside=name)
        yield cable
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@contextmanager
def far_postgres(postgres: Postgres, folder: Path) -> Iterator[Cable]:
    """Provide a second host on which the server can be reached. Args: folder: for the relay's log."""
    unix_socket = f"{postgres.home}/.s.PGSQL.{postgres.port}"
    with far_host() as cable:
        command = cable.inside(sys.executable, "-c", RELAY, cable.far, str(DATABASE_PORT), unix_socket)
        with Child(command, log=folder / "relay.log") as relay:
            wait_until(lambda: accepts(DATABASE_PORT, cable.far), why=relay.log)
            yield cable


@dataclass(frozen=True)
class Host:
    """A host of a small network: a namespace whose card hangs on a switch; this machine is `near` in that network."""

    namespace: str
    switch: str
    near: str
    address: str

    @property
    def card(self) -> str:
        """The switch's end of the cable."""
        return f"{self.namespace}n"

    def inside(self, *command: str) -> list[str]:
        """Return the command that runs on this host."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *command]

    def cut(self) -> None:
        """Pull the cable out of the switch: every packet is lost, without an error to either side."""
        _ip("link", "set", self.card, "nomaster")

    def mend(self) -> None:
        """Undo `cut`."""
        _ip("link", "set", self.card, "master", self.switch)

    def part(self, other: "Host") -> None:
        """Drop every packet to another host, without an error to either side; this machine reaches both."""
        _ip("route", "add", "blackhole", f"{other.address}/32", inside=self.namespace)

    def join(self, other: "Host") -> None:
        """Undo `part`."""
        _ip("route", "del", "blackhole", f"{other.address}/32", inside=self.namespace)


@contextmanager
def small_network(count: int) -> Iterator[list[Host]]:
    """Provide hosts that reach each other and this machine; at the end they are removed."""
    if shutil.which("ip") is None:
        missing("ip", "iproute2")
    name = f"wl{uuid4().hex[:8]}"
    net = f"10.{os.getpid() % 200 + 20}.{uuid4().int % 250}"
    hosts = [Host(f"{name}{n}", name, f"{net}.1", f"{net}.{n}") for n in range(11, 11 + count)]
    _ip("link", "add", name, "type", "bridge")
    try:
        _ip("addr", "add", f"{net}.1/24", "dev", name)
        _ip("link", "set", name, "up")
        for host in hosts:
            _ip("netns", "add", host.namespace)
            far = f"{host.namespace}f"
            _ip("link", "add", host.card, "type", "veth", "peer", "name", far, "netns", host.namespace)
            _ip("link", "set", host.card, "master", name, "up")
            _ip("addr", "add", f"{host.address}/24", "dev", far, inside=host.namespace)
            _ip("link", "set", far, "up", inside=host.namespace)
            _ip("link", "set", "lo", "up", inside=host.namespace)
        yield hosts
    finally:
        for host in hosts:
            subprocess.run(["ip", "netns", "del", host.namespace], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", name], capture_output=True, check=False)
