"""
Store a transaction's readings, and what they add up to: quarters of an hour, hours, days and months.

A reading changes the sums of the time between its neighbours. `flush` writes the changes, one row a step for the whole
batch. So the sums are right whenever the readings are stored, and a repeat changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from peewee import fn

from chat_core.contract.errors import NotAllowed
from chat_core.domain.meter_registers import AROUND, MOST_W, Segment, Share, Stand, change, segments, shares
from chat_core.domain.time_steps import HOUR_MS, QUARTER_MS, begin_of, begins
from chat_core.store import fast_sql
from chat_core.store.database import Database
from chat_core.store.models.chats import MeterRow, ReadingRow, UsageRow
from chat_core.store.reading_weeks import PLAN_ONCE, ReadingWeeks, WeekDrop
from chat_core.store.unit_of_work import UnitOfWork

METERS_AT_MOST: Final = 64  # of one client: a device makes up its meters' names itself
QUARTERS, HOURS, DAYS, MONTHS = range(4)
# Readings further apart than one and a half intervals give an estimate for each interval.
ESTIMATED_MS: Final = (QUARTER_MS * 3 // 2, HOUR_MS * 3 // 2, 36 * HOUR_MS, 45 * 24 * HOUR_MS)

_METER: Final = (MeterRow.num, MeterRow.zone, MeterRow.most_w, MeterRow.settled)


class Meter(NamedTuple):
    """Hold a meter's row."""

    num: int
    zone: str
    most_w: int
    settled: int


