"""Map native topics of devices to meters. `wattline device add … --meter` writes the mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from bridge.meters.payloads import Measured, Power, in_time, read_meter
from chat_core.contract.errors import BadPayload
from chat_core.contract.fields import MAX_TIME_MS
from chat_core.contract.payloads import Reading
from chat_core.store.results import Device

NUMBER_BYTES: Final = 32
MOST: Final = 10**12  # of whatever unit


@dataclass(frozen=True, slots=True)
class Mapped:
    """Map a native topic to a meter; `form` is json, kwh, wh, kw or w."""

    client: str
    meter: str
    form: str


def mapped_topics(setting: Any, devices: list[Device]) -> dict[str, Mapped]:
    """
    Return the native topics to read, of enabled devices.

    Args: setting: NATIVE_METERS, as the CLI wrote it.
    """
    mapped: dict[str, Mapped] = {}
    for device in devices:
        given = setting.get(device.id) if isinstance(setting, Mapping) and not device.disabled else None
        if given is None:
            continue
        for topic in device.topics:
            if topic in given["forms"]:
                mapped[topic] = Mapped(device.client, given["meter"], given["forms"][topic])
    return mapped


def read_mapped(mapped: Mapped, payload: bytes, now_ms: int) -> Measured:
    """Return the reading or power in a native payload. Raises: BadPayload."""
    if mapped.form == "json":
        return read_meter(payload, now_ms)
    try:
        shown = Decimal(payload[:NUMBER_BYTES].decode("ascii").strip())
    except (UnicodeDecodeError, InvalidOperation):
        raise BadPayload("This topic carries a number.") from None
    # Compared, not reckoned with: `abs` of 1e9999999 overflows.
    if not shown.is_finite() or not -MOST <= shown <= MOST:
        raise BadPayload("This topic carries a number that a meter can show.")
    match mapped.form:
        case "kw" | "w":
            return Power(at=now_ms, w=int(shown * (1000 if mapped.form == "kw" else 1)))
        case _:
            wh = int(shown * (1000 if mapped.form == "kwh" else 1))
            if not 0 <= wh <= MAX_TIME_MS:
                raise BadPayload("A register shows no negative number.")
            return in_time(Reading(at=now_ms, wh=wh), now_ms)
