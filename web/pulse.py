"""
Beat for web as long as waitress' main loop and one of its task threads answer. Touches one thread and both of those.
"""

import threading
import time
from typing import Any, Final

from chat_core.runtime.heartbeat import BEAT_EVERY_S, Heartbeat

PATIENCE_S: Final = 10.0  # all task threads may wait for the database so long: its own deadlines come first


class Pulse:
    """
    A probe that goes through the main loop into the queue of tasks, again and again. A context manager.

    Args: server: waitress', of one or several sockets.
    """

    def __init__(self, server: Any, heart: Heartbeat) -> None:
        self._server = server
        self._heart = heart
        self._answered = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> "Pulse":
        self._heart.beat()  # it listens: from now on silence counts
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def service(self) -> None:
        """Waitress calls this in a task thread."""
        self._answered.set()

    def cancel(self) -> None:
        """Waitress calls this when it ends."""

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
        """The main loop is woken, and hands this task on as it does with a request."""
        _trigger_of(self._server).pull_trigger(lambda: self._server.task_dispatcher.add_task(self))


def _trigger_of(server: Any) -> Any:
    """Return the trigger that wakes the main loop: a server's own, or one that several servers share."""
    if hasattr(server, "trigger"):
        return server.trigger
    return next(one.trigger for one in server.map.values() if hasattr(one, "trigger"))
