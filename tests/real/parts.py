"""Provide what every starter needs: an error for a missing part, a free port, a child process with its log."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Protocol, Self

import pytest

from tests.waiting import wait_until

ATTEMPTS = 5  # a port that was free may be taken before the child binds it
REPOSITORY = Path(__file__).resolve().parents[2]


def missing(what: str, package: str) -> NoReturn:
    """Fail the test (it is never skipped), and say how to install the part."""
    pytest.fail(f"{what} is not installed: run `make test`, or `apt-get install {package}`", pytrace=False)


def find_program(name: str, package: str) -> str:
    """Return the program's path; the sbin folders, which a plain user's PATH lacks, are searched too."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    return found or missing(name, package)


def free_port() -> int:
    """Return a loopback TCP port that was free a moment ago; the caller must be ready to try another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reserve_port() -> socket.socket:
    """
    Return a socket bound to a loopback TCP port of the kernel's choice: until it is closed, nobody else gets the port.

    It does not listen. A server with SO_REUSEADDR may listen there and stop, again and again; meanwhile connections
    are refused.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether something accepts TCP connections there now."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def short_dir(prefix: str, mode: int = 0o700) -> Path:
    """Make a folder with a short path, because a Unix socket's path has at most 107 bytes."""
    made = Path(tempfile.mkdtemp(prefix=f"wl-{prefix}-"))
    made.chmod(mode)
    return made


class ManagedProcess(Protocol):
    """The part of `subprocess.Popen` that tests use."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class Child:
    """A child process with its output in a file; as a context manager it leaves nothing running."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.command = list(command)
        self.log_path = log
        with log.open("ab") as out:
            self.process: ManagedProcess = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                start_new_session=True,  # Ctrl-C reaches only pytest, which then stops its children
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process.poll() is None

    def log(self) -> str:
        """Return its output so far."""
        return self.log_path.read_text(errors="replace")

    def wait_for_port(self, port: int, within_s: float = 10) -> bool:
        """Return True when the port accepts, or False when the process has ended instead."""
        wait_until(lambda: accepts(port) or not self.is_running(), within_s, why=self.log)
        return self.is_running() and accepts(port)

    def kill(self) -> None:
        """Send SIGKILL, and wait until it has ended."""
        if self.is_running():
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self, sig: signal.Signals = signal.SIGTERM, within_s: float = 10) -> int:
        """Send the signal, kill after `within_s`, and return the exit status (negative: the signal)."""
        if self.is_running():
            os.kill(self.pid, sig)
            try:
                return self.process.wait(timeout=within_s)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.wait(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Closing:
    """A part that `close()` ends, at the latest with its `with` block."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Server(Closing):
    """A part that is one child process."""

    child: Child

    @property
    def pid(self) -> int:
        return self.child.pid

    def log(self) -> str:
        return self.child.log()

    def close(self) -> None:
        self.child.stop()
