"""Give pages of log, inbox and search what they share: the reader's generation, and the names in a page."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from chat_core.store.credentials import values_of
from chat_core.store.database import Database
from chat_core.store.fast_sql import READER
from chat_core.store.registry import Registry
from chat_core.store.results import InboxPage, LogPage, Reader, SearchPage

_DESK: Final = tuple(f"{role}-" for role in "ab")  # of agents and bots

Page = TypeVar("Page", LogPage, InboxPage, SearchPage)


class Pages:
    """Give the page readers what they share: the reader's generation, and the names in a page."""

    def __init__(self, database: Database, registry: Registry) -> None:
        """Args: database: the conversations'; registry: who knows names and credentials."""
        self._db = database
        self._registry = registry
        self._asked_here = registry.database is database  # the page's own statement can ask for credentials

    def _spoken(self, text: str) -> str:
        """Return the statement in the words of this kind of database."""
        text = text.replace("$reader", READER if self._asked_here else "NULL")
        return self._db.dialect.spoken(text)

    def _asked_by(self, reader: Reader | None) -> tuple[str, ...]:
        return values_of(reader) if self._asked_here else ()

    def _named(self, page: Page, reader: Reader | None) -> Page:
        """Return the page with names instead of ids, and the reader's generation, by one query at most."""
        asks = reader if page.generation is None else None
        if not page.names:
            return page if asks is None else replace(page, generation=self._registry.generation(*asks))
        known = self._registry.known(page.names, asks)
        names = {id: name for id, (name, _) in known.items() if id in page.names and name is not None}
        _, generation = (None, page.generation) if asks is None else known.get(asks.id, (None, None))
        return replace(page, names=names, generation=generation)


def desk_of(ids: str | None, more: Iterable[str] = ()) -> dict[str, str]:
    """
    Return the agents and bots among the ids, as a page's `names` before the store names them.

    Args: ids: separated by commas, as the database joins them; more: further ids.
    """
    found = {*(ids or "").split(","), *more}
    return {id: id for id in sorted(found) if id.startswith(_DESK)}
