"""
Tell systemd or `wattline up` that this process works. Touches one socket.

The protocol is sd_notify(3): datagrams to NOTIFY_SOCKET. The main loop calls `beat`; after `SILENT_S` without a beat
the watcher restarts the process. Without a watcher, as in a container, the process ends itself, and docker-compose.yml
(`restart`) starts it again.
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
READY: Final = b"READY=1\nWATCHDOG=1"  # also the first beat, from which on silence counts
BEAT: Final = b"WATCHDOG=1"
SILENT_S: Final = 10.0  # deploy/systemd has the same as WatchdogSec
BEAT_EVERY_S: Final = 1.0  # the minimum between datagrams
LONG_WORK_S: Final = 600.0  # after this `during_long_work` sends no more beats


class Heartbeat:
    """Send beats, from any thread."""

    def __init__(self, tell: Callable[[bytes], None]) -> None:
        """Args: tell: sends a datagram of sd_notify; may raise OSError."""
        self._tell = tell
        self._last_s = float("-inf")
        self._first = True

    @classmethod
    def from_environment(cls) -> Self:
        """
        Return the heartbeat of this process; its children do not inherit it.

        From now on a fatal signal, such as the watcher's SIGABRT, first prints the stack of every thread.
        """
        with suppress(OSError, ValueError):  # standard error may be no file
            faulthandler.enable()
        with suppress(OSError, ValueError):
            # No core dumps: they would contain keys and messages.
            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        address = os.environ.pop(NOTIFY_SOCKET, None)
        return cls(datagrams_to(address) if address else _end_unless_told_again)

    def beat(self) -> None:
        """Send a beat, the first time with READY. Cheap enough for every turn of a loop."""
        now_s = time.monotonic()
        if now_s - self._last_s < BEAT_EVERY_S:
            return
        with suppress(OSError):  # the watcher is busy, or gone
            self._tell(READY if self._first else BEAT)
            self._first = False
        self._last_s = now_s

    @contextmanager
    def during_long_work(self) -> Iterator[None]:
        """Send beats for up to ten minutes during work that cannot, such as opening a database."""
        done = threading.Event()

        def send() -> None:
            deadline_s = time.monotonic() + LONG_WORK_S
            while time.monotonic() < deadline_s:
                self.beat()
                if done.wait(BEAT_EVERY_S):
                    return

        thread = threading.Thread(target=send, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def datagrams_to(address: str) -> Callable[[bytes], None]:
    """Return a function that sends datagrams to NOTIFY_SOCKET; @ is the abstract name space (unix(7))."""
    watcher = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    watcher.setblocking(False)
    with suppress(OSError):  # nobody listens there: the same as no watcher
        watcher.connect("\0" + address[1:] if address.startswith("@") else address)
    fileno = watcher.detach()  # open as long as the process lives

    def tell(beat: bytes) -> None:
        os.write(fileno, beat)

    return tell


def _end_unless_told_again(_: bytes) -> None:
    """
    End this process with status 1 if no beat follows, after printing the stack of every thread.

    faulthandler's thread needs no interpreter: it works even if a call never releases the GIL. A process stopped by
    SIGSTOP ends when it continues.
    """
    faulthandler.dump_traceback_later(SILENT_S, exit=True, file=_STANDARD_ERROR)


class Ear:
    """Receive children's beats for a supervisor. Linux only: its kernel names the sending process."""

    def __init__(self) -> None:
        self.socket: Final = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("")  # the kernel chooses an abstract name (unix(7), autobind)
        self.address: Final = "@" + bytes(self.socket.getsockname())[1:].decode()

    @classmethod
    def open(cls) -> Self | None:
        """Return a receiver, or None on a system that does not name the sender."""
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
        """Close the socket."""
        self.socket.close()


_STANDARD_ERROR: Final = 2  # by number: sys.stderr may be no file
_CREDENTIALS_BYTES: Final = 12  # struct ucred: pid, uid, gid
