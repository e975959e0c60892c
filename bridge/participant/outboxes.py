"""Hold one participant's outboxes: one a conversation, and one for commands. Time is an argument."""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from bridge.participant.newest import Newest
from bridge.participant.outbox import Outbox, Outgoing
from chat_core.contract import topics
from chat_core.contract.payloads import Command, Refusal, Said, encode

FAILED_AT_MOST: Final = 1_000  # messages not sent that are remembered


class Journal(Protocol):
    """Keep what is not stored yet where a restart finds it. Safe from any thread."""

    def add(self, id: str, client: str | None, message: bytes) -> None:
        """Keep a message; client: None for a command."""

    def drop(self, id: str) -> None:
        """Forget it: stored, refused, or erased."""

    def waiting(self) -> list[tuple[str | None, bytes]]:
        """Return what is kept, in the order of writing."""

    def close(self) -> None:
        """Release what it holds."""


class Outboxes:
    """
    Hold each outbox as long as something is in it. `announce` is thread-safe, all else is not.

    Args: is_desk: an agent or a bot, who names the client; window: of each conversation's outbox; settled: called with
        each id that need not be kept any more.
    """

    def __init__(
        self,
        id: str,
        is_desk: bool,
        window: int,
        publish: Callable[[str, bytes], None],
        settled: Callable[[str], None] = lambda _id: None,
    ) -> None:
        self._id = id
        self._sender = id if is_desk else None
        self._window = window
        self._publish = publish
        self._settled = settled
        self._online = False
        self._outboxes: dict[str, Outbox] = {}
        self._orders = Outbox()
        self._unticked: dict[str, None] = {}  # in the order of writing
        self._failed: Newest[str, Refusal] = Newest(FAILED_AT_MOST)  # marked not sent

    @property
    def pending(self) -> tuple[str, ...]:
        """Return the ids neither ticked nor marked not sent, of all conversations."""
        failed = self.failed
        return tuple(id for id in list(self._unticked) if id not in failed)

    @property
    def failed(self) -> Mapping[str, Refusal]:
        return dict(self._failed)

    def announce(self, id: str) -> None:
        """Count the id as pending: it will be written in a moment."""
        self._unticked[id] = None

    def write(self, said: Said, client: str, now_ms: int) -> None:
        outbox = self._outboxes.get(client)
        if outbox is None:
            outbox = self._outboxes[client] = Outbox(window=self._window, online=self._online)
        self._failed.pop(said.id, None)
        self._send(self._topic(client), outbox.write(said, now_ms, random.random()))

    def order(self, command: Command, now_ms: int) -> None:
        self._send(topics.desk_do(self._id), self._orders.write(command, now_ms, random.random()))

    def stored(self, id: str, client: str, now_ms: int) -> None:
        self._release(id)
        self._failed.pop(id, None)
        outbox = self._outboxes.get(client)
        if outbox is not None:
            self._send(self._topic(client), outbox.stored(id, now_ms, random.random()))
            self._settle(client, outbox)

    def forget(self, client: str) -> None:
        """Drop the conversation's unsent messages: it was erased."""
        outbox = self._outboxes.pop(client, None)
        if outbox is not None:
            for id in outbox.pending:
                self._release(id)

    def done(self, id: str, now_ms: int) -> None:
        self._release(id)
        self._failed.pop(id, None)
        self._send(topics.desk_do(self._id), self._orders.stored(id, now_ms, random.random()))

    def refused(self, refusal: Refusal, now_ms: int) -> None:
        for topic, outbox in self._each():
            self._send(topic, outbox.refused(refusal, now_ms, random.random()))
        self._settle_all()

    def up(self, now_ms: int) -> None:
        self._online = True
        for topic, outbox in self._each():
            self._send(topic, outbox.up(now_ms, random.random()))

    def down(self, now_ms: int) -> None:
        self._online = False
        for _, outbox in self._each():
            outbox.down(now_ms)
        self._settle_all()

    def rolled(self, now_ms: int) -> None:
        for topic, outbox in self._each():
            self._send(topic, outbox.rolled(now_ms, random.random()))

    def tick(self, now_ms: int) -> None:
        for topic, outbox in self._each():
            self._send(topic, outbox.tick(now_ms, random.random()))

    def wakes_ms(self) -> list[int]:
        return [wakes for _, outbox in self._each() if (wakes := outbox.wakes_ms()) is not None]

    def _settle_all(self) -> None:
        for client, outbox in list(self._outboxes.items()):
            self._settle(client, outbox)
        self._take_failed(self._orders)

    def _settle(self, client: str, outbox: Outbox) -> None:
        """Note what failed; forget an empty outbox."""
        self._take_failed(outbox)
        if not outbox.pending:
            self._outboxes.pop(client, None)

    def _take_failed(self, outbox: Outbox) -> None:
        for id, why in outbox.take_failed().items():
            self._failed[id] = why
            self._release(id)

    def _release(self, id: str) -> None:
        if id in self._unticked:
            del self._unticked[id]
            self._settled(id)

    def _topic(self, client: str) -> str:
        return topics.msg(client, self._sender)

    def _each(self) -> Iterator[tuple[str, Outbox]]:
        for client, outbox in list(self._outboxes.items()):
            yield self._topic(client), outbox
        if self._sender is not None:
            yield topics.desk_do(self._id), self._orders

    def _send(self, topic: str, messages: list[Outgoing]) -> None:
        for message in messages:
            self._publish(topic, encode(message))
