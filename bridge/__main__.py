"""Wire the bridge and run it: `python -m bridge`."""

import sys
import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from bridge.background.displays import PRODUCT
from bridge.background.meter_alarms import SPEAKER
from bridge.background.scheduler import Scheduler
from bridge.background.shard_moves import AloneWatch, ShardMoves
from bridge.loop import Loop
from bridge.metrics import LEASE, SHARDS, SLOTS, WRITER
from bridge.mqtt.fast_shared_paho import FastSharedPaho
from bridge.mqtt.kept_session import end_session
from bridge.mqtt.link import Link, Login
from bridge.mqtt.login import bridge_client_id, login_as
from bridge.mqtt.node_copies import ClusterLink
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.other_slots import OtherSlots
from bridge.pipeline.presence import People
from bridge.pipeline.quotas import Quotas
from bridge.pipeline.rate_limits import Rates
from bridge.process import run_until_stopped
from bridge.slot_sharing import SlotSharing
from chat_core.contract import topics
from chat_core.contract.ids import BRIDGE
from chat_core.contract.shards import ALL, Slot
from chat_core.runtime import clock, config, fast_gc
from chat_core.runtime.free_space import FreeSpace
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.trace import Trace
from chat_core.store import Store

log = structlog.get_logger(__name__)


def main() -> int:
    """Run the bridge until SIGTERM or SIGINT; wait while there is no database, or others have every slot."""
    return run_until_stopped("bridge", partial(_work, threading.Event()))


def _work(
    told: threading.Event, settings: config.Config, store: Store, stop: threading.Event, heart: Heartbeat
) -> None:
    """Work alone or for a share of the slots. Args: told: set once the database has this process's WATTLINE_SLOTS."""
    WRITER.set(0)  # a container's process may find the value of the one before
    SLOTS.set(settings.slots)
    # As web and CLI do, without the lock: whoever waits for it has done this already.
    store.registry.ensure_identity(BRIDGE, clock.now_ms())
    store.registry.ensure_identity(SPEAKER, clock.now_ms(), name=PRODUCT)
    fast_gc.freeze_loaded()
    if not settings.may_share:
        _hold(settings, store, ALL, stop, heart, heart.beat)
        return
    if not told.is_set() and store.slots.number() != settings.slots:
        store.slots.wish(settings.slots)
    told.set()
    if not store.slots.are_several():
        _work_alone(settings, store, stop, heart)
        return

    def work(n: int, stop: threading.Event, beat: Callable[[], None]) -> None:
        with Store.open(settings) as own:  # whose connections belong to this slot's lease
            _hold(settings, own, n, stop, heart, beat)

    SlotSharing(work, heart).run(store, stop)


def _work_alone(settings: config.Config, store: Store, stop: threading.Event, heart: Heartbeat) -> None:
    """Work for all clients, or wait for whoever does, until there are to be several slots."""
    over = threading.Event()
    watch = AloneWatch(store.slots)

    def beat() -> None:
        heart.beat()
        if stop.is_set() or watch.go(time.monotonic()):
            over.set()

    _hold(settings, store, ALL, over, heart, beat)


def _hold(
    settings: config.Config,
    store: Store,
    slot: Slot | int,
    stop: threading.Event,
    heart: Heartbeat,
    beat: Callable[[], None],
) -> None:
    """
    Wait for the slot's lock, then work for it.

    Args: slot: ALL, or the number of one whose shards the database knows; beat: called in each turn.
    """
    n = slot if isinstance(slot, int) else slot.n
    log.info("bridge.asks_for_lock", slot=n)
    with store.hold_bridge_lock(stop, beat, n) as lock:
        if lock is None:
            return
        log.info("bridge.has_lock", slot=n)
        WRITER.inc()
        LEASE.labels(n).set(1)
        try:
            if n == 0:
                with heart.during_long_work():
                    _settle(settings, store)
            held = store.slots.slot(slot) if isinstance(slot, int) else slot
            SHARDS.labels(n).set(len(held.shards))
            link, writer = _wire(settings, store, held)
            scheduler = Scheduler(store, link, writer)
            moves = ShardMoves(store.slots, link, writer, scheduler.note_shards) if writer.others is not None else None
            Loop(link, writer, scheduler, lock.check, beat, held, moves).run(stop)
            if moves is not None and moves.is_over:
                _leave(settings, store, n, beat)
        finally:
            WRITER.dec()
            LEASE.labels(n).set(0)
            SHARDS.labels(n).set(0)


def _leave(settings: config.Config, store: Store, n: int, beat: Callable[[], None]) -> None:
    """End the session of a slot that is to be no more: nobody would read what the broker keeps in it."""
    client_id = bridge_client_id(store, settings.data, n)
    if end_session(lambda: login_as(settings, store, BRIDGE, client_id), beat) and store.slots.leave(n):
        log.info("slot.ended", slot=n)


def _settle(settings: config.Config, store: Store) -> None:
    """Adapt the sums of meters to the time zone, before the first message."""
    settled = store.consumption.settle()
    if settled:
        log.info("meters.settled", meters=settled, tz=settings.tz)


def _wire(settings: config.Config, store: Store, slot: Slot) -> tuple[Link, Writer]:
    client_id = bridge_client_id(store, settings.data, slot.n)
    link = _link(settings, lambda: login_as(settings, store, BRIDGE, client_id))
    if slot is not ALL:
        link.make_paho = partial(FastSharedPaho, slot=slot)
    writer = Writer(
        store,
        link,
        Rates(settings.rate, settings.guests_per_s / slot.of),
        People(),
        Quotas.of(settings, FreeSpace(settings).is_low, slot.of),
        OtherSlots(slot) if slot is not ALL else None,
    )
    writer.trace = Trace.of(settings)
    return link, writer


def _link(settings: config.Config, login: Callable[[], Login]) -> Link:
    hosts = settings.broker_hosts
    if settings.broker_profile.retains_by_node and len(hosts) > 1:
        return ClusterLink(login, topics.BRIDGE_FILTERS, hosts)
    return Link(login, topics.BRIDGE_FILTERS, clean_session=False)


if __name__ == "__main__":
    sys.exit(main())
