"""A way to end a wait for a socket. Touches a pair of sockets of its own."""

import select
import socket
from contextlib import suppress


class Bell:
    """Ends a wait for the socket from another thread, or from a signal."""

    def __init__(self) -> None:
        self._inner, self._outer = socket.socketpair()
        self._inner.setblocking(False)
        self._outer.setblocking(False)
        self.fileno = self._inner.fileno()

    def ring(self) -> None:
        """Whoever waits now, or waits next, goes on at once. Safe from any thread."""
        with suppress(BlockingIOError, OSError):  # full: it is ringing already; closed: nobody waits any more
            self._outer.send(b"!")

    def silence(self) -> None:
        """It has been heard."""
        with suppress(BlockingIOError):
            while self._inner.recv(4096):
                pass

    def wait(self, timeout_s: float) -> None:
        """Wait for it alone."""
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        if poll.poll(timeout_s * 1000):
            self.silence()

    def close(self) -> None:
        """No more rings."""
        self._inner.close()
        self._outer.close()
