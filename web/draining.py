"""
End a web process without refusing a request, so that processes behind a proxy restart one after the other.

The process stops listening at once: the proxy sends new connections to another one. Requests that have begun are still
answered, and those on their way by open connections.
"""

import os
import signal
import threading
import time
from typing import Any, Final

from waitress import wasyncore

from web.connections import HttpConnections
from web.pulse import trigger_of

IDLE_S: Final = 1.0  # a proxy's idle connections stay open for so long
BUSY_S: Final = 2.5  # for requests in progress; `wattline up` waits 4 s (supervisor.STOP_WITHIN_S)
LOOK_EVERY_S: Final = 0.02


class MainLoopEnd(wasyncore.file_dispatcher):
    """
    End waitress's main loop from another thread or a signal handler.

    A handler that raises may do so within a task of waitress's trigger, which catches everything
    (waitress/trigger.py, handle_read): the process would go on.
    """

    def __init__(self, sockets: Any) -> None:
        """Args: sockets: waitress's map."""
        read: Any  # typeshed takes no file descriptor here; waitress does
        read, self._write = os.pipe()
        super().__init__(read, map=sockets)
        os.close(read)  # file_dispatcher has a duplicate

    def writable(self) -> bool:
        """Return False: it only reads."""
        return False

    def handle_read(self) -> None:
        """Raise SystemExit, which waitress's main loop lets through."""
        raise SystemExit(0)

    def ask(self) -> None:
        """Ask the main loop to end. Safe in a signal handler."""
        os.write(self._write, b"x")


class Drain:
    """Handle SIGTERM: drain, then end the main loop. Handle SIGINT: end it at once."""

    def __init__(self, server: Any, connections: HttpConnections) -> None:
        self._trigger = trigger_of(server)
        self._connections = connections
        self._main_loop = MainLoopEnd(self._trigger._map)

    def begin(self, *_: object) -> None:
        """Begin in a thread of its own: a signal handler may interrupt what holds the trigger's lock."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Thread(target=self._run, name="drain", daemon=True).start()

    def end(self, *_: object) -> None:
        """End without waiting for requests."""
        self._main_loop.ask()

    def _run(self) -> None:
        self._trigger.pull_trigger(self._connections.drain)
        began_s = time.monotonic()
        while not self._connections.is_drained and (waited_s := time.monotonic() - began_s) <= BUSY_S:
            if waited_s > IDLE_S:
                self._trigger.pull_trigger(self._connections.close_idle)
            time.sleep(LOOK_EVERY_S)
        self._main_loop.ask()
