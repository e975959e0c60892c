"""What is read outside the bridge's transactions: log pages, the inbox, notes, readings. Writes nothing."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from chat_core.payloads import Entry, OutageNotice, OutageText, Status, Summary
from chat_core.search import prefixes_of
from chat_core.sql import rows
from chat_core.sql.database import Database
from chat_core.sql.index import people_match
from chat_core.sql.shapes import InboxPage, LastReading, LogPage, Note, Parked

PAGE_AT_MOST: Final = 1_000
_CURSOR: Final = re.compile(r"(\d{1,18})\.(\d{1,18})")
_NOBODY: Final = "none"

# One statement, so that a page is of one moment: an erasure in between changes epoch and entries together. Each SELECT
# that feeds the aggregate has a LIMIT, which keeps its order on SQLite; PostgreSQL is told the order once more.
_PAGE: Final = """
    SELECT c.epoch, c.last_seq, c.first,
      (SELECT $markers FROM marker m WHERE m.conversation = c.num),
      (SELECT $joined FROM ($lines) AS page)
    FROM conversation c WHERE c.client = ?"""
_AFTER: Final = (
    "SELECT e.seq, $line AS line FROM entry e WHERE e.conversation = c.num AND e.seq > ? ORDER BY e.seq LIMIT ?"
)
_BEFORE: Final = """
    SELECT n.seq, n.line FROM (
      SELECT e.seq, $line AS line FROM entry e WHERE e.conversation = c.num AND e.seq < ? ORDER BY e.seq DESC LIMIT ?
    ) AS n ORDER BY n.seq LIMIT ?"""
_MARKER: Final = """'"' || m.reader || '":{"delivered":' || m.delivered || ',"read":' || m.read || '}', ','"""
# Who an entry names. Inside a text the quotes are escaped, so words never look like this.
_NAMED: Final = re.compile(r'"(?:from|to)":"([ab]-[a-z0-9_-]+)"')

_DESK: Final = re.compile(r'"(?:assignee|from)":"([ab]-[a-z0-9_-]+)"')
_SUMMARIES: Final = rows.compose(
    "SELECT $columns FROM conversation WHERE client IN ($$clients) AND rev > 0 ORDER BY num", columns=rows.COLUMN_LIST
)
_RECENT: Final = rows.compose(
    "SELECT c.client, $line FROM entry e JOIN conversation c ON c.num = e.conversation WHERE c.shelf < 9"
    " ORDER BY e.num DESC LIMIT ?",
    line=rows.ENTRY_LINE,
)
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
# With the counts in the same statement, which are of the same moment then: the database counts once, not for each row.
_INBOX: Final = rows.compose(
    "SELECT place, num, $line, $tabs FROM conversation WHERE $$where ORDER BY place, num LIMIT ?",
    line=rows.SUMMARY_LINE,
    tabs=_TAB_COUNTS,
)


class Snapshots:
    """Reads of any thread."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._after = self._page_text(_AFTER)
        self._before = self._page_text(_BEFORE)
        quoted = database.by_kind("json_quote(name)", "CAST(to_json(name) AS TEXT)")
        self._inbox = _INBOX.replace("$quoted", f"CASE WHEN name IS NOT NULL THEN {quoted} END")

    def _page_text(self, lines: str) -> str:
        join = self._db.by_kind("group_concat", "string_agg")
        joined = self._db.by_kind("group_concat(page.line, ',')", "string_agg(page.line, ',' ORDER BY page.seq)")
        text = _PAGE.replace("$lines", lines).replace("$line", rows.ENTRY_LINE)
        return text.replace("$markers", f"{join}({_MARKER})").replace("$joined", joined)

    def log(self, client: str, after: int | None, before: int | None, limit: int) -> LogPage:
        """The page; `names` holds the desk's ids that it speaks of, for the store to name."""
        most = max(1, min(limit, PAGE_AT_MOST))
        if after is not None:
            row = self._db.fetch_one(self._after, (max(0, after), most, client))
        else:
            below = rows.FAR_MS if before is None else before
            row = self._db.fetch_one(self._before, (below, most, most, client))
        if row is None:
            return LogPage("[]", 0, 1, "", {}, {})
        epoch, last, first, markers_json, lines = row
        markers = json.loads("{" + (markers_json or "") + "}")
        named = {*_NAMED.findall(lines or ""), *(reader for reader in markers if reader[:2] in ("a-", "b-"))}
        return LogPage(f"[{lines or ''}]", last, first, epoch, markers, {id: id for id in sorted(named)})

    def inbox(
        self,
        status: str | None,
        assignee: str | None,
        q: str | None,
        cursor: str | None,
        limit: int,
        me: str | None,
        *,
        waiting: bool = False,
        tag: str | None = None,
    ) -> InboxPage:
        """A page of the inbox, longest wait first, then the newest; `names` as in `log`."""
        most = max(1, min(limit, 200))
        where, values = _filter(status, assignee)
        if words := prefixes_of(q or ""):
            postgres = self._db.kind == "postgres"
            where.append(
                "num IN (SELECT num FROM people WHERE words @@ ?::tsquery)"
                if postgres
                else "num IN (SELECT rowid FROM people WHERE people MATCH ?)"
            )
            values.append(people_match(words, postgres=postgres))
        elif q and q.strip():
            where.append("0 = 1")  # nothing that a name could hold
        if waiting:
            where.append("waiting IS NOT NULL")
        if tag:
            where.append("tags LIKE ? ESCAPE '!'")
            values.append(f"%{rows.literally(rows.compact(tag))}%")
        start = _CURSOR.fullmatch(cursor or "")
        if start:
            where.append("(place, num) > (?, ?)")
            values += [int(start[1]), int(start[2])]
        sql = self._inbox.replace("$where", " AND ".join(where))
        found = self._db.fetch(sql, (me or "", *values, most + 1))
        counts = dict(zip(_TABS, found[0][3:], strict=True)) if found else self.counts(me)
        more = f"{found[most - 1][0]}.{found[most - 1][1]}" if len(found) > most else None
        lines = ",".join(row[2] for row in found[:most])
        return InboxPage(f"[{lines}]", more, counts, {id: id for id in sorted(set(_DESK.findall(lines)))})

    def counts(self, me: str | None) -> dict[str, int]:
        """How many there are behind each tab of the board, at most 1,000 each."""
        row = self._db.fetch_one(_COUNTS, (me or "",))
        return dict(zip(_TABS, row or (0,) * len(_TABS), strict=True))

    def summaries(self, clients: Iterable[str]) -> list[Summary]:
        """The rows of these clients, of those that have one."""
        wanted = list(dict.fromkeys(clients))
        found: list[Summary] = []
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            sql = _SUMMARIES.replace("$clients", rows.marks(len(part)))
            found += [_summary(row) for row in self._db.fetch(sql, part)]
        return found

    def notes(self, client: str) -> list[Note]:
        """The conversation's notes, oldest first."""
        sql = """
            SELECT c.client, n.agent, n.id, n.text, n.at FROM note n JOIN conversation c ON c.num = n.conversation
            WHERE c.client = ? ORDER BY n.num"""
        return [Note(*row) for row in self._db.fetch(sql, (client,))]

    def recent_entries(self, limit: int) -> list[tuple[str, Entry]]:
        """The newest entries of all clients, in the order of their commit."""
        found = self._db.fetch(_RECENT, (limit,))
        return [(client, rows.entry_from(line)) for client, line in reversed(found)]

    def open_clients(self) -> list[str]:
        """Clients whose conversation is not resolved."""
        sql = "SELECT client FROM conversation WHERE shelf IN (0, 1) AND rev > 0 ORDER BY num"
        return [row[0] for row in self._db.fetch(sql)]

    def online_clients(self) -> list[str]:
        """Clients whom the last Summary called online."""
        return [row[0] for row in self._db.fetch("SELECT client FROM conversation WHERE online ORDER BY num")]

    def notices(self) -> list[tuple[str, OutageNotice]]:
        """The outage notices that stand, with their areas."""
        found = self._db.fetch("SELECT area, id, text FROM notice WHERE ended IS NULL ORDER BY area")
        return [(area, OutageNotice(id=id, text=OutageText.model_validate_json(text))) for area, id, text in found]

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

    def beat(self) -> int | None:
        """When the bridge's echo last went through, or None."""
        row = self._db.fetch_one("SELECT value FROM state WHERE key = 'beat'")
        return None if row is None else int(row[0])

    def parked(self, limit: int) -> list[Parked]:
        """What was parked, newest first."""
        found = self._db.fetch("SELECT topic, payload, why, at FROM parked ORDER BY num DESC LIMIT ?", (limit,))
        return [Parked(topic, bytes(payload), why, at) for topic, payload, why, at in found]

    def parked_count(self) -> int:
        """How many messages are parked."""
        row = self._db.fetch_one("SELECT count(*) FROM parked")
        return int(row[0]) if row else 0

    def last_reading(self, client: str) -> LastReading | None:
        """The newest reading of any of the client's meters."""
        sql = """
            SELECT m.meter, r.at, r.wh, r.w FROM meter m JOIN reading r ON r.meter = m.num
            WHERE m.client = ? AND r.at = (SELECT max(x.at) FROM reading x WHERE x.meter = m.num)
            ORDER BY r.at DESC LIMIT 1"""
        row = self._db.fetch_one(sql, (client,))
        return None if row is None else LastReading(*row)


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
    return rows.summary_of(rows.kept_from(row))
