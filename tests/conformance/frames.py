"""Encode and decode MQTT 3.1.1 by hand (§2, §3), without amqtt's or paho's codec, over TCP and WebSocket."""

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket
from websockets.typing import Origin, Subprotocol

CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, PINGRESP = 2, 3, 4, 9, 11, 13
WITHIN_S = 5.0
PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("!H", len(raw)) + raw


def packet(head: int, body: bytes) -> bytes:
    length, size = b"", len(body)
    while True:
        size, digit = size >> 7, size & 0x7F
        length += bytes((digit | (0x80 if size else 0),))
        if not size:
            return bytes((head,)) + length + body


@dataclass(frozen=True)
class GivenWill:
    topic: str
    payload: bytes = b"gone"
    qos: int = 1
    retain: bool = False


def connect(
    client_id: str,
    username: str | None = None,
    password: str | bytes | None = None,
    *,
    clean: bool = True,
    keep_alive_s: int = 60,
    will: GivenWill | None = None,
    level: int = 4,
    name: str = "MQTT",
    more_flags: int = 0,
) -> bytes:
    flags = (
        (2 if clean else 0) | (0x80 if username is not None else 0) | (0x40 if password is not None else 0) | more_flags
    )
    body = text(client_id)
    if will is not None:
        flags |= 4 | will.qos << 3 | (0x20 if will.retain else 0)
        body += text(will.topic) + text(will.payload)
    for field in (username, password):
        body += text(field) if field is not None else b""
    return packet(0x10, text(name) + bytes((level, flags)) + struct.pack("!H", keep_alive_s) + body)


