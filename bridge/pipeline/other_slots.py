"""
Tell which messages other slots handle, where several bridges share the clients.

Each slot's session hears all. What names a client belongs to the client's slot, everything else to slot 0. A slot
acknowledges what belongs to another one, whose own session has it too.
"""

from collections.abc import Mapping
from contextlib import suppress

from bridge.meters import Mapped
from bridge.mqtt.link import Arrived
from bridge.pipeline.inbound import Echo
from chat_core.contract import topics
from chat_core.contract.errors import BadTopic, Malformed
from chat_core.contract.payloads import Command, DeskNotice, decode
from chat_core.contract.shards import Slot
from chat_core.contract.topics import TopicKind


class OtherSlots:
    """Take out what is not this slot's, and note slot 0's rolls."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.roll = ""  # the name of the last one that was called while this slot listened
        self._newest = ""  # or before: as the broker retains it

    @property
    def filters(self) -> tuple[str, ...]:
        """Return what the slot hears besides what every bridge hears."""
        return (topics.NOTICE_DESK,) if self.slot.n else ()

    def handle(self, arrived: Arrived, native: Mapping[str, Mapped]) -> bool:
        """Return whether another slot handles this message. Args: native: native topics of meters."""
        client = topics.client_level(arrived.topic)
        if client is not None:
            return not self.slot.has(client)
        mapped = native.get(arrived.topic)
        if mapped is not None:
            return not self.slot.has(mapped.client)
        try:
            address = topics.parse(arrived.topic)
        except BadTopic:
            return self.slot.n != 0
        match address.kind:
            case TopicKind.DESK_DO:
                return not self._has_command(arrived.payload)
            case TopicKind.DESK_ECHO:
                return not self._has_echo(arrived.payload)
            case TopicKind.NOTICE_DESK:
                self._note_roll(arrived)
        return self.slot.n != 0

    def _note_roll(self, arrived: Arrived) -> None:
        with suppress(Malformed):
            name = decode(DeskNotice, arrived.payload).roll
            if name != self._newest and not arrived.retained:
                self.roll = name
            self._newest = name

    def _has_command(self, payload: bytes) -> bool:
        with suppress(Malformed):
            command = decode(Command, payload)
            if command.client is not None:
                return self.slot.has(command.client)
        return self.slot.n == 0

    def _has_echo(self, payload: bytes) -> bool:
        with suppress(Malformed):
            echo = decode(Echo, payload)
            return self.slot.n == (0 if echo.roll else echo.slot)
        return self.slot.n == 0
