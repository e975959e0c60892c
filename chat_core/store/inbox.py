"""Read rows of the inbox, in any thread, outside the bridge's transactions. Writes nothing."""

import re
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, Final

from chat_core.contract.payloads import Status, Summary
from chat_core.domain.search_query import prefixes_of
from chat_core.domain.team_choice import OfTeams
from chat_core.store import fast_sql, rows
from chat_core.store.database import Database
from chat_core.store.dialect import Clause
from chat_core.store.fast_sql import TABS
from chat_core.store.models.chats import ConversationRow
from chat_core.store.named_pages import Pages, desk_of
from chat_core.store.registry import Registry
from chat_core.store.results import InboxFilter, InboxPage, Reader

MANY: Final = 100  # a list as long as this is counted no more than once in…
COUNTED_FOR_S: Final = 1.0
LOOKED_UP: Final = 1_000  # clients with an attribute: their rows are looked up, 30 µs each on PostgreSQL
FEW: Final = 10_000  # … of more than so many each step asks again who has it, instead of holding all their ids
LOOKED_THROUGH: Final = 500  # rows in one such step, some 10 ms
STEPS: Final = 20  # of one page
WALKED: Final = 50_000  # rows of one page where the ids are at hand; the list's index alone has them, 0.4 µs each
_CURSOR: Final = re.compile(r"(\d{1,18})\.(\d{1,18})")
_NOBODY: Final = "none"
_Counted = tuple[str, OfTeams | None, str | None]  # whose `mine`, the teams of all lists, whom other teams' may concern
_OF_STATUS: Final[dict[str | None, str]] = {
    Status.SNOOZED: TABS["snoozed"],
    Status.RESOLVED: TABS["resolved"],
    Status.OPEN: TABS["unassigned"],
    Status.ASSIGNED: "shelf = 0 AND assignee IS NOT NULL",
}


