"""Chapter 10: the embedded broker as the product runs it, a process with the real store, keys and tokens."""

import asyncio
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from chat_core.contract.ids import new_client_id
from chat_core.runtime import brokers, ports, tokens
from chat_core.runtime import config as settings
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from tests.conformance import frames
from tests.conformance.brokers import fresh
from tests.conformance.frames import PUBACK, GivenWill, RawClient, TcpPipe, WsPipe
from tests.contract.stores import store_at
from tests.real.certificate import self_made

ROOT = Path(__file__).resolve().parents[2]
PORTAL = "https://portal.example"
HOUR_S = 3_600
BAD_PASSWORD = 4
STARTED_WITHIN_S = 30  # 2 s alone, over 10 at a load of 20
NAGLES_S = 0.01  # Nagle's algorithm with a delayed acknowledgement makes every echo take 40 ms, on an idle machine too


class Product:
    def __init__(self, data: Path, **more: str) -> None:
        self.environ = {
            **more,
            "WATTLINE_DATA": str(data),
            "WATTLINE_MQTT_PORT": "0",
            "WATTLINE_WS_PORT": "0",
            "WATTLINE_HTTP_PORT": "3999",
            "WATTLINE_PORTAL_ORIGINS": PORTAL,
        }
        self.config: Config = settings.load(self.environ)
        self.store = store_at(self.config)
        self.keys = Keys.open(data)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "broker"], env=self.environ, cwd=ROOT)
        for name in ("mqtt", "ws"):
            ports.wait_for(self.config.data, name, within_s=15)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(5)

    def port(self, name: str) -> int:
        port = ports.recall(self.config.data, name)
        assert port is not None
        return port

    def raw(self) -> RawClient:
        return RawClient(TcpPipe("127.0.0.1", self.port("mqtt")))

    def token(self, id: str, *, ttl_s: int = HOUR_S, generation: int | None = None) -> str:
        """A token of this id, who is known from now on."""
        self.store.registry.ensure_identity(id, int(time.time() * 1000))
        known = self.store.registry.generation(id)
        assert known is not None
        return tokens.mint(
            Audience.MQTT,
            self.keys,
            Holder(id, known if generation is None else generation),
            ttl_s,
            time.time(),
        )

    def device(self, id: str, client: str, *topics: str) -> str:
        password = brokers.new_device_password(secrets.token_bytes(18))
        kept = brokers.device_hashes(password, secrets.token_bytes(16))
        self.store.registry.ensure_client(client)
        self.store.registry.devices.add(id, client, topics, kept)
        return password

    def connect(self, id: str, password: str, will: GivenWill | None = None) -> bytes:
        return frames.connect(new_client_id(id, secrets.token_bytes(16)), id, password, will=will)

    def joined(self, id: str, *filters: str) -> RawClient:
        client = self.raw()
        client.sign_in(self.connect(id, self.token(id)))
        if filters:
            assert client.hear(*filters) == b"\x01" * len(filters)
        return client


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("data"))
    running.start()
    yield running
    assert running.process is not None
    running.process.kill()
    running.process.wait()
    running.store.close()


def test_token(product: Product) -> None:
    """A signed token signs its own user in, and nobody else."""
    name, other = fresh("c"), fresh("c")
    token = product.token(name)
    product.token(other)
    with product.raw() as client:
        assert client.code(product.connect(name, token)) == 0
    with product.raw() as client:
        assert client.code(product.connect(other, token)) == BAD_PASSWORD


@pytest.mark.parametrize("what", ["expired", "old", "unknown"])
def test_bad_tokens(product: Product, what: str) -> None:
    """An expired token, one of an old generation and one of an unknown id get code 4."""
    name = fresh("g")
    product.token(name)
    known = product.store.registry.raise_generation(name)
    bad = {
        "expired": lambda: product.token(name, ttl_s=-1),
        "old": lambda: product.token(name, generation=known - 1),
        "unknown": lambda: tokens.mint(Audience.MQTT, product.keys, Holder(fresh("c"), known), HOUR_S, time.time()),
    }[what]()
    with product.raw() as client:
        assert client.code(product.connect(name, bad)) == BAD_PASSWORD


def test_device(product: Product) -> None:
    """A device signs in with its password, publishes on its topics, and is cut off within 5 s when it is removed."""
    name, client_name, topic = fresh("d"), fresh("c"), f"tele/{fresh('x')}/SENSOR"
    password = product.device(name, client_name, topic)
    with product.joined("s-bridge", topic) as bridge, product.raw() as device:
        device.sign_in(product.connect(name, password))
        device.send(frames.publish(topic, b"{}", qos=1)).expect(PUBACK)
        assert bridge.messages(1)[0].payload == b"{}"
        with product.raw() as outsider:
            assert outsider.code(product.connect(name, password + "x")) == BAD_PASSWORD
        with product.raw() as outsider:
            assert outsider.code(product.connect(name, product.token(fresh("c")))) == BAD_PASSWORD
        product.store.registry.devices.remove(name)
        assert device.closed(5)
    with product.raw() as device:
        assert device.code(product.connect(name, password)) == BAD_PASSWORD


