"""
What became of each question, counted from entries as they are taken in: asked, first answered, resolved, rated.

An episode begins where a conversation is opened or opened again, and ends where it is resolved. A bot's words are no
answer. `load` counts words by quarter of an hour, which every time zone's hours are made of.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import CONVERSING
from chat_core.contract.payloads import EventKind, SaidKind
from chat_core.store import rows
from chat_core.store.database import Database
from chat_core.store.results import Durations, Episode, EpisodePage, Overview
from chat_core.store.rows import compose, marks
from chat_core.store.search_index import Taken

QUARTER_MS: Final = 900_000
DAY_MS: Final = 86_400_000
# How answers are sorted by how long they took, in seconds: below this in buckets so wide.
BUCKETS_S: Final = ((60, 5), (600, 10), (3_600, 30), (86_400, 300), (604_800, 3_600))
LONGEST_S: Final = BUCKETS_S[-1][0]
ENOUGH: Final = 5  # answers that a usual time is told from
LISTED_AT_MOST: Final = 100
LOOKED_AT: Final = 5_000  # episodes that the filter by hour goes through for one page
_BEGINS: Final = (EventKind.OPENED.value, EventKind.REOPENED.value)

_COLUMNS: Final = 'num, conversation, seq, asked, answered, "by", resolved, score, rated'
_NEWEST: Final = compose(
    "SELECT $columns FROM episode WHERE num IN"
    " (SELECT max(num) FROM episode WHERE conversation IN ($$conversations) GROUP BY conversation)",
    columns=_COLUMNS,
)
_INSERT: Final = "INSERT INTO episode (conversation, seq) VALUES (?, ?) RETURNING num"
_UPDATE: Final = (
    'UPDATE episode SET asked = ?, answered = ?, "by" = ?, resolved = ?, score = ?, rated = ? WHERE num = ?'
)
_ADD_LOAD: Final = (
    "INSERT INTO load (at, asked, answered, begun) VALUES (?, ?, ?, ?) ON CONFLICT (at) DO UPDATE SET"
    " asked = load.asked + excluded.asked, answered = load.answered + excluded.answered,"
    " begun = load.begun + excluded.begun"
)
_ADD_ANSWERS: Final = (
    "INSERT INTO answer_time (day, bucket, answers, ms) VALUES (?, ?, ?, ?) ON CONFLICT (day, bucket) DO UPDATE SET"
    " answers = answer_time.answers + excluded.answers, ms = answer_time.ms + excluded.ms"
)
_ANSWERS: Final = (
    "SELECT bucket, sum(answers), sum(ms) FROM answer_time WHERE day >= ? AND day <= ? GROUP BY bucket ORDER BY bucket"
)
_FIGURES: Final = {
    "first_answer": ("e.asked", "e.answered IS NOT NULL"),
    "resolve": ("e.resolved", "e.asked IS NOT NULL"),
    "satisfaction": ("e.rated", "e.score IS NOT NULL"),
    "load": ("e.asked", "e.asked IS NOT NULL"),
}


@dataclass(frozen=True, slots=True)
class _Row:
    num: int
    conversation: int
    seq: int
    asked: int | None = None
    answered: int | None = None
    by: str | None = None
    resolved: int | None = None
    score: int | None = None
    rated: int | None = None


def count(db: Database, entries: Iterable[Taken]) -> None:
    """These entries, the next ones in their order, are counted. Within the transaction that takes them in."""
    counted = [taken for taken in entries if rows.is_a_client(taken.client)]
    counting = _Counting(db, {taken.conversation for taken in counted})
    for taken in counted:
        counting.take(taken)
    counting.write()


class _Counting:
    """What a slice of entries makes of episodes and load."""

    def __init__(self, db: Database, conversations: set[int]) -> None:
        self._db = db
        self._newest: dict[int, _Row] = {}
        if conversations:
            sql = compose(_NEWEST, conversations=marks(len(conversations)))
            self._newest = {row[1]: _Row(*row) for row in db.rows(sql, sorted(conversations))}
        self._changed: dict[int, _Row] = {}
        self._asked: Counter[int] = Counter()
        self._answered: Counter[int] = Counter()
        self._begun: Counter[int] = Counter()
        self._took: defaultdict[tuple[int, int], list[int]] = defaultdict(list)  # (day, bucket) → ms of first answers

    def take(self, taken: Taken) -> None:
        """One entry, in its turn."""
        now = self._newest.get(taken.conversation)
        if taken.kind in _BEGINS:
            if now is None or now.resolved is not None:
                self._begin(taken)
        elif taken.kind == EventKind.RESOLVED and now is not None:
            self._put(replace(now, resolved=max(taken.at, now.asked or 0)))  # a clock may have been set back
        elif taken.kind == SaidKind.RATING and now is not None:
            self._put(replace(now, score=int(taken.body["rating"]["score"]), rated=taken.at))
        elif taken.kind in CONVERSING:
            self._take_words(taken, now)

    def _take_words(self, taken: Taken, now: _Row | None) -> None:
        role, quarter = role_of(taken.sender), taken.at - taken.at % QUARTER_MS
        if role is Role.CLIENT:
            self._asked[quarter] += 1
            now = now or self._begin(taken)
            if now.asked is None and now.resolved is None:
                self._put(replace(now, asked=taken.at))
        elif role is Role.AGENT:
            self._answered[quarter] += 1
            if now is not None and now.asked is not None and now.answered is None and now.resolved is None:
                answered = max(taken.at, now.asked)
                self._put(replace(now, answered=answered, by=taken.sender))
                took_ms = answered - now.asked
                self._took[now.asked - now.asked % DAY_MS, bucket_of(took_ms)].append(took_ms)

    def _begin(self, taken: Taken) -> _Row:
        cursor = self._db.execute(_INSERT, (taken.conversation, taken.seq))
        begun = _Row(int(cursor.fetchone()[0]), taken.conversation, taken.seq)
        self._newest[taken.conversation] = begun
        self._begun[taken.at - taken.at % QUARTER_MS] += 1
        return begun

    def _put(self, row: _Row) -> None:
        self._newest[row.conversation] = self._changed[row.num] = row

    def write(self) -> None:
        """All of it is in SQL."""
        if self._changed:
            values = [
                (row.asked, row.answered, row.by, row.resolved, row.score, row.rated, row.num)
                for row in self._changed.values()
            ]
            self._db.execute_many(_UPDATE, values)
        quarters = sorted({*self._asked, *self._answered, *self._begun})
        if quarters:
            load = [(at, self._asked[at], self._answered[at], self._begun[at]) for at in quarters]
            self._db.execute_many(_ADD_LOAD, load)
        if self._took:
            took = [(*key, len(found), sum(found)) for key, found in sorted(self._took.items())]
            self._db.execute_many(_ADD_ANSWERS, took)


def bucket_of(took_ms: int) -> int:
    """Return the seconds at which the bucket begins that an answer after so long belongs to."""
    took_s = max(0, took_ms) // 1000
    wide_s = next((wide_s for below_s, wide_s in BUCKETS_S if took_s < below_s), None)
    return LONGEST_S if wide_s is None else took_s - took_s % wide_s


# What is read, in any thread


def overview(db: Database, start: int, end: int, tz: str, late_ms: int, now_ms: int) -> Overview:
    """The desk's figures for [start, end), and who waits now. Args: late_ms: from when on an answer is late."""
    waiting = db.fetch_one(
        "SELECT count(*), coalesce(sum(CASE WHEN waiting < ? THEN 1 ELSE 0 END), 0), min(waiting)"
        " FROM conversation WHERE shelf = 0 AND waiting IS NOT NULL",
        (now_ms - late_ms,),
    ) or (0, 0, None)
    scores = dict.fromkeys(range(1, 6), 0)
    for score, n in db.fetch(
        "SELECT score, count(*) FROM episode WHERE rated >= ? AND rated < ? GROUP BY score", (start, end)
    ):
        scores[int(score)] = int(n)
    late = db.fetch_one(
        "SELECT count(*) FROM episode WHERE asked >= ? AND asked < ? AND answered - asked > ?", (start, end, late_ms)
    )
    return Overview(
        waiting=int(waiting[0]),
        waiting_late=int(waiting[1]),
        longest_ms=None if waiting[2] is None else max(0, now_ms - int(waiting[2])),
        first_answer=_durations(db, "asked", "answered - asked", start, end),
        late=int(late[0]) if late else 0,
        resolve=_durations(db, "resolved", "resolved - asked", start, end),
        scores=scores,
        hours=_hours(db, start, end, tz),
    )


