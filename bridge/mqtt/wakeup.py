"""Wake a `poll` from another thread (self-pipe trick). Touches a socket pair."""

import select
import socket
from contextlib import suppress


class Wakeup:
    def __init__(self) -> None:
        self._inner, self._outer = socket.socketpair()
        self._inner.setblocking(False)
        self._outer.setblocking(False)
        self.fileno = self._inner.fileno()

    def wake(self) -> None:
        """End the present wait, or the next one. Safe from any thread."""
        with suppress(BlockingIOError, OSError):  # full: already woken; closed: nothing waits
            self._outer.send(b"!")

    def clear(self) -> None:
        """Discard what was sent, so that the next wait blocks again."""
        with suppress(BlockingIOError):
            while self._inner.recv(4096):
                pass

    def wait(self, timeout_s: float) -> None:
        """Wait until woken, at most that long."""
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        if poll.poll(timeout_s * 1000):
            self.clear()

    def close(self) -> None:
        self._inner.close()
        self._outer.close()
