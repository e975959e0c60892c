"""Send heartbeats while waitress's main loop and a task thread respond."""

import threading
import time
from typing import Any, Final

from chat_core.runtime.heartbeat import BEAT_EVERY_S, Heartbeat

PATIENCE_S: Final = 10.0  # all task threads may wait for the database; its own deadlines are shorter


class Pulse:
    """Send a probe task through main loop and task queue, again and again. A context manager."""

    def __init__(self, server: Any, heart: Heartbeat) -> None:
        self._server = server
        self._heart = heart
        self._answered = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> "Pulse":
        self._heart.beat()  # the server listens: from now on the supervisor expects heartbeats
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def service(self) -> None:
        """Note that a task thread responds. Waitress calls this."""
        self._answered.set()

    def cancel(self) -> None:
        """Do nothing. Waitress calls this at its end."""

    def _run(self) -> None:
        asked_s = time.monotonic()
        self._ask()
        while not self._stop.wait(BEAT_EVERY_S):
            now_s = time.monotonic()
            if self._answered.is_set():
                self._answered.clear()
                asked_s = now_s
                self._ask()
            if now_s - asked_s < PATIENCE_S:
                self._heart.beat()

    def _ask(self) -> None:
        """Wake the main loop, and let it queue this task as it queues a request."""
        trigger_of(self._server).pull_trigger(lambda: self._server.task_dispatcher.add_task(self))


def trigger_of(server: Any) -> Any:
    """Return the trigger that wakes the main loop: the server's, or one that several servers share."""
    if hasattr(server, "trigger"):
        return server.trigger
    return next(one.trigger for one in server.map.values() if hasattr(one, "trigger"))
