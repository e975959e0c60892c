"""List the portal's clients and guests: all, by a part of the name, and by where they live. Writes nothing."""

import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

from peewee import fn

from chat_core.domain.search_query import fold
from chat_core.store.database import Database
from chat_core.store.models.web import ClientRow, IdentityRow
from chat_core.store.results import Client

CHECKED_ROWS: Final = 2_000  # rows of one page of a search by name: a few milliseconds
CHECKED_PAGES: Final = 10
_SPELLED_OTHERWISE: Final = re.compile(r"[^bfmpqvx0-9-]+")  # may be another character in the name: ă, ß, Ж
CLIENTS_IN_PAGE: Final = 500


class ClientLists:
    """Read what the portal says of many clients. For any thread."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def each(self) -> Iterator[Client]:
        """Yield every client and guest who may connect, by id, read in pages."""
        row, last = ClientRow, ""
        columns = (row.id, IdentityRow.name, row.lang, row.area, row.meters, row.was)
        all_of = row.select(*columns).join(IdentityRow, on=(IdentityRow.id == row.id)).where(~IdentityRow.disabled)
        while page := self._db.select(all_of.where(row.id > last).order_by(row.id).limit(CLIENTS_IN_PAGE)):
            last = page[-1][0]
            for id, name, lang, area, meters, was in page:
                yield Client(id, name, lang, area, tuple(json.loads(meters)), was, False)

    def search(
        self, text: str, limit: int, choose: Callable[[Collection[str]], Collection[str]] = frozenset
    ) -> list[Client]:
        """
        Return the portal's clients whose name or id holds the text, by name. Accents and case do not count.

        Args: text: nobody is found by spaces only; limit: at most so many are returned; choose: returns those of the
        ids found that may be shown.
        At most CHECKED_PAGES * CHECKED_ROWS of the rows that may hold the text are looked at.
        """
        found: list[Client] = []
        wanted = fold(text).strip()
        after: tuple[str, str] | None = None
        for _ in range(CHECKED_PAGES if wanted else 0):
            page = self._page_like(wanted, after)
            fitting = [one for one in page if wanted in fold(f"{one.name or ''} {one.id}")]
            shown = choose([one.id for one in fitting])
            found += [one for one in fitting if one.id in shown]
            if len(found) >= limit or len(page) < CHECKED_ROWS:
                break
            after = (page[-1].name or "", page[-1].id)
        return found[:limit]

    def _page_like(self, wanted: str, after: tuple[str, str] | None) -> list[Client]:
        """Return a page of the clients who may hold the text: SQL does not fold, so the caller checks each."""
        pattern = f"%{_SPELLED_OTHERWISE.sub('%', wanted)}%"
        name = fn.COALESCE(IdentityRow.name, "")
        holds = (IdentityRow.name**pattern) | (ClientRow.id**pattern)
        query = (
            ClientRow.select(ClientRow.id, IdentityRow.name, ClientRow.lang, ClientRow.area)
            .join(IdentityRow, on=(IdentityRow.id == ClientRow.id))
            .where(ClientRow.id.startswith("c-"), ~IdentityRow.disabled, holds)
            .order_by(name, ClientRow.id)
            .limit(CHECKED_ROWS)
        )
        if after is not None:
            query = query.where((name > after[0]) | ((name == after[0]) & (ClientRow.id > after[1])))
        return [Client(id, name, lang, area, (), None, False) for id, name, lang, area in self._db.select(query)]

    def areas_of(self, clients: Collection[str]) -> dict[str, str | None]:
        """Return the areas of those of the clients who are known, by one query."""
        query = ClientRow.select(ClientRow.id, ClientRow.area).where(ClientRow.id.in_(list(clients)))
        return dict(self._db.select(query))

    def count_areas(self) -> dict[str, int]:
        """Return the areas that clients live in, by name, each with the number of its clients who may connect."""
        query = (
            ClientRow.select(ClientRow.area, fn.COUNT(ClientRow.id))
            .join(IdentityRow, on=(IdentityRow.id == ClientRow.id))
            .where(ClientRow.area.is_null(False), ~IdentityRow.disabled)
            .group_by(ClientRow.area)
            .order_by(ClientRow.area)
        )
        return {area: int(clients) for area, clients in self._db.select(query)}
