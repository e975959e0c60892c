"""Store listeners: ids that hear one client or all, say nothing, and end by themselves."""

import secrets
from typing import Any, Final

from chat_core.contract.ids import Role, check_id
from chat_core.store.credentials import Identities
from chat_core.store.database import Database
from chat_core.store.models.web import IdentityRow, ListenerRow
from chat_core.store.results import Listener

ID_BYTES: Final = 8


class Listeners:
    """Add and remove listeners. Every method is one short transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._ids = Identities(database)

    def add(self, client: str | None, expires_ms: int, now_ms: int) -> str:
        """
        Return the id of a new listener; remove those whose time is over.

        Args: client: the only one whom it hears; None: everybody. Raises: BadId.
        """
        if client is not None:
            check_id(client, Role.CLIENT)
        id = f"l-{secrets.token_hex(ID_BYTES)}"
        with self._db.writing():
            self._remove(ListenerRow.expires <= now_ms)
            self._ids.identify(id, now_ms)
            self._db.change(ListenerRow.insert(id=id, client=client, expires=expires_ms))
        return id

    def find(self, id: str) -> Listener | None:
        """Return the listener, whether its time is over or not; None for one that is gone."""
        query = ListenerRow.select(ListenerRow.id, ListenerRow.client, ListenerRow.expires).where(ListenerRow.id == id)
        return next((Listener(*row) for row in self._db.select(query)), None)

    def end_due(self, now_ms: int) -> None:
        """Remove those whose time is over."""
        if self._db.find(ListenerRow.select(ListenerRow.id).where(ListenerRow.expires <= now_ms).limit(1)):
            with self._db.writing():
                self._remove(ListenerRow.expires <= now_ms)

    def end_all(self) -> None:
        """Remove every listener."""
        with self._db.writing():
            self._remove(ListenerRow.expires > 0)

    def _remove(self, which: Any) -> None:
        gone = [str(row[0]) for row in self._db.select(ListenerRow.select(ListenerRow.id).where(which))]
        if gone:
            self._db.change(ListenerRow.delete().where(ListenerRow.id.in_(gone)))
            self._db.change(IdentityRow.delete().where(IdentityRow.id.in_(gone)))
            self._ids.bump()
