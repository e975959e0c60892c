"""Receive webhooks on loopback, as a program outside does."""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.real.parts import reserve_port


@dataclass(frozen=True)
class Got:
    """One request: its headers have names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


Answer = tuple[int, dict[str, str]]


class WebhookReceiver:
    """Answer each request with what `answer` returns, and keep those that it took. Restarts on its port."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], Answer] = lambda _: (204, {})
        self._certificate = certificate
        self._adding = threading.Lock()
        self._reserved = reserve_port()  # while it is stopped, too
        self.port = int(self._reserved.getsockname()[1])
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self._reserved.close()

    @property
    def url(self) -> str:
        return f"{'http' if self._certificate is None else 'https'}://127.0.0.1:{self.port}/in"

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # the sender was killed: an incomplete message is not taken (RFC 9112 §8)
                got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                status, headers = receiver.answer(got)
                with receiver._adding:
                    if status < 300:
                        receiver.got.append(got)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """End; whoever sends now gets no answer."""
        self._server.shutdown()
        self._server.server_close()
