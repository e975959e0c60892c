"""Define what mail, push and webhooks each give to the worker."""

from collections.abc import Collection, Iterable
from typing import Final, Protocol

from chat_core.contract.delivery_reasons import DeliveryReason
from chat_core.contract.payloads import Entry
from chat_core.store import Store
from chat_core.store.deliveries import Delivery, Route
from chat_core.store.outbox import OutboxEvent

HTTP_LEASE_MS: Final = 60_000  # longer than one request (web.outbound.http)


class NotSent(Exception):
    """Tell that a delivery failed and is tried again later. The reason is for administrators; it holds no secrets."""

    def __init__(self, reason: DeliveryReason, retry_s: float | None = None) -> None:
        """Args: retry_s: when the other side wants it again."""
        super().__init__(reason.text)
        self.reason = reason
        self.retry_s = retry_s


class Rejected(Exception):
    """Tell that a delivery failed for good. The reason is for administrators; it holds no secrets."""

    def __init__(self, reason: DeliveryReason) -> None:
        super().__init__(reason.text)
        self.reason = reason


def entry_of(store: Store, delivery: Delivery) -> Entry | None:
    """Return the entry that the delivery tells, as it is now; None where it was deleted or erased, or never was one."""
    if delivery.client is None or delivery.seq is None or delivery.entry is None:
        return None
    found = store.outbox.entry_of(delivery.client, delivery.seq, delivery.entry)
    return None if found is None or found.deleted else found


class OutboundChannel(Protocol):
    """Define a way to somebody outside. The worker calls it from several threads, without a request's context."""

    @property
    def name(self) -> str:
        """Return the name with which its destinations begin."""

    @property
    def lease_ms(self) -> int:
        """Return how long nobody else may send a delivery that was taken: longer than `send` takes."""

    def events(self) -> Collection[str]:
        """Return which events it wants now; none while it is off. Asked for once a second."""

    def destinations(self) -> Collection[str]:
        """Return where deliveries may be sent to now. Asked for once a second."""

    def route(self, event: OutboxEvent) -> Iterable[Route]:
        """Return where an event of `events()` goes. A kill repeats it, and it returns the same then."""

    def unwanted(self, delivery: Delivery) -> DeliveryReason | None:
        """Return why the delivery, which is due, is not sent any more, or None."""

    def send(self, delivery: Delivery) -> int | None:
        """
        Send the delivery; return the seq up to which it stands for later ones of its lane, if any.

        Raises: NotSent, Rejected.
        """
