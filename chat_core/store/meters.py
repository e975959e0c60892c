"""Meters: what was read and used, in any thread. Writes nothing but `settle`."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from chat_core.domain.meter_registers import AROUND, LONG_MS, Stand, segments, used
from chat_core.domain.time_steps import HOUR_MS, MINUTE_MS, Step, begin_of, begins, end_of
from chat_core.store.database import Database
from chat_core.store.results import Interval, LastReading, MeterSeen, RaisedAlarm
from chat_core.store.rows import compose, marks
from chat_core.store.transaction import Transaction

Sum = tuple[int, int]  # Wh, and how much of it is an estimate
STEPS: Final[dict[Step, int]] = {"quarter": 0, "hour": 1, "day": 2, "month": 3}

_SUMS: Final = (
    "SELECT at, sum(wh) AS wh, sum(estimated) AS estimated FROM usage"
    " WHERE meter IN (SELECT num FROM meter WHERE $whose) AND step = ? AND at >= ? AND at < ? GROUP BY at"
)
_GUESSED: Final = "estimated > 0 AND estimated * 2 >= wh"
_MINUTES: Final = """
    SELECT at, wh FROM (SELECT at, wh FROM reading WHERE meter = ? AND at < ? ORDER BY at DESC LIMIT ?) AS earlier
    UNION ALL SELECT at, wh FROM reading WHERE meter = ? AND at >= ? AND at < ?
    UNION ALL
    SELECT at, wh FROM (SELECT at, wh FROM reading WHERE meter = ? AND at >= ? ORDER BY at LIMIT ?) AS later
    ORDER BY at"""
_HOURS: Final = 1  # usage's step
_METERS: Final = """
    SELECT m.num, m.client, m.meter, (SELECT max(r.at) FROM reading r WHERE r.meter = m.num),
      (SELECT a.last FROM alarm a WHERE a.meter = m.num AND a.kind = 'opened')
    FROM meter m WHERE m.num > ? ORDER BY m.num LIMIT ?"""
_HOURS_BEFORE: Final = (
    "SELECT column1, (SELECT count(*) FROM usage u WHERE u.meter = column1 AND u.step = ?"
    " AND u.at >= column2 - ? AND u.at < column2) FROM (VALUES $asked) AS asked"
)
PAGE: Final = 2_000
_BEFORE_ALL: Final = -(2**62)
_METERS_OF: Final = "SELECT num, meter FROM meter WHERE client = ? ORDER BY num"
_READINGS: Final = "SELECT at, wh, w FROM reading WHERE meter = ? AND at > ? ORDER BY at LIMIT ?"
_ALARMS: Final = (
    "SELECT m.meter, a.kind, a.since, a.last FROM alarm a JOIN meter m ON m.num = a.meter"
    " WHERE m.client = ? ORDER BY m.num, a.kind"
)


class Meters:
    """Readings, and what they add up to."""

    def __init__(self, database: Database, begin: Callable[[], Transaction], tz: str) -> None:
        """Args: begin: begins a write transaction; tz: whose hours, days and months the stored sums are."""
        self._db = database
        self._begin = begin
        self._tz = tz

    def settle(self) -> int:
        """Make anew the sums of meters in another zone than the configured one; return how many those were."""
        found = self._db.fetch("SELECT num FROM meter WHERE zone <> ? ORDER BY num", (self._tz,))
        for (num,) in found:
            with self._begin() as tx:
                tx.settle_meter(num)
                tx.commit()
        return len(found)

    def consumption(
        self, client: str, start: int, end: int, step: Step, tz: str, meter: str | None = None
    ) -> list[Interval]:
        """
        Return what the client used in each step, from the one that holds `start` to the last that begins before `end`.

        Steps of which nothing is known are left out. Minutes are there as long as the readings themselves.
        Args: step: minute, quarter, hour, day or month; tz: whose hours and days, such as Europe/Bucharest; meter:
            None means all of the client's together.
        """
        zone = ZoneInfo(tz)
        first = begin_of(start, step, zone)
        found = (
            self._minutes(client, first, end, meter)
            if step == "minute"
            else self._sums(client, (first, end), step, tz, meter)
        )
        intervals: list[Interval] = []
        for begin in sorted(found):
            finish = end_of(begin, step, zone)
            wh, estimated = found[begin]
            intervals.append(Interval(begin, finish, wh, round(wh * HOUR_MS / (finish - begin)), estimated))
        return intervals

    def consumption_columns(
        self, client: str, start: int, end: int, step: Step, tz: str, meter: str | None = None
    ) -> tuple[str, str, str]:
        """
        Return the same, but for minutes, as JSON arrays: when the steps begin, their Wh, the begins of those that are
        an estimate by half or more. Fast for a whole year.
        """
        first = begin_of(start, step, ZoneInfo(tz))
        whose, values = _whose(client, meter)
        sums = compose(_SUMS, whose=whose)
        sql = compose(self._db.dialect.usage_columns, sums=sums, guessed=_GUESSED)
        begin, wh, estimated = self._db.fetch_one(sql, (*values, STEPS[step], first, end)) or (None, None, None)
        return begin or "[]", wh or "[]", estimated or "[]"

    def reading_times(self, client: str, start: int, end: int) -> list[int]:
        """Return when the client's meters were read in [start, end), in order, as far as readings are kept."""
        sql = (
            "SELECT DISTINCT r.at FROM reading r JOIN meter m ON m.num = r.meter"
            " WHERE m.client = ? AND r.at >= ? AND r.at < ? ORDER BY r.at"
        )
        return [row[0] for row in self._db.fetch(sql, (client, start, end))]

    def _sums(self, client: str, period: tuple[int, int], step: Step, tz: str, meter: str | None) -> dict[int, Sum]:
        whose, values = _whose(client, meter)
        zones = {row[0] for row in self._db.fetch(compose("SELECT zone FROM meter WHERE $whose", whose=whose), values)}
        sums = compose(_SUMS, whose=whose)
        if step == "quarter" or zones <= {tz}:
            found = self._db.fetch(sums, (*values, STEPS[step], *period))
            return {at: (int(wh), int(estimated)) for at, wh, estimated in found}
        # Sums of another zone's hours and days: the bridge makes them anew when it starts; until then quarters serve.
        zone, wh_of = ZoneInfo(tz), defaultdict[int, int](int)
        last = end_of(begin_of(period[1] - 1, step, zone), step, zone)
        for at, wh, _ in self._db.fetch(sums, (*values, STEPS["quarter"], period[0], last)):
            wh_of[begins(at, zone)[STEPS[step] - 1]] += int(wh)
        return {at: (wh, 0) for at, wh in wh_of.items()}

    def _minutes(self, client: str, start: int, end: int, meter: str | None) -> dict[int, Sum]:
        """Minutes are not kept, but made of the readings that are."""
        whose, values = _whose(client, meter)
        wh_of, guessed = defaultdict[int, int](int), defaultdict[int, int](int)
        last = end + -end % MINUTE_MS
        for num, most_w in self._db.fetch(compose("SELECT num, most_w FROM meter WHERE $whose", whose=whose), values):
            found = self._db.fetch(_MINUTES, (num, start, AROUND, num, start, last, num, last, AROUND))
            for before, after in segments([Stand(*one) for one in found], most_w):
                wh = used(before, after, most_w)
                if wh is None or after.at - before.at > LONG_MS:
                    continue
                counted, begin = 0, before.at - before.at % MINUTE_MS
                is_guess = after.at - before.at > MINUTE_MS * 3 // 2
                while begin < min(after.at, last):
                    so_far = wh * (min(begin + MINUTE_MS, after.at) - before.at) // (after.at - before.at)
                    if begin >= start:
                        wh_of[begin] += so_far - counted
                        guessed[begin] += (so_far - counted) * is_guess
                    counted, begin = so_far, begin + MINUTE_MS
        return {at: (wh, guessed[at]) for at, wh in wh_of.items()}

    def above(self, num: int, limit: int) -> list[MeterSeen]:
        """Return the next meters by number, with when they were heard last."""
        return [MeterSeen(*row) for row in self._db.fetch(_METERS, (num, limit))]

    def hours_of(self, num: int, begins: list[int]) -> dict[int, int]:
        """Return what the meter used in those of the hours of which that is known: begin → Wh."""
        sql = compose("SELECT at, wh FROM usage WHERE meter = ? AND step = ? AND at IN ($at)", at=marks(len(begins)))
        return {at: int(wh) for at, wh in self._db.fetch(sql, (num, _HOURS, *begins))}

    def hours_before(self, last_of: Mapping[int, int], period_ms: int) -> dict[int, int]:
        """
        Return in how many hours something is known of each meter, in the period before its own moment. One question.

        Args: last_of: meter → moment.
        """
        if not last_of:
            return {}
        sql = compose(_HOURS_BEFORE, asked=", ".join(["(?, ?)"] * len(last_of)))
        asked = [value for one in last_of.items() for value in one]
        return {int(num): int(hours) for num, hours in self._db.fetch(sql, (_HOURS, period_ms + HOUR_MS, *asked))}

    def readings(self, client: str) -> Iterator[LastReading]:
        """
        Yield each raw reading of the client's meters that is kept, meter by meter, oldest first.

        They are read in pages, as they are asked for.
        """
        for num, meter in self._db.fetch(_METERS_OF, (client,)):
            at = _BEFORE_ALL
            while page := self._db.fetch(_READINGS, (num, at, PAGE)):
                for row in page:
                    yield LastReading(meter, *row)
                at = page[-1][0]

    def raised_alarms(self, client: str) -> list[RaisedAlarm]:
        """Return the last event of each kind that the client's meters raised alarm about."""
        return [RaisedAlarm(*row) for row in self._db.fetch(_ALARMS, (client,))]

    def last_reading(self, client: str) -> LastReading | None:
        """Return the newest reading of any of the client's meters."""
        sql = """
            SELECT m.meter, r.at, r.wh, r.w FROM meter m JOIN reading r ON r.meter = m.num
            WHERE m.client = ? AND r.at = (SELECT max(x.at) FROM reading x WHERE x.meter = m.num)
            ORDER BY r.at DESC LIMIT 1"""
        row = self._db.fetch_one(sql, (client,))
        return None if row is None else LastReading(*row)


def _whose(client: str, meter: str | None) -> tuple[str, tuple[str, ...]]:
    return ("client = ?", (client,)) if meter is None else ("client = ? AND meter = ?", (client, meter))
