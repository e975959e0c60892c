"""
Bytes in, whole and strictly checked MQTT 3.1.1 packets out. Touches nothing.

The fields are decoded and encoded by amqtt's packet classes. What this adds closes these faults of amqtt 0.12.1:
- fields are read from the stream, so a wrong length swallows the next packet: here a class sees exactly its packet's
  bytes;
- no size limit, 5-byte lengths, unknown types and wrong header flags stay open: refused before the body is waited
  for;
- bad UTF-8 becomes the text `b'..'`, leftovers are ignored: what was decoded must encode to the same bytes again;
- NUL in topics, QoS 3, will QoS 3, packet id 0, empty SUBSCRIBE: refused.
"""

from collections.abc import Coroutine, Iterator
from typing import Any, TypeAlias, cast

from amqtt.adapters import BufferReader
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt import packet_class
from amqtt.mqtt.connack import ConnackPacket
from amqtt.mqtt.connect import ConnectPacket
from amqtt.mqtt.disconnect import DisconnectPacket
from amqtt.mqtt.packet import (
    CONNECT,
    DISCONNECT,
    PINGREQ,
    PUBACK,
    PUBLISH,
    SUBSCRIBE,
    UNSUBSCRIBE,
    MQTTFixedHeader,
    MQTTPacket,
)
from amqtt.mqtt.pingreq import PingReqPacket
from amqtt.mqtt.pingresp import PingRespPacket
from amqtt.mqtt.puback import PubackPacket
from amqtt.mqtt.publish import PublishPacket
from amqtt.mqtt.suback import SubackPacket
from amqtt.mqtt.subscribe import SubscribePacket
from amqtt.mqtt.unsuback import UnsubackPacket
from amqtt.mqtt.unsubscribe import UnsubscribePacket

MAX_PAYLOAD_BYTES = 65_536
MAX_PACKET_BYTES = MAX_PAYLOAD_BYTES + 1_024  # room for a topic and, in a CONNECT, for names and a token
MAX_FILTERS = 256  # in one SUBSCRIBE or UNSUBSCRIBE: more would hold up everybody else
PINGRESP = PingRespPacket.build().to_bytes()

# The types a client may send, with the only header flags each may have (None: PUBLISH, checked by itself; §2.2.2).
FLAGS: dict[int, int | None] = {
    CONNECT: 0,
    PUBLISH: None,
    PUBACK: 0,
    SUBSCRIBE: 2,
    UNSUBSCRIBE: 2,
    PINGREQ: 0,
    DISCONNECT: 0,
}
WILL_BITS = ConnectPacket.VARIABLE_HEADER.WILL_QOS_MASK | ConnectPacket.VARIABLE_HEADER.WILL_RETAIN_FLAG

Packet: TypeAlias = (
    ConnectPacket
    | PublishPacket
    | PubackPacket
    | SubscribePacket
    | UnsubscribePacket
    | PingReqPacket
    | DisconnectPacket
)


class BadPacket(Exception):
    """The bytes are not MQTT 3.1.1 as this broker takes it; the connection ends. The text is a counter's label."""


class Framer:
    """Cuts a stream into whole packets, however it is chopped; holds at most one unfinished packet and one chunk."""

    __slots__ = ("_buffer", "_needed")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._needed = 0  # bytes of the unfinished packet: until they are there, nothing is looked at twice

    def feed(self, chunk: bytes) -> Iterator[Packet]:
        """Every packet that is complete now. Raises: BadPacket as soon as the head of one is wrong."""
        data = chunk
        if self._buffer:
            self._buffer += chunk
            if len(self._buffer) < self._needed:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        start = 0
        while start < len(data):
            body, size = _head(data, start)
            if not body or body + size > len(data):
                self._needed = body + size - start
                self._buffer += data[start:]
                return
            yield decode(data[start], data[body : body + size])
            start = body + size


def _head(data: bytes, start: int) -> tuple[int, int]:
    """Where the body starts and how long it is; (0, 0) if the length has not arrived yet."""
    kind = data[start] >> 4
    if kind not in FLAGS:
        raise BadPacket("type")
    flags = FLAGS[kind]
    if flags is not None and data[start] & 0x0F != flags:
        raise BadPacket("flags")
    size = shift = 0
    for at in range(start + 1, min(start + 5, len(data))):
        size |= (data[at] & 0x7F) << shift
        if not data[at] & 0x80:
            if size > MAX_PACKET_BYTES:
                raise BadPacket("size")
            return at + 1, size
        shift += 7
    if len(data) - start >= 5:
        raise BadPacket("length")
    return 0, 0


