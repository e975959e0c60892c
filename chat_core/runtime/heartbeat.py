"""
Tell whoever watches this process that it works: systemd, or `wattline up`. Touches one socket.

The protocol is sd_notify(3)'s: a datagram to NOTIFY_SOCKET. The loop that does the process's work calls `beat`; a
process that is silent for `SILENT_S` is ended and started again. Where nobody watches, as in a container, the process
ends itself, and whoever runs it starts it again (docker-compose.yml: `restart`).
"""

import faulthandler
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Self

NOTIFY_SOCKET: Final = "NOTIFY_SOCKET"
READY: Final = b"READY=1\nWATCHDOG=1"  # also the first beat: from then on silence counts
BEAT: Final = b"WATCHDOG=1"
SILENT_S: Final = 10.0  # deploy/systemd has the same as WatchdogSec
BEAT_EVERY_S: Final = 1.0  # at most so often is a datagram sent
LONG_WORK_S: Final = 600.0  # the longest that `during_long_work` vouches for


class Heartbeat:
    """Send beats. May be called from any thread."""

    def __init__(self, tell: Callable[[bytes], None]) -> None:
        """Args: tell: takes each beat, in sd_notify's words; may raise OSError."""
        self._tell = tell
        self._last_s = float("-inf")
        self._first = True

    @classmethod
    def from_environment(cls) -> Self:
        """
        Return the heartbeat of this process, which its children do not inherit.

        A signal that ends the process, such as the watcher's SIGABRT, first prints where every thread stands.
        """
        with suppress(OSError, ValueError):  # a standard error that is no file
            faulthandler.enable()
        with suppress(OSError, ValueError):
            # No core files: they would hold keys and messages.
            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        address = os.environ.pop(NOTIFY_SOCKET, None)
        return cls(datagrams_to(address) if address else _end_unless_told_again)

    def beat(self) -> None:
        """Say that the work goes on; the first time also that it has begun. Cheap enough for every turn of a loop."""
        now_s = time.monotonic()
        if now_s - self._last_s < BEAT_EVERY_S:
            return
        with suppress(OSError):  # a watcher that is busy, or gone
            self._tell(READY if self._first else BEAT)
            self._first = False
        self._last_s = now_s

    @contextmanager
    def during_long_work(self) -> Iterator[None]:
        """Vouch for work that takes its time and cannot beat itself, such as opening a database: for ten minutes."""
        done = threading.Event()

        def vouch() -> None:
            deadline_s = time.monotonic() + LONG_WORK_S
            while time.monotonic() < deadline_s:
                self.beat()
                if done.wait(BEAT_EVERY_S):
                    return

        thread = threading.Thread(target=vouch, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def datagrams_to(address: str) -> Callable[[bytes], None]:
    """
    Return what sends beats to a watcher.

    Args: address: NOTIFY_SOCKET's value; a leading @ is the abstract name space (unix(7)).
    """
    watcher = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    watcher.setblocking(False)
    with suppress(OSError):  # nobody listens there: the same as if nobody watched
        watcher.connect("\0" + address[1:] if address.startswith("@") else address)
    fileno = watcher.detach()  # open as long as the process lives

    def tell(beat: bytes) -> None:
        os.write(fileno, beat)

    return tell


def _end_unless_told_again(_: bytes) -> None:
    """
    End this process with status 1 when no beat follows, after printing where every thread stands.

    The thread that does so belongs to faulthandler and needs no interpreter: it also ends a process whose lock is held
    by a call that does not return. A process that was stopped (SIGSTOP) is ended when it goes on.
    """
    faulthandler.dump_traceback_later(SILENT_S, exit=True, file=_STANDARD_ERROR)


class Ear:
    """Receive children's beats for a supervisor. Linux only: its kernel says which process sent one."""

    def __init__(self) -> None:
        self.socket: Final = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("")  # the kernel chooses an abstract name (unix(7), autobind)
        self.address: Final = "@" + bytes(self.socket.getsockname())[1:].decode()

    @classmethod
    def open(cls) -> Self | None:
        """Return an ear, or None on a system where beats cannot be told apart."""
        return cls() if sys.platform == "linux" else None

    def hear(self) -> set[int]:
        """Return the pids that have sent a beat since the last call."""
        pids = set()
        with suppress(BlockingIOError):
            while True:
                data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(_CREDENTIALS_BYTES))
                for level, kind, credentials in ancillary:
                    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS) and BEAT in data.split(b"\n"):
                        pids.add(int.from_bytes(credentials[:4], sys.byteorder, signed=True))
        return pids

    def close(self) -> None:
        """Hear nothing more."""
        self.socket.close()


_STANDARD_ERROR: Final = 2  # by number: sys.stderr may be no file
_CREDENTIALS_BYTES: Final = 12  # struct ucred: pid, uid, gid
