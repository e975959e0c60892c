"""Add and remove devices, and announce both to the bridge. Touches the store."""

import secrets
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound, WrongState
from chat_core.contract.ids import Role, check_id
from chat_core.domain import firmware
from chat_core.runtime import brokers
from chat_core.store import Registry


class Enrolment(NamedTuple):
    """
    Describe a client's new device.

    `forms`: its further topics, each with its format as of NATIVE_METERS; `meter`: whose readings those topics are,
    None if nobody reads them; `kind`: as which of device_setup.KINDS it is set up, or a word of whoever adds it.
    """

    id: str
    client: str
    forms: Mapping[str, str]
    meter: str | None
    kind: str | None = None


def enrol(registry: Registry, new: Enrolment, now_ms: int) -> str:
    """
    Let the device connect, and return its password, which is not stored.

    Raises: BadId, BadTopic; WrongState with `exists`, or `taken` if another device's firmware has the same topics.
    """
    check_id(new.id, Role.DEVICE)
    check_id(new.client, Role.CLIENT)
    for topic in new.forms:
        topics.check_device_topic(topic)
    if new.meter is not None:
        topics.meter_reading(new.client, new.meter)
    known = registry.devices.find(new.id)
    if known is not None and not known.disabled:
        raise WrongState(f"There is a device {new.id} already; remove it first.", why="exists")
    _check_roots(registry, new.id, new.forms)
    password = brokers.new_device_password(secrets.token_bytes(brokers.DEVICE_PASSWORD_BYTES))
    registry.ensure_client(new.client)
    hashes = brokers.device_hashes(password, secrets.token_bytes(16))
    reads = {"meter": new.meter, "forms": dict(new.forms)} if new.meter is not None else None
    registry.devices.add(new.id, new.client, tuple(new.forms), hashes, reads=reads, kind=new.kind)
    _announce(registry, new.id, new.client, now_ms)
    return password


def _check_roots(registry: Registry, id: str, own_topics: Iterable[str]) -> None:
    """Check that no other device owns the topics that the firmware uses for itself."""
    roots = firmware.roots_of(own_topics)
    for other in registry.devices.all() if roots else ():
        if other.id != id and not other.disabled and (shared := roots & firmware.roots_of(other.topics)):
            raise WrongState(
                f"{sorted(shared)[0]}/… belongs to {other.id}: give this device a name of its own.", why="taken"
            )


def dismiss(registry: Registry, id: str, now_ms: int) -> None:
    """Remove the device; the bridge clears what it displayed. Raises: BadId, NotFound."""
    known = registry.devices.find(check_id(id, Role.DEVICE))
    if known is None or known.disabled:
        raise NotFound(f"There is no device {id}.")
    registry.devices.remove(id)
    _announce(registry, id, known.client, now_ms)


def _announce(registry: Registry, id: str, client: str, now_ms: int) -> None:
    registry.changes.announce(ChangeKind.DEVICES, {"device": id, "client": client}, now_ms)
