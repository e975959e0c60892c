"""
Share the slots with the other bridges: a thread for each that this process has. Touches threads and the database.

Each bridge sees in the table who lives and who has what. A slot without an owner goes to whoever has fewest, and soon
to anybody. Who has two more than another gives one back.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from bridge.metrics import SLOTS
from chat_core.contract.errors import BrokerDown, StoreDown
from chat_core.contract.shards import MOST_SLOTS
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.store import Slots, Store

EVERY_S: Final = 0.1
LEFT_TO_OTHERS_S: Final = 2.0  # free slots, by a bridge that reaches no broker
LEFT_S: Final = 0.2  # how long a free slot is left to those who have fewer
TAKEN_S: Final = 0.5  # for so long another bridge is seen as a slot's owner, before the wait for it ends
GIVE_EVERY_S: Final = 1.0  # the next one, once the last has found its owner
SILENT_S: Final = 5.0  # without a beat of one thread the process sends none

log = structlog.get_logger(__name__)
Work = Callable[[int, threading.Event, Callable[[], None]], None]


class Worker:
    """Work for one slot in a thread of its own."""

    def __init__(self, slot: int, work: Work, threads: ThreadPoolExecutor) -> None:
        """Args: work: waits for the slot's lease, works until the event is set, and may raise StoreDown."""
        self.slot = slot
        self.stop = threading.Event()
        self.beat_s = time.monotonic()
        self.reached_no_broker = False
        self._done = threads.submit(work, slot, self.stop, self._beat)

    def _beat(self) -> None:
        self.beat_s = time.monotonic()

    def has_ended(self) -> bool:
        """Return whether its thread has. Raises: what the work raised, but StoreDown and BrokerDown."""
        if not self._done.done():
            return False
        fault = self._done.exception()
        if isinstance(fault, (StoreDown, BrokerDown)):
            log.warning("slot.lost", slot=self.slot, why=fault.text)
            self.reached_no_broker = isinstance(fault, BrokerDown)
        elif fault is not None:
            raise fault
        return True


class SlotSharing:
    """Hold a fair share of the slots."""

    def __init__(self, work: Work, heart: Heartbeat) -> None:
        self._work = work
        self._heart = heart
        self._threads = ThreadPoolExecutor(MOST_SLOTS, "slot")
        self._workers: dict[int, Worker] = {}
        self._free_s: dict[int, float] = {}  # since when a slot has no owner
        self._taken_s: dict[int, float] = {}  # since when another bridge has a slot that is waited for
        self._gave_s = float("-inf")
        self._takes_s = float("-inf")  # no slots before

    def run(self, store: Store, stop: threading.Event) -> None:
        """Work until the event is set. Raises: StoreDown, and what a slot's work raises."""
        with store.watch_slots() as watch, self._threads:
            try:
                while not stop.is_set():
                    self._look(watch.look(), watch.owner, time.monotonic())
                    stop.wait(EVERY_S)
            finally:
                watch.leave()
                for worker in self._workers.values():
                    worker.stop.set()  # it finishes what was read, and gives the lease back

    def _look(self, slots: Slots, own: str, now_s: float) -> None:
        for n, worker in list(self._workers.items()):
            if worker.has_ended():
                del self._workers[n]
                self._taken_s.pop(n, None)
                if worker.reached_no_broker:
                    self._takes_s = now_s + LEFT_TO_OTHERS_S
            elif slots.owners.get(n) in (None, own):
                self._taken_s.pop(n, None)
            elif now_s - self._taken_s.setdefault(n, now_s) > TAKEN_S:
                # Another took it first. A look may be older than our own takeover, or meet the lock of another look.
                worker.stop.set()
        SLOTS.set(len(slots.owners))
        if all(now_s - worker.beat_s < SILENT_S for worker in self._workers.values()):
            self._heart.beat()
        have = dict.fromkeys(slots.bridges, 0) | Counter(filter(None, slots.owners.values()))
        have = {bridge: have[bridge] for bridge in slots.bridges}
        mine = self._workers.keys() - self._taken_s.keys()
        have[own] = len(mine)
        free = [n for n, owner in slots.owners.items() if owner is None]
        self._free_s = {n: self._free_s.get(n, now_s) for n in free}
        for n in free:
            has_fewest = have[own] == min(have.values())
            if now_s < self._takes_s:
                break
            if n not in self._workers and (has_fewest or now_s - self._free_s[n] > LEFT_S):
                self._workers[n] = Worker(n, self._work, self._threads)
                have[own] += 1
        if not free and now_s - self._gave_s > GIVE_EVERY_S and self._is_to_give(have, own):
            self._gave_s = now_s
            self._workers[max(mine)].stop.set()

    @staticmethod
    def _is_to_give(have: dict[str, int], own: str) -> bool:
        """Return whether this bridge has the most, and at least two more than another."""
        return have[own] - min(have.values()) > 1 and own == max(have, key=lambda bridge: (have[bridge], bridge))