class Inbox(Pages):
    """Read rows of the inbox. For any thread."""

    def __init__(self, database: Database, registry: Registry) -> None:
        """Args: see Pages."""
        super().__init__(database, registry)
        self._counted: dict[_Counted, tuple[float, dict[str, int]]] = {}
        self._page = self._spoken(fast_sql.INBOX)

    def page(
        self,
        which: InboxFilter = InboxFilter(),
        *,
        cursor: str | None = None,
        limit: int = 50,
        me: str | None = None,
        reader: Reader | None = None,
    ) -> InboxPage:
        """
        Return a page of the inbox: who waits longest for an answer first, then the newest.

        Args: cursor: the page before's. me: whose `mine` is counted. reader: as in `Log.page`.
        Where a list has a hundred or more, the counts may be a second old. Of the filter the counts follow the teams
        alone, and whom other teams' conversations concern. A page of a frequent attribute may have fewer rows, or none,
        before the last one.
        """
        most = max(1, min(limit, 200))
        if which.attribute is not None:
            clients = self._registry.attributes.clients_with(which.attribute, FEW + 1)
            walked = self._walk(which, clients, cursor, most)
            if walked is not None:
                clients, after = walked
                which = replace(which, attribute=None, clients=tuple(clients))
                return replace(self.page(which, limit=most, me=me, reader=reader), cursor=after)
            which = replace(which, clients=tuple(clients))
        where, values = self._condition(which, cursor)
        of = (me or "", which.teams, which.concerns)
        counts = self._counted_now(of)
        tabs, tab_values = self._tab_counts(of) if counts is None else ("", [])
        sql = self._page.replace("$tabs", f", {tabs}" if tabs else "").replace("$where", " AND ".join(where))
        asked = [*self._asked_by(reader), *tab_values, *values, most + 1]
        found = self._db.fetch_planned(sql, asked) if which.q else self._db.fetch(sql, asked)
        if counts is None:
            counts = self._remembered(of, found[0][6:]) if found else self._counts(of)
        more = f"{found[most - 1][1]}.{found[most - 1][2]}" if len(found) > most else None
        lines = ",".join([row[3] for row in found[:most]])
        named = desk_of(None, [id for row in found[:most] for id in row[4:6] if id])
        page = InboxPage(f"[{lines}]", more, counts, named, found[0][0] if found else None)
        return self._named(page, reader)

    def clients(self, which: InboxFilter, limit: int, cursor: str | None = None) -> list[tuple[str, str]]:
        """Return the first clients of a list, each with the cursor behind its row."""
        where, values = self._condition(which, cursor)
        found = self._db.fetch(fast_sql.INBOX_CLIENTS.replace("$where", " AND ".join(where)), [*values, limit])
        return [(client, f"{place}.{num}") for place, num, client in found]

    def _walk(
        self, which: InboxFilter, clients: Collection[str], cursor: str | None, most: int
    ) -> tuple[list[str], str | None] | None:
        """
        Return the list's next clients with the attribute, at most so many, and the cursor behind them.

        Args: clients: who have it; more than FEW stand for all. Return None where their rows are to be looked up: of
        few clients, of a list that something else narrows, and where a long part of it has hardly any of them.
        """
        if len(clients) > FEW:
            return self._look_through(which, which.attribute or "", cursor, most)
        whole_list = InboxFilter(status=which.status, assignee=which.assignee)
        if len(clients) <= LOOKED_UP or replace(which, attribute=None) != whole_list:
            return None
        where, values = self._condition(whole_list, cursor)
        among = self._db.dialect.among("client", tuple(clients))
        walk = fast_sql.INBOX_AMONG.replace("$where", " AND ".join(where)).replace("$among", among.sql)
        found = self._db.fetch_planned(walk, [*values, WALKED, *among.values, most])
        if len(found) == most:
            place, num, _ = found[-1]
            return [client for _, _, client in found], f"{place}.{num}"
        beyond = fast_sql.INBOX_BEYOND.replace("$where", " AND ".join(where))
        ends = self._db.fetch_one(beyond, [*values, WALKED]) is None
        return ([client for _, _, client in found], None) if ends else None

    def _look_through(
        self, which: InboxFilter, attribute: str, cursor: str | None, most: int
    ) -> tuple[list[str], str | None]:
        """Return the next clients of the list who have the attribute, at most so many, and the cursor behind them."""
        found: list[str] = []
        for _ in range(STEPS):
            step = self.clients(which, LOOKED_THROUGH, cursor)
            having = self._registry.attributes.those_with(attribute, [client for client, _ in step])
            for client, cursor in step:
                found += [client] if client in having else []
                if len(found) == most:
                    return found, cursor
            if len(step) < LOOKED_THROUGH:
                return found, None
        return found, cursor

    def _condition(self, which: InboxFilter, cursor: str | None) -> tuple[list[str], list[Any]]:
        where, values = _filter(which.status, which.assignee)
        if which.mentions:
            where, values = ["shelf < 9", self._db.dialect.mentions], [which.mentions]
        if words := prefixes_of(which.q) if which.q else []:
            where.append(self._db.dialect.people_match)
            values.append(self._db.dialect.match_names(words))
        elif which.q and which.q.strip():
            where.append("0 = 1")  # nothing that a name could hold
        if which.waiting:
            where.append("waiting IS NOT NULL")
        if which.tag:
            where.append(self._db.dialect.has_tag)
            values.append(which.tag)
        if which.clients is not None:
            where[0] = f"+{where[0]}"  # no index of the list's order: few clients may stand at its end
            among = self._db.dialect.among("client", which.clients) if which.clients else Clause("0 = 1", ())
            where.append(among.sql)
            values += among.values
        if which.teams is not None:
            sql, of = self._of_teams(which.teams, which.concerns)
            where.append(sql)
            values += of
        for column, value in (("area", which.area), ("lang", which.lang)):
            if value:
                where.append(f"{column} = ?")
                values.append(value)
        if start := _CURSOR.fullmatch(cursor or ""):
            where.append("(place, num) > (?, ?)")
            values += [int(start[1]), int(start[2])]
        return where, values

    def _counted_now(self, of: _Counted) -> dict[str, int] | None:
        until, counts = self._counted.get(of, (0.0, {}))
        return counts if time.monotonic() < until else None

    def _remembered(self, of: _Counted, row: tuple[int, ...]) -> dict[str, int]:
        """Return the counts of the row, and cache those of long lists, which take time."""
        counts = dict(zip(TABS, row, strict=True))
        if max(row) >= MANY:
            self._counted[of] = (time.monotonic() + COUNTED_FOR_S, counts)
        return counts

    def _counts(self, of: _Counted) -> dict[str, int]:
        """Return how many there are behind each tab of the board, at most 1,000 each."""
        tabs, values = self._tab_counts(of)
        row = self._db.fetch_one(f"SELECT {tabs}", values)
        return dict(zip(TABS, row or (0,) * len(TABS), strict=True))

    def _tab_counts(self, of: _Counted) -> tuple[str, list[str]]:
        """Return the columns that count each tab, and their values."""
        me, teams, concerns = of
        if teams is None:
            return fast_sql.TAB_COUNTS, [me]
        sql, values = self._of_teams(teams, concerns)
        return fast_sql.count_tabs(f" AND {sql}"), [me, *values * len(TABS)]

    def _of_teams(self, teams: OfTeams, concerns: str | None) -> tuple[str, list[str]]:
        """Return the condition of these teams' conversations, and of others that concern the agent; and its values."""
        sql, values = rows.of_teams(teams)
        if concerns is None:
            return sql, [*values]
        return f"({sql} OR assignee = ? OR {self._db.dialect.mentions})", [*values, concerns, concerns]

    def teams_of(self, clients: Collection[str]) -> dict[str, str | None]:
        """Return the teams that the clients' conversations name; nothing of who has no conversation."""
        row = ConversationRow
        return dict(self._db.select(row.select(row.client, row.team).where(row.client.in_([*clients]), row.rev > 0)))

    def summary(self, client: str) -> Summary | None:
        """Return the client's row, or None."""
        return next(iter(self.summaries([client])), None)

    def summaries(self, clients: Iterable[str]) -> list[Summary]:
        """Return the rows of those of the clients who have one."""
        wanted = list(dict.fromkeys(clients))
        found: list[Summary] = []
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            sql = fast_sql.select_conversations(len(part), "AND rev > 0 ORDER BY num")
            found += [rows.summary_of(rows.state_from(row)) for row in self._db.fetch(sql, part)]
        return found

    def online_clients(self) -> list[str]:
        """Return clients whom the last Summary called online."""
        return [row[0] for row in self._db.fetch(self._spoken(fast_sql.ONLINE))]


def _filter(status: str | None, assignee: str | None) -> tuple[list[str], list[Any]]:
    """Return conditions that use the inbox's indexes: an open conversation is an active one without an assignee."""
    where = [_OF_STATUS.get(status, TABS["all"])]
    values: list[Any] = []
    if assignee == _NOBODY:
        where.append("assignee IS NULL")
    elif assignee:
        where.append("assignee = ?")
        values.append(assignee)
    return where, values
