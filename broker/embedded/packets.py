"""Read whole, strictly checked MQTT 3.1.1 packets, with amqtt's reader, packet classes and encoders."""

import struct
from typing import Any, Final

from amqtt.adapters import BufferReader, ReaderAdapter, WebSocketsReader
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt import (
    ConnackPacket,
    ConnectPacket,
    MQTTFixedHeader,
    PublishPacket,
    SubscribePacket,
    UnsubscribePacket,
    packet_dict,
)
from websockets.exceptions import ConnectionClosed

from broker.limits import MAX_PACKET_BYTES
from chat_core.contract.payloads import MAX_BYTES

MAX_FILTERS: Final = 256  # in one SUBSCRIBE or UNSUBSCRIBE: more would hold up everybody else

# What a client may send (§2.2.1), with the header flags it may have; of PUBLISH all but QoS 3, and DUP without QoS.
PUBLISH_FLAGS: Final = bytes((0, 1, 2, 3, 4, 5, 10, 11, 12, 13))
FLAGS: Final = {1: b"\0", 3: PUBLISH_FLAGS, 4: b"\0", 8: b"\2", 10: b"\2", 12: b"\0", 14: b"\0"}
WILL_BITS: Final = ConnectPacket.VARIABLE_HEADER.WILL_QOS_MASK | ConnectPacket.VARIABLE_HEADER.WILL_RETAIN_FLAG
CONNECT: Final = 1


# The bit of the protocol level by which Mosquitto's `connection` says that it is another broker, not an end, unless
# `try_private` is false; refused, it comes again without. Only a home's broker needs it, which signs in as a device.
LINK: Final = 0x80
BAD_PROTOCOL: Final = 1  # CONNACK code (§3.2.2.3)
# "Unsupported protocol version" in the words of MQTT 5 (its §3.2.2.2), whose clients wait for ever after any others.
MQTT5_CONNACK: Final = bytes((0x20, 3, 0, 0x84, 0))


class PacketRefused(Exception):
    """
    End the connection for what the peer did, during sign-in with a CONNACK code. The text is a counter's label.

    Args: answer: the whole CONNACK, where a code is not enough.
    """

    def __init__(self, why: str, code: int | None = None, answer: bytes | None = None) -> None:
        super().__init__(why)
        self.answer = answer if answer is not None or code is None else ConnackPacket.build(0, code).to_bytes()


class BinaryReader(WebSocketsReader):
    """Read a WebSocket's binary messages as one stream (§6), which ends with its connection."""

    def __init__(self, protocol: Any) -> None:
        super().__init__(protocol)
        self._held = bytearray()

    async def read(self, n: int = -1) -> bytes:
        """Return so many bytes. Raises: EOFError, PacketRefused."""
        while len(self._held) < n:
            try:
                message = await self._protocol.recv()
            except ConnectionClosed:
                raise EOFError from None
            if isinstance(message, str):
                raise PacketRefused("bad packet: text frame")
            self._held += message
        data = bytes(self._held[:n])
        del self._held[:n]
        return data


async def read_whole(reader: ReaderAdapter) -> tuple[MQTTFixedHeader, bytes] | None:
    """Return the next packet's header and undecoded body; None at the end. Raises: PacketRefused."""
    try:
        head, last = await reader.read(2)
        size, shift = last & 0x7F, 7
        if head & 0x0F not in FLAGS.get(head >> 4, b""):
            raise PacketRefused("bad packet: type or flags")
        while last & 0x80 and shift < 28:
            (last,) = await reader.read(1)
            size, shift = size | (last & 0x7F) << shift, shift + 7
        if last & 0x80 or size > MAX_PACKET_BYTES:
            raise PacketRefused("bad packet: size")
        body = await reader.read(size)
    except (EOFError, OSError):
        return None
    return MQTTFixedHeader(head >> 4, head & 0x0F, size), body


def check_protocol(header: MQTTFixedHeader, body: bytes) -> None:
    """
    Answer a protocol other than MQTT 3.1.1 before the rest of its CONNECT is decoded (§3.1.2.2). Raises: PacketRefused.
    """
    end = 2 + int.from_bytes(body[:2], "big")
    if header.packet_type != CONNECT or len(body) <= end:
        return  # malformed, which `decode` says
    name, level = body[2:end], body[end] & ~LINK
    if (name, level) != (b"MQTT", 4):
        raise PacketRefused("not MQTT 3.1.1", BAD_PROTOCOL, MQTT5_CONNACK if (name, level) == (b"MQTT", 5) else None)


async def decode(header: MQTTFixedHeader, body: bytes) -> Any:
    """Return the packet of exactly these bytes. Raises: PacketRefused."""
    try:
        packet: Any = await packet_dict[header.packet_type].from_stream(BufferReader(body), header)
        if isinstance(packet, ConnectPacket) and packet.client_id_is_random:
            packet.client_id = ""  # amqtt made a name up; an empty one is refused with a code, not as malformed
        head, tail = packet.variable_header, packet.payload
        encoded = (head.to_bytes() if head else b"") + (tail.to_bytes(header, head) if tail else b"")
    except (AMQTTError, MQTTError, NoDataError, ValueError, struct.error):
        raise PacketRefused("bad packet: malformed") from None
    if encoded != body:
        raise PacketRefused("bad packet: malformed")
    _check(packet)
    return packet


def _check(packet: Any) -> None:
    """Check what MQTT forbids beyond the fields' form. Raises: PacketRefused."""
    head, texts, wrong = packet.variable_header, [], False
    if isinstance(packet, PublishPacket):
        texts, wrong = [packet.topic_name], len(packet.data or b"") > MAX_BYTES
    elif isinstance(packet, UnsubscribePacket | SubscribePacket):
        asked: list[Any] = packet.payload.topics if packet.payload else []
        texts = [one if isinstance(one, str) else one[0] for one in asked]
        wrong = not 1 <= len(asked) <= MAX_FILTERS or any(one[1] > 2 for one in asked if isinstance(one, tuple))
    elif isinstance(packet, ConnectPacket):
        texts = [packet.client_id, packet.username, packet.will_topic]
        wrong = head.reserved_flag or head.will_qos == 3 or (not head.will_flag and head.flags & WILL_BITS)
        wrong = wrong or (head.password_flag and not head.username_flag)
    if wrong or getattr(head, "packet_id", None) == 0 or any("\0" in text for text in texts if text):
        raise PacketRefused("bad packet: forbidden")
