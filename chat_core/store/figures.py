"""The desk's figures and the episodes behind them, in any thread. Writes nothing."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from chat_core.store.database import Database
from chat_core.store.episodes import DAY_MS
from chat_core.store.registry import Registry
from chat_core.store.results import Durations, Episode, EpisodeFilter, EpisodePage, Overview
from chat_core.store.rows import compose

ENOUGH: Final = 5  # answers that a usual time is told from
LISTED_AT_MOST: Final = 100
LOOKED_AT: Final = 5_000  # episodes that the filter by hour goes through for one page
_ANSWERS: Final = (
    "SELECT bucket, sum(answers), sum(ms) FROM answer_time WHERE day >= ? AND day <= ? GROUP BY bucket ORDER BY bucket"
)
_FIGURES: Final = {
    "first_answer": ("e.asked", "e.answered IS NOT NULL"),
    "resolve": ("e.resolved", "e.asked IS NOT NULL"),
    "satisfaction": ("e.rated", "e.score IS NOT NULL"),
    "load": ("e.asked", "e.asked IS NOT NULL"),
}
_EPISODES: Final = (
    'SELECT e.num, c.client, e.seq, e.asked, e.answered, e."by", e.resolved, e.score FROM episode e'
    " JOIN conversation c ON c.num = e.conversation WHERE $where ORDER BY e.num DESC LIMIT ?"
)


class Figures:
    """Sum up episodes and load."""

    def __init__(self, database: Database, registry: Registry, tz: str) -> None:
        """Args: tz: whose hours of the day they are."""
        self._db = database
        self._registry = registry
        self._tz = tz

    def overview(self, start: int, end: int, *, late_ms: int, now_ms: int) -> Overview:
        """
        Return the desk's figures for [start, end), of what was taken in so far, and who waits now.

        Args: late_ms: from when on an answer is late.
        """
        waiting = self._db.fetch_one(
            "SELECT count(*), coalesce(sum(CASE WHEN waiting < ? THEN 1 ELSE 0 END), 0), min(waiting)"
            " FROM conversation WHERE shelf = 0 AND waiting IS NOT NULL",
            (now_ms - late_ms,),
        ) or (0, 0, None)
        scores = dict.fromkeys(range(1, 6), 0)
        for score, n in self._db.fetch(
            "SELECT score, count(*) FROM episode WHERE rated >= ? AND rated < ? GROUP BY score", (start, end)
        ):
            scores[int(score)] = int(n)
        late = self._db.fetch_one(
            "SELECT count(*) FROM episode WHERE asked >= ? AND asked < ? AND answered - asked > ?",
            (start, end, late_ms),
        )
        return Overview(
            waiting=int(waiting[0]),
            waiting_late=int(waiting[1]),
            longest_ms=None if waiting[2] is None else max(0, now_ms - int(waiting[2])),
            first_answer=self._durations("asked", "answered - asked", start, end),
            late=int(late[0]) if late else 0,
            resolve=self._durations("resolved", "resolved - asked", start, end),
            scores=scores,
            hours=self._hours(start, end),
        )

    def _durations(self, within: str, duration: str, start: int, end: int) -> Durations:
        where = compose(
            "FROM episode WHERE $within >= ? AND $within < ? AND $duration IS NOT NULL",
            within=within,
            duration=duration,
        )
        counted = self._db.fetch_one(f"SELECT count(*) {where}", (start, end))
        n = int(counted[0]) if counted else 0
        return Durations(n, *(self._quantile(where, duration, start, end, n, part) for part in (50, 90)))

    def _quantile(self, where: str, duration: str, start: int, end: int, n: int, part: int) -> int | None:
        """The nearest rank: the smallest value that so many percent do not exceed."""
        if n == 0:
            return None
        rank = -(-n * part // 100)
        sql = f"SELECT {duration} {where} ORDER BY {duration} LIMIT 1 OFFSET ?"
        row = self._db.fetch_one(sql, (start, end, rank - 1))
        return None if row is None else int(row[0])

    def _hours(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """Return what was asked, answered and begun in each of the day's 24 hours."""
        zone, sums = ZoneInfo(self._tz), [[0, 0, 0] for _ in range(24)]
        for at, *counts in self._db.fetch(
            "SELECT at, asked, answered, begun FROM load WHERE at >= ? AND at < ?", (start, end)
        ):
            hour = datetime.fromtimestamp(at / 1000, zone).hour
            for place, n in enumerate(counts):
                sums[hour][place] += int(n)
        return [(asked, answered, begun) for asked, answered, begun in sums]

    def usual_answer_ms(self, since_ms: int, until_ms: int) -> int | None:
        """
        Return the median first answer to what was asked on these days, within a tenth; None where there were too few.

        It is the mean of the bucket that the median lies in. Args: since_ms, until_ms: of whole days of UTC.
        """
        buckets = self._db.fetch(_ANSWERS, (since_ms - since_ms % DAY_MS, until_ms))
        total = sum(int(answers) for _, answers, _ in buckets)
        if total < ENOUGH:
            return None
        rank = -(-total // 2)
        for _, answers, ms in buckets:
            rank -= int(answers)
            if rank <= 0:
                return max(0, round(int(ms) / int(answers)))
        return None

    def episodes(self, which: EpisodeFilter, *, cursor: str | None = None, limit: int = 50) -> EpisodePage:
        """Return a page of the episodes, the newest first."""
        where, values = _condition(which, cursor)
        most = max(1, min(limit, LISTED_AT_MOST))
        found = self._db.fetch(
            compose(_EPISODES, where=where), (*values, most + 1 if which.hour is None else LOOKED_AT)
        )
        fitting = [row for row in found if which.hour is None or _hour_of(row[3], self._tz) == which.hour]
        more = str(fitting[most - 1][0]) if len(fitting) > most else None
        page = [_episode(row) for row in fitting[:most]]
        named = {one.client for one in page} | {one.by for one in page if one.by}
        return EpisodePage(page, more, self._registry.names(named))


def _condition(which: EpisodeFilter, cursor: str | None) -> tuple[str, list[int | str]]:
    within, holds = _FIGURES[which.figure]
    where = [f"{within} >= ?", f"{within} < ?", holds, "c.shelf < 9"]
    values: list[int | str] = [which.start, which.end]
    for condition, value in (
        ("e.answered - e.asked > ?", which.longer_ms),
        ("e.score = ?", which.score),
        ("c.client = ?", which.client),
        ("e.num < ?", int(cursor) if cursor and cursor.isdecimal() and len(cursor) <= 18 else None),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    return " AND ".join(where), values


def _hour_of(at: int, tz: str) -> int:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(tz)).hour


def _episode(row: tuple[Any, ...]) -> Episode:
    _, client, seq, asked, answered, by, resolved, score = row
    return Episode(client, seq, asked, answered, by, resolved, score)
