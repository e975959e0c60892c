"""
The embedded broker's packets: any chopping gives the same packets, and no bytes give anything but packets or a
refusal.
"""

import itertools

import pytest
from amqtt.mqtt.publish import PublishPacket
from hypothesis import example, given
from hypothesis import strategies as st

from broker.embedded.packets import MAX_PACKET_BYTES, BadPacket, Framer, Message, decode
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


@given(cuts=st.lists(st.integers(0, len(GOOD)), max_size=12))
def test_any_chopping(cuts: list[int]) -> None:
    """However a stream is cut, the same packets come out of it."""
    framer = Framer()
    places = [0, *sorted(cuts), len(GOOD)]
    found = [packet for start, end in itertools.pairwise(places) for packet in framer.feed(GOOD[start:end])]
    assert [packet.fixed_header.packet_type for packet in found] == KINDS


@given(st.lists(st.binary(max_size=40), max_size=5))
@example([b"\x30\x03\x00\x05a"])
@example([b"\x10\x00"])
@example([b"\x82\x02\x00\x01"])
def test_any_bytes(chunks: list[bytes]) -> None:
    """Random bytes are packets or BadPacket, never another error."""
    framer = Framer()
    try:
        for chunk in chunks:
            list(framer.feed(chunk))
    except BadPacket:
        pass


@given(head=st.integers(0, 255), body=st.binary(max_size=80))
def test_any_packet(head: int, body: bytes) -> None:
    """Whatever is accepted was understood to its last byte: it encodes to the same bytes again."""
    try:
        packet = decode(head, body)
    except BadPacket:
        return
    if head >> 4 in (1, 3, 4, 8, 10):
        assert packet.to_bytes().endswith(body)


def test_size_is_refused_from_the_head() -> None:
    """
    A length beyond the limit, or of five bytes, is refused before its body has come; the largest allowed is waited
    for.
    """
    largest = frames.packet(0x30, b"x" * MAX_PACKET_BYTES)[:5]
    assert list(Framer().feed(largest)) == []
    for head in (frames.packet(0x30, b"x" * (MAX_PACKET_BYTES + 1))[:5], b"\x30\xff\xff\xff\xff"):
        with pytest.raises(BadPacket):
            list(Framer().feed(head))


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
    assert message.numbered(number, again=again) == whole
    assert message.frame(0) == PublishPacket.build(topic, payload, None, False, 0, retained).to_bytes()