def decode(head: int, body: bytes) -> Packet:
    """The packet of exactly these bytes. Raises: BadPacket."""
    header = MQTTFixedHeader(head >> 4, head & 0x0F, len(body))
    try:
        packet = _drive(packet_class(header).from_stream(BufferReader(body), header))
        if isinstance(packet, ConnectPacket) and packet.payload is not None and packet.payload.client_id_is_random:
            packet.payload.client_id = ""  # amqtt made a name up; an empty one is refused with a code, not as malformed
        same = _body(packet) == body
    except (AMQTTError, MQTTError, NoDataError, ValueError) as error:
        raise BadPacket("malformed") from error
    if not same:
        raise BadPacket("malformed")
    _check(packet)
    return cast(Packet, packet)


def _drive(decoding: Coroutine[Any, Any, MQTTPacket[Any, Any, Any]]) -> MQTTPacket[Any, Any, Any]:
    """The result of a coroutine that reads from memory only, and so never has to wait for the loop."""
    try:
        decoding.send(None)
    except StopIteration as done:
        return cast(MQTTPacket[Any, Any, Any], done.value)
    raise BadPacket("malformed")


def _body(packet: MQTTPacket[Any, Any, Any]) -> bytes:
    head = packet.variable_header.to_bytes() if packet.variable_header is not None else b""
    tail = packet.payload.to_bytes(packet.fixed_header, packet.variable_header) if packet.payload is not None else b""
    return bytes(head) + bytes(tail)


def _check(packet: MQTTPacket[Any, Any, Any]) -> None:
    """What MQTT forbids beyond the form of the fields. Raises: BadPacket."""
    texts: list[str | None] = []
    if isinstance(packet, PublishPacket):
        texts = [packet.topic_name]
        if packet.qos == 3 or (packet.qos == 0 and packet.dup_flag):
            raise BadPacket("flags")
        if len(packet.data or b"") > MAX_PAYLOAD_BYTES:
            raise BadPacket("size")
    elif isinstance(packet, (SubscribePacket, UnsubscribePacket)) and packet.payload is not None:
        asked: list[Any] = packet.payload.topics
        texts = [one[0] if isinstance(one, tuple) else one for one in asked]
        if not 1 <= len(asked) <= MAX_FILTERS:
            raise BadPacket("filters")
        if any(isinstance(one, tuple) and one[1] > 2 for one in asked):
            raise BadPacket("flags")
    elif isinstance(packet, ConnectPacket) and packet.variable_header is not None and packet.payload is not None:
        said = packet.variable_header
        texts = [packet.payload.client_id, packet.payload.username, packet.payload.will_topic]
        if said.reserved_flag or said.will_qos == 3 or (not said.will_flag and said.flags & WILL_BITS):
            raise BadPacket("flags")
        if said.password_flag and not said.username_flag:
            raise BadPacket("flags")
    if getattr(packet.variable_header, "packet_id", None) == 0:
        raise BadPacket("packet id")
    if any(text is not None and "\0" in text for text in texts):
        raise BadPacket("NUL")


def connack(code: int, *, present: bool = False) -> bytes:
    """A CONNACK with this return code."""
    return bytes(ConnackPacket.build(int(present), code).to_bytes())


def puback(packet_id: int) -> bytes:
    """The acknowledgement of a QoS 1 PUBLISH."""
    return bytes(PubackPacket.build(packet_id).to_bytes())


def suback(packet_id: int, codes: list[int]) -> bytes:
    """The answer to a SUBSCRIBE, one code a filter."""
    return bytes(SubackPacket.build(packet_id, codes).to_bytes())


def unsuback(packet_id: int) -> bytes:
    """The answer to an UNSUBSCRIBE."""
    return bytes(UnsubackPacket.build(packet_id).to_bytes())


class Message:
    """What is on its way to receivers; each form is encoded once, however many receive it."""

    __slots__ = ("_frames", "payload", "qos", "retained", "topic")

    def __init__(self, topic: str, payload: bytes, qos: int, *, retained: bool = False) -> None:
        """Args: retained: whether it goes out with the retain flag, as only an answer to a SUBSCRIBE may."""
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retained = retained
        self._frames: list[bytes | None] = [None, None]

    def frame(self, qos: int) -> bytes:
        """The PUBLISH for this granted QoS; at QoS 1 with packet id 0, which `numbered` replaces."""
        made = self._frames[qos]
        if made is None:
            number = 0 if qos else None
            made = PublishPacket.build(self.topic, self.payload, number, False, qos, self.retained).to_bytes()
            self._frames[qos] = made
        return made

    def numbered(self, packet_id: int, *, again: bool = False) -> bytes:
        """The QoS 1 PUBLISH with its packet id, and with DUP when it is sent again."""
        made = self.frame(1)
        at = len(made) - len(self.payload) - 2
        head = bytes((made[0] | PublishPacket.DUP_FLAG,)) if again else made[:1]
        return head + made[1:at] + packet_id.to_bytes(2, "big") + made[at + 2 :]
