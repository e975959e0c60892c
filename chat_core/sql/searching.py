"""Searches, newest first, in any thread. Writes nothing."""

import re
from typing import Any, Final

from chat_core.search import Query, name_word
from chat_core.sql import rows
from chat_core.sql.database import Database
from chat_core.sql.index import match_of
from chat_core.sql.shapes import Hit, SearchPage

AT_MOST: Final = 100
CLIENTS_OF_A_TAG: Final = 200  # up to so many are asked for by name; more of them are found soon anyway
CLOCK_SLACK_MS: Final = 120_000  # entries are in the order of their commit, times in that of a clock that is set
_CURSOR: Final = re.compile(r"\d{1,18}")

_HITS: Final = (
    "SELECT e.num, $behind, c.client, c.status, e.seq, e.sender, e.at, e.kind, $text"
    " FROM $found JOIN conversation c ON c.num = e.conversation WHERE $where ORDER BY $num DESC LIMIT ?"
)
# As index.text_in, of a body that the database reads itself.
_TEXT: Final = {
    "sqlite": """json_quote(CASE WHEN json_extract(e.body, '$.deleted') THEN '' ELSE coalesce(
        json_extract(e.body, '$.text'), json_extract(e.body, '$.file.name'), json_extract(e.body, '$.rating.text'), ''
        ) END)""",
    "postgres": """CAST(to_json(CASE WHEN e.body::json ->> 'deleted' = 'true' THEN '' ELSE coalesce(
        e.body::json ->> 'text', e.body::json #>> '{file,name}', e.body::json #>> '{rating,text}', ''
        ) END) AS TEXT)""",
}
_BEHIND: Final = (
    "(SELECT coalesce(max(num), 0) FROM entry) - coalesce((SELECT value FROM state WHERE key = 'search'), 0)"
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
    sql = sql.replace("$behind", _BEHIND).replace("$text", _TEXT[db.kind])
    lines = db.fetch(sql, (*values, most + 1))
    hits = [Hit(*line[2:]) for line in lines[:most]]
    more = str(lines[most - 1][0]) if len(lines) > most else None
    return SearchPage(hits, more, {}, max(0, int(lines[0][1])) if lines else behind(db))


def behind(db: Database) -> int:
    """About how many entries were committed and are not taken in yet."""
    row = db.fetch_one(f"SELECT {_BEHIND}")
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
