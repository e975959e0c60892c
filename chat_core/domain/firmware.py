"""
List what a device's firmware publishes and subscribes to beside its readings, by its own topics. Pure.

A Tasmota or a Shelly always announces itself, sets a retained will and subscribes to commands. The brokers accept this
and forward nothing; if they refused, the device would reconnect for ever.
Sources: tests/vectors/firmware.json names the file and function, or the page, for each topic.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chat_core.contract import topics
from chat_core.contract.errors import BadTopic
from chat_core.contract.ids import Role
from chat_core.contract.policy import Identity

_COMPONENT: Final = re.compile(r"[a-z0-9]+:\d+", re.ASCII)  # of a Shelly of the second generation: `em:0`
_FALLBACK: Final = re.compile(r"cmnd/[^/+#]+_fb/#")  # Tasmota's, by its client id; nobody publishes there
_EVERYBODYS: Final = frozenset({"tasmotas", "announce", "command"})  # groups, not a device's name

# The setting with the meter and the format of each device's own topics:
# {device: {"meter": "m-…", "forms": {topic: "json" | "kwh" | "wh" | "kw" | "w"}}}
NATIVE_METERS: Final = "native_meters"


@dataclass(frozen=True, slots=True)
class Firmware:
    """
    Describe one device's firmware. `kind`: as device_setup.KINDS names it; `root`: the prefix of topics that it alone
    uses; `publishes`, `hears`: topic filters; `mqtt_client_id`: the one that it always uses.
    """

    kind: str
    root: str
    publishes: tuple[str, ...]
    hears: tuple[str, ...]
    mqtt_client_id: str | None = None


def _tasmota(name: str) -> Firmware:
    return Firmware(
        "tasmota",
        f"tele/{name}",
        (
            f"tele/{name}/+",
            f"stat/{name}/+",
            f"cmnd/{name}/POWER",
            "tasmota/discovery/+/config",
            "tasmota/discovery/+/sensors",
        ),
        (f"cmnd/{name}/#", "cmnd/tasmotas/#"),
    )


def _shelly_gen1(name: str) -> Firmware:
    own = f"shellies/{name}"
    return Firmware(
        "shelly",
        own,
        (f"{own}/#", "shellies/announce"),
        ("shellies/command", f"{own}/command", f"{own}/+/+/command", f"{own}/+/+/command/+", f"{own}/+/+/set"),
        name,
    )


def _shelly_gen2(prefix: str) -> Firmware:
    own = ("online", "announce", "events/rpc", "status/+", "debug/log")
    return Firmware(
        "shelly",
        prefix,
        (*(f"{prefix}/{one}" for one in own), "shellies/announce"),
        (f"{prefix}/rpc", f"{prefix}/command", f"{prefix}/command/+", "shellies/command"),
    )


def find_firmware(topic: str) -> Firmware | None:
    """Return the known firmware that publishes on this topic, or None."""
    levels = topic.split("/")
    name = levels[1] if len(levels) > 2 else ""
    if name in _EVERYBODYS or name.endswith("_fb"):
        return None
    if levels[0] == "tele" and len(levels) == 3:
        return _tasmota(name)
    if levels[0] == "shellies" and name:
        return _shelly_gen1(name)
    if len(levels) >= 3 and levels[-2] == "status" and _COMPONENT.fullmatch(levels[-1]):
        return _shelly_gen2("/".join(levels[:-2])) if levels[0] not in ("cmnd", "stat", "tasmota") else None
    return None


@lru_cache(maxsize=1_024)
def _firmwares(own_topics: tuple[str, ...]) -> tuple[Firmware, ...]:
    return tuple({found.root: found for topic in own_topics if (found := find_firmware(topic)) is not None}.values())


def firmwares_of(identity: Identity) -> tuple[Firmware, ...]:
    """Return a device's firmware by its own topics; nothing for any other role."""
    return _firmwares(identity.topics) if identity.role is Role.DEVICE else ()


def roots_of(own_topics: Iterable[str]) -> set[str]:
    """Return the prefixes that a device with these topics uses alone."""
    return {one.root for one in _firmwares(tuple(own_topics))}


def find_kind(own_topics: Iterable[str]) -> str | None:
    """Return the kind of the known firmware that has one of these topics, or None."""
    return next((one.kind for one in _firmwares(tuple(own_topics))), None)


def publishes(identity: Identity, topic: str) -> bool:
    """Return whether the device's firmware publishes on this topic: the broker accepts it and forwards nothing."""
    return _is_covered([one for firmware in firmwares_of(identity) for one in firmware.publishes], topic)


def hears(identity: Identity, topic_filter: str) -> bool:
    """Return whether the device's firmware subscribes to this filter: the broker grants it and delivers nothing."""
    filters = [one for firmware in firmwares_of(identity) for one in firmware.hears]
    return bool(filters) and (_is_covered(filters, topic_filter) or _FALLBACK.fullmatch(topic_filter) is not None)


def _is_covered(filters: list[str], topic: str) -> bool:
    try:
        return any(topics.covers(one, topic) for one in filters)
    except BadTopic:
        return False


def connects_as(identity: Identity, mqtt_client_id: str) -> bool:
    """Return whether the device's firmware always uses this client id."""
    return any(one.mqtt_client_id == mqtt_client_id for one in firmwares_of(identity))
