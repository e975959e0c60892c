"""Wire the bridge and run it: `python -m bridge`."""

import sys
import threading
from collections.abc import Callable
from functools import partial

import structlog

from bridge.background.displays import PRODUCT
from bridge.background.meter_alarms import SPEAKER
from bridge.background.scheduler import Scheduler
from bridge.loop import Loop
from bridge.metrics import LEASE, SHARDS, WRITER
from bridge.mqtt.fast_shared_paho import FastSharedPaho
from bridge.mqtt.link import Link, Login
from bridge.mqtt.login import bridge_client_id, login_as
from bridge.mqtt.node_copies import ClusterLink
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.other_shards import OtherShards
from bridge.pipeline.presence import People
from bridge.pipeline.quotas import Quotas
from bridge.pipeline.rate_limits import Rates
from bridge.process import run_until_stopped
from bridge.shard_sharing import ShardSharing
from chat_core.contract import topics
from chat_core.contract.ids import BRIDGE
from chat_core.contract.shards import ALL, Shard
from chat_core.runtime import clock, config, fast_gc
from chat_core.runtime.free_space import FreeSpace
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.trace import Trace
from chat_core.store import Store

log = structlog.get_logger(__name__)


def main() -> int:
    """Run the bridge until SIGTERM or SIGINT; wait while there is no database, or another bridge runs."""
    return run_until_stopped("bridge", _work)


def _work(settings: config.Config, store: Store, stop: threading.Event, heart: Heartbeat) -> None:
    WRITER.set(0)  # a container's process may find the value of the one before
    SHARDS.set(settings.shards)
    # As web and CLI do, without the lock: whoever waits for it has done this already.
    store.registry.ensure_identity(BRIDGE, clock.now_ms())
    store.registry.ensure_identity(SPEAKER, clock.now_ms(), name=PRODUCT)
    fast_gc.freeze_loaded()
    if settings.shards == 1:
        _hold(settings, store, ALL, stop, heart, heart.beat)
        return

    def work(shard: Shard, stop: threading.Event, beat: Callable[[], None]) -> None:
        with Store.open(settings) as own:  # whose connections belong to this shard's lease
            _hold(settings, own, shard, stop, heart, beat)

    ShardSharing(settings.shards, work, heart).run(store, stop)


def _hold(
    settings: config.Config,
    store: Store,
    shard: Shard,
    stop: threading.Event,
    heart: Heartbeat,
    beat: Callable[[], None],
) -> None:
    """Wait for the shard's lock, then work for it. Args: beat: called in each turn."""
    log.info("bridge.asks_for_lock", shard=shard.n)
    with store.hold_bridge_lock(stop, beat, shard) as lock:
        if lock is None:
            return
        log.info("bridge.has_lock", shard=shard.n)
        WRITER.inc()
        LEASE.labels(shard.n).set(1)
        try:
            if shard.n == 0:
                with heart.during_long_work():
                    _settle(settings, store)
            link, writer = _wire(settings, store, shard)
            Loop(link, writer, Scheduler(store, link, writer), lock.check, beat, shard).run(stop)
        finally:
            WRITER.dec()
            LEASE.labels(shard.n).set(0)


def _settle(settings: config.Config, store: Store) -> None:
    """Adapt the sums of meters to the time zone, before the first message."""
    settled = store.consumption.settle()
    if settled:
        log.info("meters.settled", meters=settled, tz=settings.tz)


def _wire(settings: config.Config, store: Store, shard: Shard) -> tuple[Link, Writer]:
    client_id = bridge_client_id(store, settings.data, shard)
    link = _link(settings, lambda: login_as(settings, store, BRIDGE, client_id))
    if shard.of > 1:
        link.make_paho = partial(FastSharedPaho, shard=shard)
    writer = Writer(
        store,
        link,
        Rates(settings.rate, settings.guests_per_s / shard.of),
        People(),
        Quotas.of(settings, FreeSpace(settings).is_low, shard.of),
        OtherShards(shard) if shard.of > 1 else None,
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
