"""Sum up a period's questions for the reports."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from statistics import median_low
from typing import Final
from zoneinfo import ZoneInfo

from chat_core.domain.meter_alarms import UseAfter
from chat_core.domain.opening_hours import spans_of
from chat_core.domain.settings import Hours

WEEK_DAYS: Final = 7
LOOK_BACK_DAYS: Final = 60  # a question may be older than the period in which it is resolved


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """Hold an episode: its moments in ms, who answered first, score, use after it, and its conversation's tags."""

    asked: int | None
    answered: int | None
    by: str | None
    resolved: int | None
    score: int | None
    rated: int | None
    tags: tuple[str, ...]
    use_after: int | None = None  # see meter_alarms.UseAfter


@dataclass(frozen=True, slots=True)
class Totals:
    """Hold a period's figures; None where there is nothing to take a figure from."""

    asked: int
    first_ms: int | None
    in_target: int | None  # percent of the answered
    resolved: int
    resolve_ms: int | None
    automatic: int | None  # percent of the resolved that no person answered
    ratings: int
    satisfaction: float | None
    use_judged: int  # resolved questions about use after which a meter told what it was
    use_usual: int | None  # percent of them


@dataclass(frozen=True, slots=True)
class DayCount:
    """Count a day's questions: answered by a person, resolved without one, neither yet."""

    day: date
    person: int
    automatic: int
    open: int


@dataclass(frozen=True, slots=True)
class HourCount:
    """Count the questions asked in an hour of one day, as a day's are counted."""

    hour: int
    person: int
    automatic: int
    open: int


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """Hold what an agent did; the agent of a question is who answered first."""

    agent: str
    answered: int
    resolved: int
    first_ms: int | None
    in_target: int | None
    resolve_ms: int | None
    satisfaction: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """
    Hold a period's report.

    `hours`: of a single day, else none. `heat`: new questions by weekday, Monday first, and hour. `scores`: ratings by
    score.
    """

    totals: Totals
    days: list[DayCount]
    hours: list[HourCount]
    heat: list[list[int]]
    agents: list[AgentFigures]
    tags: dict[str, int]
    scores: dict[int, int]


class OpenTime:
    """Measure durations in opening hours; without hours, all time counts."""

    def __init__(self, hours: Hours, days: Iterable[date], tz: str) -> None:
        """Measure in these days, which ascend."""
        spans = [span for day in days for span in spans_of(hours, day, tz)]
        self._always = not any((hours.week or {}).values())
        self._begins = [begin for begin, _ in spans]
        self._ends = [end for _, end in spans]
        self._before = [0, *accumulate(end - begin for begin, end in spans)]

    def between(self, start: int, end: int) -> int:
        """Return the ms of opening hours in [start, end)."""
        return max(0, end - start if self._always else self._until(end) - self._until(start))

    def _until(self, moment: int) -> int:
        place = bisect_right(self._begins, moment) - 1
        return 0 if place < 0 else self._before[place] + min(moment, self._ends[place]) - self._begins[place]


def open_times_ms(moments: Sequence[tuple[int, int]], hours: Hours, tz: str) -> list[int]:
    """
    Return how long each first answer or resolution took, as the figures count it: in ms of opening hours.

    Args: moments: when each client asked, and when that was answered or resolved; they may lie years apart.
    """
    zone = ZoneInfo(tz)
    days = {day for asked, ended in moments for day in _each_day(_day(asked, zone), _day(ended, zone))}
    open_time = OpenTime(hours, sorted(days), tz)
    return [open_time.between(asked, ended) for asked, ended in moments]


