"""Connections that send no CONNECT: silent ones, half a CONNECT, half a WebSocket handshake."""

import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.abuse.embedded import Abused, embedded, sign_in
from tests.waiting import wait_until

DEADLINE_S: Final = 2
HALF_A_CONNECT: Final = sign_in("c-1").connect()[:9]
HALF_A_HANDSHAKE: Final = b"GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
FIRST_WORDS: Final = {
    "silent": ("mqtt_port", b""),
    "half a CONNECT": ("mqtt_port", HALF_A_CONNECT),
    "silent WebSocket": ("ws_port", b""),
    "half a handshake": ("ws_port", HALF_A_HANDSHAKE),
}


@contextmanager
def half_open(broker: Abused, kinds: Iterable[str], count: int) -> Iterator[list[socket.socket]]:
    """Open so many connections of each of these kinds."""
    opened: list[socket.socket] = []
    try:
        for kind in kinds:
            port, words = FIRST_WORDS[kind]
            for _ in range(count):
                opened.append(socket.create_connection(("127.0.0.1", getattr(broker, port)), 5))
                opened[-1].sendall(words)
        yield opened
    finally:
        for one in opened:
            one.close()


def closed(opened: list[socket.socket]) -> int:
    """Return how many of them the broker has closed."""
    return sum(_is_closed(one) for one in opened)


def _is_closed(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return not one.recv(1_000)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_300_of_each(tmp_path: Path) -> None:
    """300 of each kind do not stop a sign-in by TCP or WebSocket, and are closed at the CONNECT deadline."""
    with embedded(tmp_path, connect_within_s=DEADLINE_S) as broker, broker.joined("c-in") as inside:
        began_s = time.monotonic()
        with half_open(broker, FIRST_WORDS, 300) as opened:
            for listener in ("tcp", "ws"):
                with broker.joined("c-new", listener=listener) as new:
                    assert new.until_pong() == []
            sys.stdout.write(f"\n1,200 opened, and two let in, in {time.monotonic() - began_s:.2f} s\n")
            early = closed(opened)
            assert early == 0 or time.monotonic() - began_s > DEADLINE_S, "ended before the deadline"
            wait_until(lambda: closed(opened) == len(opened), DEADLINE_S + 10)
            assert time.monotonic() - began_s > DEADLINE_S
        assert inside.until_pong() == []


def test_more_than_may_be(tmp_path: Path) -> None:
    """Beyond the limit the one that was silent longest is closed, of any kind; signed-in connections do not count."""
    with embedded(tmp_path, half_open=5, silent_s=0, connect_within_s=60) as broker:
        for kind in FIRST_WORDS:
            with (
                half_open(broker, [kind], 1) as first,
                half_open(broker, ["silent"], 4) as others,
                broker.joined("c-1") as inside,
            ):
                assert closed([*first, *others]) == 1, "the sixth is one too many until it signs in"
                assert closed(first) == 1, kind
                assert inside.until_pong() == []
