"""Publish how far a participant is in each conversation, at most four times a second. Time is an argument."""

from collections.abc import Callable
from typing import Final

from bridge.participant.newest import Newest
from chat_core.contract.payloads import Marker

EVERY_MS: Final = 250  # of one conversation; what rises faster is said together
REFUSED_WITHIN_MS: Final = 10_000  # after a marker, a refusal may be its
NOTHING: Final = Marker(delivered=0, read=0)


class Markers:
    """Hold each conversation's newest marker, and when to publish those that rose."""

    def __init__(self, most: int, publish: Callable[[str, Marker], None]) -> None:
        """Args: most: conversations remembered; publish: gets client and marker."""
        self._publish = publish
        self._newest: dict[str, Marker] = Newest(most)
        self._said_ms: dict[str, int] = Newest(most)
        self._due_ms: dict[str, int] = {}

    def raise_to(self, client: str, marker: Marker, now_ms: int) -> None:
        """Publish the marker, or the higher one before it, now or as soon as another may be published."""
        known = self._newest.get(client, NOTHING)
        raised = Marker(delivered=max(known.delivered, marker.delivered), read=max(known.read, marker.read))
        if raised == known:
            return
        self._newest[client] = raised
        self._due_ms.setdefault(client, max(now_ms, self._said_ms.get(client, now_ms - EVERY_MS) + EVERY_MS))
        self.tick(now_ms)

    def refused(self, retry_ms: int, now_ms: int) -> None:
        """Publish recent markers again: a refusal without an id may be of any of them."""
        for client, said_ms in self._said_ms.items():
            if now_ms - said_ms < REFUSED_WITHIN_MS and client in self._newest:
                self._due_ms[client] = now_ms + retry_ms

    def forget(self, client: str) -> None:
        """Begin anew with this conversation."""
        for known in (self._newest, self._said_ms, self._due_ms):
            known.pop(client, None)

    def tick(self, now_ms: int) -> None:
        for client in [client for client, due_ms in self._due_ms.items() if due_ms <= now_ms]:
            del self._due_ms[client]
            self._said_ms[client] = now_ms
            if client in self._newest:
                self._publish(client, self._newest[client])

    def wakes_ms(self) -> list[int]:
        return list(self._due_ms.values())