def sum_up(
    questions: Sequence[AskedQuestion], period: tuple[int, int], target_ms: int, hours: Hours, tz: str
) -> Report:
    """
    Return the report of [start, end).

    A question counts where it was asked, its resolution where it was resolved, its score where it was rated.
    """
    start, end = period
    zone = ZoneInfo(tz)
    first, last = _day(start, zone), _day(end - 1, zone)
    counted = _PeriodFigures(_open_time(questions, period, hours, tz), period, target_ms)
    asked = [one for one in questions if one.asked is not None and start <= one.asked < end]
    whose = {one.by for one in questions if one.by is not None}
    agents = [counted.agent(name, [one for one in questions if one.by == name]) for name in sorted(whose)]
    return Report(
        totals=counted.totals(questions),
        days=_days(asked, first, last, zone),
        hours=_hours(asked, zone) if first == last else [],
        heat=_heat(asked, zone),
        agents=[one for one in agents if one.answered or one.resolved or one.satisfaction is not None],
        tags=dict(Counter(tag for one in asked for tag in one.tags).most_common()),
        scores={score: sum(one.score == score for one in counted.rated(questions)) for score in range(1, 6)},
    )


def sum_up_days(
    questions: Sequence[AskedQuestion], period: tuple[int, int], target_ms: int, hours: Hours, tz: str
) -> list[Totals]:
    """Return the figures of each day of [start, end) alone."""
    return _sum_up_steps(questions, period, target_ms, hours, tz, step_days=1)


def sum_up_weeks(
    questions: Sequence[AskedQuestion], period: tuple[int, int], target_ms: int, hours: Hours, tz: str
) -> list[Totals]:
    """Return the figures of each seven days of [start, end) alone, up to its end; fewer before are left out."""
    return _sum_up_steps(questions, period, target_ms, hours, tz, step_days=WEEK_DAYS)


def _sum_up_steps(
    questions: Sequence[AskedQuestion],
    period: tuple[int, int],
    target_ms: int,
    hours: Hours,
    tz: str,
    *,
    step_days: int,
) -> list[Totals]:
    figures = _PeriodFigures(_open_time(questions, period, hours, tz), period, target_ms)
    return figures.by_step(questions, ZoneInfo(tz), step_days)


def _open_time(questions: Iterable[AskedQuestion], period: tuple[int, int], hours: Hours, tz: str) -> OpenTime:
    start, end = period
    zone = ZoneInfo(tz)
    latest = max((one.answered for one in questions if one.answered is not None), default=start)
    until = max(_day(end - 1, zone), _day(latest, zone))  # an answer may come after the period
    return OpenTime(hours, _each_day(_day(start, zone) - timedelta(days=LOOK_BACK_DAYS), until), tz)


