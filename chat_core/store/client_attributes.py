"""Store the attributes of clients, at most 50 a client; an erasure removes them."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping

from chat_core.contract.errors import BadPayload
from chat_core.domain.attributes import AT_MOST, AttributeValue, meant_by
from chat_core.store.database import Database
from chat_core.store.models.web import ClientAttributeRow
from chat_core.store.rows import compact


class ClientAttributes:
    """Store attributes. Every public method but `forget` is one short transaction of its own. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, client: str) -> dict[str, AttributeValue]:
        """Return the client's attributes by name, in the order of names."""
        row = ClientAttributeRow
        found = self._db.select(row.select(row.name, row.value).where(row.client == client).order_by(row.name))
        return {name: json.loads(value) for name, value in found}

    def of_all(self, clients: Collection[str]) -> dict[str, dict[str, AttributeValue]]:
        """Return the attributes of those of the clients who have any."""
        row, found = ClientAttributeRow, defaultdict[str, dict[str, AttributeValue]](dict)
        query = row.select(row.client, row.name, row.value).where(row.client.in_([*clients]))
        for client, name, value in self._db.select(query.order_by(row.client, row.name)):
            found[client][name] = json.loads(value)
        return found

    def change(self, client: str, changes: Mapping[str, AttributeValue | None]) -> bool:
        """
        Set the named attributes; None removes one, others stay. Return whether that changed any.

        Raises: BadPayload where the client would have more than 50; then nothing changes.
        """
        row = ClientAttributeRow
        gone = [name for name, value in changes.items() if value is None]
        with self._db.writing():
            before = self.of(client)
            self._db.change(row.delete().where(row.client == client, row.name.in_(gone)))
            for name, value in changes.items():
                if value is not None:
                    insert = row.insert(client=client, name=name, value=_stored(value))
                    self._db.change(insert.on_conflict(conflict_target=[row.client, row.name], preserve=[row.value]))
            now = self.of(client)
            if len(now) > AT_MOST:
                raise BadPayload(f"attributes: A client has at most {AT_MOST}. Remove some first.", why="too_many")
        return compact(now) != compact(before)  # true is not 1

    def clients_with(self, named: str, limit: int) -> list[str]:
        """Return clients with this `name:value`, in no order."""
        row, (name, values) = ClientAttributeRow, meant_by(named)
        having = (row.name == name) & row.value.in_([_stored(value) for value in values])
        return [client for (client,) in self._db.select(row.select(row.client).where(having).limit(limit))]

    def those_with(self, named: str, clients: Collection[str]) -> set[str]:
        """Return those of the clients who have this `name:value`."""
        row, (name, values) = ClientAttributeRow, meant_by(named)
        wanted = {_stored(value) for value in values}
        # The value is compared here: by the index of values a database would go through all clients who have it.
        query = row.select(row.client, row.value).where(row.client.in_([*clients]), row.name == name)
        return {client for client, value in self._db.select(query) if value in wanted}

    def forget(self, client: str) -> None:
        """Remove all of the client's, within the caller's transaction."""
        self._db.change(ClientAttributeRow.delete().where(ClientAttributeRow.client == client))


def _stored(value: AttributeValue) -> str:
    """Return the value as it is stored: 5 and 5.0 are the same number."""
    return compact(int(value) if isinstance(value, float) and value.is_integer() else value)
