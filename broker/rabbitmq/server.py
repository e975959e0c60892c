"""
`python -m broker` beside a RabbitMQ: answers its questions by HTTP, and closes whom it may keep no longer. Touches
sockets, the store and signals.
"""

import base64
import http.client
import json
import signal
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qsl, quote

import structlog

from broker.embedded.credentials import StoreCredentials
from broker.rabbitmq import files, render
from broker.rabbitmq.authority import DENY, MANAGER, Authority, Question
from chat_core import ids, ports
from chat_core.config import Config
from chat_core.errors import BrokerDown, StoreDown
from chat_core.keys import Keys
from chat_core.store import Store
from chat_core.tokens import OUR_ALGORITHM

LOOK_EVERY_S: Final = 0.5  # at the version of the credentials, one small query
LIST_EVERY_S: Final = 60.0
BEFORE_ITS_END_S: Final = 1.5  # a look is never late by more than a second; see Authority.ending
ASK_WITHIN_S: Final = 5.0
IDLE_S: Final = 300.0  # RabbitMQ keeps a connection for two minutes and must be the one who closes it
MAX_QUESTION_BYTES: Final = 65_536

log = structlog.get_logger("broker.rabbitmq")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # a thousand people may sign in at once


class AnswerServer:
    """
    Serves `POST /<secret>/<question>` and `GET /<secret>/keys`; any other path is not found. A context manager.

    Args: keys: the signing keys as they now are.
    """

    def __init__(self, authority: Authority, keys: Callable[[], Keys], secret: str, host: str, port: int) -> None:
        self._server = _Server((host, port), _handler(authority, keys, f"/{secret}/"))
        self._thread = threading.Thread(target=self._server.serve_forever, name="answers", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(authority: Authority, keys: Callable[[], Keys], base: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # RabbitMQ keeps the connection
        disable_nagle_algorithm = True
        timeout = IDLE_S
        wbufsize = -1  # an answer is one segment

        def do_POST(self) -> None:
            question = self.path.removeprefix(base)
            size = self.headers.get("Content-Length", "")
            if not self.path.startswith(base) or question not in set(Question):
                self._say(HTTPStatus.NOT_FOUND, "")
            elif not size.isdecimal() or int(size) > MAX_QUESTION_BYTES:
                self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "")
            else:
                self._answer(Question(question), self.rfile.read(int(size)))

        def _answer(self, question: Question, body: bytes) -> None:
            try:
                # errors=strict: a topic that is no UTF-8 is nobody's
                asked = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
                self._say(HTTPStatus.OK, authority.answer(question, asked))
            except UnicodeDecodeError:
                self._say(HTTPStatus.OK, DENY)
            except StoreDown as err:
                log.warning("cannot answer: no database", question=str(question), why=err.text)
                self._say(HTTPStatus.SERVICE_UNAVAILABLE, "")

        def do_GET(self) -> None:
            if self.path == base + render.KEYS:
                self._say(HTTPStatus.OK, json.dumps(_key_set(keys())), "application/json")
            else:
                self._say(HTTPStatus.NOT_FOUND, "")

        def _say(self, status: HTTPStatus, text: str, kind: str = "text/plain") -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = self.close_connection or status not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND)

        def log_message(self, *_: object) -> None:
            """Every path holds the secret, and every body a name."""

    return Handler


def _key_set(keys: Keys) -> dict[str, list[dict[str, str]]]:
    """The signing keys as a JWK set. Source: RFC 7517 §5, RFC 7518 §6.4."""
    return {
        "keys": [
            {
                "kty": "oct",
                "kid": kid,
                "use": "sig",
                "alg": OUR_ALGORITHM,
                "k": base64.urlsafe_b64encode(key).rstrip(b"=").decode(),
            }
            for kid, key in keys.signing.items()
        ]
    }


class Management:
    """RabbitMQ's management API, as far as we need it. Raises: BrokerDown when it does not answer as it should."""

    def __init__(self, host: str, port: int, secret: str) -> None:
        self._address = host, port
        self._sign_in = "Basic " + base64.b64encode(f"{MANAGER}:{secret}".encode()).decode()

    def list_connected(self) -> set[str]:
        """The users of all live connections."""
        listed: list[dict[str, Any]] = json.loads(self._ask("GET", "/api/connections"))
        return {str(one["user"]) for one in listed if "user" in one}

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
    Cuts off whom the credentials no longer let stay. `look` is called again and again, by one thread.

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
            connected = self._management.list_connected()
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


def run(config: Config) -> int:
    """
    RabbitMQ's questions are answered until SIGTERM or SIGINT. Raises: OSError when the port is taken; StoreDown.
    """
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    secret = files.secret(Keys.open(config.data))
    with Store.open(config) as store:
        store.registry.ensure_identity(ids.BRIDGE, time.time_ns() // 1_000_000)
        credentials = StoreCredentials(store, config.data)
        authority = Authority(credentials, store.registry.generation, secret)
        management = Management(config.mqtt_host or config.near_host, config.api_port, secret)
        with AnswerServer(authority, lambda: Keys.open(config.data), secret, config.bind, config.auth_port) as server:
            ports.remember(config.data, "auth", server.port)
            log.info("answers RabbitMQ", port=server.port)
            _watch(Watch(authority, credentials.version, management), stop)
    return 0


def _watch(watch: Watch, stop: threading.Event) -> None:
    told: Iterable[object] = ()
    while not stop.wait(LOOK_EVERY_S):
        try:
            watch.look(time.monotonic())
            told = ()
        except (StoreDown, BrokerDown) as err:
            if told != (err.text,):  # once, not twice a second
                log.warning("cannot look after live connections", why=err.text)
            told = (err.text,)
