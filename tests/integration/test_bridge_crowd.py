"""A thousand who come at the same moment: the bridge takes them in small turns, over TLS too. On sockets."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.mqtt.connection import Connection, Login
from bridge.mqtt.wakeup import Wakeup
from chat_core.contract import topics
from chat_core.contract.payloads import Presence, encode
from tests.conformance import frames
from tests.real.certificate import self_made
from tests.waiting import wait_until

A_TURN = 120  # of 1.4 KB each while they are taken in: what a thousand clients may cost the bridge is 200 KB
CROWD = 1_100  # so many that TLS keeps some of the last record to itself, where poll() does not see it
COMING = [
    frames.publish(topics.presence(f"c-{n}"), encode(Presence(online=True, conn=f"x{n}")), qos=1, packet_id=n)
    for n in range(1, CROWD + 1)
]
TALKING = [frames.publish(topics.msg(f"c-{n}"), b"{}", qos=1, packet_id=n) for n in range(1, CROWD + 1)]


class Broker:
    """The other end of one connection: greets, and then says what it is told to, in one piece."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self.port = self._listening.getsockname()[1]
        self._says: bytes = b""
        self._told, self._said = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with closing(self._listening):
            raw, _ = self._listening.accept()
        with closing(raw if self._context is None else self._context.wrap_socket(raw, server_side=True)) as line:
            line.recv(65_536)
            line.sendall(b"\x20\x02\0\0")
            self._told.wait(30)
            line.sendall(self._says)
            self._said.set()
            line.recv(65_536)  # until it leaves

    def say(self, stream: bytes) -> None:
        self._says = stream
        self._told.set()
        assert self._said.wait(10)

    def close(self) -> None:
        self._told.set()
        self._thread.join(10)


@pytest.fixture(params=["tcp", "tls"])
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Broker, Connection, Wakeup]]:
    context, ca_file = None, None
    if request.param == "tls":
        cert, key = self_made(tmp_path)
        context, ca_file = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), str(cert)
        context.load_cert_chain(cert, key)
    broker, wakeup = Broker(context), Wakeup()
    connection = Connection(
        1, Login("127.0.0.1", broker.port, "s-bridge", "any", "s-bridge:1", ca_file=ca_file), [], True, None
    )

    def is_up() -> bool:
        connection.move(0.1, wakeup)
        return connection.ready

    wait_until(is_up)
    yield broker, connection, wakeup
    connection.close()
    broker.close()
    wakeup.close()


def turns(ends: tuple[Broker, Connection, Wakeup]) -> list[int]:
    """Return how many messages each turn heard; a turn would wait for longer than the test may take."""
    _, connection, wakeup = ends
    heard: list[int] = []
    while sum(heard) < CROWD:
        connection.move(60, wakeup)
        heard.append(len(connection.arrived))
        connection.arrived.clear()
    return heard


@pytest.mark.timeout(30)
def test_a_crowd_comes_in_small_turns(ends: tuple[Broker, Connection, Wakeup]) -> None:
    """A turn takes a hundred comers or so, and the next goes on at once: none waits for news."""
    ends[0].say(b"".join(COMING))
    assert max(turns(ends)) < A_TURN


@pytest.mark.timeout(30)
def test_words_are_taken_as_they_come(ends: tuple[Broker, Connection, Wakeup]) -> None:
    """Words are not held back so: what arrived meanwhile is one batch, and one COMMIT."""
    ends[0].say(b"".join(TALKING))
    assert turns(ends) == [CROWD]