class _PeriodFigures:
    """Take figures of questions in one period."""

    def __init__(self, open_time: OpenTime, period: tuple[int, int], target_ms: int) -> None:
        self._open_time = open_time
        self._start, self._end = period
        self._target_ms = target_ms

    def _is_in(self, moment: int | None) -> bool:
        return moment is not None and self._start <= moment < self._end

    def rated(self, questions: Iterable[AskedQuestion]) -> list[AskedQuestion]:
        return [one for one in questions if self._is_in(one.rated)]

    def _firsts(self, questions: Iterable[AskedQuestion]) -> list[int]:
        return [
            self._open_time.between(one.asked, one.answered)
            for one in questions
            if one.asked is not None and one.answered is not None and self._is_in(one.asked)
        ]

    def _resolves(self, questions: Iterable[AskedQuestion]) -> list[int]:
        return [
            self._open_time.between(one.asked, one.resolved)
            for one in questions
            if one.asked is not None and one.resolved is not None and self._is_in(one.resolved)
        ]

    def _in_target(self, firsts: list[int]) -> int | None:
        return _percent(sum(took <= self._target_ms for took in firsts), len(firsts))

    def by_step(self, questions: Iterable[AskedQuestion], zone: ZoneInfo, step_days: int) -> list[Totals]:
        """Return the figures of each step up to the last; a question is looked at in the steps in which it changed."""
        first, last = _day(self._start, zone), _day(self._end - 1, zone)
        of_step: dict[int, list[AskedQuestion]] = defaultdict(list)
        for one in questions:
            moments = [moment for moment in (one.asked, one.resolved, one.rated) if moment is not None]
            for back in {(last - _day(moment, zone)).days // step_days for moment in moments if self._is_in(moment)}:
                of_step[back].append(one)
        whole = ((last - first).days + 1) // step_days
        return [
            self._on(last - timedelta(days=(back + 1) * step_days - 1), step_days, zone).totals(of_step[back])
            for back in reversed(range(whole))
        ]

    def _on(self, day: date, days: int, zone: ZoneInfo) -> "_PeriodFigures":
        start, end = (
            round(datetime.combine(day + timedelta(days=n), time.min, zone).timestamp() * 1000) for n in (0, days)
        )
        return _PeriodFigures(self._open_time, (max(start, self._start), min(end, self._end)), self._target_ms)

    def totals(self, questions: Sequence[AskedQuestion]) -> Totals:
        firsts = self._firsts(questions)
        ended = [one for one in questions if self._is_in(one.resolved) and one.asked is not None]
        rated = self.rated(questions)
        uses = [one.use_after for one in questions if self._is_in(one.resolved) and (one.use_after or 0) >= 0]
        uses = [use for use in uses if use is not None]
        return Totals(
            asked=sum(self._is_in(one.asked) for one in questions),
            first_ms=_median(firsts),
            in_target=self._in_target(firsts),
            resolved=len(ended),
            resolve_ms=_median(self._resolves(questions)),
            automatic=_percent(sum(one.answered is None for one in ended), len(ended)),
            ratings=len(rated),
            satisfaction=_mean(rated),
            use_judged=len(uses),
            use_usual=_percent(uses.count(UseAfter.USUAL), len(uses)),
        )

    def agent(self, name: str, questions: list[AskedQuestion]) -> AgentFigures:
        firsts, resolves = self._firsts(questions), self._resolves(questions)
        return AgentFigures(
            agent=name,
            answered=len(firsts),
            resolved=len(resolves),
            first_ms=_median(firsts),
            in_target=self._in_target(firsts),
            resolve_ms=_median(resolves),
            satisfaction=_mean(self.rated(questions)),
        )


def _days(asked: list[AskedQuestion], first: date, last: date, zone: ZoneInfo) -> list[DayCount]:
    of_day: dict[date, list[AskedQuestion]] = defaultdict(list)
    for one in asked:
        of_day[_day(one.asked or 0, zone)].append(one)
    return [DayCount(day, *_count(of_day[day])) for day in _each_day(first, last)]


def _hours(asked: list[AskedQuestion], zone: ZoneInfo) -> list[HourCount]:
    of_hour: dict[int, list[AskedQuestion]] = defaultdict(list)
    for one in asked:
        of_hour[datetime.fromtimestamp((one.asked or 0) / 1000, zone).hour].append(one)
    return [HourCount(hour, *_count(of_hour[hour])) for hour in range(24)]


def _count(asked: list[AskedQuestion]) -> tuple[int, int, int]:
    """Return how many a person answered, how many were resolved without one, and how many neither."""
    person = sum(one.answered is not None for one in asked)
    automatic = sum(one.answered is None and one.resolved is not None for one in asked)
    return person, automatic, len(asked) - person - automatic


def _heat(asked: list[AskedQuestion], zone: ZoneInfo) -> list[list[int]]:
    heat = [[0] * 24 for _ in range(7)]
    for one in asked:
        local = datetime.fromtimestamp((one.asked or 0) / 1000, zone)
        heat[local.weekday()][local.hour] += 1
    return heat


def _each_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _day(moment: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(moment / 1000, zone).date()


def _median(took: list[int]) -> int | None:
    return median_low(took) if took else None


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _mean(rated: list[AskedQuestion]) -> float | None:
    scores = [one.score for one in rated if one.score is not None]
    return round(sum(scores) / len(scores), 2) if scores else None
