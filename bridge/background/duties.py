"""Guard the bridge's own jobs: a fault costs its own job, and no other and no message."""

from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Gauge

from chat_core.contract.errors import Unavailable
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.guarded import ErrorGuard, guarded

log = structlog.get_logger(__name__)

PAUSES_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)  # before a failed duty is tried again
FAILING: Final = Gauge(
    "wattline_duties_failing", "Duties of the bridge that failed the last time", multiprocess_mode="livesum"
)


class Duties:
    """Run each job under its name. A job that failed is due again after a growing pause."""

    def __init__(self) -> None:
        self._guards: dict[str, ErrorGuard] = {}
        self._faults: dict[str, Backoff] = {}  # of those that failed the last time
        self._resume_s: dict[str, float] = {}

    @property
    def failing(self) -> frozenset[str]:
        return frozenset(self._faults)

    def do(self, name: str, work: Callable[[float], object], now_s: float) -> bool:
        """
        Do the work unless it failed a moment ago; return whether it was done.

        Args: name: one of a few, fixed in the code; work: gets now_s, on the monotonic clock.
        Raises: Unavailable when the database does not answer.
        """
        if self._resume_s and now_s < self._resume_s.get(name, now_s):
            return False
        guard = self._guards.get(name)
        if guard is None:
            guard = self._guards[name] = guarded(f"duty {name}", Unavailable)
        with guard:
            work(now_s)
        if guard.fault is not None:
            self._put_off(name, now_s)
            return False
        if self._faults and self._faults.pop(name, None) is not None:
            del self._resume_s[name]
            FAILING.set(len(self._faults))
            log.info("duty.works_again", duty=name)
        return True

    def _put_off(self, name: str, now_s: float) -> None:
        backoff = self._faults.setdefault(name, Backoff(*PAUSES_S, jitter=0))
        pause_s = backoff.fail()
        self._resume_s[name] = now_s + pause_s
        FAILING.set(len(self._faults))
        log.info("duty.put_off", duty=name, faults=backoff.failures, retry_s=pause_s)
