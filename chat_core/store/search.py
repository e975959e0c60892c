"""Search entries, newest first, in any thread. Writes nothing."""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from chat_core.domain.search_query import Query, name_word, words_of
from chat_core.domain.team_choice import OfTeams
from chat_core.store import fast_sql, rows
from chat_core.store.database import Database
from chat_core.store.dialect import Bound, Clause, Found
from chat_core.store.entry_times import CLOCK_SLACK_MS, first_since
from chat_core.store.fast_sql import HIT_BREAK
from chat_core.store.named_pages import Pages, desk_of
from chat_core.store.registry import Registry
from chat_core.store.results import Reader, SearchPage

AT_MOST: Final = 100
NO_HITS: Final = "[]"
STATEMENTS: Final = 64  # that are cached; a filter more or less makes another one
CLIENTS_OF_A_TAG: Final = 200  # up to so many are asked for by name; more of them are found soon anyway
_CURSOR: Final = re.compile(r"\d{1,18}")


class _Asked(NamedTuple):
    """Hold what is asked for beside the query."""

    cursor: str | None
    limit: int
    reader: Reader | None
    teams: OfTeams | None


class Search(Pages):
    """Find entries by words, names, tags and time."""

    def __init__(self, database: Database, registry: Registry) -> None:
        """Args: see Pages."""
        super().__init__(database, registry)
        self._statement = lru_cache(STATEMENTS)(
            lambda *parts: self._spoken(fast_sql.hits(database.dialect.hit, *parts))
        )

    def page(
        self,
        query: Query,
        *,
        cursor: str | None = None,
        limit: int = 50,
        reader: Reader | None = None,
        teams: OfTeams | None = None,
    ) -> SearchPage:
        """
        Return a page of the entries that fit the query, the newest first.

        Args: reader: as in `Log.page`; teams: of which conversations; None for all.

        Where nothing fits, words with one typing error fit too. What was said in the last moments may not be found
        yet; `behind` counts it roughly.
        """
        asked = _Asked(cursor, limit, reader, teams)
        page = self._page_of(query, asked)
        forgiving = query.forgiving() if page.hits_json == NO_HITS else None
        if forgiving is None:
            return page
        page = self._page_of(forgiving, asked)
        near = frozenset[str]().union(*forgiving.near)
        found = [word for hit in page.hits for word in words_of(hit.text) if word in near]
        return replace(page, words=[*forgiving.words, *dict.fromkeys(found)])

    def _page_of(self, query: Query, asked: "_Asked") -> SearchPage:
        clients = self._tagged(query.tags)
        if query.tags and clients == []:
            return self._named(SearchPage(NO_HITS, None, {}, self.behind(), words=query.words), asked.reader)
        bounds, where = self._bounds(query, asked.cursor)
        if clients is None:
            where += [Clause(self._db.dialect.has_tag, (tag,)) for tag in query.tags]
        where += [Clause(f"c.{column} = ?", (value,)) for column, value in query.facts]
        if asked.teams is not None:
            where.append(Clause(*rows.of_teams(asked.teams, "c.team")))
        if not query.with_bots:
            where.append(Clause("NOT ($by_bot)", ()))
        num, found = self._found_by(query, clients, bounds)
        most = max(1, min(asked.limit, AT_MOST))
        condition = " AND ".join(clause.sql for clause in (*found.where, *where))
        sql = self._statement(found.tables.sql, condition, num)
        values = [value for clause in (found.tables, *found.where, *where) for value in clause.values]
        (row,) = self._db.fetch_planned(sql, (*self._asked_by(asked.reader), HIT_BREAK, *values, most + 1))
        generation, not_yet, count, last, lines, senders = row
        more = None
        if count > most:  # the last one is the next page's first
            lines, more = lines[: lines.rindex(HIT_BREAK)], str(last + 1)
        names, behind = desk_of(senders), max(0, int(not_yet))
        page = SearchPage(f"[{lines or ''}]", more, names, behind, generation, query.words)
        return self._named(page, asked.reader)

    def _bounds(self, query: Query, cursor: str | None) -> tuple[list[Bound], list[Clause]]:
        """Return the bounds of an entry's number, and the conditions that go with them."""
        bounds, where = list[Bound](), [Clause("c.shelf < 9", ())]
        if start := _CURSOR.fullmatch(cursor or ""):
            bounds.append(Bound("<", int(start[0])))
        for at_ms, sign, slack in ((query.after_ms, ">=", -CLOCK_SLACK_MS), (query.before_ms, "<", CLOCK_SLACK_MS)):
            if at_ms is not None:
                bounds.append(Bound(sign, first_since(self._db, at_ms + slack)))
                where.append(Clause(f"e.at {sign} ?", (at_ms,)))
        return bounds, where

    def _found_by(self, query: Query, clients: list[str] | None, bounds: list[Bound]) -> tuple[str, Found]:
        """Return an entry's number, and how entries are found: by the index where the query has words or names."""
        if not (query.phrases or query.near or query.names or clients):
            where = [Clause(fast_sql.IS_FOUND_KIND, ()), *(bound.clause("e.num") for bound in bounds)]
            return "e.num", Found(Clause("entry e", ()), where)
        dialect = self._db.dialect
        names = [name_word(client) for client in clients or ()]
        return dialect.search_num, self._db.again(lambda: dialect.find_entries(self._db, query, names, bounds))

    def behind(self) -> int:
        """Return about how many entries are neither found nor counted yet."""
        row = self._db.fetch_one(f"SELECT {fast_sql.BEHIND}")
        return max(0, int(row[0])) if row else 0

    def _tagged(self, tags: tuple[str, ...]) -> list[str] | None:
        """Return the clients with all these tags, or None where they are too many to be named."""
        if not tags:
            return None
        where = " AND ".join([self._db.dialect.has_tag] * len(tags))
        sql = rows.compose("SELECT client FROM conversation WHERE shelf < 9 AND $where LIMIT ?", where=where)
        found = [row[0] for row in self._db.fetch(sql, (*tags, CLIENTS_OF_A_TAG + 1))]
        return found if len(found) <= CLIENTS_OF_A_TAG else None