def publish(
    topic: str | bytes,
    payload: bytes = b"x",
    *,
    qos: int = 0,
    packet_id: int = 1,
    retain: bool = False,
    dup: bool = False,
) -> bytes:
    head = 0x30 | (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    return packet(head, text(topic) + (struct.pack("!H", packet_id) if qos else b"") + payload)


def subscribe(*filters: str | bytes, qos: int = 1, packet_id: int = 1) -> bytes:
    return packet(0x82, struct.pack("!H", packet_id) + b"".join(text(one) + bytes((qos,)) for one in filters))


def unsubscribe(*filters: str, packet_id: int = 1) -> bytes:
    return packet(0xA2, struct.pack("!H", packet_id) + b"".join(text(one) for one in filters))


def puback(packet_id: int) -> bytes:
    return packet(0x40, struct.pack("!H", packet_id))


@dataclass(frozen=True)
class Frame:
    kind: int
    flags: int
    body: bytes

    @property
    def qos(self) -> int:
        return self.flags >> 1 & 3

    @property
    def retain(self) -> bool:
        return bool(self.flags & 1)

    @property
    def dup(self) -> bool:
        return bool(self.flags & 8)

    @property
    def topic(self) -> str:
        return self.body[2 : 2 + struct.unpack("!H", self.body[:2])[0]].decode()

    @property
    def packet_id(self) -> int:
        at = 2 + len(self.topic.encode()) if self.kind == PUBLISH else 0
        return int(struct.unpack("!H", self.body[at : at + 2])[0])

    @property
    def payload(self) -> bytes:
        return self.body[2 + len(self.topic.encode()) + (2 if self.qos else 0) :]


def numbers_in(heard: list[Frame]) -> list[int]:
    return [int(frame.payload) for frame in heard]


class Pipe(Protocol):
    """Bytes either way; none read means closed, None means nothing yet."""

    def send(self, data: bytes) -> None: ...
    def receive(self, within_s: float) -> bytes | None: ...
    def close(self) -> None: ...


class TcpPipe:
    """A TCP connection, with TLS where it is told whom to trust."""

    def __init__(self, host: str, port: int, trusting: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection((host, port), WITHIN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if trusting is not None:
            self.socket = trusting.wrap_socket(self.socket, server_hostname=host)

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # closed by the broker meanwhile: the test reads that
            self.socket.sendall(data)

    def receive(self, within_s: float) -> bytes | None:
        self.socket.settimeout(max(within_s, 0.001))
        try:
            return self.socket.recv(65536)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        self.socket.close()


class WsPipe:
    """A WebSocket with the subprotocol `mqtt`."""

    def __init__(self, host: str, port: int, origin: str | None = None, trusting: ssl.SSLContext | None = None) -> None:
        self.socket: ClientConnection = open_websocket(
            f"{'ws' if trusting is None else 'wss'}://{host}:{port}/mqtt",
            ssl=trusting,
            subprotocols=[Subprotocol("mqtt")],
            origin=Origin(origin) if origin is not None else None,
            compression=None,
            open_timeout=WITHIN_S,
            close_timeout=0.5,
        )

    def send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionClosed):
            self.socket.send(data)

    def receive(self, within_s: float) -> bytes | None:
        try:
            data = self.socket.recv(max(within_s, 0.001))
        except TimeoutError:
            return None
        except ConnectionClosed:
            return b""
        return data.encode() if isinstance(data, str) else data

    def close(self) -> None:
        self.socket.close()


class RawClient:
    """One end of a connection that says exactly what it is told, and shows exactly what it hears."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        self._buffer = b""
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.close()

    def send(self, data: bytes) -> Self:
        """The bytes are on their way; a closed connection is for the reader to see."""
        self.pipe.send(data)
        return self

    def _cut(self) -> Frame | None:
        if len(self._buffer) < 2:
            return None
        size = shift = 0
        at = 1
        while True:
            if at >= len(self._buffer):
                return None
            size |= (self._buffer[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not self._buffer[at - 1] & 0x80:
                break
        if len(self._buffer) < at + size:
            return None
        frame = Frame(self._buffer[0] >> 4, self._buffer[0] & 15, self._buffer[at : at + size])
        self._buffer = self._buffer[at + size :]
        return frame

    def next(self, within_s: float = WITHIN_S) -> Frame | None:
        """The next packet; None when the connection was closed, or at the deadline (then `closed` is False)."""
        until = time.monotonic() + within_s
        while (frame := self._cut()) is None:
            left_s = until - time.monotonic()
            if self._closed or left_s <= 0:
                return None
            data = self.pipe.receive(left_s)
            if data == b"":
                self._closed = True
            self._buffer += data or b""
        return frame

    def expect(self, kind: int, within_s: float = WITHIN_S) -> Frame:
        """The next packet, which must be of this kind."""
        frame = self.next(within_s)
        assert frame is not None, f"no packet of kind {kind}: {'closed' if self._closed else 'silence'}"
        assert frame.kind == kind, frame
        return frame

    def closed(self, within_s: float = WITHIN_S) -> bool:
        """Return whether the broker closes the connection in time; packets before that are dropped."""
        until = time.monotonic() + within_s
        while not self._closed and time.monotonic() < until:
            self.next(until - time.monotonic())
        return self._closed

    def unanswered(self, data: bytes = b"") -> bool:
        """Return whether the broker closes the connection without a packet in answer to these bytes."""
        return self.send(data).next() is None and self.closed()

    def sign_in(self, connecting: bytes) -> bool:
        frame = self.send(connecting).expect(CONNACK)
        assert frame.body[1] == 0, f"CONNACK {frame.body[1]}"
        return bool(frame.body[0])

    def code(self, connecting: bytes) -> int:
        """The CONNACK code that this CONNECT gets; the connection is then closed unless it is 0."""
        code = self.send(connecting).expect(CONNACK).body[1]
        assert code == 0 or self.closed(), "a refused sign-in stays open"
        return code

    def hear(self, *filters: str, qos: int = 1) -> bytes:
        return self.send(subscribe(*filters, qos=qos, packet_id=7)).expect(SUBACK).body[2:]

    def messages(self, count: int, *, ack: bool = True, within_s: float = WITHIN_S) -> list[Frame]:
        """The next PUBLISHes, acknowledged unless told otherwise; other packets must not come in between."""
        heard = []
        for _ in range(count):
            frame = self.expect(PUBLISH, within_s)
            heard.append(frame)
            if ack and frame.qos:
                self.send(puback(frame.packet_id))
        return heard

    def say_numbers(self, topic: str, numbers: range, *, qos: int = 1) -> None:
        """Publish a number each; with QoS 1 all are acknowledged, in any order."""
        for number in numbers:
            self.send(publish(topic, b"%d" % number, qos=qos, packet_id=number + 1))
        if qos:
            assert {self.expect(PUBACK, 15).packet_id for _ in numbers} == {number + 1 for number in numbers}

    def until_pong(self) -> list[Frame]:
        """Everything that was on its way before the answer to a PINGREQ sent now: proves silence without waiting."""
        self.send(PINGREQ)
        return list(self._until(PINGRESP))

    def _until(self, kind: int) -> Iterator[Frame]:
        while True:
            frame = self.next()
            assert frame is not None, "closed or silent"
            if frame.kind == kind:
                return
            yield frame
