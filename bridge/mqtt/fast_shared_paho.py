"""
Acknowledge what another slot handles while it is read, by the bytes of its topic. Touches the network.

bridge.pipeline.other_slots is the plain way, and decides on all that is passed on. PUBACKs keep the order in which the
messages came (§4.6). Those that follow no message of this slot leave with the next write, or after a moment.
"""

from collections.abc import Callable
from typing import Final

from paho.mqtt import _packet
from paho.mqtt.enums import MessageType, MQTTErrorCode

from bridge.mqtt.fast_paho import DONE, FastPaho
from chat_core.contract.shards import Slot
from chat_core.contract.topics import client_bytes

LATE_BYTES: Final = 400  # of PUBACKs: for 100 of the 1,000 messages that a broker sends ahead
_PUBACK_HEAD: Final = b"\x40\x02"
_PUBLISH: Final = int(MessageType.PUBLISH)
_QOS_1: Final = 0x02


class FastSharedPaho(FastPaho):
    """Hear what this slot handles, and what names no client."""

    def __init__(
        self, client_id: str, *, clean: bool, hear: Callable[[_packet.PublishPacket], None], slot: Slot
    ) -> None:
        super().__init__(client_id, clean=clean, hear=hear)
        self._slot = slot
        self._newest = b""  # id of the newest message that was heard, until it is acknowledged
        self._behind: dict[bytes, bytearray] = {}  # by such an id: PUBACKs of those after it
        self._late = bytearray()  # PUBACKs for the next write

    def _handle(self, command: int, body: bytes) -> MQTTErrorCode:
        if command & 0xF0 != _PUBLISH:
            return super()._handle(command, body)
        end = 2 + int.from_bytes(body[:2], "big")
        mid = body[end : end + 2] if command & _QOS_1 else b""
        client = client_bytes(body[2:end])
        if client is None or not client.isascii() or self._slot.keeps(client):
            self._newest = mid or self._newest
            return super()._handle(command, body)
        self.skipped += 1
        if mid:
            after = self._behind.setdefault(self._newest, bytearray()) if self._newest else self._late
            after += _PUBACK_HEAD + mid
        return DONE

    def ack(self, mid: int, qos: int) -> MQTTErrorCode:
        """Queue the PUBACK, and those of other slots' messages that came after it."""
        code = super().ack(mid, qos)
        own = mid.to_bytes(2, "big")
        self._going += self._behind.pop(own, b"")
        if own == self._newest:
            self._newest = b""
        return code

    def want_write(self) -> bool:
        return len(self._late) >= LATE_BYTES or super().want_write()

    def loop_misc(self) -> MQTTErrorCode:
        """Let what waits for a write leave with the next turn."""
        self._take_late()
        return super().loop_misc()

    def _take_late(self) -> None:
        self._going += self._late
        self._late.clear()

    def _packet_queue(self, command: int, packet: bytes | bytearray, *rest: object) -> MQTTErrorCode:
        self._take_late()
        return super()._packet_queue(command, packet, *rest)

    def _packet_write(self) -> MQTTErrorCode:
        self._take_late()
        return super()._packet_write()
