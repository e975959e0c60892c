"""Searches, newest first, in any thread. Writes nothing."""

import re
from functools import lru_cache
from typing import Final

from chat_core.contract.kinds import KINDS, SEARCHED
from chat_core.domain.search_query import Query, name_word
from chat_core.store import rows
from chat_core.store.dialect import Clause, Dialect
from chat_core.store.identities import READER
from chat_core.store.pages import Pages, desk_of
from chat_core.store.results import Reader, SearchPage

AT_MOST: Final = 100
SHAPES: Final = 64  # of statements that are remembered: a filter more or less is another one
CLIENTS_OF_A_TAG: Final = 200  # up to so many are asked for by name; more of them are found soon anyway
CLOCK_SLACK_MS: Final = 120_000  # entries are in the order of their commit, times in that of a clock that is set
_CURSOR: Final = re.compile(r"\d{1,18}")

# One row, whatever is found, and in it one text: fifty rows of nine fields take Python longer than the database. Rows
# feed the aggregate in their own order, as in pages._PAGE.
_HITS: Final = """
    SELECT $reader, $behind, count(*), min(page.num), $join(page.line, ?), $join(page.sender, ',') FROM (
      SELECT $num AS num, $line AS line, nullif(e.sender, c.client) AS sender
      FROM $found JOIN conversation c ON c.num = e.conversation
      WHERE $where ORDER BY $num DESC LIMIT ?) AS page"""
BETWEEN: Final = ",\n"  # JSON escapes a line's end, so this stands between two hits and nowhere else
_HIT: Final = """$format('{"client":"%s","name":%s,"status":"%s","seq":%s,"from":"%s","at":%s,"kind":"%s","text":%s}',
    c.client, CASE WHEN c.name IS NULL THEN 'null' ELSE $quote(c.name) END, c.status, e.seq, e.sender, e.at, e.kind,
    coalesce($text, '""'))"""
# The JSON of a hit's text, as find_words of an entry's body.
_STEPS: Final = {kind: " -> ".join(["$body", *(f"'{step}'" for step in KINDS[kind].words)]) for kind in SEARCHED}
_TEXT: Final = "CASE e.kind {} END".format(" ".join(f"WHEN '{kind}' THEN {text}" for kind, text in _STEPS.items()))
_FOUND_KINDS: Final = ", ".join(f"'{kind}'" for kind in SEARCHED)
_BEHIND: Final = (
    "(SELECT coalesce(max(num), 0) FROM entry) - coalesce((SELECT value FROM state WHERE key = 'search'), 0)"
)
_FROM_NUM: Final = "SELECT num, at FROM entry WHERE num >= ? ORDER BY num LIMIT 1"


class Search(Pages):
    """Searches, newest first, in any thread."""

    def page(
        self, query: Query, *, cursor: str | None = None, limit: int = 50, reader: Reader | None = None
    ) -> SearchPage:
        """
        Return a page of the entries that fit the query, the newest first. Args: reader: as in `Log.page`.

        What was said in the last moments may not be found yet; the page says how many those are about.
        """
        clients = self._tagged(query.tags)
        if query.tags and clients == []:
            return self._named(SearchPage("[]", None, {}, self.behind()), reader)
        num, found, where = self._found_by(query, clients)
        if clients is None:
            where += [Clause(self._db.dialect.has_tag, (tag,)) for tag in query.tags]
        start = _CURSOR.fullmatch(cursor or "")
        if start:
            where.append(Clause(f"{num} < ?", (int(start[0]),)))
        for bound, sign, slack in ((query.after_ms, ">=", -CLOCK_SLACK_MS), (query.before_ms, "<", CLOCK_SLACK_MS)):
            if bound is not None:
                where.append(Clause(f"{num} {sign} ? AND e.at {sign} ?", (self._first_since(bound + slack), bound)))
        most = max(1, min(limit, AT_MOST))
        condition = " AND ".join(clause.sql for clause in where)
        sql = _statement(self._db.dialect, READER if self._asked_here else "NULL", found, condition, num)
        values = [value for clause in where for value in clause.values]
        (row,) = self._db.fetch_planned(sql, (*self._asked_by(reader), BETWEEN, *values, most + 1))
        generation, not_yet, count, last, lines, senders = row
        more = None
        if count > most:  # the last one is the next page's first
            lines, more = lines[: lines.rindex(BETWEEN)], str(last + 1)
        page = SearchPage(f"[{lines or ''}]", more, desk_of(senders), max(0, int(not_yet)), generation)
        return self._named(page, reader)

    def _found_by(self, query: Query, clients: list[str] | None) -> tuple[str, str, list[Clause]]:
        """Return an entry's number, the tables, and the conditions: by the index where the query has words or names."""
        listed = Clause("c.shelf < 9", ())
        if not (query.phrases or query.names or clients):
            return "e.num", "entry e", [listed, Clause(f"e.kind IN ({_FOUND_KINDS})", ())]
        dialect = self._db.dialect
        match = dialect.match(query, [name_word(client) for client in clients or ()])
        where = [listed, Clause(dialect.search_match, (match,)), *dialect.runs(query)]
        return dialect.search_num, f"search s JOIN entry e ON e.num = {dialect.search_num}", where

    def behind(self) -> int:
        """Return about how many entries are neither found nor counted yet."""
        row = self._db.fetch_one(f"SELECT {_BEHIND}")
        return max(0, int(row[0])) if row else 0

    def _tagged(self, tags: tuple[str, ...]) -> list[str] | None:
        """Return the clients with all these tags, or None where they are too many to be named."""
        if not tags:
            return None
        where = " AND ".join([self._db.dialect.has_tag] * len(tags))
        sql = rows.compose("SELECT client FROM conversation WHERE shelf < 9 AND $where LIMIT ?", where=where)
        found = [row[0] for row in self._db.fetch(sql, (*tags, CLIENTS_OF_A_TAG + 1))]
        return found if len(found) <= CLIENTS_OF_A_TAG else None

    def _first_since(self, at_ms: int) -> int:
        """Return the first entry of that time or later, by halving: times ascend but for the slack."""
        newest = self._db.fetch_one("SELECT coalesce(max(num), 0) FROM entry")
        low, high = 0, (int(newest[0]) if newest else 0) + 1
        while low < high:
            middle = (low + high) // 2
            row = self._db.fetch_one(_FROM_NUM, (middle,))
            if row is None or row[1] >= at_ms:
                high = middle
            else:
                low = int(row[0]) + 1
        return low


@lru_cache(SHAPES)
def _statement(dialect: Dialect, reader: str, found: str, where: str, num: str) -> str:
    sql = _HITS.replace("$line", _HIT).replace("$behind", _BEHIND)
    for part, text in {"reader": reader, "found": found, "where": where, "text": _TEXT, "num": num}.items():
        sql = sql.replace(f"${part}", text)
    return dialect.spoken(sql)
