"""Run a process that works on the database until it is told to stop. Touches the database and signals."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

import structlog

from chat_core.contract.errors import BrokerDown, StoreDown
from chat_core.runtime import config, logs
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.store import Store

# Before each next try while the database is not there: soon for 10 s, in which a standby is promoted.
PAUSES_S: Final = (0.1, *[0.25] * 40, 2.0)
LEFT_TO_OTHERS_S: Final = 1.0  # by a bridge that reaches no broker

log = structlog.get_logger(__name__)


Work = Callable[[Config, Store, threading.Event, Heartbeat], None]


def run_until_stopped(name: str, work: Work) -> int:
    """
    Do the work until SIGTERM or SIGINT. Begin it again when the database comes back.

    Args: name: for the log; work: returns when the event is set, beats in its loop, and may raise StoreDown, or
        BrokerDown, after which another process may work first.
    Returns: the exit status.
    """
    settings = config.load()
    logs.configure()
    heart = Heartbeat.from_environment()
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    backoff = Backoff(*PAUSES_S)
    while not stop.is_set():
        began_s = time.monotonic()
        try:
            with heart.during_long_work():
                store = Store.open(settings)
            with store:
                work(settings, store, stop, heart)
        except BrokerDown as fault:
            log.warning(f"{name}.leaves", why=fault.text)
            stop.wait(LEFT_TO_OTHERS_S)
        except StoreDown as fault:
            if time.monotonic() - began_s > PAUSES_S[-1]:
                backoff.succeed()  # it worked for a while
            pause_s = backoff.fail()
            log.warning(f"{name}.waiting", why=fault.text, retry_s=round(pause_s, 2))
            heart.beat()
            stop.wait(pause_s)
    return 0
