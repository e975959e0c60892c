"""Log the ids of the messages of clients that WATTLINE_TRACE names: one event `traced` at each step."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import structlog

from chat_core.contract.errors import BadTopic
from chat_core.contract.payloads import find_id
from chat_core.contract.topics import parse
from chat_core.runtime.config import ALL_CLIENTS, Config

log = structlog.get_logger(__name__)


class Trace:
    """Follow the messages of some clients, or of all."""

    def __init__(self, clients: tuple[str, ...]) -> None:
        self._clients: Final = frozenset(clients)
        self._all: Final = ALL_CLIENTS in clients

    @classmethod
    def of(cls, config: Config) -> "Trace | None":
        """Return the configured trace; None costs its caller nothing."""
        return cls(config.trace) if config.trace else None

    def follows(self, client: str | None) -> bool:
        """Return whether this client's messages are logged."""
        return client is not None and (self._all or client in self._clients)

    def note(self, step: str, topic: str, payload: bytes, **facts: object) -> None:
        """
        Log a message that has an id, if its topic is of such a client.

        Args: step: what happens to it here; facts: further fields, never text.
        """
        try:
            client = parse(topic).client
        except BadTopic:
            return
        if self.follows(client) and (id := find_id(payload)) is not None:
            log.info("traced", step=step, id=id, topic=topic, size_bytes=len(payload), **facts)

    def note_page(self, client: str, entries: Iterable[Mapping[str, Any]], reader: str) -> None:
        """Log the ids of entries that somebody reads by REST."""
        if self.follows(client):
            log.info("traced", step="served", client=client, reader=reader, ids=[entry["id"] for entry in entries])