def test_origins(product: Product) -> None:
    """Our own pages and the portals of the settings may connect from a browser, no other page."""
    port = product.port("ws")
    for origin in ("http://127.0.0.1:3999", f"http://127.0.0.1:{port}", PORTAL, None):
        WsPipe("127.0.0.1", port, origin).close()
    for origin in (
        "http://127.0.0.1:4000",
        "http://127.0.0.1",
        "https://evil.example:3999",
        "null",
        "http://[::1",
        "x",
    ):
        with pytest.raises(InvalidStatus):
            WsPipe("127.0.0.1", port, origin)


def test_no_delay(product: Product) -> None:
    """Small packets are not held back: an undisturbed echo takes a few milliseconds, over TCP and over WebSocket."""
    for pipe in (TcpPipe("127.0.0.1", product.port("mqtt")), WsPipe("127.0.0.1", product.port("ws"))):
        name = fresh("c")
        with RawClient(pipe) as client:
            client.sign_in(product.connect(name, product.token(name)))
            client.hear(f"support/{name}/msg")
            took = []
            for number in range(1, 31):
                started = time.perf_counter()
                client.send(frames.publish(f"support/{name}/msg", b"x", qos=1, packet_id=number))
                client.messages(1)
                client.expect(PUBACK)
                took.append(time.perf_counter() - started)
            assert sorted(took)[3] < NAGLES_S, took


async def opens(url: str, trusting: ssl.SSLContext) -> None:
    """A WebSocket opens. By one thread: two that use one SSL object at a time may break it (python/cpython#143756)."""
    async with connect(url, subprotocols=[Subprotocol("mqtt")], ssl=trusting):
        pass


def test_tls(tmp_path: Path) -> None:
    """With a certificate both listeners speak TLS, and nothing else."""
    cert, key = self_made(tmp_path)
    secure = Product(tmp_path / "data", WATTLINE_TLS_CERT=str(cert), WATTLINE_TLS_KEY=str(key))
    try:
        secure.start()
        name = fresh("c")
        trusting = ssl.create_default_context(cafile=str(cert))
        pipe = TcpPipe("127.0.0.1", secure.port("mqtt"), trusting)
        with RawClient(pipe) as client:
            client.sign_in(secure.connect(name, secure.token(name)))
            assert client.hear(f"support/{name}/#") == b"\x01"
        asyncio.run(opens(f"wss://127.0.0.1:{secure.port('ws')}/mqtt", trusting))
        with secure.raw() as plain:
            plain.send(secure.connect(name, secure.token(name)))
            assert plain.closed()
        assert secure.stop() == 0
    finally:
        secure.store.close()
        if secure.process is not None:
            secure.process.kill()


def test_taken_port(product: Product, tmp_path: Path) -> None:
    """A second broker on a taken port stops at once and says why."""
    environ = {**product.environ, "WATTLINE_DATA": str(tmp_path), "WATTLINE_MQTT_PORT": str(product.port("mqtt"))}
    store_at(settings.load(environ)).close()
    ended = subprocess.run([sys.executable, "-m", "broker"], env=environ, cwd=ROOT, capture_output=True, timeout=20)
    assert ended.returncode != 0
    assert b"in use" in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_stop_and_start(product: Product) -> None:
    """SIGTERM ends it within seconds, however its clients behave; started again it has its old ports."""
    before = product.port("mqtt"), product.port("ws")
    with ExitStack() as clients:
        reader = clients.enter_context(product.joined(fresh("c"), "notice/desk"))
        silent = clients.enter_context(product.raw())
        clients.enter_context(RawClient(WsPipe("127.0.0.1", before[1])))
        deaf = clients.enter_context(product.joined("s-bridge", "desk/echo"))
        for _ in range(100):
            deaf.send(frames.publish("desk/echo", b"x" * 60_000))
        assert product.stop() == 0
        assert reader.closed()
        assert silent.closed()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", before[0]), 1)
    product.start()
    until = time.monotonic() + STARTED_WITHIN_S
    while True:
        try:
            with product.joined(fresh("c")):
                break
        except ConnectionRefusedError:
            assert time.monotonic() < until
    assert (product.port("mqtt"), product.port("ws")) == before
