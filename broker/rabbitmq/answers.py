"""
Serve RabbitMQ's HTTP questions: an event loop holds the connections, a few threads answer. Touches sockets.

A silent peer, or half a request, costs a socket until its deadline, and no thread.
"""

import base64
import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl

import structlog
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from broker.limits import ask_for_files
from broker.rabbitmq import render
from broker.rabbitmq.authority import DENY, Authority, Question
from chat_core.contract.errors import StoreDown
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import OUR_ALGORITHM

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

IDLE_S: Final = 300  # RabbitMQ closes an idle connection after two minutes, and must do it first
QUESTION_WITHIN_S: Final = 5.0  # from the connect, or from a question's first byte
LOOK_EVERY_S: Final = 1  # at those deadlines
MAX_QUESTION_BYTES: Final = 65_536
CONNECTIONS: Final = 4_096  # a thousand people may sign in at once
THREADS: Final = 16

log = structlog.get_logger("broker.rabbitmq")


class _Channel(HTTPChannel):
    """Know since when a whole question is due on a connection."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        self.due_since_s: float | None = time.time()  # waitress's clock
        super().__init__(*args, **kw)

    def received(self, data: bytes) -> bool:
        """Take some bytes; after a whole question the connection may be idle."""
        taken = bool(super().received(data))
        self.due_since_s = None if self.request is None else self.due_since_s or time.time()
        return taken


class _Server(TcpWSGIServer):
    """Run waitress with a deadline for each question; another thread can stop it."""

    channel_class = _Channel
    stopping = False

    def open_channels(self) -> list[_Channel]:
        channels: Any = self.active_channels  # a dict, unlike its stubs
        return list(channels.values())

    def maintenance(self, now: int) -> None:
        """Close connections idle for too long, and those whose question is overdue."""
        super().maintenance(now)
        for channel in self.open_channels():
            if channel.due_since_s is not None and now - channel.due_since_s > QUESTION_WITHIN_S:
                channel.will_close = True

    def readable(self) -> bool:
        """Return whether to accept; each turn of the loop calls it, and the loop ends here."""
        if self.stopping:
            raise SystemExit
        return bool(super().readable())


class AnswerServer:
    """
    Serve `POST /<secret>/<question>` and `GET /<secret>/keys`; any other path is not found.

    Args: keys: returns the present signing keys.
    """

    def __init__(self, authority: Authority, keys: Callable[[], Keys], secret: str, host: str, port: int) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # many sign-ins at once need no warning
        self._server = _Server(
            _answering(authority, keys, f"/{secret}/"),
            host=host,
            port=port,
            threads=THREADS,
            ident=None,
            backlog=1_024,
            connection_limit=ask_for_files(CONNECTIONS),
            channel_timeout=IDLE_S,
            cleanup_interval=LOOK_EVERY_S,
            max_request_body_size=MAX_QUESTION_BYTES,
            asyncore_use_poll=True,
        )
        self._thread = threading.Thread(target=self._server.run, name="answers", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stopping = True
        self._server.pull_trigger()
        self._thread.join()
        for channel in self._server.open_channels():
            channel.handle_close()
        self._server.close()


def _answering(authority: Authority, keys: Callable[[], Keys], base: str) -> "WSGIApplication":
    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        question, known = path[len(base) :], hmac.compare_digest(path[: len(base)].encode(), base.encode())
        status, text, kind = HTTPStatus.NOT_FOUND, "", "text/plain"
        if known and environ["REQUEST_METHOD"] == "GET" and question == render.KEYS:
            status, text, kind = HTTPStatus.OK, json.dumps(_key_set(keys())), "application/json"
        elif known and environ["REQUEST_METHOD"] == "POST" and question in set(Question):
            status, text = _answer(authority, Question(question), environ["wsgi.input"].read())
        body = text.encode()
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    return application


def _answer(authority: Authority, question: Question, body: bytes) -> tuple[HTTPStatus, str]:
    try:
        asked = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
        return HTTPStatus.OK, authority.answer(question, asked)
    except UnicodeDecodeError:
        return HTTPStatus.OK, DENY
    except StoreDown as err:
        log.warning("cannot answer: no database", question=str(question), why=err.text)
        return HTTPStatus.SERVICE_UNAVAILABLE, ""


def _key_set(keys: Keys) -> dict[str, list[dict[str, str]]]:
    """Return the signing keys as a JWK set. Source: RFC 7517 §5, RFC 7518 §6.4."""
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
