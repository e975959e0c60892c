"""
Decode (topic, bytes) into a typed message and its sender, or park it with a refusal.

The sender is the topic's, as the broker verified it (docs/contract.md#say-then-log). Payloads name none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from bridge.meters import Mapped, Power, read_mapped, read_meter
from chat_core.contract import topics
from chat_core.contract.errors import BadPayload, BadTopic, Malformed
from chat_core.contract.payloads import (
    MAX_REASON,
    AgentPresence,
    Command,
    Marker,
    Payload,
    Presence,
    Reading,
    Refusal,
    Said,
    decode,
    find_id,
)
from chat_core.contract.topics import Address, TopicKind


class Press(StrEnum):
    """Name the button that a client pressed on its display, from `…/display/ack`."""

    SEEN = "seen"
    CALL = "call"


class Echo(Payload):
    """
    Hold a bridge's own message to its slot: `fence`, see bridge/background/changes.py; `probe`, see probe.py there.

    With `roll` the slot asks slot 0 to call a roll.
    """

    fence: Annotated[str, Field(max_length=32)] | None = None
    probe: Annotated[str, Field(max_length=32)] | None = None
    slot: int = 0
    roll: bool = False


Message = Said | Marker | Presence | AgentPresence | Command | Reading | Power | Press | Echo


class Received(NamedTuple):
    """Hold a message of the contract. `sender`: the topic's; for devices, which topics do not name, the client."""

    address: Address
    sender: str
    message: Message


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Hold input that breaks the contract: it is parked, and refused where the sender receives refusals."""

    topic: str
    payload: bytes
    why: str
    sender: str | None
    client: str | None
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Stray:
    """Hold a retained message where none belongs: it is cleared."""

    topic: str


@dataclass(frozen=True, slots=True)
class RetainedNotice:
    """Hold an outage notice that the broker retains, which may be over by now."""

    topic: str
    area: str


@dataclass(frozen=True, slots=True)
class Passing:
    """Hold what is not stored, and only told to the client's team: typing."""

    address: Address
    payload: bytes


@dataclass(frozen=True, slots=True)
class Ignored:
    """Stand for input that changes nothing, as the bridge's own notice or clearing."""


Inbound = Received | Unreadable | Stray | RetainedNotice | Passing | Ignored
IGNORED: Final = Ignored()


def _press(payload: bytes) -> Press:
    try:
        return Press(payload.decode("ascii").strip().strip('"'))
    except ValueError:
        raise BadPayload("A display answers `seen` or `call`.") from None


_DECODE: Final[Mapping[TopicKind, Callable[[bytes, int], Message]]] = {
    TopicKind.MSG: lambda payload, _: decode(Said, payload),
    TopicKind.READ: lambda payload, _: decode(Marker, payload),
    TopicKind.PRESENCE: lambda payload, _: decode(Presence, payload),
    TopicKind.DESK_PRESENCE: lambda payload, _: decode(AgentPresence, payload),
    TopicKind.DESK_DO: lambda payload, _: decode(Command, payload),
    TopicKind.DISPLAY_ACK: lambda payload, _: _press(payload),
    TopicKind.METER_READING: read_meter,
    TopicKind.DESK_ECHO: lambda payload, _: decode(Echo, payload),
}


@lru_cache(maxsize=256)  # of the clients who write now
def _parse(topic: str) -> Address | None:
    try:
        return topics.parse(topic)
    except BadTopic:
        return None


def understand(topic: str, payload: bytes, *, retained: bool, now_ms: int) -> Inbound:
    """
    Return what arrived, typed, or why it is not the contract's. Never raises for input.

    Args: retained: the flag as delivered: an old message; now_ms: the time of readings without one.
    """
    address = _parse(topic)
    if address is not None and address.kind is TopicKind.OUTAGE:
        return RetainedNotice(topic, address.area or "") if retained else IGNORED
    if retained:
        return Stray(topic)
    if address is not None and address.kind is TopicKind.TYPING:
        return Passing(address, payload)
    if address is None or address.kind not in _DECODE:
        return _park(topic, payload, None, BadTopic("This is no topic of Wattline."))
    try:
        message = _DECODE[address.kind](payload, now_ms)
    except Malformed as fault:
        return _park(topic, payload, address, fault)
    return Received(address, address.sender or address.client or "", message)


def understand_native(topic: str, mapped: Mapped, payload: bytes, *, retained: bool, now_ms: int) -> Inbound:
    """
    Return what came on a device's native topic as its meter's reading.

    Args: retained: an old reading, ignored: the device will send a new one.
    """
    if retained:
        return IGNORED
    address = Address(TopicKind.METER_READING, client=mapped.client, meter=mapped.meter)
    try:
        return Received(address, mapped.client, read_mapped(mapped, payload, now_ms))
    except Malformed as fault:
        return _park(topic, payload, address, fault)


def _park(topic: str, payload: bytes, address: Address | None, fault: Malformed) -> Unreadable:
    sender = None if address is None else address.sender
    client = None if address is None else address.client
    refusal = Refusal(id=find_id(payload), why=fault.why, text=fault.text[:MAX_REASON])
    return Unreadable(topic, payload, fault.why, sender, client, refusal)
