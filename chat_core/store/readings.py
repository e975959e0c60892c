"""
A transaction's readings, and what they add up to: quarters of an hour, hours, days and months, always together.

A reading changes the sums of the time between its neighbours; the changes are held and written at the end, one row a
step for the whole batch. So the sums are right whenever the readings are there, and a repeat changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from chat_core.contract.errors import NotAllowed
from chat_core.domain.meter_registers import AROUND, MOST_W, Segment, Share, Stand, change, segments, shares
from chat_core.domain.time_steps import HOUR_MS, QUARTER_MS, begin_of, begins
from chat_core.store.database import Database
from chat_core.store.unit_of_work import UnitOfWork

METERS_AT_MOST: Final = 64  # of one client: a device makes up its meters' names itself
QUARTERS, HOURS, DAYS, MONTHS = range(4)
# Readings further apart than one and a half intervals: what they say of each interval is an estimate.
ESTIMATED_MS: Final = (QUARTER_MS * 3 // 2, HOUR_MS * 3 // 2, 36 * HOUR_MS, 45 * 24 * HOUR_MS)

_METER: Final = "SELECT num, zone, most_w, settled FROM meter WHERE client = ? AND meter = ?"
_INSERT_METER: Final = (
    "INSERT INTO meter (client, meter, zone, most_w, settled) VALUES (?, ?, ?, ?, -1)"
    " RETURNING num, zone, most_w, settled"
)
_INSERT: Final = (
    "INSERT INTO reading (meter, at, wh, w) VALUES (?, ?, ?, ?) ON CONFLICT (meter, at) DO NOTHING RETURNING at"
)
_AROUND: Final = """
    SELECT at, wh FROM (SELECT at, wh FROM reading WHERE meter = ? AND at < ? ORDER BY at DESC LIMIT ?) AS earlier
    UNION ALL
    SELECT at, wh FROM (SELECT at, wh FROM reading WHERE meter = ? AND at > ? ORDER BY at LIMIT ?) AS later
    ORDER BY at"""
_ADD: Final = (
    "INSERT INTO usage (meter, step, at, wh, estimated) VALUES (?, ?, ?, ?, ?) ON CONFLICT (meter, step, at)"
    " DO UPDATE SET wh = usage.wh + excluded.wh, estimated = usage.estimated + excluded.estimated"
)
_SUMS: Final = "SELECT at, wh, estimated FROM usage WHERE meter = ? AND step = ?"
_FIRST_KEPT: Final = (
    "SELECT min(at) FROM (SELECT at FROM reading WHERE meter = ? AND at < ? ORDER BY at DESC LIMIT ?) AS kept"
)
_FORGET: Final = (
    "DELETE FROM reading WHERE meter = ? AND at IN"
    " (SELECT at FROM reading WHERE meter = ? AND at < ? ORDER BY at LIMIT ?)"
)
_SETTLED: Final = "UPDATE meter SET settled = (SELECT max(at) FROM reading WHERE meter = ? AND at < ?) WHERE num = ?"


class Meter(NamedTuple):
    """A meter's row."""

    num: int
    zone: str
    most_w: int
    settled: int


class Readings:
    """The readings of one transaction."""

    def __init__(self, unit: UnitOfWork, tz: str) -> None:
        """Args: tz: whose hours, days and months the sums are."""
        self._unit = unit
        self._tz = tz
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
        The reading is kept and in the sums; False where it was here already, or is too old for that.

        Raises: NotAllowed for one meter too many.
        """
        self._unit.check()
        row = self._db.row(_METER, (client, meter)) or self._new_meter(client, meter)
        its = Meter(*row)
        if its.zone != self._tz:
            self.settle(its.num)
        if stand.at <= its.settled or self._unit.db.execute(_INSERT, (its.num, *stand, w)).fetchone() is None:
            return False
        found = self._db.rows(_AROUND, (its.num, stand.at, AROUND, its.num, stand.at, AROUND))
        around = [Stand(*one) for one in found]
        before = [one for one in around if one.at < stand.at]
        gone, come = change(before, stand, around[len(before) :], its.most_w)
        self._count(its, gone, -1)
        self._count(its, come, 1)
        return True

    def _new_meter(self, client: str, meter: str) -> tuple[Any, ...]:
        known = self._db.row("SELECT count(*) FROM meter WHERE client = ?", (client,))
        if known is not None and known[0] >= METERS_AT_MOST:
            raise NotAllowed(f"A client has at most {METERS_AT_MOST} meters.", why="too_many_meters")
        made: tuple[Any, ...] = self._unit.execute(_INSERT_METER, (client, meter, self._tz, MOST_W)).fetchone()
        return made

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
        """The share is a guess in each interval that is short beside the time between its readings."""
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
        """The changes of the sums are in SQL."""
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
        self._db.execute_many(_ADD, [(*key, wh, estimates.get(key, 0)) for key, wh in sorted(sums.items())])
        self._quarters.clear()
        self._days.clear()
        estimates.clear()

    def settle(self, num: int) -> None:
        """The meter's sums are made anew, in the present zone: from its readings, or from its sums in another zone."""
        row = self._db.row("SELECT num, zone, most_w, settled FROM meter WHERE num = ?", (num,))
        if row is None:
            return
        its = Meter(*row)
        if its.settled < 0:
            self._unit.execute("DELETE FROM usage WHERE meter = ?", (num,))
            found = self._db.rows("SELECT at, wh FROM reading WHERE meter = ? ORDER BY at", (num,))
            self._count(its, segments([Stand(*one) for one in found], its.most_w), 1)
        else:
            self._move(num, ZoneInfo(its.zone))
        self._unit.execute("UPDATE meter SET zone = ? WHERE num = ?", (self._tz, num))

    def _move(self, num: int, old: ZoneInfo) -> None:
        """Readings are gone, so the quarters say where energy lies; of a day's rest nobody knows more than the day."""
        rest: dict[int, int] = {at: wh for at, wh, _ in self._db.rows(_SUMS, (num, DAYS))}
        quarters = self._db.rows(_SUMS, (num, QUARTERS))
        hours = self._db.rows(_SUMS, (num, HOURS))
        self._unit.execute("DELETE FROM usage WHERE meter = ?", (num,))
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

    def forget(self, above: int, before_ms: int, limit: int) -> int | None:
        """
        The next meter's readings before then are gone, but for the last few: its sums stay.

        Args: above: the number of the meter before; limit: readings at most, so that nobody waits long.
        Returns the meter's number, the one before where some are left to do, or None after the last meter.
        """
        row = self._db.row("SELECT num, zone FROM meter WHERE num > ? ORDER BY num LIMIT 1", (above,))
        if row is None or row[1] != self._tz:
            return None if row is None else int(row[0])
        num = int(row[0])
        kept = self._db.row(_FIRST_KEPT, (num, before_ms, AROUND))
        if kept is None or kept[0] is None:
            return num
        done = self._unit.execute(_FORGET, (num, num, kept[0], limit))
        if done.rowcount > 0:
            self._unit.execute(_SETTLED, (num, before_ms, num))
        return num if done.rowcount < limit else above

    def forget_unsaved(self, client: str) -> None:
        """Of the client's meters no change of the sums is to come: they are being erased."""
        unsaved: tuple[dict[Any, int], ...] = (self._quarters, self._days, self._estimates)
        for (num,) in self._db.rows("SELECT num FROM meter WHERE client = ?", (client,)):
            for changes in unsaved:
                for key in [key for key in changes if key[0] == num]:
                    del changes[key]
