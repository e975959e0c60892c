"""Store the endpoints that hear of events by webhook. They have no secret at rest: see `web.outbound.webhooks`."""

import json
import secrets
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from peewee import fn

from chat_core.contract.delivery_reasons import DeliveryReason, decode_reason
from chat_core.contract.errors import NotFound, WrongState
from chat_core.store.database import Database
from chat_core.store.models.web import DeliveryRow, WebhookRow
from chat_core.store.rows import compact

MOST_WEBHOOKS: Final = 20
ID_BYTES: Final = 8


class Webhook(NamedTuple):
    """
    Hold an endpoint. `rotated`: when its present secret replaced another; `off`, `off_reason`: why nothing is sent to
    it, in English and as a code.
    """

    id: str
    url: str
    events: tuple[str, ...]
    version: int
    rotated: int | None
    off: str | None
    off_reason: DeliveryReason | None
    created: int

    @property
    def destination(self) -> str:
        """Return its deliveries' destination."""
        return f"webhook/{self.id}"


class Webhooks:
    """Add, change and remove endpoints. Every method is one short transaction of its own. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[Webhook]:
        """Return all endpoints, the oldest first."""
        return self._select(None)

    def get(self, id: str) -> Webhook:
        """Return the endpoint. Raises: NotFound."""
        found = self._select(WebhookRow.id == id)
        if not found:
            raise NotFound(f"There is no webhook {id}.")
        return found[0]

    def _select(self, where: Any) -> list[Webhook]:
        row = WebhookRow
        query = row.select(row.id, row.url, row.events, row.version, row.rotated, row.off, row.off_reason, row.created)
        query = query.order_by(row.created, row.id)
        found = self._db.select(query if where is None else query.where(where))
        return [
            Webhook(id, url, tuple(json.loads(events)), version, rotated, off, decode_reason(why), created)
            for id, url, events, version, rotated, off, why, created in found
        ]

    def add(self, url: str, events: Collection[str], now_ms: int) -> Webhook:
        """Add an endpoint. Raises: WrongState for one too many."""
        id = f"wh-{secrets.token_hex(ID_BYTES)}"
        with self._db.writing():
            self._db.dialect.lock_table(self._db, "webhook")
            if self._db.select(WebhookRow.select(fn.COUNT(WebhookRow.id)))[0][0] >= MOST_WEBHOOKS:
                raise WrongState(
                    f"There are {MOST_WEBHOOKS} webhooks already: remove one first.", why="too_many_webhooks"
                )
            self._db.change(WebhookRow.insert(id=id, url=url, events=compact(sorted(events)), created=now_ms))
        return self.get(id)

    def change(self, id: str, url: str, events: Collection[str], off: DeliveryReason | None) -> Webhook:
        """Set the endpoint's URL and events, and switch it on, or off with a reason. Raises: NotFound."""
        self._update(id, url=url, events=compact(sorted(events)), **_off(off))
        return self.get(id)

    def rotate(self, id: str, now_ms: int) -> Webhook:
        """Give the endpoint a new secret. Raises: NotFound."""
        self._update(id, version=WebhookRow.version + 1, rotated=now_ms)
        return self.get(id)

    def switch_off(self, id: str, reason: DeliveryReason) -> None:
        """Send nothing to the endpoint any more. Raises: NotFound."""
        self._update(id, **_off(reason))

    def _update(self, id: str, **values: Any) -> None:
        with self._db.writing():
            if not self._db.change(WebhookRow.update(values).where(WebhookRow.id == id)):
                raise NotFound(f"There is no webhook {id}.")

    def remove(self, id: str) -> None:
        """Remove the endpoint and its deliveries. Raises: NotFound."""
        destination = self.get(id).destination
        with self._db.writing():
            self._db.change(WebhookRow.delete().where(WebhookRow.id == id))
            self._db.change(DeliveryRow.delete().where(DeliveryRow.destination == destination))


def _off(why: DeliveryReason | None) -> dict[str, str | None]:
    return {"off": None, "off_reason": None} if why is None else {"off": why.text, "off_reason": why.encode()}
