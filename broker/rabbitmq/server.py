"""
`python -m broker` beside a RabbitMQ: answers its questions, and closes whom it may keep no longer. Touches sockets, the
store and signals.
"""

import base64
import http.client
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import structlog

from broker.credentials import StoreCredentials
from broker.rabbitmq import files
from broker.rabbitmq.answers import AnswerServer
from broker.rabbitmq.authority import MANAGER, Authority
from chat_core.contract import ids
from chat_core.contract.errors import BrokerDown, StoreDown
from chat_core.runtime import clock, ports
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import Keys
from chat_core.store import Store

LOOK_EVERY_S: Final = 0.5  # at the version of the credentials, one small query
LIST_EVERY_S: Final = 60.0
BEFORE_ITS_END_S: Final = 1.5  # a look is never late by more than a second; see Authority.ending
ASK_WITHIN_S: Final = 5.0
PER_PERSON: Final = 32  # connections, as on the embedded broker

log = structlog.get_logger("broker.rabbitmq")


class Management:
    """RabbitMQ's management API, as far as we need it. Raises: BrokerDown when it does not answer as it should."""

    def __init__(self, host: str, port: int, secret: str) -> None:
        self._address = host, port
        self._sign_in = "Basic " + base64.b64encode(f"{MANAGER}:{secret}".encode()).decode()

    def count_connections(self) -> Counter[str]:
        """The live connections of each user."""
        listed: list[dict[str, Any]] = json.loads(self._ask("GET", "/api/connections"))
        return Counter(str(one["user"]) for one in listed if "user" in one)

    def close(self, username: str) -> None:
        """None of this user's connections lives on; their wills are sent."""
        self._ask("DELETE", f"/api/connections/username/{quote(username, safe='')}")

    def _ask(self, method: str, path: str) -> bytes:
        link = http.client.HTTPConnection(*self._address, timeout=ASK_WITHIN_S)
        try:
            link.request(method, path, headers={"Authorization": self._sign_in, "X-Reason": "credentials ended"})
            answer = link.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as err:
            raise BrokerDown(f"RabbitMQ's management API does not answer: {err}") from err
        finally:
            link.close()
        if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            raise BrokerDown(f"RabbitMQ's management API answers {answer.status}.")
        return body


class Watch:
    """
    Cuts off whom the credentials no longer let stay, and who has too many connections. `look` is called again and
    again, by one thread.

    Whoever is to be cut is cut again at the next look: a sign-in may have been granted, and its connection not be there
    yet, at the first.
    """

    def __init__(self, authority: Authority, version: Callable[[], object], management: Management) -> None:
        self._authority = authority
        self._version = version
        self._management = management
        self._seen = version()
        self._ending: set[str] = set()
        self._cut: set[str] = set()
        self._list_at_s = 0.0
        self._adopted = False

    def look(self, now_s: float) -> None:
        """
        Every connection that may not stay is being closed. Raises: StoreDown, BrokerDown; nothing is forgotten then.
        """
        if now_s >= self._list_at_s:
            connected = self._management.count_connections()
            self._close_crowds(connected)
            if not self._adopted:
                self._ending |= self._authority.adopt(connected)
                self._adopted = True
            self._authority.keep_only(connected)
            self._list_at_s = now_s + LIST_EVERY_S
        version = self._version()
        if version != self._seen:
            self._ending |= self._authority.ended()
            self._seen = version
        self._ending |= self._authority.ending(time.time() + BEFORE_ITS_END_S)
        again = self._authority.forget(self._cut)
        for username in self._ending | again:
            self._management.close(username)
            log.info("connections closed", user=username)
        self._cut, self._ending = self._ending, set()

    def _close_crowds(self, connected: Counter[str]) -> None:
        """RabbitMQ closes all of a user's connections or none; who needs one comes back."""
        for username, count in connected.items():
            if count > PER_PERSON and ids.is_id(username) and ids.role_of(username) is not ids.Role.SERVICE:
                self._management.close(username)
                log.warning("too many connections of one person", user=username, connections=count)


def run(config: Config, heart: Heartbeat) -> int:
    """
    RabbitMQ's questions are answered until SIGTERM or SIGINT. Raises: OSError when the port is taken; StoreDown.
    """
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
        management = Management(config.mqtt_host or config.near_host, config.api_port, secret)
        with AnswerServer(authority, lambda: Keys.open(config.data), secret, config.bind, config.auth_port) as server:
            ports.remember(config.data, "auth", server.port)
            log.info("answers RabbitMQ", port=server.port)
            _watch(Watch(authority, credentials.version, management), stop, heart)
    return 0


def _watch(watch: Watch, stop: threading.Event, heart: Heartbeat) -> None:
    told: Iterable[object] = ()
    while not stop.wait(LOOK_EVERY_S):
        heart.beat()
        try:
            watch.look(time.monotonic())
            told = ()
        except (StoreDown, BrokerDown) as err:
            if told != (err.text,):  # once, not twice a second
                log.warning("cannot look after live connections", why=err.text)
            told = (err.text,)
