"""A network of two hosts on this machine, whose cable can be cut: a namespace and a pair of virtual cards."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from tests.real.parts import missing


@dataclass(frozen=True)
class Cable:
    """From here (`near`) to a host in a namespace (`far`)."""

    namespace: str
    card: str
    near: str
    far: str

    def inside(self, *command: str) -> list[str]:
        """The command as it runs on the far host; without the mounts of `ip netns exec`, which no chroot has."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *command]

    def cut(self) -> None:
        """From now on nothing comes back, and nobody is told."""
        _ip("route", "add", "blackhole", f"{self.near}/32", inside=self.namespace)

    def mend(self) -> None:
        """It works again."""
        _ip("route", "del", "blackhole", f"{self.near}/32", inside=self.namespace)


def _ip(*words: str, inside: str | None = None) -> None:
    command = [*(("nsenter", f"--net=/run/netns/{inside}") if inside else ()), "ip", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


@contextmanager
def far_host() -> Iterator[Cable]:
    """A host at the other end of a cable; it is gone afterwards, with everything that runs there."""
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
