"""Searches, newest first, in any thread. Writes nothing."""

import json
import re
from typing import Any, Final

from chat_core.search import Query, name_word
from chat_core.sql import rows
from chat_core.sql.database import Database
from chat_core.sql.index import ENTRIES, match_of, text_in
from chat_core.sql.shapes import Hit, SearchPage

AT_MOST: Final = 100
CLIENTS_OF_A_TAG: Final = 200  # up to so many are asked for by name; more of them are found soon anyway
CLOCK_SLACK_MS: Final = 120_000  # entries are in the order of their commit, times in that of a clock that is set
_CURSOR: Final = re.compile(r"\d{1,18}")

_HITS: Final = (
    "SELECT e.num, c.client, c.status, e.seq, e.sender, e.at, e.kind, e.body"
    " FROM $found JOIN conversation c ON c.num = e.conversation WHERE $where ORDER BY $num DESC LIMIT ?"
)
_FROM_NUM: Final = "SELECT num, at FROM entry WHERE num >= ? ORDER BY num LIMIT 1"


def search(db: Database, query: Query, cursor: str | None, limit: int) -> SearchPage:
    """A page of what fits the query, the newest first. `names` is for the store to fill."""
    postgres = db.kind == "postgres"
    clients, tags = _tagged(db, query.tags)
    if query.tags and clients == []:
        return SearchPage([], None, {}, behind(db))
    match = match_of(query, postgres=postgres, clients=[name_word(client) for client in clients or ()])
    values: list[Any] = []
    where = ["c.shelf < 9"]
    if match is None:
        num, found = "e.num", "entry e"
        where.append("e.kind IN ('text', 'file', 'rating')")
    else:
        num = "s.num" if postgres else "s.rowid"
        found = f"search s JOIN entry e ON e.num = {num}"
        where.append("s.words @@ ?::tsquery" if postgres else "search MATCH ?")
        values.append(match)
    if clients is None:
        for tag in tags:
            where.append("c.tags LIKE ? ESCAPE '!'")
            values.append(tag)
    start = _CURSOR.fullmatch(cursor or "")
    if start:
        where.append(f"{num} < ?")
        values.append(int(start[0]))
    for bound, sign, slack in ((query.after_ms, ">=", -CLOCK_SLACK_MS), (query.before_ms, "<", CLOCK_SLACK_MS)):
        if bound is not None:
            where += [f"{num} {sign} ?", f"e.at {sign} ?"]
            values += [_first_since(db, bound + slack), bound]
    most = max(1, min(limit, AT_MOST))
    sql = _HITS.replace("$found", found).replace("$where", " AND ".join(where)).replace("$num", num)
    lines = db.fetch(sql, (*values, most + 1))
    hits = [_hit(line) for line in lines[:most]]
    more = str(lines[most - 1][0]) if len(lines) > most else None
    return SearchPage(hits, more, {}, behind(db))


def _hit(line: tuple[Any, ...]) -> Hit:
    _, client, status, seq, sender, at, kind, body = line
    return Hit(client, status, seq, sender, at, kind, text_in(json.loads(body)) or "")


def behind(db: Database) -> int:
    """About how many entries were committed and are not taken in yet."""
    row = db.fetch_one(
        "SELECT coalesce((SELECT max(num) FROM entry), 0) - coalesce((SELECT value FROM state WHERE key = ?), 0)",
        (ENTRIES,),
    )
    return max(0, int(row[0])) if row else 0


def _tagged(db: Database, tags: tuple[str, ...]) -> tuple[list[str] | None, list[str]]:
    """The clients with all these tags, or None where they are too many to be named; and the tags as patterns."""
    patterns = [f"%{rows.literally(rows.compact(tag))}%" for tag in tags]
    if not tags:
        return None, []
    where = " AND ".join(["tags LIKE ? ESCAPE '!'"] * len(tags))
    sql = rows.compose("SELECT client FROM conversation WHERE shelf < 9 AND $where LIMIT ?", where=where)
    found = [row[0] for row in db.fetch(sql, (*patterns, CLIENTS_OF_A_TAG + 1))]
    return (found if len(found) <= CLIENTS_OF_A_TAG else None), patterns


def _first_since(db: Database, at_ms: int) -> int:
    """The first entry of that time or later, found by halving: entries lie in the order of time but for the slack."""
    newest = db.fetch_one("SELECT coalesce(max(num), 0) FROM entry")
    low, high = 0, (int(newest[0]) if newest else 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = db.fetch_one(_FROM_NUM, (middle,))
        if row is None or row[1] >= at_ms:
            high = middle
        else:
            low = int(row[0]) + 1
    return low
