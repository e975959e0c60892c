"""Store which clients wait to be told that power is back: at most one wait a client, gone with the client's data."""

from collections.abc import Collection, Sequence

from chat_core.store.database import Database
from chat_core.store.models.web import ClientRow
from chat_core.store.results import PowerWait


class PowerWaits:
    """Store waits. Every method is one short transaction of its own. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, client: str, since: int) -> None:
        """Let the client wait for the end of the outage that began then."""
        with self._db.writing():
            self._db.change(ClientRow.update(power_wait=since).where(ClientRow.id == client))

    def cancel(self, client: str) -> None:
        """End the client's wait, if any, untold."""
        with self._db.writing():
            self._db.change(ClientRow.update(power_wait=None).where(ClientRow.id == client))

    def is_waiting(self, client: str) -> bool:
        """Return whether the client waits."""
        waits = ClientRow.select(ClientRow.id).where(ClientRow.id == client, ClientRow.power_wait.is_null(False))
        return self._db.find(waits) is not None

    def over(self, without_power: Collection[str], limit: int) -> list[PowerWait]:
        """Return waits whose area has power, the oldest first. Args: without_power: the areas with an outage notice."""
        row = ClientRow
        query = row.select(row.id, row.power_wait).where(row.power_wait.is_null(False))
        if without_power:
            query = query.where(row.area.is_null() | row.area.not_in([*without_power]))
        return [PowerWait(*found) for found in self._db.select(query.order_by(row.power_wait).limit(limit))]

    def end(self, waits: Sequence[PowerWait]) -> None:
        """End these waits, which are told; one for a later outage stays."""
        row = ClientRow
        with self._db.writing():
            for wait in waits:
                told = (row.id == wait.client) & (row.power_wait == wait.since)
                self._db.change(row.update(power_wait=None).where(told))
