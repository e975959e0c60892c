"""Read what meters measured and clients used, in any thread. Writes nothing but `settle`."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from peewee import fn

from chat_core.domain.meter_registers import AROUND, LONG_MS, Stand, segments, used
from chat_core.domain.time_steps import HOUR_MS, MINUTE_MS, Step, begin_of, begins, end_of
from chat_core.store import fast_sql
from chat_core.store.database import Database
from chat_core.store.models.chats import AlarmRow, MeterRow, ReadingRow, UsageRow
from chat_core.store.results import Interval, LastReading, MeterSeen, RaisedAlarm
from chat_core.store.rows import compose
from chat_core.store.transaction import Transaction

Sum = tuple[int, int]  # Wh, and how much of it is an estimate
STEPS: Final[dict[Step, int]] = {"quarter": 0, "hour": 1, "day": 2, "month": 3}
PAGE: Final = 2_000
PAUSES_AT_MOST: Final = 100  # of one meter in four weeks
_GUESSED: Final = "estimated > 0 AND estimated * 2 >= wh"
_BEFORE_ALL: Final = -(2**62)


class ConsumptionRows:
    """Read readings, and what they add up to."""

    def __init__(self, database: Database, begin: Callable[[], Transaction], tz: str) -> None:
        """Args: begin: begins a write transaction; tz: whose hours, days and months the stored sums are."""
        self._db = database
        self._begin = begin
        self._tz = tz

    def settle(self) -> int:
        """Make anew the sums of meters in another zone than the configured one; return how many those were."""
        found = self._db.select(MeterRow.select(MeterRow.num).where(MeterRow.zone != self._tz).order_by(MeterRow.num))
        for (num,) in found:
            with self._begin() as tx:
                tx.settle_meter(num)
                tx.commit()
        return len(found)

    def intervals(
        self, client: str, start: int, end: int, step: Step, tz: str, meter: str | None = None
    ) -> list[Interval]:
        """
        Return what the client used in each step, from the one that holds `start` to the last that begins before `end`.

        Steps without data are left out. Minutes are known as long as the readings are stored.
        Args: tz: whose hours and days, such as Europe/Bucharest; meter: None means the client's sum.
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

    def days_of_clients(self, clients: Collection[str], since: int, end: int) -> dict[str, dict[int, Sum]]:
        """Return what each client used in the days that begin in [since, end): client → begin → Wh and estimate."""
        row, found = UsageRow, defaultdict[str, dict[int, Sum]](dict)
        sums = row.select(MeterRow.client, row.at, fn.SUM(row.wh), fn.SUM(row.estimated))
        of_clients = sums.join(MeterRow, on=(MeterRow.num == row.meter)).where(
            MeterRow.client.in_(clients), MeterRow.zone == self._tz, row.step == STEPS["day"]
        )
        days = of_clients.where(row.at >= since, row.at < end).group_by(MeterRow.client, row.at)
        for client, at, wh, estimated in self._db.select(days):
            found[client][at] = (int(wh), int(estimated))
        return dict(found)

    def interval_columns(
        self, client: str, start: int, end: int, step: Step, tz: str, meter: str | None = None
    ) -> tuple[str, str, str]:
        """
        Return the same, but for minutes, as JSON arrays: the steps' begins, their Wh, the begins of estimated steps.

        A step is estimated where half of it or more is. Fast for a whole year.
        """
        first = begin_of(start, step, ZoneInfo(tz))
        whose, values = _whose(client, meter)
        sums = compose(fast_sql.USAGE_SUMS, whose=whose)
        sql = compose(self._db.dialect.usage_columns, sums=sums, guessed=_GUESSED)
        begin, wh, estimated = self._db.fetch_one(sql, (*values, STEPS[step], first, end)) or (None, None, None)
        return begin or "[]", wh or "[]", estimated or "[]"

    def reading_times(self, client: str, start: int, end: int) -> list[int]:
        """Return when the client's meters were read in [start, end), in order, as far as readings are stored."""
        row = ReadingRow
        of_client = row.select(row.at).distinct().join(MeterRow).where(MeterRow.client == client)
        found = self._db.select(of_client.where(row.at >= start, row.at < end).order_by(row.at))
        return [at for (at,) in found]

    def _sums(self, client: str, period: tuple[int, int], step: Step, tz: str, meter: str | None) -> dict[int, Sum]:
        whose, values = _whose(client, meter)
        zones = {row[0] for row in self._db.fetch(compose("SELECT zone FROM meter WHERE $whose", whose=whose), values)}
        sums = compose(fast_sql.USAGE_SUMS, whose=whose)
        if step == "quarter" or zones <= {tz}:
            found = self._db.fetch(sums, (*values, STEPS[step], *period))
            return {at: (int(wh), int(estimated)) for at, wh, estimated in found}
        # The sums are of another zone's hours and days until the bridge starts: add up quarters.
        zone, wh_of = ZoneInfo(tz), defaultdict[int, int](int)
        last = end_of(begin_of(period[1] - 1, step, zone), step, zone)
        for at, wh, _ in self._db.fetch(sums, (*values, STEPS["quarter"], period[0], last)):
            wh_of[begins(at, zone)[STEPS[step] - 1]] += int(wh)
        return {at: (wh, 0) for at, wh in wh_of.items()}

    def _minutes(self, client: str, start: int, end: int, meter: str | None) -> dict[int, Sum]:
        """Return the sums of minutes, made of the readings that are stored."""
        whose, values = _whose(client, meter)
        wh_of, guessed = defaultdict[int, int](int), defaultdict[int, int](int)
        last = end + -end % MINUTE_MS
        for num, most_w in self._db.fetch(compose("SELECT num, most_w FROM meter WHERE $whose", whose=whose), values):
            found = self._db.fetch(fast_sql.READINGS_WITHIN, (num, start, AROUND, num, start, last, num, last, AROUND))
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

    def meters_above(self, num: int, limit: int) -> list[MeterSeen]:
        """Return the next meters by number, with the time of their newest reading."""
        row, alarm = MeterRow, AlarmRow
        newest = ReadingRow.select(fn.MAX(ReadingRow.at)).where(ReadingRow.meter == row.num)
        opened = alarm.select(alarm.last).where(alarm.meter == row.num, alarm.kind == "opened")
        meters = row.select(row.num, row.client, row.meter, newest, opened).where(row.num > num)
        return [MeterSeen(*found) for found in self._db.select(meters.order_by(row.num).limit(limit))]

    def hours_of(self, num: int, begins: list[int]) -> dict[int, int]:
        """Return what the meter used in those of the hours of which that is known: begin → Wh."""
        row = UsageRow
        hours = row.select(row.at, row.wh).where(row.meter == num, row.step == STEPS["hour"], row.at.in_(begins))
        return dict(self._db.select(hours))

    def count_meters(self) -> int:
        """Return how many meters there are."""
        return int(self._db.select(MeterRow.select(fn.COUNT(MeterRow.num)))[0][0])

    def hours_since(self, num: int, since: int) -> dict[int, int]:
        """Return what the meter used in each hour that is known since then: begin → Wh."""
        row = UsageRow
        hours = row.select(row.at, row.wh).where(row.meter == num, row.step == STEPS["hour"], row.at >= since)
        return dict(self._db.select(hours))

    def pauses(self, num: int, since: int, now_ms: int, at_least_ms: int) -> list[tuple[int, int]]:
        """Return where the meter sent nothing for so long since then, up to now: last reading → next; at most 100."""
        row = ReadingRow
        after = fn.LEAD(row.at, 1, now_ms).over(order_by=[row.at])
        each = row.select(row.at.alias("at"), after.alias("next")).where(row.meter == num, row.at >= since)
        pause = each.alias("pause")
        query = row.select(pause.c.at, pause.c.next).from_(pause).where(pause.c.next - pause.c.at >= at_least_ms)
        return [(at, to) for at, to in self._db.select(query.order_by(pause.c.at).limit(PAUSES_AT_MOST))]

    def hours_before(self, last_of: Mapping[int, int], period_ms: int) -> dict[int, int]:
        """
        Return in how many hours something is known of each meter, in the period before its own moment.

        Args: last_of: meter → moment.
        """
        if not last_of:
            return {}
        sql = compose(fast_sql.HOURS_BEFORE, asked=", ".join(["(?, ?)"] * len(last_of)))
        asked = [value for one in last_of.items() for value in one]
        return dict(self._db.fetch(sql, (STEPS["hour"], period_ms + HOUR_MS, *asked)))

    def readings(self, client: str) -> Iterator[LastReading]:
        """Yield each stored reading of the client's meters, meter by meter, oldest first, read in pages."""
        row = ReadingRow
        meters = MeterRow.select(MeterRow.num, MeterRow.meter).where(MeterRow.client == client).order_by(MeterRow.num)
        for num, meter in self._db.select(meters):
            at = _BEFORE_ALL
            of_meter = row.select(row.at, row.wh, row.w).where(row.meter == num).order_by(row.at).limit(PAGE)
            while page := self._db.select(of_meter.where(row.at > at)):
                for found in page:
                    yield LastReading(meter, *found)
                at = page[-1][0]

    def raised_alarms(self, client: str) -> list[RaisedAlarm]:
        """Return the last event of each kind that the client's meters raised alarm about."""
        row = AlarmRow
        alarms = row.select(MeterRow.meter, row.kind, row.since, row.last).join(
            MeterRow, on=(MeterRow.num == row.meter)
        )
        found = self._db.select(alarms.where(MeterRow.client == client).order_by(MeterRow.num, row.kind))
        return [RaisedAlarm(*one) for one in found]

    def last_reading(self, client: str, meter: str | None = None) -> LastReading | None:
        """Return the newest reading of the client's meter, or of any of them."""
        row, other = ReadingRow, ReadingRow.alias()
        newest = other.select(fn.MAX(other.at)).where(other.meter == MeterRow.num)
        last = row.select(MeterRow.meter, row.at, row.wh, row.w).join(MeterRow).where(MeterRow.client == client)
        if meter is not None:
            last = last.where(MeterRow.meter == meter)
        found = self._db.find(last.where(row.at == newest).order_by(row.at.desc()).limit(1))
        return LastReading(*found) if found else None

    def newest_of(self, clients: Collection[str]) -> dict[tuple[str, str], int]:
        """Return the time of the newest reading of each of the clients' meters: (client, meter) → at."""
        newest = ReadingRow.select(fn.MAX(ReadingRow.at)).where(ReadingRow.meter == MeterRow.num)
        meters = MeterRow.select(MeterRow.client, MeterRow.meter, newest).where(MeterRow.client.in_([*clients]))
        return {(client, meter): at for client, meter, at in self._db.select(meters) if at is not None}


def _whose(client: str, meter: str | None) -> tuple[str, tuple[str, ...]]:
    return ("client = ?", (client,)) if meter is None else ("client = ? AND meter = ?", (client, meter))
