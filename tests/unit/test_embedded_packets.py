"""Any chopping of a stream gives the same packets; any bytes give packets or a refusal."""

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from amqtt.adapters import StreamReaderAdapter
from amqtt.mqtt import PublishPacket
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedOK

from broker.embedded import packets
from broker.embedded.fast_message import Message
from broker.embedded.packets import BinaryReader, PacketRefused
from broker.limits import MAX_PACKET_BYTES
from tests.conformance import frames

GOOD = (
    frames.connect("c-1:x", "c-1", "secret", will=frames.GivenWill("support/c-1/presence"))
    + frames.subscribe("support/c-1/#", "notice/desk", packet_id=9)
    + frames.publish("support/c-1/msg", b"hello", qos=1, packet_id=300)
    + frames.publish("support/c-1/typing", b"")
    + frames.puback(65_535)
    + frames.unsubscribe("notice/desk")
    + frames.PINGREQ
    + frames.DISCONNECT
)
KINDS = [1, 8, 3, 3, 4, 10, 12, 14]


class Chopped:
    """A WebSocket whose messages are these, and which is closed after them."""

    def __init__(self, messages: Sequence[str | bytes]) -> None:
        self._messages = iter(messages)

    async def recv(self) -> str | bytes:
        try:
            return next(self._messages)
        except StopIteration:
            raise ConnectionClosedOK(None, None) from None


async def _all(reader: Any) -> list[Any]:
    found = []
    while (whole := await packets.read_whole(reader)) is not None:
        packet = await packets.decode(*whole)
        found.append(packet)
    return found


def _over_tcp(data: bytes) -> list[Any]:
    async def read() -> list[Any]:
        stream = asyncio.StreamReader()
        stream.feed_data(data)
        stream.feed_eof()
        return await _all(StreamReaderAdapter(stream))

    return asyncio.run(read())


def _over_websocket(messages: Sequence[str | bytes]) -> list[Any]:
    return asyncio.run(_all(BinaryReader(Chopped(messages))))


@given(cuts=st.lists(st.integers(0, len(GOOD)), max_size=12))
def test_any_chopping(cuts: list[int]) -> None:
    """A stream cut into any WebSocket messages gives the same packets, and no more at its end."""
    places = [0, *sorted(cuts), len(GOOD)]
    found = _over_websocket([GOOD[start:end] for start, end in itertools.pairwise(places)])
    assert [packet.fixed_header.packet_type for packet in found] == KINDS


@given(end=st.integers(0, len(GOOD)))
def test_any_end(end: int) -> None:
    """A stream that ends anywhere gives only the packets that had come whole, over TCP and WebSocket alike."""
    found = [packet.fixed_header.packet_type for packet in _over_tcp(GOOD[:end])]
    assert found == KINDS[: len(found)]
    assert found == [packet.fixed_header.packet_type for packet in _over_websocket([GOOD[:end]])]


@given(st.lists(st.binary(max_size=40), max_size=5))
@example([b"\x30\x03\x00\x05a"])
@example([b"\x10\x00"])
@example([b"\x82\x02\x00\x01"])
@example([frames.publish(b"\xff" * 60_000)])
@example([frames.publish(b"\xed\xa0\x80")])
def test_any_bytes(chunks: list[bytes]) -> None:
    """Random bytes are packets or refused, never another error."""
    with contextlib.suppress(PacketRefused):
        _over_tcp(b"".join(chunks))


@given(head=st.integers(0, 255), body=st.binary(max_size=80))
def test_any_packet(head: int, body: bytes) -> None:
    """An accepted packet encodes to the same bytes again."""
    whole = frames.packet(head, body)
    try:
        (packet,) = _over_tcp(whole)
    except PacketRefused:
        return
    assert packet.to_bytes() == whole


def test_size_is_refused_from_the_head() -> None:
    """A length over the limit, or of five bytes, is refused before its body; the largest allowed is awaited."""
    largest = frames.packet(0x30, b"x" * MAX_PACKET_BYTES)[:5]
    assert _over_tcp(largest) == []
    for head in (frames.packet(0x30, b"x" * (MAX_PACKET_BYTES + 1))[:5], b"\x30\xff\xff\xff\xff"):
        with pytest.raises(PacketRefused):
            _over_tcp(head)


def test_text_frame_is_refused() -> None:
    """A text frame is refused, even if its text were a packet."""
    with pytest.raises(PacketRefused):
        _over_websocket([frames.PINGREQ.decode("latin-1")])


@given(
    topic=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=30),
    payload=st.binary(max_size=300),
    number=st.integers(1, 65_535),
    again=st.booleans(),
    retained=st.booleans(),
)
def test_numbered(topic: str, payload: bytes, number: int, again: bool, retained: bool) -> None:
    """A numbered frame is what encoding the whole PUBLISH would give."""
    message = Message(topic, payload, 1, retained=retained)
    whole = PublishPacket.build(topic, payload, number, again, 1, retained).to_bytes()
    assert message.frame(1, number, again=again) == whole
    assert message.frame(0) == PublishPacket.build(topic, payload, None, False, 0, retained).to_bytes()
