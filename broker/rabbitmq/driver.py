"""Answer a RabbitMQ that runs elsewhere, and write its files. Touches sockets, files, the store and signals."""

import signal
import threading
import time
from pathlib import Path
from typing import Final

import structlog

from broker.credentials import StoreCredentials
from broker.rabbitmq import files
from broker.rabbitmq.answers import AnswerServer
from broker.rabbitmq.authority import Authority
from broker.rabbitmq.server import Management, Watch
from chat_core.contract import ids
from chat_core.contract.errors import BrokerDown, StoreDown
from chat_core.runtime import clock, ports
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import Keys
from chat_core.store import Store

LOOK_EVERY_S: Final = 0.5  # at the version of the credentials, one small query

log = structlog.get_logger("broker.rabbitmq")


def serve(config: Config, heart: Heartbeat) -> int:
    """Answer RabbitMQ until SIGTERM or SIGINT. Raises: OSError when the port is taken; StoreDown."""
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    secret = files.secret(Keys.open(config.data))
    with heart.during_long_work():
        store = Store.open(config)
    with store:
        store.registry.ensure_identity(ids.BRIDGE, clock.now_ms())
        credentials = StoreCredentials(store, config.data)
        authority = Authority(credentials, store.registry.generation, secret)
        management = Management(config.broker_hosts, config.api_port, secret)
        with AnswerServer(authority, lambda: Keys.open(config.data), secret, config.bind, config.auth_port) as server:
            ports.remember(config.data, "auth", server.port)
            log.info("answers RabbitMQ", port=server.port)
            _watch(Watch(authority, credentials.version, management), stop, heart)
    return 0


def _watch(watch: Watch, stop: threading.Event, heart: Heartbeat) -> None:
    told = ""
    while not stop.wait(LOOK_EVERY_S):
        heart.beat()
        try:
            watch.look(time.monotonic())
            told = ""
        except (StoreDown, BrokerDown) as err:
            if told != err.text:  # once, not twice a second
                log.warning("cannot look after live connections", why=err.text)
            told = err.text


def render(config: Config, folder: Path, nodes: int) -> None:
    """Write the files of each node: one in the folder itself, several in folders of their hosts' names."""
    for setup in files.setups_for(config, folder, Keys.open(config.data), nodes):
        files.write(setup)
