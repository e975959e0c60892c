"""
Read and write many MQTT packets with one system call. Touches the network.

paho makes three reads, a write, a lock and two MQTT 5 objects for each message (docs/performance.md#fast-paths). Here
PUBLISH and PUBACK use paho's codec only; all other packets, keep-alive and TLS are paho's. Knows the inside of
paho-mqtt 2.2. Single-threaded; no message is stored for a resend.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import paho.mqtt.client as paho
from paho.mqtt import _packet
from paho.mqtt.enums import CallbackAPIVersion, MessageType, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket

CHUNK_BYTES: Final = 4_096  # read at once: a dozen messages, or 50 presences
MOST_LENGTH_BYTES: Final = 4  # §2.2.3
MOST_MESSAGE_ID: Final = 65_535  # §2.3.1
# Looked up once: an enumeration's lookup costs as much as a call.
DONE: Final = MQTTErrorCode.MQTT_ERR_SUCCESS
_AGAIN: Final = MQTTErrorCode.MQTT_ERR_AGAIN
_V311: Final = MQTTProtocolVersion.MQTTv311
_PUBLISH: Final = int(MessageType.PUBLISH)
_PUBACK: Final = int(MessageType.PUBACK)
_DISCONNECT: Final = int(MessageType.DISCONNECT)


class FastPaho(paho.Client):
    """Drive paho's client faster. `hear` gets each PUBLISH, and never raises."""

    def __init__(self, client_id: str, *, clean: bool, hear: Callable[[_packet.PublishPacket], None]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id, clean_session=clean, protocol=paho.MQTTv311, manual_ack=True
        )
        self.suppress_exceptions = True
        self.bytes_in = 0
        self.skipped = 0  # messages that `hear` did not get
        self.unconfirmed: Final[set[int]] = set()  # ids of our QoS 1 publishes without a PUBACK
        self._hear = hear
        self._coming = b""  # the beginning of a packet
        self._going = bytearray()
        self._leaving = False

    def speak_websocket(self, path: str) -> None:
        """Connect over a WebSocket. It names no Origin: that is for browsers."""
        self.transport = "websockets"
        self.ws_set_options(path, lambda headers: {name: headers[name] for name in headers if name != "Origin"})

    def say(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        """Queue one message; return whether it was taken."""
        mid = 0
        if qos:
            mid = self._mid_generate()
            if mid in self.unconfirmed:
                return False
        if self._send_publish(mid, topic.encode(), payload, qos, retain) is not DONE:
            return False
        if qos:
            self.unconfirmed.add(mid)
        return True

    def want_write(self) -> bool:
        return bool(self._going)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read once and handle what is there."""
        return self._after(self._packet_read()) if self._sock is not None else MQTTErrorCode.MQTT_ERR_NO_CONN

    def loop_write(self) -> MQTTErrorCode:
        """Write what is queued; call it only when `want_write`."""
        return self._after(self._packet_write()) if self._sock is not None else MQTTErrorCode.MQTT_ERR_NO_CONN

    def _after(self, code: MQTTErrorCode) -> MQTTErrorCode:
        """Close a connection that failed, and call `on_disconnect`."""
        return DONE if code is DONE or code is _AGAIN else self._loop_rc_handle(code)

    # What those and paho's senders call

    def _mid_generate(self) -> int:
        self._last_mid = self._last_mid % MOST_MESSAGE_ID + 1  # of one thread: without paho's lock
        return self._last_mid

    def _easy_log(self, *_: Any) -> None:
        """Log nothing: paho would take a lock at each packet."""

    def _packet_queue(self, command: int, packet: bytes | bytearray, *_: Any) -> MQTTErrorCode:
        self._going += packet
        self._leaving |= command & 0xF0 == _DISCONNECT
        return DONE

    def _packet_write(self) -> MQTTErrorCode:
        while self._going:
            try:
                del self._going[: self._sock_send(self._going)]
            except BlockingIOError:
                return _AGAIN
            except OSError:
                return MQTTErrorCode.MQTT_ERR_CONN_LOST
        self._last_msg_out = paho.time_func()
        if self._leaving:
            self._do_on_disconnect(packet_from_broker=False, v1_rc=DONE)
            self._sock_close()
        return DONE

    def _packet_read(self) -> MQTTErrorCode:
        """Read once, and handle every whole packet of what is there."""
        try:
            data = self._sock_recv(CHUNK_BYTES)
        except BlockingIOError:
            return _AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not data:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        self.bytes_in += len(data)
        self._last_bytes_received = paho.time_func()
        data, at = self._coming + data, 0
        try:
            while at < len(data) and (whole := _body_of(data, at)) is not None:
                rc = self._handle(data[at], data[whole[0] : whole[1]])
                if rc:
                    return rc
                at = whole[1]
        except MalformedPacket:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        self._coming = data[at:]
        return DONE

    def _handle(self, command: int, body: bytes) -> MQTTErrorCode:
        kind = command & 0xF0
        if kind == _PUBLISH:
            # We subscribe with QoS 1, so no broker delivers more (§3.8.4).
            self._hear(_packet.decode_publish(command, body, _V311))
            return DONE
        if kind == _PUBACK and len(body) == 2:
            self.unconfirmed.discard(int.from_bytes(body, "big"))
            return DONE
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        return self._packet_handle()


class MakePaho(Protocol):
    """Define what makes a connection's client: FastPaho, or one that skips what other slots handle."""

    def __call__(self, client_id: str, *, clean: bool, hear: Callable[[_packet.PublishPacket], None]) -> FastPaho: ...


def _body_of(data: bytes, at: int) -> tuple[int, int] | None:
    """Return the bounds of the packet's body; None while it is incomplete (§2.2.3). Raises: MalformedPacket."""
    size = shift = 0
    for place in range(at + 1, min(at + 1 + MOST_LENGTH_BYTES, len(data))):
        size |= (data[place] & 0x7F) << shift
        if data[place] < 0x80:
            end = place + 1 + size
            return (place + 1, end) if end <= len(data) else None
        shift += 7
    if shift == 7 * MOST_LENGTH_BYTES:
        raise MalformedPacket("a remaining length of more than 4 bytes")
    return None
