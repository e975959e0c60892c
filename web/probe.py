"""Run a query that may hang, and wait for its answer no longer than a limit."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Final, Generic, TypeVar

from chat_core.contract.errors import StoreDown
from chat_core.runtime.guarded import guarded

PATIENCE_S: Final = 1.0  # from the start of the query, also for callers who join later

Answer = TypeVar("Answer")


class BoundedQuestion(Generic[Answer]):
    """
    Query the database for /readyz in a thread of its own. Simultaneous callers share one query.

    The thread is a daemon, so that a silent database does not delay the end of the process.
    """

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask = ask
        self._asked: SimpleQueue[Future[Answer]] = SimpleQueue()
        self._pending: Future[Answer] | None = None
        self._asked_s = 0.0
        self._thread: threading.Thread | None = None
        self._changing = threading.Lock()

    def answer(self) -> Answer:
        """Return the answer. Raises: StoreDown if the database is down, or does not answer in time."""
        with self._changing:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="probe", daemon=True)
                self._thread.start()
            if self._pending is None or self._pending.done():
                self._pending, self._asked_s = Future(), time.monotonic()
                self._asked.put(self._pending)
            pending, left_s = self._pending, self._asked_s + PATIENCE_S - time.monotonic()
        try:
            return pending.result(max(0.0, left_s))
        except TimeoutError:
            raise StoreDown("The database does not answer.") from None

    def _run(self) -> None:
        guard = guarded("probe", StoreDown)
        while True:
            pending = self._asked.get()
            try:
                with guard:
                    pending.set_result(self._ask())
            except StoreDown as fault:
                pending.set_exception(fault)
            if guard.fault is not None:
                pending.set_exception(guard.fault)
