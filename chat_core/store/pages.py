"""Read log pages, the inbox and notes, in any thread, outside the bridge's transactions. Writes nothing."""

import json
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

from chat_core.contract.payloads import Entry, Status, Summary
from chat_core.domain.search_query import prefixes_of
from chat_core.store import fast_sql, rows
from chat_core.store.database import Database
from chat_core.store.fast_sql import PAGE_BREAK, READER, TABS
from chat_core.store.identities import values_of
from chat_core.store.models.chats import ConversationRow, FileUseRow, NoteRow
from chat_core.store.registry import Registry
from chat_core.store.results import Glance, InboxFilter, InboxPage, LogPage, Note, Reader, SearchPage

PAGE_AT_MOST: Final = 1_000
MANY: Final = 100  # a list as long as this is counted no more than once in…
COUNTED_FOR_S: Final = 1.0
_CURSOR: Final = re.compile(r"(\d{1,18})\.(\d{1,18})")
_NOBODY: Final = "none"
_OF_STATUS: Final[dict[str | None, str]] = {
    Status.SNOOZED: TABS["snoozed"],
    Status.RESOLVED: TABS["resolved"],
    Status.OPEN: TABS["unassigned"],
    Status.ASSIGNED: "shelf = 0 AND assignee IS NOT NULL",
}
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


class Log(Pages):
    """Read entries: pages of one client's log, and single ones. For any thread."""

    def __init__(self, database: Database, registry: Registry) -> None:
        """Args: see Pages."""
        super().__init__(database, registry)
        self._after = self._spoken(fast_sql.PAGE_AFTER)
        self._before = self._spoken(fast_sql.PAGE_BEFORE)

    def page(
        self,
        client: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 500,
        reader: Reader | None = None,
    ) -> LogPage:
        """
        Return a stretch of the client's log, ascending: entries, bounds, epoch and markers are of one moment.

        Args: after: the entries above this seq, from the lowest; before: the highest below it; neither: the newest.
            limit: at most so many, and at most 1,000. reader: whose `generation` the page tells.
        A client without a conversation has an empty log: last 0, first 1, epoch "".
        """
        most = max(1, min(limit, PAGE_AT_MOST))
        who = self._asked_by(reader)
        if after is not None:
            row = self._db.fetch_one(self._after, (*who, max(0, after), most, client))
        else:
            below = rows.FAR_MS if before is None else before
            row = self._db.fetch_one(self._before, (*who, below, below, most, most, client))
        if row is None:
            return self._named(LogPage("[]", 0, 1, "", "{}", {}), reader)
        generation, epoch, last, first, markers, found = row
        lines, _, named = (found or "").rpartition(PAGE_BREAK)
        readers = json.loads(f"{{{markers}}}") if markers else ()
        page = LogPage(f"[{lines}]", last, first, epoch, f"{{{markers or ''}}}", desk_of(named, readers), generation)
        return self._named(page, reader)

    def notes(self, client: str) -> list[Note]:
        """Return the conversation's notes, oldest first."""
        columns = (ConversationRow.client, NoteRow.agent, NoteRow.id, NoteRow.text, NoteRow.at)
        notes = NoteRow.select(*columns).join(ConversationRow).where(ConversationRow.client == client)
        return [Note(*row) for row in self._db.select(notes.order_by(NoteRow.num))]

    def recent_entries(self, limit: int = 1000) -> list[tuple[str, Entry]]:
        """Return the newest entries of all clients, in the order of their commit."""
        found = self._db.fetch(self._spoken(fast_sql.RECENT), (limit,))
        return [(client, rows.entry_from(line)) for client, line in reversed(found)]

    def files_in_use(self, files: Iterable[str]) -> set[str]:
        """Return those of the files that an entry shows."""
        shown = FileUseRow.select(FileUseRow.file).distinct().where(FileUseRow.file.in_([*files]))
        shown = shown.join(ConversationRow, on=(ConversationRow.num == FileUseRow.conversation))
        return {file for (file,) in self._db.select(shown.where(ConversationRow.shelf < 9))}

    def glance(self, client: str) -> Glance:
        """Return what the client's small displays show of its conversation, in few statements for any length."""
        row = self._db.fetch_one(fast_sql.GLANCE, (client,))
        if row is None:
            return Glance(0, None, None)
        num, read = row
        unread = self._db.fetch_one(self._spoken(fast_sql.UNREAD_FROM_DESK), (num, read))
        line = self._db.fetch_one(self._spoken(fast_sql.LAST_FROM_DESK), (num,))
        last: dict[str, Any] | None = json.loads(line[0]) if line else None
        since = last["seq"] if last else 0
        called = self._db.fetch_one(self._spoken(fast_sql.CALLED_AT), (num, since, client))
        return Glance(unread[0] if unread else 0, last, called[0] if called else None)


