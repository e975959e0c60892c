"""
Make deliveries of events, and send what is due, in threads of web's process.

Every web process runs one; leases in the database decide who sends what. A kill repeats at most what was being sent:
the receiver knows it by its id.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import prometheus_client
import structlog

from chat_core.contract.changes import ChangeKind
from chat_core.contract.delivery_reasons import reason
from chat_core.contract.errors import Unavailable
from chat_core.contract.outside import Outside
from chat_core.runtime import clock
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.guarded import guarded
from chat_core.store import Store
from chat_core.store.deliveries import Delivery, NewDelivery
from chat_core.store.outbox import ERASED, OutboxEvent
from web.giving_way import thread_gives_way
from web.outbound.channel import NotSent, OutboundChannel, Rejected

THREADS: Final = 8
AT_ONCE: Final = 4  # to one destination: a slow one leaves threads to others
SPARE: Final = 1  # threads for destinations that have none
EVENTS_AT_ONCE: Final = 200
LOOK_EVERY_S: Final = 1.0
TIDY_EVERY_S: Final = 600.0
END_WITHIN_S: Final = 1.0
MOST_TRIES: Final = 20
MOST_WAIT_MS: Final = 3 * 86_400_000
MOST_ASKED_S: Final = 3_600.0  # that a receiver may let us wait
PAUSES_S: Final = (5.0, 30.0, 120.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0)  # 20 tries take two days

DELIVERED: Final = prometheus_client.Counter(
    "wattline_outbound", "Deliveries tried, by channel and outcome", ["channel", "outcome"]
)

log = structlog.get_logger("outbound")


class OutboundWorker:
    """Work until its `with` ends. Threads that send begin with the first delivery."""

    def __init__(
        self,
        store: Store,
        channels: Sequence[OutboundChannel],
        *,
        pauses_s: Sequence[float] = PAUSES_S,
        lease_ms: int | None = None,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Args: pauses_s: before each next try; lease_ms: of each delivery, None for each channel's own."""
        self._store = store
        self._channels = {channel.name: channel for channel in channels}
        self._pauses_s = pauses_s
        self._lease_ms = lease_ms
        self._look_every_s = look_every_s
        self._asked: Collection[str] | None = None  # the events that the bridge stores, as far as we know
        self._todo: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self._sending: Counter[str] = Counter()  # by destination
        self._counting = threading.Lock()
        self._first = 0  # whose turn it is, so that none is always the last
        self._tidy_s = 0.0
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._guard = guarded("outbound", Unavailable)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "OutboundWorker":
        self._begin(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        """
        End, and wait a moment for what is being noted: the store must not be closed under it.

        What is being sent for longer is left: its lease ends by itself.
        """
        self._stop.set()
        self._wake.set()
        first, *senders = self._threads
        for _sender in senders:
            self._todo.put(None)
        first.join()
        until_s = time.monotonic() + END_WITHIN_S
        for sender in senders:
            sender.join(max(0.0, until_s - time.monotonic()))

    def _begin(self, work: Callable[[], None]) -> None:
        def give_way_and_work() -> None:
            thread_gives_way()
            work()

        thread = threading.Thread(target=give_way_and_work, name="outbound", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        backoff = Backoff(1.0, 2.0, 5.0, 10.0)
        while not self._stop.is_set():
            pause_s = self._look_every_s
            try:
                with self._guard:
                    if self._turn():
                        pause_s = 0.0
                if self._guard.fault is None:
                    backoff.succeed()
                else:
                    pause_s = backoff.fail()
            except Unavailable as fault:
                pause_s = backoff.fail()
                log.warning("outbound.waiting", why=fault.text, retry_s=round(pause_s, 1))
            self._wake.wait(pause_s)
            self._wake.clear()

    def _turn(self) -> bool:
        """Do what is due; return whether there are more events already."""
        wanted = {name: frozenset(channel.events()) for name, channel in self._channels.items()}
        self._ask_for(frozenset(event for events in wanted.values() for event in events))
        more = self._make_deliveries(wanted)
        self._take()
        if time.monotonic() >= self._tidy_s:
            self._tidy_s = time.monotonic() + TIDY_EVERY_S
            self._store.deliveries.fail_old(MOST_WAIT_MS)
            while self._store.deliveries.forget_done() and not self._stop.is_set():
                pass
        return more

    def _ask_for(self, events: Collection[str]) -> None:
        """Let the bridge store these events, and this process new clients, where that has changed."""
        registry = self._store.registry
        registry.tells_clients = Outside.CLIENT in events
        if self._asked is None:
            self._asked = frozenset(self._store.outbox.asked_for())
        if events != self._asked:
            self._store.outbox.ask_for(events)
            registry.changes.announce(ChangeKind.OUTSIDE, {}, clock.now_ms())
            self._asked = events
            log.info("outbound.asks_for", events=sorted(events))

    def _make_deliveries(self, wanted: Mapping[str, Collection[str]]) -> bool:
        events = self._store.outbox.next(EVENTS_AT_ONCE)
        if not events:
            return False
        new: list[NewDelivery] = []
        erased: dict[str, int] = {}
        for event in events:
            if event.event == ERASED and event.client is not None:
                erased[event.client] = event.at
                new = [one for one in new if one.client != event.client]
            else:
                new += self._deliveries_of(event, wanted)
        self._store.deliveries.add(new, erased)
        self._store.outbox.remove(events)
        return len(events) == EVENTS_AT_ONCE

    def _deliveries_of(self, event: OutboxEvent, wanted: Mapping[str, Collection[str]]) -> list[NewDelivery]:
        found: list[NewDelivery] = []
        for name, channel in self._channels.items():
            if event.event in wanted[name]:
                with guarded(f"route to {name}", Unavailable, event=event.event):  # a defect costs one event
                    found += [NewDelivery.of(event, route) for route in channel.route(event)]
        return found

    # Sending

    def _take(self) -> None:
        """Give the threads what is due, so that none waits behind what they already have."""
        known = [destination for channel in self._channels.values() for destination in channel.destinations()]
        self._first = (self._first + 1) % max(1, len(known))
        for destination in known[self._first :] + known[: self._first]:
            free = self._free(destination)
            if free <= 0:
                continue
            lease_ms = self._lease_ms or self._channels[destination.partition("/")[0]].lease_ms
            taken = self._store.deliveries.take(destination, free, lease_ms)
            with self._counting:
                self._sending[destination] += len(taken)
            while len(self._threads) <= min(THREADS, self._sending.total()):
                self._begin(self._send_all)
            for delivery in taken:
                self._todo.put(delivery)

    def _free(self, destination: str) -> int:
        """Return how many threads the destination may have now; one that has none may have a spare one."""
        with self._counting:
            has, free = self._sending[destination], THREADS - self._sending.total()
            return max(min(AT_ONCE - has, free - SPARE), min(1 - has, free))

    def _send_all(self) -> None:
        while (delivery := self._todo.get()) is not None and not self._stop.is_set():
            channel = self._channels[delivery.destination.partition("/")[0]]
            try:
                outcome = self._send(channel, delivery)
            except Unavailable as fault:  # the lease ends by itself
                outcome = "unknown"
                log.warning("outbound.not_noted", delivery=delivery.id, why=fault.text)
            DELIVERED.labels(channel.name, outcome).inc()
            with self._counting:
                self._sending[delivery.destination] -= 1
            self._wake.set()

    def _send(self, channel: OutboundChannel, delivery: Delivery) -> str:
        """Send the delivery and note the outcome, which is returned. Raises: Unavailable."""
        deliveries = self._store.deliveries
        with guarded(f"send by {channel.name}", Unavailable, delivery=delivery.id):
            try:
                why = channel.unwanted(delivery)
                if why is not None:
                    deliveries.note_unwanted(delivery, why)
                    return "dropped"
                deliveries.note_sent(delivery, channel.send(delivery))
                return "sent"
            except Rejected as fault:
                deliveries.note_failed(delivery, fault.reason)
                return "failed"
            except NotSent as fault:
                return self._put_off(delivery, fault)
        return self._put_off(delivery, NotSent(reason("our_fault")))

    def _put_off(self, delivery: Delivery, fault: NotSent) -> str:
        if delivery.tries >= MOST_TRIES:
            self._store.deliveries.note_failed(delivery, fault.reason.given_up(delivery.tries))
            return "failed"
        backoff = Backoff(*self._pauses_s)
        backoff.failures = delivery.tries - 1
        pause_s = max(backoff.fail(), min(fault.retry_s or 0.0, MOST_ASKED_S))
        self._store.deliveries.put_off(delivery, fault.reason, round(pause_s * 1000))
        return "put_off"
