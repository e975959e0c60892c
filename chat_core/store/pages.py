"""Read outside the bridge's transactions: log pages, the inbox, notes, readings. Writes nothing."""

import json
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

from chat_core.contract.payloads import Entry, Status, Summary
from chat_core.domain.search_query import prefixes_of
from chat_core.store import rows
from chat_core.store.database import Database
from chat_core.store.displays import glance
from chat_core.store.identities import READER, values_of
from chat_core.store.registry import Registry
from chat_core.store.results import Glance, InboxFilter, InboxPage, LogPage, Note, Reader, SearchPage

PAGE_AT_MOST: Final = 1_000
BREAK: Final = "\n"  # between a page's lines and whom they name: JSON escapes it, and no id has one
_CURSOR: Final = re.compile(r"(\d{1,18})\.(\d{1,18})")
_NOBODY: Final = "none"

# One statement, so that a page is of one moment: an erasure in between changes epoch and entries together. Rows feed
# the aggregate in their own order: PostgreSQL's manual says so (Aggregate Functions), on SQLite the LIMIT keeps it.
_PAGE: Final = """
    SELECT $reader, c.epoch, c.last_seq, c.first,
      (SELECT $join($marker, ',') FROM marker m WHERE m.conversation = c.num),
      (SELECT $join(page.line, ',') || $break || coalesce($join(page.named, ','), '') FROM (
        SELECT $line AS line, $named AS named FROM entry e
        WHERE e.conversation = c.num AND $part ORDER BY e.seq LIMIT ?) AS page)
    FROM conversation c WHERE c.client = ?"""
_AFTER: Final = "e.seq > ?"
_BEFORE: Final = "e.seq < ? AND e.seq >= $least(c.last_seq + 1, ?) - ?"  # seq has no gaps: so many are so many entries
# As the wire has them, by one call a row: for fifty rows that takes half as long as `||`. Ids, senders and kinds hold
# nothing that JSON would escape, a body is a JSON object, and `$quote` makes JSON of a text.
_ENTRY: Final = """$format('{"seq":%s,"id":"%s","from":"%s","at":%s,"kind":"%s"%s', e.seq, e.id, e.sender, e.at, e.kind,
    CASE e.body WHEN '{}' THEN '}' ELSE ',' || substr(e.body, 2) END)"""
_SUMMARY: Final = """$format('{"client":"%s","rev":%s,"status":"%s","assignee":%s,"priority":"%s","tags":%s,'
    || '"unread":%s,"last":%s,"name":%s,"online":%s,"waiting":%s,"notes":%s,"until":%s,"did":%s}',
    client, rev, status, COALESCE('"' || assignee || '"', 'null'), priority, tags, unread,
    COALESCE(last, 'null'), CASE WHEN name IS NULL THEN 'null' ELSE $quote(name) END,
    CASE WHEN online THEN 'true' ELSE 'false' END, COALESCE(CAST(waiting AS TEXT), 'null'), notes,
    COALESCE(CAST(until AS TEXT), 'null'), did)"""
_MARKER: Final = """'"' || m.reader || '":{"delivered":' || m.delivered || ',"read":' || m.read || '}'"""
_DESK: Final = tuple(f"{role}-" for role in "ab")  # of agents and bots
# Whom an entry speaks of: its sender, and to whom a conversation was assigned. Aggregates pass NULL over.
_NAMED: Final = """CASE WHEN e.sender = c.client THEN NULL
    WHEN e.kind = 'assigned' THEN e.sender || ',' || coalesce($body ->> 'to', '') ELSE e.sender END"""