def _durations(db: Database, within: str, duration: str, start: int, end: int) -> Durations:
    where = compose(
        "FROM episode WHERE $within >= ? AND $within < ? AND $duration IS NOT NULL", within=within, duration=duration
    )
    counted = db.fetch_one(f"SELECT count(*) {where}", (start, end))
    n = int(counted[0]) if counted else 0
    return Durations(n, *(_quantile(db, where, duration, start, end, n, part) for part in (50, 90)))


def _quantile(db: Database, where: str, duration: str, start: int, end: int, n: int, part: int) -> int | None:
    """The nearest rank: the smallest value that so many percent do not exceed."""
    if n == 0:
        return None
    rank = -(-n * part // 100)
    sql = f"SELECT {duration} {where} ORDER BY {duration} LIMIT 1 OFFSET ?"
    row = db.fetch_one(sql, (start, end, rank - 1))
    return None if row is None else int(row[0])


def _hours(db: Database, start: int, end: int, tz: str) -> list[tuple[int, int, int]]:
    """What was asked, answered and begun in each of the day's 24 hours."""
    zone, sums = ZoneInfo(tz), [[0, 0, 0] for _ in range(24)]
    for at, *counts in db.fetch("SELECT at, asked, answered, begun FROM load WHERE at >= ? AND at < ?", (start, end)):
        hour = datetime.fromtimestamp(at / 1000, zone).hour
        for place, n in enumerate(counts):
            sums[hour][place] += int(n)
    return [(asked, answered, begun) for asked, answered, begun in sums]


def usual_answer_ms(db: Database, since_ms: int, until_ms: int) -> int | None:
    """
    Return the median first answer to what was asked on these days, within a tenth; None where there were too few.

    It is the mean of the bucket that the median lies in. Args: since_ms, until_ms: of whole days of UTC.
    """
    buckets = db.fetch(_ANSWERS, (since_ms - since_ms % DAY_MS, until_ms))
    total = sum(int(answers) for _, answers, _ in buckets)
    if total < ENOUGH:
        return None
    rank = -(-total // 2)
    for _, answers, ms in buckets:
        rank -= int(answers)
        if rank <= 0:
            return max(0, round(int(ms) / int(answers)))
    return None


def episodes(
    db: Database,
    figure: str,
    start: int,
    end: int,
    tz: str,
    *,
    longer_ms: int | None = None,
    score: int | None = None,
    hour: int | None = None,
    client: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> EpisodePage:
    """The episodes that a figure of the overview counts, the newest first. `names` is for the store to fill."""
    within, holds = _FIGURES[figure]
    where = [f"{within} >= ?", f"{within} < ?", holds, "c.shelf < 9"]
    values: list[int | str] = [start, end]
    if longer_ms is not None:
        where.append("e.answered - e.asked > ?")
        values.append(longer_ms)
    if score is not None:
        where.append("e.score = ?")
        values.append(score)
    if client is not None:
        where.append("c.client = ?")
        values.append(client)
    if cursor and cursor.isdecimal() and len(cursor) <= 18:
        where.append("e.num < ?")
        values.append(int(cursor))
    most = max(1, min(limit, LISTED_AT_MOST))
    sql = compose(
        'SELECT e.num, c.client, e.seq, e.asked, e.answered, e."by", e.resolved, e.score FROM episode e'
        " JOIN conversation c ON c.num = e.conversation WHERE $where ORDER BY e.num DESC LIMIT ?",
        where=" AND ".join(where),
    )
    found = db.fetch(sql, (*values, most + 1 if hour is None else LOOKED_AT))
    fitting = [row for row in found if hour is None or _hour_of(row[3], tz) == hour]
    more = str(fitting[most - 1][0]) if len(fitting) > most else None
    return EpisodePage([_episode(row) for row in fitting[:most]], more, {})


def _hour_of(at: int, tz: str) -> int:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(tz)).hour


def _episode(row: tuple[Any, ...]) -> Episode:
    _, client, seq, asked, answered, by, resolved, score = row
    return Episode(client, seq, asked, answered, by, resolved, score)
