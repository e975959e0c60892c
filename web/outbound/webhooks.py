"""Send events to endpoints, after the specification "Standard Webhooks" (docs/webhooks.md)."""

import base64
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import standardwebhooks

from chat_core.contract.delivery_reasons import DeliveryReason, reason
from chat_core.contract.errors import NotFound
from chat_core.runtime.keys import Keys
from chat_core.store import Store
from chat_core.store.deliveries import Delivery, NewDelivery, Route
from chat_core.store.outbox import OutboxEvent
from chat_core.store.webhooks import Webhook
from web.outbound.channel import HTTP_LEASE_MS, NotSent, Rejected
from web.outbound.http import HttpAnswer, Sender
from web.outbound.webhook_payloads import TEST, body_of

OLD_SECRET_MS: Final = 86_400_000  # so long a secret that was replaced signs too
KNOWN_FOR_S: Final = 1.0


def secret_of(keys: Keys, id: str, version: int) -> str:
    """Return the webhook's secret of this version: it is derived, and stored nowhere."""
    return "whsec_" + base64.b64encode(keys.derive(f"webhook/{id}/{version}")).decode()


def test_delivery(webhook: Webhook, now_ms: int) -> NewDelivery:
    """Return a new test event for the webhook."""
    return NewDelivery(f"msg_{secrets.token_hex(16)}", Route(webhook.destination, "test"), TEST, now_ms)


class WebhookChannel:
    """Send events to the endpoints that want them. See OutboundChannel."""

    name: Final = "webhook"
    lease_ms: Final = HTTP_LEASE_MS

    def __init__(self, store: Store, keys: Callable[[], Keys], sender: Sender) -> None:
        """Args: keys: returns the present keys."""
        self._store = store
        self._keys = keys
        self._sender = sender
        self._reading = threading.Lock()
        self._read_s = float("-inf")
        self._on: Sequence[Webhook] = ()

    def _known(self) -> Sequence[Webhook]:
        """Return the endpoints that are on, at most a second old."""
        with self._reading:
            if time.monotonic() - self._read_s >= KNOWN_FOR_S:
                self._on = [webhook for webhook in self._store.webhooks.all() if webhook.off is None]
                self._read_s = time.monotonic()
            return self._on

    def events(self) -> Collection[str]:
        return {event for webhook in self._known() for event in webhook.events}

    def destinations(self) -> Collection[str]:
        return [webhook.destination for webhook in self._known()]

    def route(self, event: OutboxEvent) -> Iterable[Route]:
        lane = event.client or str(event.facts.get("area", ""))
        return [Route(webhook.destination, lane) for webhook in self._known() if event.event in webhook.events]

    def unwanted(self, delivery: Delivery) -> DeliveryReason | None:
        return reason("deleted") if body_of(self._store, delivery) is None else None

    def send(self, delivery: Delivery) -> int | None:
        try:
            webhook = self._store.webhooks.get(delivery.destination.partition("/")[2])
        except NotFound:
            raise Rejected(reason("removed")) from None
        body = body_of(self._store, delivery) or b""
        answer = self._sender.post(webhook.url, body, self._headers(webhook, delivery.id, body))
        if answer.status == HTTPStatus.GONE:
            self._store.webhooks.switch_off(webhook.id, reason("off_gone"))
            raise Rejected(reason("gone"))
        _check(answer)
        return None

    def _headers(self, webhook: Webhook, id: str, body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        versions = [webhook.version]
        if webhook.rotated is not None and now.timestamp() * 1000 < webhook.rotated + OLD_SECRET_MS:
            versions.append(webhook.version - 1)
        signers = [standardwebhooks.Webhook(secret_of(self._keys(), webhook.id, version)) for version in versions]
        return {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signer.sign(id, now, body.decode()) for signer in signers),
        }


def _check(answer: HttpAnswer) -> None:
    """Raise NotSent for any answer but a success."""
    if 200 <= answer.status < 300:
        return
    if 300 <= answer.status < 400:
        raise NotSent(reason("redirected", status=answer.status))
    raise NotSent(reason("answered", status=answer.status), answer.retry_s)
