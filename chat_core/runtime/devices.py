"""Add and remove devices, and announce both to the bridge. Touches the store."""

import secrets
from collections.abc import Iterable, Mapping

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound, WrongState
from chat_core.contract.ids import Role, check_id
from chat_core.domain import firmware
from chat_core.runtime import brokers
from chat_core.store import Registry


def enrol(registry: Registry, id: str, client: str, forms: Mapping[str, str], meter: str | None, now_ms: int) -> str:
    """
    Let the device connect, and return its password, which is not stored.

    Args: forms: its further topics, each with its format as of NATIVE_METERS; meter: whose readings those topics are,
        None if nobody reads them.
    Raises: BadId, BadTopic; WrongState with `exists`, or `taken` if another device's firmware has the same topics.
    """
    check_id(id, Role.DEVICE)
    check_id(client, Role.CLIENT)
    for topic in forms:
        topics.check_device_topic(topic)
    if meter is not None:
        topics.meter_reading(client, meter)
    known = registry.devices.find(id)
    if known is not None and not known.disabled:
        raise WrongState(f"There is a device {id} already; remove it first.", why="exists")
    _check_roots(registry, id, forms)
    password = brokers.new_device_password(secrets.token_bytes(brokers.DEVICE_PASSWORD_BYTES))
    registry.ensure_client(client)
    hashes = brokers.device_hashes(password, secrets.token_bytes(16))
    reads = {"meter": meter, "forms": dict(forms)} if meter is not None else None
    registry.devices.add(id, client, tuple(forms), hashes, reads=reads)
    _announce(registry, id, client, now_ms)
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
