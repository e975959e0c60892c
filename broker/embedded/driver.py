"""Run the embedded broker as a process, with the product's settings and store. Touches files and signals."""

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from broker.credentials import StoreCredentials
from broker.embedded import listeners
from broker.embedded.guard import BrokerLimits
from broker.embedded.listeners import ListenerSettings
from broker.embedded.sessions import Awaited
from broker.limits import ask_for_files
from broker.sign_in import Addresses, CredentialChecker
from chat_core.contract import topics
from chat_core.contract.errors import Refused
from chat_core.contract.ids import BRIDGE
from chat_core.contract.policy import Identity
from chat_core.runtime import fast_gc, portal_origins, ports
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import BEAT_EVERY_S, Heartbeat
from chat_core.runtime.trace import Trace
from chat_core.store import Store

SWITCH_S: Final = 0.0005  # after which a thread that checks a sign-in lets the event loop go on; Python's is 5 ms


def serve(config: Config, heart: Heartbeat) -> int:
    """
    Run the broker until SIGTERM or SIGINT; write its ports to ports.json.

    Raises: OSError when a port is taken; StoreDown when the database cannot be opened.
    """
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)  # it logs what we log, with less
    with heart.during_long_work():
        store = Store.open(config)
    with store:
        fast_gc.freeze_loaded()
        sys.setswitchinterval(SWITCH_S)
        asyncio.run(_run(config, StoreCredentials(store, config.data), heart))
    return 0


def render(config: Config, folder: Path, nodes: int) -> None:
    """Raise Refused: only settings configure it."""
    raise Refused("The embedded broker has no configuration to write.")


async def _run(config: Config, credentials: CredentialChecker, heart: Heartbeat) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def ready(addresses: Addresses) -> None:
        ports.remember(config.data, "mqtt", addresses.mqtt_port)
        ports.remember(config.data, "ws", addresses.ws_port)

    beating = asyncio.create_task(_beat(heart))
    try:
        await listeners.serve(settings_of(config), credentials, stop, ready)
    finally:
        beating.cancel()


async def _beat(heart: Heartbeat) -> None:
    """Beat as often as the event loop gets round to it."""
    while True:
        heart.beat()
        await asyncio.sleep(BEAT_EVERY_S)


def settings_of(config: Config) -> ListenerSettings:
    return ListenerSettings(
        bind=config.bind,
        mqtt_ports=_candidates(config.data, "mqtt", config.mqtt_port),
        ws_ports=_candidates(config.data, "ws", config.ws_port),
        limits=BrokerLimits(
            rate=config.rate,
            connections=ask_for_files(BrokerLimits().connections),
            per_address=config.address_connections,
            proxies=config.trusted_proxies,
        ),
        allows_origin=lambda origin, host: _is_ours(config, origin, host),
        tls_cert=config.tls_cert,
        tls_key=config.tls_key,
        # Native topics are not awaited: devices send them again by themselves.
        awaited=Awaited(Identity(BRIDGE), topics.BRIDGE_FILTERS),
        trace=Trace.of(config),
    )


def _candidates(data: Path, name: str, port: int) -> tuple[int, ...]:
    """Return the ports to try: for 0 the one before, if still free."""
    if port:
        return (port,)
    before = ports.recall(data, name)
    return (before, 0) if before else (0,)


def _is_ours(config: Config, origin: str, host: str) -> bool:
    """
    Return whether a page of this origin may connect: the product's own pages and the configured portals.

    Our own page came from the host that it asks, through the same port (behind a proxy) or the web process's.
    """
    if origin in config.portal_origins or origin == config.url or origin in portal_origins.read(config.data):
        return True
    page, asked = urlsplit(origin), urlsplit(f"//{host}")
    try:
        if page.scheme not in ("http", "https") or not page.hostname or page.hostname != asked.hostname:
            return False
        http_port = config.http_port or ports.recall(config.data, "http")
        return page.netloc == host or page.port == http_port
    except ValueError:  # a port that is no number
        return False
