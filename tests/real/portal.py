"""Serve pages on their own origin, as a portal does, with a test's content and policy."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

PORTAL_KEY = "a portal's key of more than sixty-four bytes, as many as HS512 asks for"


def identity_of(client: str, now_s: float | None = None) -> str:
    """Sign a client in, as a portal does, for 5 minutes, with an identity that was not used before."""
    ends_s = int(time.time() if now_s is None else now_s) + 300
    claims = {"aud": "wattline", "sub": client, "jti": secrets.token_urlsafe(16), "exp": ends_s}
    return jwt.encode(claims, PORTAL_KEY, algorithm="HS256")


@dataclass
class PortalServer:
    """The content by path (type and text), and the policy and status of every answer."""

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    policy: str = ""
    port: int = 0
    status: int = 200  # of every file

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"


@contextmanager
def running_portal() -> Iterator[PortalServer]:
    """Listen on a port from the kernel until the block ends; the content may change meanwhile."""
    portal = PortalServer()

    class PortalPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = portal.files.get(self.path.partition("?")[0], ("", ""))
            content = text.encode()
            self.send_response(portal.status if kind else 404)
            self.send_header("Content-Type", f"{kind or 'text/plain'}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            if portal.policy:
                self.send_header("Content-Security-Policy", portal.policy)
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Log nothing: a failing test says what went wrong."""

    with ThreadingHTTPServer(("127.0.0.1", 0), PortalPage) as server:
        portal.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield portal
        finally:
            server.shutdown()
            thread.join()