_SUMMARIES: Final = rows.compose(
    "SELECT $columns FROM conversation WHERE client IN ($$clients) AND rev > 0 ORDER BY num", columns=rows.COLUMN_LIST
)
# Entries first, from the newest on, whatever statistics say.
_RECENT: Final = rows.compose(
    "SELECT c.client, $line FROM entry e $$join conversation c ON c.num = e.conversation WHERE c.shelf < 9"
    " ORDER BY e.num DESC LIMIT ?",
    line=rows.ENTRY_LINE,
)
_ONLINE: Final = "SELECT client FROM conversation $by WHERE online ORDER BY num"
_TABS: Final = {
    "mine": "shelf = 0 AND assignee = ?",
    "unassigned": "shelf = 0 AND assignee IS NULL",
    "all": "shelf = 0",
    "snoozed": "shelf = 1",
    "resolved": "shelf = 2",
}
_COUNT: Final = "(SELECT count(*) FROM (SELECT 1 FROM conversation WHERE $where LIMIT 1000) AS tab)"
_TAB_COUNTS: Final = ", ".join(rows.compose(_COUNT, where=where) for where in _TABS.values())
_COUNTS: Final = rows.compose("SELECT $tabs", tabs=_TAB_COUNTS)
MANY: Final = 100  # a list as long as this is counted no more than once in…
COUNTED_FOR_S: Final = 1.0
# With the counts in the same statement, where there are any: the database counts once, not for each row.
_INBOX: Final = (
    "SELECT $reader, place, num, $line,"
    " coalesce(assignee || ',', '') || coalesce(nullif($last ->> 'from', client), '')$tabs"
    " FROM conversation WHERE $where ORDER BY place, num LIMIT ?"
)


Page = TypeVar("Page", LogPage, InboxPage, SearchPage)


class Pages:
    """Share between the page readers: the reader's generation, and the names in a page."""

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
        """Return the page with names instead of ids, and the reader's generation, by one question at most."""
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
        self._after = self._page_text(_AFTER)
        self._before = self._page_text(_BEFORE)

    def _page_text(self, part: str) -> str:
        page = _PAGE.replace("$part", part).replace("$break", f"'{BREAK}'")
        return self._spoken(page.replace("$line", _ENTRY).replace("$named", _NAMED).replace("$marker", _MARKER))

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
        Return a stretch of the client's log, ascending: entries, ends, epoch and markers are of one moment.

        Args: after: the entries above this seq, from the lowest; before: the highest below it; neither: the newest.
            limit: at most so many, and at most 1,000. reader: whose `generation` the page tells, which costs
            PostgreSQL no second question.
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
        lines, _, named = (found or "").rpartition(BREAK)
        readers = json.loads(f"{{{markers}}}") if markers else ()
        page = LogPage(f"[{lines}]", last, first, epoch, f"{{{markers or ''}}}", desk_of(named, readers), generation)
        return self._named(page, reader)

    def notes(self, client: str) -> list[Note]:
        """The conversation's notes, oldest first."""
        sql = """
            SELECT c.client, n.agent, n.id, n.text, n.at FROM note n JOIN conversation c ON c.num = n.conversation
            WHERE c.client = ? ORDER BY n.num"""
        return [Note(*row) for row in self._db.fetch(sql, (client,))]

    def recent_entries(self, limit: int = 1000) -> list[tuple[str, Entry]]:
        """The newest entries of all clients, in the order of their commit."""
        found = self._db.fetch(_RECENT.replace("$join", self._db.dialect.newest_first_join), (limit,))
        return [(client, rows.entry_from(line)) for client, line in reversed(found)]

    def files_in_use(self, files: Iterable[str]) -> set[str]:
        """Those of the files that an entry shows."""
        wanted = list(files)
        if not wanted:
            return set()
        sql = rows.compose(
            "SELECT DISTINCT u.file FROM file_use u JOIN conversation c ON c.num = u.conversation"
            " WHERE u.file IN ($files) AND c.shelf < 9",
            files=rows.marks(len(wanted)),
        )
        return {row[0] for row in self._db.fetch(sql, wanted)}

    def glance(self, client: str) -> Glance:
        """Return what the client's small displays show of its conversation, however long it is."""
        return glance(self._db, client)


