"""Wire the bridge and run it: `python -m bridge`."""

import sys
import threading
from collections.abc import Callable

import structlog

from bridge.background.displays import PRODUCT
from bridge.background.meter_alarms import SPEAKER
from bridge.background.scheduler import Scheduler
from bridge.loop import Loop
from bridge.metrics import WRITER
from bridge.mqtt.link import Link, Login
from bridge.mqtt.login import bridge_client_id, login_as
from bridge.mqtt.node_copies import ClusterLink
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.presence import People
from bridge.pipeline.quotas import Quotas
from bridge.pipeline.rate_limits import Rates
from bridge.process import run_until_stopped
from chat_core.contract import topics
from chat_core.contract.ids import BRIDGE
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
    log.info("bridge.asks_for_lock")
    with store.hold_bridge_lock(stop, heart.beat) as lock:
        if lock is not None:
            log.info("bridge.has_lock")
            WRITER.set(1)
            try:
                _run(settings, store, lock.check, stop, heart)
            finally:
                WRITER.set(0)


def _run(
    settings: config.Config, store: Store, check_lock: Callable[[], None], stop: threading.Event, heart: Heartbeat
) -> None:
    with heart.during_long_work():
        store.registry.ensure_identity(BRIDGE, clock.now_ms())
        store.registry.ensure_identity(SPEAKER, clock.now_ms(), name=PRODUCT)
        settled = store.meters.settle()
    if settled:
        log.info("meters.settled", meters=settled, tz=settings.tz)
    client_id = bridge_client_id(store, settings.data)
    link = _link(settings, lambda: login_as(settings, store, BRIDGE, client_id))
    writer = Writer(
        store,
        link,
        Rates(settings.rate, settings.guests_per_s),
        People(),
        Quotas.of(settings, FreeSpace(settings).is_low),
    )
    writer.trace = Trace.of(settings)
    fast_gc.freeze_loaded()
    Loop(link, writer, Scheduler(store, link, writer), check_lock, heart.beat).run(stop)


def _link(settings: config.Config, login: Callable[[], Login]) -> Link:
    hosts = settings.broker_hosts
    if settings.broker_profile.retains_by_node and len(hosts) > 1:
        return ClusterLink(login, topics.BRIDGE_FILTERS, hosts)
    return Link(login, topics.BRIDGE_FILTERS, clean_session=False)


if __name__ == "__main__":
    sys.exit(main())
