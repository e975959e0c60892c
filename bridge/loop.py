"""Run the bridge's one thread: read, commit a batch, reply and acknowledge, then do what is due."""

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog
from prometheus_client import Counter

from bridge import metrics
from bridge.background.scheduler import Scheduler
from bridge.background.shard_moves import ShardMoves
from bridge.mqtt.link import Arrived, Link
from bridge.pipeline.group_commit import Writer
from chat_core.contract.errors import StoreDown
from chat_core.contract.shards import ALL, Slot
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.guarded import guarded
from chat_core.store.bridge_lock import CHECK_EVERY_S

log = structlog.get_logger(__name__)

BATCH_LIMIT: Final = 1_000  # also the brokers' in-flight limit for the bridge
TURN_S: Final = 0.2  # the longest wait for the socket
SOON_S: Final = 0.05  # the same while something else is due
GATHER_S: Final = 0.01  # before the next turn of several slots: each would wake up for every message of all
PAUSES_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)  # before each next try while the database is down
SHOWN_S: Final = 10.0  # how long /readyz names a fault
FAULTS_LIMIT: Final = 20  # defects in a row, after which a new process starts
STORE_DOWN: Final = Counter("wattline_store_down", "Times that the database did not answer the bridge")
LOCK_LOST: Final = Counter(
    "wattline_bridge_lock_lost", "Times that a working bridge was replaced, or lost the database that holds its lock"
)


class Loop:
    """
    Run until told to stop.

    While the database is down nothing is acknowledged. The batch is written again later; what else arrives waits with
    the broker.
    """

    def __init__(
        self,
        link: Link,
        writer: Writer,
        scheduler: Scheduler,
        check_lock: Callable[[], None],
        beat: Callable[[], None] = lambda: None,
        slot: Slot = ALL,
        moves: ShardMoves | None = None,
    ) -> None:
        """
        Args: check_lock: called each CHECK_EVERY_S, raises StoreDown; beat: called in each turn; moves: of the slot's
            shards; None where there is one slot for good.
        """
        self._slot = slot
        self._moves = moves
        self._backlog, self._unconfirmed = metrics.BACKLOG.labels(slot.n), metrics.UNCONFIRMED.labels(slot.n)
        self._link = link
        self._writer = writer
        self._scheduler = scheduler
        self._check_lock = check_lock
        self._beat = beat
        self._batch: list[Arrived] = []
        self._read_s: float | None = None  # when the oldest of the batch was read
        self._backoff = Backoff(*PAUSES_S)
        self._guard = guarded("turn", StoreDown)
        self._faults = 0
        self._fault_s = float("-inf")
        self._resume_s = 0.0
        self._lock_s = 0.0

    def run(self, stop: threading.Event) -> None:
        """
        Work until `stop` is set; then finish the batch and send DISCONNECT.

        Raises: StoreDown when the database's lock was lost: another bridge may write, so nothing more is acknowledged.
        """
        try:
            while not (stop.is_set() or (self._moves is not None and self._moves.is_over)):
                self._turn()
            self._finish()
        finally:
            self._link.close()
        log.info("bridge.ended")

    def _turn(self) -> None:
        self._beat()
        now_s = time.monotonic()
        if now_s - self._lock_s >= CHECK_EVERY_S:
            self._renew_lock()
            self._lock_s = now_s
            self._backlog.set(len(self._batch) + self._link.waiting)
            self._unconfirmed.set(self._link.unconfirmed)
        if not self._slot.is_alone:
            time.sleep(GATHER_S)
        is_soon = self._batch or (self._moves is not None and self._moves.is_active)
        self._link.turn(SOON_S if is_soon else TURN_S)
        if time.monotonic() < self._resume_s:
            return
        try:
            with self._guard:  # nothing was acknowledged, so the next turn may succeed
                self._work()
                self._backoff.succeed()
                self._faults = 0
        except StoreDown as fault:
            self._wait(fault)
        if self._guard.fault is not None:
            self._note(self._guard.fault)

    def _renew_lock(self) -> None:
        try:
            self._check_lock()
        except StoreDown:
            LOCK_LOST.inc()
            raise

    def _note(self, fault: Exception) -> None:
        """Count a defect. Raises: the defect itself, after FAULTS_LIMIT in a row."""
        self._faults += 1
        self._fault_s = time.monotonic()
        self._writer.failing = {*self._writer.failing, "turn"}
        if self._faults >= FAULTS_LIMIT:
            raise fault
        self._wait(fault)

    def _work(self) -> None:
        if self._moves is not None and not self._batch and self._moves.go(time.monotonic()):
            return
        if not self._batch and not self._link.crowded:
            self._read_s = self._link.read_s
            self._batch = self._link.take(BATCH_LIMIT)
        if self._batch:
            effects = self._writer.write(self._batch)
            self._batch = []
            self._link.flush()
            self._scheduler.note(effects)
            if self._moves is not None:
                self._moves.heard(effects.fences, time.monotonic())
            if effects.stored and self._read_s is not None:
                metrics.TICK_S.observe_batch(self._writer.told_s - self._read_s, effects.stored)
        now_s = time.monotonic()
        self._scheduler.go(now_s)
        # The next heartbeat and /readyz show it.
        failing = self._scheduler.failing
        if now_s - self._fault_s < SHOWN_S:
            failing = failing | {"turn"}
        self._writer.failing = failing

    def _wait(self, fault: Exception) -> None:
        pause_s = self._backoff.fail()
        self._resume_s = time.monotonic() + pause_s
        if isinstance(fault, StoreDown):
            STORE_DOWN.inc()
            log.warning("store.down", why=fault.text, held=len(self._batch), retry_s=round(pause_s, 2))

    def _finish(self) -> None:
        may_handle = self._moves is None or self._moves.may_handle
        batch = self._batch or (self._link.take(BATCH_LIMIT) if may_handle else [])
        try:
            if batch:
                self._writer.write(batch)
        except StoreDown as fault:
            log.warning("store.down", why=fault.text, held=len(batch), retry_s=None)
        with suppress(StoreDown):
            self._writer.tell_held_rows(math.inf)  # no later turn does
