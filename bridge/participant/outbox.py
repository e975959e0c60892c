"""
Store a conversation's unconfirmed messages at the sender. Touches nothing: time and jitter are arguments.

A message stays until the log carries its id under the sender's name, and is sent again as docs/contract.md#outbox says.
With window 1 the order is strict through any kill; a wider window keeps it while nothing dies.
tests/vectors/outbox.json holds this and the browser's outbox to the same answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from chat_core.contract.payloads import Command, Refusal, Said

SILENCE_MS: Final = 3_000
LONGEST_PAUSE_MS: Final = 60_000
CLOSES: Final = 3  # a publish followed so often by a close is marked not sent

Outgoing = Said | Command


def pause_ms(tries: int, jitter: float) -> int:
    """Return the pause after the nth publish unticked: 3 s, doubling up to a minute, plus jitter (0..1) × 25 %."""
    pause = min(SILENCE_MS << min(max(tries - 1, 0), 10), LONGEST_PAUSE_MS)
    return pause if tries <= 1 else round(pause * (1 + jitter / 4))


@dataclass(slots=True)
class _Pending:
    message: Outgoing
    due_ms: int = 0
    tries: int = 0
    published_ms: int | None = None  # when it was last published on this connection
    closes: int = 0


@dataclass(slots=True)
class Outbox:
    """Hold messages in the order of writing. Each step returns what to publish now."""

    window: int = 1
    online: bool = False
    _pending: dict[str, _Pending] = field(default_factory=dict)
    _failed: dict[str, tuple[Outgoing, Refusal]] = field(default_factory=dict)

    @property
    def pending(self) -> tuple[str, ...]:
        return tuple(self._pending)

    @property
    def failed(self) -> Mapping[str, Refusal]:
        return {id: refusal for id, (_, refusal) in self._failed.items()}

    def take_failed(self) -> dict[str, Refusal]:
        """Return the ids marked not sent, and forget them."""
        failed = {id: refusal for id, (_, refusal) in self._failed.items()}
        self._failed.clear()
        return failed

    def write(self, message: Outgoing, now_ms: int, jitter: float = 0) -> list[Outgoing]:
        """Append a message; a known id is ignored."""
        self._pending.setdefault(message.id, _Pending(message))
        return self.tick(now_ms, jitter)

    def stored(self, id: str, now_ms: int, jitter: float = 0) -> list[Outgoing]:
        """Tick the message, whatever was refused before."""
        self._failed.pop(id, None)
        if self._pending.pop(id, None) is None:
            return []
        return self.tick(now_ms, jitter)

    def refused(self, refusal: Refusal, now_ms: int, jitter: float = 0) -> list[Outgoing]:
        """Send the message again after `retry_ms`; without it mark the message not sent."""
        item = self._pending.get(refusal.id or "")
        if item is None or refusal.id is None:
            return []
        if refusal.retry_ms is None:
            self._fail(refusal.id, refusal)
        else:
            item.due_ms = now_ms + refusal.retry_ms
        return self.tick(now_ms, jitter)

    def up(self, now_ms: int, jitter: float = 0) -> list[Outgoing]:
        """Publish what is in flight again: the connection is up."""
        self.online = True
        for item in self._pending.values():
            item.due_ms, item.tries, item.published_ms = now_ms, 0, None
        return self.tick(now_ms, jitter)

    def rolled(self, now_ms: int, jitter: float = 0) -> list[Outgoing]:
        """Publish again what was published while the bridge was away (a new `roll`)."""
        for item in self._pending.values():
            if item.published_ms is not None:
                item.due_ms, item.tries = now_ms, 0
        return self.tick(now_ms, jitter)

    def down(self, now_ms: int) -> None:
        """Note that the connection ended; after CLOSES ends right after the same publish, mark it not sent."""
        self.online = False
        for id, item in list(self._pending.items()):
            blamed = item.published_ms is not None and now_ms - item.published_ms < SILENCE_MS
            item.closes = item.closes + 1 if blamed else item.closes
            item.published_ms = None
            if item.closes >= CLOSES:
                self._fail(id, Refusal(id=id, why="closed", text="The connection was closed each time this was sent."))

    def tick(self, now_ms: int, jitter: float = 0) -> list[Outgoing]:
        """Return what is in the window and due."""
        if not self.online:
            return []
        due: list[Outgoing] = []
        for item, _ in zip(self._pending.values(), range(self.window), strict=False):
            if item.due_ms > now_ms:
                continue
            if item.published_ms is not None:
                item.closes = 0  # the connection stayed open through the silence
            item.tries += 1
            item.published_ms = now_ms
            item.due_ms = now_ms + pause_ms(item.tries, jitter)
            due.append(item.message)
        return due

    def wakes_ms(self) -> int | None:
        """Return when it next needs a tick; None while it waits for another event."""
        if not self.online:
            return None
        window = [item.due_ms for item, _ in zip(self._pending.values(), range(self.window), strict=False)]
        return min(window, default=None)

    def _fail(self, id: str, refusal: Refusal) -> None:
        self._failed[id] = (self._pending.pop(id).message, refusal)
