"""
End a web process without refusing a request, so that processes behind a proxy restart one after the other.

The process stops listening at once: the proxy sends new connections to another one. Requests that have begun are still
answered, and those on their way by open connections.
"""

import signal
import threading
import time
from typing import Any, Final

from web.connections import HttpConnections
from web.pulse import trigger_of

IDLE_S: Final = 1.0  # a proxy's idle connections stay open for so long
BUSY_S: Final = 2.5  # for requests in progress; `wattline up` waits 4 s (supervisor.STOP_WITHIN_S)
LOOK_EVERY_S: Final = 0.02


class Drain:
    """Handle SIGTERM: drain, then interrupt the main thread as Ctrl-C does."""

    def __init__(self, server: Any, connections: HttpConnections) -> None:
        self._server = server
        self._connections = connections

    def begin(self, *_: object) -> None:
        """Begin in a thread of its own: a signal handler may interrupt what holds the trigger's lock."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Thread(target=self._run, name="drain", daemon=True).start()

    def _run(self) -> None:
        trigger = trigger_of(self._server)
        trigger.pull_trigger(self._connections.drain)
        began_s = time.monotonic()
        while not self._connections.is_drained and (waited_s := time.monotonic() - began_s) <= BUSY_S:
            if waited_s > IDLE_S:
                trigger.pull_trigger(self._connections.close_idle)
            time.sleep(LOOK_EVERY_S)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