class Readings:
    """Store the readings of one transaction."""

    def __init__(self, unit: UnitOfWork, tz: str) -> None:
        """Args: tz: whose hours, days and months the sums are."""
        self._unit = unit
        self._tz = tz
        self._to_plan = unit.db.dialect.has_weeks
        self._quarters: dict[tuple[int, int], int] = {}  # (meter, begin) → change in Wh, not in SQL yet
        self._days: dict[tuple[int, int], int] = {}  # whose quarters nobody knows
        self._estimates: dict[tuple[int, int, int], int] = {}  # (meter, step, begin) → the part of it that is a guess
        unit.undoable.extend((self._quarters, self._days, self._estimates))

    @property
    def _db(self) -> Database:
        return self._unit.db

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._tz)

    def add(self, client: str, meter: str, stand: Stand, w: int | None) -> bool:
        """
        Store the reading and add it to the sums; return False where it is stored already, or is too old.

        Raises: NotAllowed for one meter too many.
        """
        self._unit.check()
        if self._to_plan:
            self._to_plan = False
            self._db.execute(PLAN_ONCE)
        row = self._db.row(fast_sql.METER, (client, meter)) or self._new_meter(client, meter)
        its = Meter(*row)
        if its.zone != self._tz:
            self.settle(its.num)
        if (
            stand.at <= its.settled
            or self._db.execute(fast_sql.INSERT_READING, (its.num, *stand, w)).fetchone() is None
        ):
            return False
        found = self._db.rows(fast_sql.READINGS_AROUND, (its.num, stand.at, AROUND, its.num, stand.at, AROUND))
        around = [Stand(*one) for one in found]
        before = [one for one in around if one.at < stand.at]
        gone, come = change(before, stand, around[len(before) :], its.most_w)
        self._count(its, gone, -1)
        self._count(its, come, 1)
        return True

    def _new_meter(self, client: str, meter: str) -> tuple[Any, ...]:
        ((known,),) = self._db.select(MeterRow.select(fn.COUNT(MeterRow.num)).where(MeterRow.client == client))
        if known >= METERS_AT_MOST:
            raise NotAllowed(f"A client has at most {METERS_AT_MOST} meters.", why="too_many_meters")
        made = MeterRow.insert(client=client, meter=meter, zone=self._tz, most_w=MOST_W, settled=-1)
        return self._unit.select(made.returning(*_METER))[0]

    def _count(self, its: Meter, between: Iterable[Segment], sign: int) -> None:
        for segment in between:
            apart_ms = segment[1].at - segment[0].at
            for share in shares(segment, self._zone, its.most_w):
                self._add_share(its.num, share, sign)
                if apart_ms > ESTIMATED_MS[QUARTERS]:
                    self._estimate(its.num, share, sign, apart_ms)

    def _add_share(self, num: int, share: Share, sign: int) -> None:
        into = self._days if share.is_day else self._quarters
        key = (num, share.begin)
        into[key] = into.get(key, 0) + sign * share.wh

    def _estimate(self, num: int, share: Share, sign: int, apart_ms: int) -> None:
        """Mark the share as a guess in each interval that is short beside the time between its readings."""
        if share.is_day:
            intervals = [(DAYS, share.begin), (MONTHS, begin_of(share.begin, "month", self._zone))]
        else:
            intervals = list(enumerate((share.begin, *begins(share.begin, self._zone))))
        for step, begin in intervals:
            if apart_ms > ESTIMATED_MS[step]:
                self._add_estimate((num, step, begin), sign * share.wh)

    def _add_estimate(self, key: tuple[int, int, int], wh: int) -> None:
        self._estimates[key] = self._estimates.get(key, 0) + wh

    def flush(self) -> None:
        """Write the changes of the sums."""
        if not self._quarters and not self._days:
            return
        sums: defaultdict[tuple[int, int, int], int] = defaultdict(int)
        for (num, at), wh in self._quarters.items():
            hour, day, month = begins(at, self._zone)
            sums[num, QUARTERS, at] += wh
            sums[num, HOURS, hour] += wh
            sums[num, DAYS, day] += wh
            sums[num, MONTHS, month] += wh
        for (num, day), wh in self._days.items():
            sums[num, DAYS, day] += wh
            sums[num, MONTHS, begin_of(day, "month", self._zone)] += wh
        estimates = self._estimates
        self._db.execute_many(
            fast_sql.ADD_USAGE, [(*key, wh, estimates.get(key, 0)) for key, wh in sorted(sums.items())]
        )
        self._quarters.clear()
        self._days.clear()
        estimates.clear()

    def settle(self, num: int) -> None:
        """Make the meter's sums anew in the present zone: from its readings, or from its sums in another zone."""
        row = self._db.find(MeterRow.select(*_METER).where(MeterRow.num == num))
        if row is None:
            return
        its = Meter(*row)
        if its.settled < 0:
            self._unit.change(UsageRow.delete().where(UsageRow.meter == num))
            all_of_it = ReadingRow.select(ReadingRow.at, ReadingRow.wh).where(ReadingRow.meter == num)
            found = self._db.select(all_of_it.order_by(ReadingRow.at))
            self._count(its, segments([Stand(*one) for one in found], its.most_w), 1)
        else:
            self._move(num, ZoneInfo(its.zone))
        self._unit.change(MeterRow.update(zone=self._tz).where(MeterRow.num == num))

    def _move(self, num: int, old: ZoneInfo) -> None:
        """Add the quarters up anew, as the readings are gone; only the day is known of a day's rest."""
        row = UsageRow
        quarters, hours, days = (
            self._db.select(row.select(row.at, row.wh, row.estimated).where(row.meter == num, row.step == step))
            for step in (QUARTERS, HOURS, DAYS)
        )
        rest: dict[int, int] = {at: wh for at, wh, _ in days}
        self._unit.change(row.delete().where(row.meter == num))
        for at, wh, estimated in quarters:
            self._add_share(num, Share(at, wh, is_day=False), 1)
            self._add_estimate((num, QUARTERS, at), estimated)
            rest[begins(at, old)[1]] -= wh
        for at, _, estimated in hours:
            self._add_estimate((num, HOURS, begins(at, self._zone)[0]), estimated)
        for day, wh in rest.items():
            if wh > 0:
                begin = begin_of(day + 12 * HOUR_MS, "day", self._zone)
                self._add_share(num, Share(begin, wh, is_day=True), 1)
                self._add_estimate((num, DAYS, begin), wh)

    def make_weeks(self, now_ms: int) -> None:
        """Make the partitions of the weeks that come, where there are any."""
        if self._db.dialect.has_weeks:
            ReadingWeeks(self._db).make_ahead(now_ms)

    def forget(self, above: int, before_ms: int, meters: int, limit: int) -> int | None:
        """
        Delete the next meters' readings before then, but for the last few; their sums stay.

        Partitions are dropped whole, after a pass over all meters.
        Args: above: the number of the meter before; meters: at most; limit: readings of one meter at most, so that
            nobody waits long.
        Returns the last meter's number, the one before where some are left to do, or None after the last of all.
        """
        if self._db.dialect.has_weeks:
            weeks = ReadingWeeks(self._db)
            drop = weeks.drop(above, before_ms)
            if drop is not None:
                return self._carry(drop, above or drop.carried(), meters)
            before_ms = min(before_ms, weeks.first_ms)
        done: int | None = above
        for _ in range(meters):
            before = done
            done = self._forget_of(before or 0, before_ms, limit)
            if done is None or done == before:  # the last one, or one with more to forget
                break
        return done

    def _carry(self, drop: WeekDrop, above: int, meters: int) -> int | None:
        """Keep what the next meters need of the weeks that are dropped; drop them after the last meter."""
        its = MeterRow
        following = its.select(its.num, its.zone).where(its.num > above).order_by(its.num).limit(meters)
        found = self._db.select(following)
        for num, zone in found:
            if zone != self._tz:
                self.settle(num)
        if found:
            drop.carry(above, found[-1][0])
        if len(found) == meters:
            return int(found[-1][0])
        return None if drop.finish() else above

    def _forget_of(self, above: int, before_ms: int, limit: int) -> int | None:
        its, reading = MeterRow, ReadingRow
        row = self._db.find(its.select(its.num, its.zone).where(its.num > above).order_by(its.num).limit(1))
        if row is None or row[1] != self._tz:
            return None if row is None else int(row[0])
        num = int(row[0])
        old = reading.select(reading.at).where(reading.meter == num, reading.at < before_ms)
        kept = self._db.select(old.order_by(reading.at.desc()).limit(AROUND))
        if not kept:
            return num
        gone = reading.select(reading.at).where(reading.meter == num, reading.at < kept[-1][0])
        gone = gone.order_by(reading.at).limit(limit)
        done = self._unit.change(reading.delete().where(reading.meter == num, reading.at.in_(gone)))
        if done:
            newest = old.select(fn.MAX(reading.at))
            self._unit.change(its.update(settled=newest).where(its.num == num))
        return num if done < limit else above

    def forget_unsaved(self, client: str) -> None:
        """Drop changes of the sums of the client's meters, which are being erased."""
        unsaved: tuple[dict[Any, int], ...] = (self._quarters, self._days, self._estimates)
        for (num,) in self._db.select(MeterRow.select(MeterRow.num).where(MeterRow.client == client)):
            for changes in unsaved:
                for key in [key for key in changes if key[0] == num]:
                    del changes[key]
