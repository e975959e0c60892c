"""`python -m bridge`: wiring and signals, nothing else."""

import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

import structlog

from bridge.link import Link
from bridge.login import kept_client_id, login_as
from bridge.loop import Loop
from bridge.presence import People
from bridge.rates import Rates
from bridge.rounds import Rounds
from bridge.writer import Writer
from chat_core import config, topics
from chat_core.errors import StoreDown
from chat_core.ids import BRIDGE
from chat_core.store import Store

log = structlog.get_logger(__name__)


def main() -> int:
    """Run the bridge until SIGTERM or SIGINT; 0 when it ended in order, 1 when the database or its lock was lost."""
    settings = config.load()
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        with Store.open(settings) as store, store.hold_bridge_lock(stop) as lock:
            if lock is None:
                return 0
            _run(settings, store, lock.check, stop)
    except StoreDown as fault:
        print(f"bridge: {fault.text}", file=sys.stderr)
        return 1
    return 0


def _run(settings: config.Config, store: Store, check_lock: Callable[[], None], stop: threading.Event) -> None:
    store.registry.ensure_identity(BRIDGE, time.time_ns() // 1_000_000)
    client_id = kept_client_id(settings.data)
    link = Link(lambda: login_as(settings, store, BRIDGE, client_id), topics.BRIDGE_FILTERS, clean_session=False)
    writer = Writer(store, link, Rates(settings.rate), People())
    Loop(link, writer, Rounds(store, link, writer), check_lock).run(stop)


if __name__ == "__main__":
    sys.exit(main())
