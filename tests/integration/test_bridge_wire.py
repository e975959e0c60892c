"""paho's client with its hot path cut short: bytes in are the messages they say, bytes out are in order. On sockets."""

import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt._packet import PublishPacket
from paho.mqtt.enums import MQTTErrorCode

from bridge.mqtt.fast_paho import FastPaho
from tests.conformance import frames
from tests.plain_paho import PlainPaho

PROTOCOL = MQTTErrorCode.MQTT_ERR_PROTOCOL


class Ends:
    def __init__(self) -> None:
        self.heard: list[PublishPacket] = []
        self.wire = FastPaho("s-bridge:1", clean=True, hear=self.heard.append)
        self.broker, ours = socket.socketpair()
        ours.setblocking(False)
        self.broker.settimeout(5)
        self.wire._sock = ours

    def close(self) -> None:
        self.wire._sock_close()
        self.broker.close()


@pytest.fixture
def ends() -> Iterator[Ends]:
    open_ends = Ends()
    yield open_ends
    open_ends.close()


@given(sizes=st.lists(st.sampled_from([0, 1, 100, 127, 128, 16_000, 17_000]), max_size=6), pieces=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pieces_make_no_difference(sizes: list[int], pieces: st.DataObject) -> None:
    """A stream cut anywhere gives the same messages, whole and in order."""
    ends = Ends()
    stream, wanted = b"", []
    for mid, size in enumerate(sizes, 1):
        payload = bytes([mid]) * size
        stream += frames.publish("support/c-1/msg", payload, qos=mid % 2, packet_id=mid) + frames.puback(mid)
        wanted.append((b"support/c-1/msg", payload, mid if mid % 2 else 0, mid % 2))
        ends.wire.unconfirmed.add(mid)
    while stream:
        size = pieces.draw(st.integers(1, len(stream)))
        ends.broker.sendall(stream[:size])
        before = -1
        while before < ends.wire.bytes_in:  # one read takes 4 KiB at most
            before = ends.wire.bytes_in
            assert ends.wire.loop_read() is MQTTErrorCode.MQTT_ERR_SUCCESS
        stream = stream[size:]
    ends.close()
    assert [(heard.topic, heard.payload, heard.mid, heard.qos) for heard in ends.heard] == wanted
    assert not ends.wire.unconfirmed


@given(st.lists(st.tuples(st.binary(max_size=300), st.sampled_from([0, 1]), st.booleans()), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_paho_as_it_comes_does_the_same(said: list[tuple[bytes, int, bool]]) -> None:
    """From the same bytes the fast and the plain paho hear the same, and for the same calls they write the same."""
    stream = b"".join(
        frames.publish("support/c-1/msg", payload, qos=qos, retain=retain, packet_id=n)
        for n, (payload, qos, retain) in enumerate(said, 1)
    )
    outcomes = []
    for kind in (PlainPaho, partial(FastPaho, clean=True)):
        heard: list[Any] = []
        client: Any = kind("s-bridge:1", hear=heard.append)
        broker, client._sock = socket.socketpair()
        client._sock.setblocking(False)
        broker.sendall(stream)
        while len(heard) < len(said):
            assert client.loop_read() is MQTTErrorCode.MQTT_ERR_SUCCESS
        for payload, _, retain in said:
            assert client.say("support/c-1/log", payload, 1, retain)
        for message in heard:
            if message.qos:
                client.ack(message.mid, message.qos)
        while client.want_write():
            client.loop_write()
        written = broker.recv(1 << 20)
        outcomes.append((written, [(one.payload, one.qos, one.retain, one.mid, one.dup) for one in heard]))
        client._sock.close()
        broker.close()
    assert outcomes[0] == outcomes[1]


def test_all_that_waits_is_one_read(ends: Ends) -> None:
    """A hundred short messages that wait in the socket are heard by one read."""
    ends.broker.sendall(b"".join(frames.publish("a", b"x" * 30, qos=1, packet_id=n) for n in range(1, 101)))
    ends.wire.loop_read()
    assert [heard.mid for heard in ends.heard] == list(range(1, 101))


def test_ids_begin_again(ends: Ends) -> None:
    """After 65,535 comes 1 and never 0 (§2.3.1); an id that still waits for its PUBACK is not given twice."""
    ends.wire._last_mid = 65_534
    ends.wire.unconfirmed.add(2)
    taken = [ends.wire.say("support/c-1/log", b"x", 1, False) for _ in range(4)]
    assert taken == [True, True, False, True]
    assert ends.wire.unconfirmed == {65_535, 1, 2, 3}


def test_replies_leave_in_order_and_at_once(ends: Ends) -> None:
    """Replies and the acknowledgement after them leave as one piece, in the order of the calls."""
    wanted = b""
    for mid in range(1, 51):
        assert ends.wire.say("support/c-1/log", b"%d" % mid, 1, False)
        wanted += frames.publish("support/c-1/log", b"%d" % mid, qos=1, packet_id=mid)
    assert ends.wire.say("notice/desk", b"", 0, True)
    ends.wire.ack(7, 1)
    wanted += frames.publish("notice/desk", b"", qos=0, retain=True) + frames.puback(7)
    assert ends.wire.want_write()
    ends.wire.loop_write()
    assert not ends.wire.want_write()
    assert ends.broker.recv(len(wanted) + 1) == wanted
    assert ends.wire.unconfirmed == set(range(1, 51))


def test_what_the_socket_does_not_take_goes_later(ends: Ends) -> None:
    """A full socket loses nothing and repeats nothing."""
    payload = b"x" * 60_000
    wanted = b"".join(frames.publish("a", payload, qos=1, packet_id=mid) for mid in range(1, 51))
    for _ in range(50):
        assert ends.wire.say("a", payload, 1, False)
    got = b""
    while len(got) < len(wanted):
        ends.wire.loop_write()
        got += ends.broker.recv(100_000)
    assert got == wanted


def test_a_name_in_use_is_not_used_again(ends: Ends) -> None:
    """A message id that waits for its PUBACK is not given to another message."""
    assert ends.wire.say("a", b"one", 1, False)
    ends.wire._last_mid = 0
    assert not ends.wire.say("a", b"two", 1, False)
    ends.broker.sendall(frames.puback(1))
    ends.wire.loop_read()
    ends.wire._last_mid = 0
    assert ends.wire.say("a", b"three", 1, False)


@pytest.mark.parametrize(
    "stream",
    [b"\x32\xff\xff\xff\xff\x01", b"\x32\x02\x00\x09", b"\x32\x01\x00", b"\x30\x02\x00\x00"],
    ids=["length of five bytes", "topic longer than its packet", "no process for a topic", "empty topic"],
)
def test_nonsense_ends_the_line(ends: Ends, stream: bytes) -> None:
    """Bytes that are no MQTT end the connection and are no message."""
    ends.broker.sendall(stream)
    assert ends.wire.loop_read() is PROTOCOL
    assert ends.wire.socket() is None
    assert not ends.heard


def test_an_end_of_the_line_is_told(ends: Ends) -> None:
    """The messages before the broker's close are heard, then the connection is lost."""
    ends.broker.sendall(frames.publish("a", b"last", qos=0))
    ends.broker.shutdown(socket.SHUT_WR)
    assert ends.wire.loop_read() is MQTTErrorCode.MQTT_ERR_SUCCESS
    assert ends.wire.loop_read() is MQTTErrorCode.MQTT_ERR_CONN_LOST
    assert [heard.payload for heard in ends.heard] == [b"last"]
