"""The committed deploy/nginx.conf in a real nginx, before stand-ins for web and broker."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Origin, Subprotocol

from tests.real.nginx import Nginx, committed
from tests.waiting import wait_until

POLICY = "default-src 'none'"
PORTAL = "https://portal.example"


class EchoesRequest(BaseHTTPRequestHandler):
    """A stand-in for web: answers with the path and the headers that reached it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def echoing_web() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), EchoesRequest) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def say_back(connection: ServerConnection) -> None:
    """A stand-in for the broker: each frame comes back as it went, to `who` the address that the proxy names."""
    named = connection.request.headers.get_all("X-Forwarded-For") if connection.request else []
    for frame in connection:
        connection.send(json.dumps(named) if frame == b"who" else frame)


@contextmanager
def echoing_broker() -> Iterator[int]:
    with serve(say_back, "127.0.0.1", 0, subprotocols=[Subprotocol("mqtt")]) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield int(server.socket.getsockname()[1])
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def nginx() -> Iterator[Nginx]:
    with ExitStack() as stack:
        web, broker = stack.enter_context(echoing_web()), stack.enter_context(echoing_broker())
        yield stack.enter_context(committed(web, broker, portals=f'"{PORTAL}" 1;\n'))


def ask(nginx: Nginx, path: str, headers: dict[str, str] | None = None) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("localhost", nginx.port, timeout=5)
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def open_line(nginx: Nginx, origin: str | None) -> bytes:
    with connect(
        f"ws://localhost:{nginx.port}/mqtt",
        origin=None if origin is None else Origin(origin),
        subprotocols=[Subprotocol("mqtt")],
        proxy=None,
        open_timeout=5,
    ) as line:
        assert line.subprotocol == "mqtt"
        line.send(b"\x10\x00ping")
        answer = line.recv(timeout=5)
    assert isinstance(answer, bytes)
    return answer


def test_the_committed_configuration_is_valid(nginx: Nginx) -> None:
    """`nginx -t` accepts the committed configuration without a warning."""
    assert "syntax is ok" in nginx.check()


def test_without_portals_it_is_valid_too() -> None:
    """No portal need be listed."""
    with echoing_web() as web, echoing_broker() as broker, committed(web, broker) as nginx:
        with pytest.raises(InvalidStatus, match="403"):
            open_line(nginx, PORTAL)
        assert open_line(nginx, f"http://localhost:{nginx.port}")


def test_pages_pass_to_web(nginx: Nginx) -> None:
    """Any path reaches web unchanged, with the browser's own host and port."""
    response, body = ask(nginx, "/api/clients/c-1/log?after=3&limit=500")
    seen = json.loads(body)
    assert response.status == 200
    assert seen["path"] == "/api/clients/c-1/log?after=3&limit=500"
    assert seen["headers"]["Host"] == f"localhost:{nginx.port}"


def test_what_a_client_claims_of_itself_is_replaced(nginx: Nginx) -> None:
    """Web learns the true address, scheme and host, whatever headers a client makes up."""
    lies = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=6.6.6.6",
    }
    seen = json.loads(ask(nginx, "/", lies)[1])["headers"]
    assert (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"]) == ("127.0.0.1", "http")
    assert seen["X-Forwarded-Host"] == f"localhost:{nginx.port}"
    assert "Forwarded" not in seen
    with connect(
        f"ws://localhost:{nginx.port}/mqtt", subprotocols=[Subprotocol("mqtt")], additional_headers=lies, proxy=None
    ) as line:
        line.send(b"who")
        assert json.loads(line.recv(timeout=5)) == ["127.0.0.1"]


def test_security_headers_are_said_once(nginx: Nginx) -> None:
    """Web's Content-Security-Policy and its companions arrive unchanged, each once."""
    response, _ = ask(nginx, "/board")
    assert response.headers.get_all("Content-Security-Policy") == [POLICY]
    assert response.headers.get_all("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize("path", ["/metrics", "/mqtt"])
def test_what_the_proxy_says_itself_is_confined_too(nginx: Nginx, path: str) -> None:
    """The proxy's own answers have the security headers as well, each once."""
    response, _ = ask(nginx, path)
    assert response.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert response.headers.get_all("Content-Security-Policy") == ["default-src 'none'; frame-ancestors 'none'"]
    assert response.headers.get_all("Referrer-Policy") == ["no-referrer"]


def test_the_server_keeps_its_version_to_itself(nginx: Nginx) -> None:
    """No answer names the proxy's version."""
    assert ask(nginx, "/")[0].headers["Server"] == "nginx"


def test_metrics_stay_inside(nginx: Nginx) -> None:
    """/metrics is not to be had through the proxy."""
    assert ask(nginx, "/metrics")[0].status == 404


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_own_pages_open_the_line(nginx: Nginx, scheme: str) -> None:
    """A page of this host opens the WebSocket, behind TLS too, and bytes pass both ways."""
    assert open_line(nginx, f"{scheme}://localhost:{nginx.port}") == b"\x10\x00ping"


def test_a_listed_portal_opens_the_line(nginx: Nginx) -> None:
    """A portal that the operator listed opens the WebSocket from its own origin."""
    assert open_line(nginx, PORTAL) == b"\x10\x00ping"


def test_a_script_without_an_origin_opens_the_line(nginx: Nginx) -> None:
    """A client that is no browser sends no Origin and is let through to the broker's own checks."""
    assert open_line(nginx, None) == b"\x10\x00ping"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost",  # another port is another origin
        "http://localhost:{port}.evil.example",
        "http://evil.example/localhost:{port}",
        "http://evil.example|localhost:{port}",
        "http://elocalhost:{port}",
        "https://portal.example.evil.example",
        "file://",
    ],
)
def test_foreign_pages_are_refused(nginx: Nginx, origin: str) -> None:
    """A page of any other origin is refused before the broker hears of it."""
    with pytest.raises(InvalidStatus, match="403"):
        open_line(nginx, origin.replace("{port}", str(nginx.port)))


def test_mqtt_is_for_websockets(nginx: Nginx) -> None:
    """A plain request for /mqtt is told to upgrade."""
    assert ask(nginx, "/mqtt")[0].status == 426


def test_one_time_links_stay_out_of_the_log(nginx: Nginx) -> None:
    """The access log holds neither one-time links nor arguments."""
    ask(nginx, "/setup/one-time-secret")
    ask(nginx, "/login?next=hidden-argument")
    wait_until(lambda: '"GET /login"' in nginx.log())  # written after the answer
    assert "one-time-secret" not in nginx.log()
    assert "hidden-argument" not in nginx.log()


def test_a_flood_is_slowed() -> None:
    """One address asking far beyond the rate is answered 429."""
    with echoing_web() as web, echoing_broker() as broker, committed(web, broker) as nginx:
        connection = http.client.HTTPConnection("localhost", nginx.port, timeout=5)
        statuses = []
        for _ in range(600):
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()
    assert statuses[0] == 200
    assert 429 in statuses
