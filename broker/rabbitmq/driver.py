"""Answer a RabbitMQ that runs elsewhere, and write its files. Touches sockets, files, the store and signals."""

import secrets
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from broker.credentials import StoreCredentials
from broker.rabbitmq import files
from broker.rabbitmq.answers import AnswerServer
from broker.rabbitmq.authority import Authority
from broker.rabbitmq.node_watch import NodeWatch
from broker.rabbitmq.server import Management, Watch
from chat_core.contract import ids
from chat_core.contract.errors import BrokerDown, StoreDown
from chat_core.runtime import clock, ports
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import Keys
from chat_core.store import Store

LOOK_EVERY_S: Final = 0.5  # at the version of the credentials, one small query
WATCHES_END_WITHIN_S: Final = 2.0  # all of them; one closes connections meanwhile. See supervisor.STOP_WITHIN_S
CLOSES_ALONE_MS: Final = 10_000  # one `python -m broker` of several closes the connections of a node

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
            with _watched_nodes(config, store, secret):
                _watch(Watch(authority, credentials.version, management), stop, heart)
    return 0


@contextmanager
def _watched_nodes(config: Config, store: Store, secret: str) -> Iterator[None]:
    """Watch each node of a cluster. A single RabbitMQ has nobody who could give it up."""
    own = secrets.token_hex(8)

    def may_close(host: str) -> bool:
        return store.registry.leases.hold(f"rabbitmq {host}", own, CLOSES_ALONE_MS)

    hosts = config.broker_hosts if len(config.broker_hosts) > 1 else ()
    watches = [NodeWatch(host, config.api_port, secret, may_close) for host in hosts]
    for watch in watches:
        watch.all = watches
        watch.start()
    try:
        yield
    finally:
        for watch in watches:
            watch.stop.set()
        ends_s = time.monotonic() + WATCHES_END_WITHIN_S
        for watch in watches:
            watch.join(max(0.0, ends_s - time.monotonic()))


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
    for setup in files.setups_for(config, folder, Keys.open(config.data), nodes, lambda: _bridge_sessions(config)):
        files.write(setup)


def _bridge_sessions(config: Config) -> tuple[str, ...]:
    """Return the MQTT client id of each slot's session; make those that are missing. None without a database."""
    try:
        with Store.open(config) as store:
            return tuple(
                store.bridge.keep_mqtt_client_id(ids.new_client_id(ids.BRIDGE, secrets.token_bytes(16)), n)
                for n in range(config.slots)
            )
    except StoreDown as fault:
        log.warning("the bridge makes its session itself, when it first connects", why=fault.text)
        return ()
