"""Measure the database for /metrics, in any thread. Writes nothing."""

from typing import Final, NamedTuple

from peewee import fn

from chat_core.store.database import Database
from chat_core.store.models.chats import ConversationRow
from chat_core.store.results import Sizes


class Measured(NamedTuple):
    """Hold what one look at the database finds. `waiting_since_ms`: of the client who has waited longest."""

    open: int
    waiting: int
    waiting_since_ms: int | None
    sizes: Sizes


class Measures:
    """Look at the databases of chats and of web."""

    def __init__(self, chats: Database, web: Database) -> None:
        """Args: on PostgreSQL twice the same."""
        self._chats: Final = chats
        self._all: Final = tuple(dict.fromkeys((chats, web)))

    def take(self) -> Measured:
        """Return open conversations and sizes. Reads the rows of open conversations only. Raises: StoreDown."""
        since = ConversationRow.waiting
        counts = ConversationRow.select(fn.COUNT(ConversationRow.num), fn.COUNT(since), fn.MIN(since))
        ((open, waiting, oldest),) = self._chats.select(counts.where(ConversationRow.shelf == 0))
        first, *others = (database.sizes() for database in self._all)
        for other in others:
            first = first._replace(
                database_bytes=first.database_bytes + other.database_bytes,
                wal_bytes=(first.wal_bytes or 0) + (other.wal_bytes or 0),
            )
        return Measured(open, waiting, oldest, first)
