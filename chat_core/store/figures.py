"""Sum up the desk's figures and list the episodes behind them, in any thread. Writes nothing."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from peewee import Case, Expression, Field, ModelSelect, fn

from chat_core.store.database import Database
from chat_core.store.episodes import DAY_MS
from chat_core.store.models.chats import AnswerTimeRow, ConversationRow, EpisodeRow, LoadRow
from chat_core.store.registry import Registry
from chat_core.store.results import Durations, Episode, EpisodeFilter, EpisodePage, Overview

ENOUGH: Final = 5  # answers that a usual time is told from
LISTED_AT_MOST: Final = 100
LOOKED_AT: Final = 5_000  # episodes that the filter by hour goes through for one page
_ROW: Final = EpisodeRow
# The moment that lies in the period, and what an episode of the figure has
_FIGURES: Final = {
    "first_answer": (_ROW.asked, _ROW.answered),
    "resolve": (_ROW.resolved, _ROW.asked),
    "satisfaction": (_ROW.rated, _ROW.score),
    "load": (_ROW.asked, _ROW.asked),
}


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
        since = ConversationRow.waiting
        is_late = Case(None, [(since < now_ms - late_ms, 1)])
        waits = ConversationRow.select(fn.COUNT(since), fn.COUNT(is_late), fn.MIN(since))
        ((waiting, late, oldest),) = self._db.select(waits.where(ConversationRow.shelf == 0))
        scored = _ROW.select(_ROW.score, fn.COUNT(_ROW.num)).where(_within(_ROW.rated, start, end))
        counts: dict[int, int] = dict(self._db.select(scored.group_by(_ROW.score)))
        answered_late = _ROW.select(fn.COUNT(_ROW.num)).where(
            _within(_ROW.asked, start, end), _ROW.answered - _ROW.asked > late_ms
        )
        return Overview(
            waiting=waiting,
            waiting_late=late,
            longest_ms=None if oldest is None else max(0, now_ms - oldest),
            first_answer=self._durations(_ROW.asked, _ROW.answered - _ROW.asked, start, end),
            late=self._db.select(answered_late)[0][0],
            resolve=self._durations(_ROW.resolved, _ROW.resolved - _ROW.asked, start, end),
            scores={score: counts.get(score, 0) for score in range(1, 6)},
            hours=self._hours(start, end),
        )

    def _durations(self, moment: Field, duration: Expression, start: int, end: int) -> Durations:
        known = _ROW.select(duration).where(_within(moment, start, end), duration.is_null(False))
        n: int = self._db.select(known.select(fn.COUNT(duration)))[0][0]
        return Durations(n, *(self._quantile(known.order_by(duration), n, part) for part in (50, 90)))

    def _quantile(self, ascending: "ModelSelect[EpisodeRow]", n: int, part: int) -> int | None:
        """Return the nearest rank: the smallest value that so many percent do not exceed."""
        if n == 0:
            return None
        rank = -(-n * part // 100)
        found = self._db.find(ascending.limit(1).offset(rank - 1))
        return found[0] if found else None

    def _hours(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """Return what was asked, answered and begun in each of the day's 24 hours."""
        zone, sums, row = ZoneInfo(self._tz), [[0, 0, 0] for _ in range(24)], LoadRow
        load = row.select(row.at, row.asked, row.answered, row.begun).where(_within(row.at, start, end))
        for at, *counts in self._db.select(load):
            of_hour = sums[_hour_of(at, zone)]
            of_hour[:] = [total + n for total, n in zip(of_hour, counts, strict=True)]
        return [(asked, answered, begun) for asked, answered, begun in sums]

    def usual_answer_ms(self, since_ms: int, until_ms: int) -> int | None:
        """
        Return the median time to a first answer of these days, within a tenth; None for fewer than five.

        It is the mean of the bucket that the median lies in. Args: since_ms, until_ms: of whole days of UTC.
        """
        row = AnswerTimeRow
        days = row.select(row.bucket, fn.SUM(row.answers), fn.SUM(row.ms)).where(
            row.day >= since_ms - since_ms % DAY_MS, row.day <= until_ms
        )
        buckets = self._db.select(days.group_by(row.bucket).order_by(row.bucket))
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
        row = _ROW
        columns = (row.num, ConversationRow.client, row.seq, row.asked, row.answered, row.by, row.resolved, row.score)
        fitting = row.select(*columns).join(ConversationRow, on=(ConversationRow.num == row.conversation))
        fitting = fitting.where(*_conditions(which, cursor)).order_by(row.num.desc())
        most, zone = max(1, min(limit, LISTED_AT_MOST)), ZoneInfo(self._tz)
        found = self._db.select(fitting.limit(most + 1 if which.hour is None else LOOKED_AT))
        if which.hour is not None:
            found = [one for one in found if _hour_of(one[3], zone) == which.hour]
        more = str(found[most - 1][0]) if len(found) > most else None
        page = [Episode(*fields) for _, *fields in found[:most]]
        named = {one.client for one in page} | {one.by for one in page if one.by}
        return EpisodePage(page, more, self._registry.names(named))


def _within(moment: Field, start: int, end: int) -> Expression:
    return (moment >= start) & (moment < end)


def _conditions(which: EpisodeFilter, cursor: str | None) -> list[Expression]:
    moment, has = _FIGURES[which.figure]
    below = int(cursor) if cursor and cursor.isdecimal() and len(cursor) <= 18 else None
    asked = (
        (_ROW.answered - _ROW.asked > which.longer_ms, which.longer_ms),
        (_ROW.score == which.score, which.score),
        (ConversationRow.client == which.client, which.client),
        (_ROW.num < below, below),
    )
    always = [_within(moment, which.start, which.end), has.is_null(False), ConversationRow.shelf < 9]
    return always + [condition for condition, value in asked if value is not None]


def _hour_of(at: int, zone: ZoneInfo) -> int:
    return datetime.fromtimestamp(at / 1000, zone).hour
