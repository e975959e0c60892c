"""Store the clients' devices: whose each is, what it may publish, how its password is checked."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from chat_core.contract.errors import NotFound
from chat_core.contract.ids import Role, check_id
from chat_core.domain.firmware import NATIVE_METERS
from chat_core.store.credentials import Identities
from chat_core.store.database import Database
from chat_core.store.models.web import ClientRow, DeviceRow, IdentityRow
from chat_core.store.results import Device
from chat_core.store.rows import compact
from chat_core.store.settings import Settings


class Devices:
    """Add and remove devices. Every method is one short transaction of its own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._db = database
        self._ids = Identities(database)
        self._settings = settings

    def add(
        self,
        id: str,
        client: str,
        topics: Sequence[str],
        password_hashes: Mapping[str, str],
        *,
        reads: Mapping[str, Any] | None = None,
        kind: str | None = None,
    ) -> Device:
        """
        Let the device connect with this password and no earlier one; replace one that exists.

        Args: reads: as which meter's readings to read its own topics, see NATIVE_METERS; None: do not read them.
            kind: as which kind of device it was set up.
        """
        check_id(id, Role.DEVICE)
        check_id(client, Role.CLIENT)
        with self._db.writing():
            known = self._db.select(IdentityRow.select(IdentityRow.id).where(IdentityRow.id == id))
            self._ids.identify(id, None)
            if known:
                self._ids.raise_generation(id)
            values = {
                DeviceRow.client: client,
                DeviceRow.topics: compact(list(topics)),
                DeviceRow.password_hashes: compact(dict(password_hashes)),
                DeviceRow.kind: kind,
            }
            insert = DeviceRow.insert({DeviceRow.id: id, **values})
            self._db.change(insert.on_conflict(conflict_target=[DeviceRow.id], update=values))
            self._map_topics(id, reads)
        return Device(id, client, tuple(topics), dict(password_hashes), False, kind)

    def find(self, id: str) -> Device | None:
        """Return the device, or None; a removed one is none."""
        return next(iter(self._select(DeviceRow.id == id)), None)

    def all(self) -> list[Device]:
        """Return all devices by id."""
        return self._select(None)

    def of(self, client: str) -> list[Device]:
        """Return the client's devices by id."""
        return self._select(DeviceRow.client == client)

    def page(self, client: str | None, after: str, limit: int) -> list[Device]:
        """Return the devices in use above this id, by id: of the client, or of all."""
        wanted = (DeviceRow.id > after) & ~IdentityRow.disabled
        return self._select(wanted if client is None else wanted & (DeviceRow.client == client), limit)

    def _select(self, where: Any, limit: int | None = None) -> list[Device]:
        row = DeviceRow
        query = (
            row.select(row.id, row.client, row.topics, row.password_hashes, IdentityRow.disabled, row.kind)
            .join(IdentityRow, on=(IdentityRow.id == row.id))
            .order_by(row.id)
            .limit(limit)
        )
        found = self._db.select(query if where is None else query.where(where))
        return [
            Device(id, client, tuple(json.loads(topics)), json.loads(hashes), bool(disabled), kind)
            for id, client, topics, hashes, disabled, kind in found
        ]

    def clients_in(self, area: str) -> list[str]:
        """Return the clients of the area who have a device."""
        row = DeviceRow
        having = row.select(row.client).distinct().join(ClientRow, on=(ClientRow.id == row.client))
        return [client for (client,) in self._db.select(having.where(ClientRow.area == area))]

    def count_in_areas(self) -> dict[str, int]:
        """Return how many devices the clients of each area have, where there are any. One read as a meter is none."""
        row = DeviceRow
        meters = self._settings.get(NATIVE_METERS, {})
        query = (
            row.select(ClientRow.area, row.id)
            .join(ClientRow, on=(ClientRow.id == row.client))
            .join(IdentityRow, on=(IdentityRow.id == row.id))
            .where(ClientRow.area.is_null(False), ~IdentityRow.disabled)
        )
        return Counter(area for area, id in self._db.select(query) if id not in meters)

    def remove(self, id: str) -> None:
        """Remove the device and void its password, also if the id comes back. Raises: NotFound."""
        with self._db.writing():
            if not self._db.change(DeviceRow.delete().where(DeviceRow.id == id)):
                raise NotFound("There is no such device.")
            self._ids.disable(id)
            self._map_topics(id, None)

    def _map_topics(self, device: str, reads: Mapping[str, Any] | None) -> None:
        """Within a transaction: set what the device's own topics are read as; None: they are not read."""
        self._settings.hold()
        native = self._settings.get(NATIVE_METERS, {})
        if reads is not None or device in native:
            kept = {id: given for id, given in native.items() if id != device}
            self._settings.set_within(NATIVE_METERS, kept if reads is None else {**kept, device: dict(reads)})