class Inbox(Pages):
    """Rows of the inbox, in any thread."""

    def __init__(self, database: Database, registry: Registry) -> None:
        """Args: see Pages."""
        super().__init__(database, registry)
        self._counted: dict[str, tuple[float, dict[str, int]]] = {}
        self._page = self._spoken(_INBOX.replace("$line", _SUMMARY))

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
        tabs = f", {_TAB_COUNTS}" if counts is None else ""
        sql = self._page.replace("$tabs", tabs).replace("$where", " AND ".join(where))
        asked = [*self._asked_by(reader), *([me or ""] if tabs else []), *values, most + 1]
        found = self._db.fetch_planned(sql, asked) if which.q else self._db.fetch(sql, asked)
        if counts is None:
            counts = self._remembered(me, found[0][5:]) if found else self.counts(me)
        more = f"{found[most - 1][1]}.{found[most - 1][2]}" if len(found) > most else None
        lines = ",".join([row[3] for row in found[:most]])
        named = desk_of(",".join([row[4] for row in found[:most] if row[4]]))
        page = InboxPage(f"[{lines}]", more, counts, named, found[0][0] if found else None)
        return self._named(page, reader)

    def _condition(self, which: InboxFilter) -> tuple[list[str], list[Any]]:
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
        return where, values

    def _counted_now(self, me: str | None) -> dict[str, int] | None:
        until, counts = self._counted.get(me or "", (0.0, {}))
        return counts if time.monotonic() < until else None

    def _remembered(self, me: str | None, row: tuple[int, ...]) -> dict[str, int]:
        """The counts of the row; those of long lists, which take time, are told again for a moment."""
        counts = dict(zip(_TABS, row, strict=True))
        if max(row) >= MANY:
            self._counted[me or ""] = (time.monotonic() + COUNTED_FOR_S, counts)
        return counts

    def counts(self, me: str | None) -> dict[str, int]:
        """Return how many there are behind each tab of the board, at most 1,000 each."""
        row = self._db.fetch_one(_COUNTS, (me or "",))
        return dict(zip(_TABS, row or (0,) * len(_TABS), strict=True))

    def summary(self, client: str) -> Summary | None:
        """Return the client's row, or None."""
        return next(iter(self.summaries([client])), None)

    def summaries(self, clients: Iterable[str]) -> list[Summary]:
        """The rows of these clients, of those that have one."""
        wanted = list(dict.fromkeys(clients))
        found: list[Summary] = []
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            sql = _SUMMARIES.replace("$clients", rows.marks(len(part)))
            found += [_summary(row) for row in self._db.fetch(sql, part)]
        return found

    def open_clients(self) -> list[str]:
        """Clients whose conversation is not resolved."""
        sql = "SELECT client FROM conversation WHERE shelf IN (0, 1) AND rev > 0 ORDER BY num"
        return [row[0] for row in self._db.fetch(sql)]

    def online_clients(self) -> list[str]:
        """Clients whom the last Summary called online."""
        return [row[0] for row in self._db.fetch(_ONLINE.replace("$by", self._db.dialect.by_online_index))]


def desk_of(ids: str | None, more: Iterable[str] = ()) -> dict[str, str]:
    """
    Return the agents and bots among the ids, as a page's `names` before the store names them.

    Args: ids: separated by commas, as the database joins them; more: further ids.
    """
    found = {*(ids or "").split(","), *more}
    return {id: id for id in sorted(found) if id.startswith(_DESK)}


def _filter(status: str | None, assignee: str | None) -> tuple[list[str], list[Any]]:
    """SQL that uses the inbox's indexes: an open conversation is an active one that nobody holds."""
    where: list[str] = []
    values: list[Any] = []
    match status:
        case Status.SNOOZED:
            where.append("shelf = 1")
        case Status.RESOLVED:
            where.append("shelf = 2")
        case Status.OPEN:
            where.append("shelf = 0 AND assignee IS NULL")
        case Status.ASSIGNED:
            where.append("shelf = 0 AND assignee IS NOT NULL")
        case _:
            where.append("shelf = 0")
    if assignee == _NOBODY:
        where.append("assignee IS NULL")
    elif assignee:
        where.append("assignee = ?")
        values.append(assignee)
    return where, values


def _summary(row: tuple[Any, ...]) -> Summary:
    return rows.summary_of(rows.state_from(row))