class Inbox(Pages):
    """Read rows of the inbox. For any thread."""

    def __init__(self, database: Database, registry: Registry) -> None:
        """Args: see Pages."""
        super().__init__(database, registry)
        self._counted: dict[str, tuple[float, dict[str, int]]] = {}
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
        Where a list has a hundred or more, the counts may be a second old.
        """
        most = max(1, min(limit, 200))
        where, values = self._condition(which)
        start = _CURSOR.fullmatch(cursor or "")
        if start:
            where.append("(place, num) > (?, ?)")
            values += [int(start[1]), int(start[2])]
        counts = self._counted_now(me)
        tabs = f", {fast_sql.TAB_COUNTS}" if counts is None else ""
        sql = self._page.replace("$tabs", tabs).replace("$where", " AND ".join(where))
        asked = [*self._asked_by(reader), *([me or ""] if tabs else []), *values, most + 1]
        found = self._db.fetch_planned(sql, asked) if which.q else self._db.fetch(sql, asked)
        if counts is None:
            counts = self._remembered(me, found[0][6:]) if found else self.counts(me)
        more = f"{found[most - 1][1]}.{found[most - 1][2]}" if len(found) > most else None
        lines = ",".join([row[3] for row in found[:most]])
        named = desk_of(None, [id for row in found[:most] for id in row[4:6] if id])
        page = InboxPage(f"[{lines}]", more, counts, named, found[0][0] if found else None)
        return self._named(page, reader)

    def _condition(self, which: InboxFilter) -> tuple[list[str], list[Any]]:
        if which.mentions:
            where, values = ["shelf < 9", self._db.dialect.mentions], [which.mentions]
        else:
            where, values = _filter(which.status, which.assignee)
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
        for column, value in (("area", which.area), ("lang", which.lang)):
            if value:
                where.append(f"{column} = ?")
                values.append(value)
        return where, values

    def _counted_now(self, me: str | None) -> dict[str, int] | None:
        until, counts = self._counted.get(me or "", (0.0, {}))
        return counts if time.monotonic() < until else None

    def _remembered(self, me: str | None, row: tuple[int, ...]) -> dict[str, int]:
        """Return the counts of the row, and cache those of long lists, which take time."""
        counts = dict(zip(TABS, row, strict=True))
        if max(row) >= MANY:
            self._counted[me or ""] = (time.monotonic() + COUNTED_FOR_S, counts)
        return counts

    def counts(self, me: str | None) -> dict[str, int]:
        """Return how many there are behind each tab of the board, at most 1,000 each."""
        row = self._db.fetch_one(f"SELECT {fast_sql.TAB_COUNTS}", (me or "",))
        return dict(zip(TABS, row or (0,) * len(TABS), strict=True))

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


def desk_of(ids: str | None, more: Iterable[str] = ()) -> dict[str, str]:
    """
    Return the agents and bots among the ids, as a page's `names` before the store names them.

    Args: ids: separated by commas, as the database joins them; more: further ids.
    """
    found = {*(ids or "").split(","), *more}
    return {id: id for id in sorted(found) if id.startswith(_DESK)}


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
