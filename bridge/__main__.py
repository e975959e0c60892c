"""`python -m bridge`: wiring and signals, nothing else."""

import gc
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

import structlog

from bridge.link import Link
from bridge.login import kept_client_id, login_as
from bridge.loop import Loop
from bridge.presence import People
from bridge.rates import Rates
from bridge.rounds import Rounds
from bridge.writer import Writer
from chat_core import config, logs, topics
from chat_core.errors import StoreDown
from chat_core.ids import BRIDGE
from chat_core.store import Store

log = structlog.get_logger(__name__)

PAUSES_S: Final = (0.1, 0.25, 0.5, 1.0, 2.0)  # before each next try while the database cannot be opened


def main() -> int:
    """Be the bridge until SIGTERM or SIGINT; while there is no database, or another bridge, wait for it."""
    settings = config.load()
    logs.configure()
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    failures = 0
    while not stop.is_set():
        try:
            with Store.open(settings) as store:
                log.info("bridge.asks_for_lock")
                with store.hold_bridge_lock(stop) as lock:
                    if lock is None:
                        break
                    failures = 0
                    _run(settings, store, lock.check, stop)
        except StoreDown as fault:
            pause_s = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
            failures += 1
            log.warning("bridge.waiting", why=fault.text, retry_s=pause_s)
            stop.wait(pause_s)
    return 0


def _run(settings: config.Config, store: Store, check_lock: Callable[[], None], stop: threading.Event) -> None:
    store.registry.ensure_identity(BRIDGE, time.time_ns() // 1_000_000)
    settled = store.settle_meters()
    if settled:
        log.info("meters.settled", meters=settled, tz=settings.tz)
    client_id = kept_client_id(settings.data)
    link = Link(lambda: login_as(settings, store, BRIDGE, client_id), topics.BRIDGE_FILTERS, clean_session=False)
    writer = Writer(store, link, Rates(settings.rate), People())
    # What is loaded by now stays for good: looking through it for garbage would stop everybody's ticks for 40 ms.
    gc.collect()
    gc.freeze()
    Loop(link, writer, Rounds(store, link, writer), check_lock).run(stop)


if __name__ == "__main__":
    sys.exit(main())
