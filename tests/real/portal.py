"""Pages of an origin of their own, as a portal serves them: written by the test, under the policy it names."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class PortalServer:
    """What it serves, by path: the content type and the text; and the policy that goes with every answer."""

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    policy: str = ""
    port: int = 0

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"


@contextmanager
def running_portal() -> Iterator[PortalServer]:
    """Listens on a port from the kernel until the block ends; what it serves may be changed meanwhile."""
    portal = PortalServer()

    class PortalPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = portal.files.get(self.path.partition("?")[0], ("", ""))
            content = text.encode()
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", f"{kind or 'text/plain'}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            if portal.policy:
                self.send_header("Content-Security-Policy", portal.policy)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet: the test says what went wrong."""

    with ThreadingHTTPServer(("127.0.0.1", 0), PortalPage) as server:
        portal.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield portal
        finally:
            server.shutdown()
            thread.join()
