"""Consumption from meter registers: what was used in each minute, quarter, hour, day or month. Writes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from chat_core.sql.database import Database
from chat_core.sql.shapes import Interval

Step = Literal["minute", "quarter", "hour", "day", "month"]
_MINUTE_MS: Final = 60_000
_FIXED_MS: Final = {"minute": _MINUTE_MS, "quarter": 15 * _MINUTE_MS}
INTERVALS_AT_MOST: Final = 10_000

# What was used between two readings is counted where the later one stands; a register that fell began again from zero.
# Grouped by quarters at the coarsest: every time zone's hours, days and months begin on one.
_USED: Final = """
    SELECT slot, sum(CASE WHEN wh >= earlier THEN wh - earlier ELSE wh END) FROM (
      SELECT (r.at - 1) / ? AS slot, r.at AS at, r.wh AS wh,
        lag(r.wh) OVER (PARTITION BY r.meter ORDER BY r.at) AS earlier
      FROM reading r JOIN meter m ON m.num = r.meter
      WHERE m.client = ? AND r.at <= ? AND r.at >= coalesce(
        (SELECT max(x.at) FROM reading x WHERE x.meter = r.meter AND x.at <= ?), ?)
    ) AS used WHERE earlier IS NOT NULL AND at > ? GROUP BY slot ORDER BY slot"""


def consumption(database: Database, client: str, start: int, end: int, step: Step, tz: str) -> list[Interval]:
    """
    The client's intervals that begin in [start, end) and in which a meter was read, all meters together.

    Args: start, end: milliseconds since the epoch; tz: whose hours, days and months they are.
    """
    slot_ms = _FIXED_MS.get(step, _FIXED_MS["quarter"])
    zone = ZoneInfo(tz)
    first = _begin(start, step, zone)
    used: dict[int, int] = {}
    for slot, wh in database.fetch(_USED, (slot_ms, client, end, first, first, first)):
        begin = _begin(slot * slot_ms, step, zone)
        used[begin] = used.get(begin, 0) + int(wh)
    intervals: list[Interval] = []
    for begin in sorted(used)[:INTERVALS_AT_MOST]:
        finish = _end(begin, step, zone)
        intervals.append(Interval(begin, finish, used[begin], round(used[begin] * 3_600_000 / (finish - begin))))
    return intervals


def _begin(at_ms: int, step: Step, zone: ZoneInfo) -> int:
    if step in _FIXED_MS:
        return at_ms - at_ms % _FIXED_MS[step]
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if step == "day":
        local = local.replace(hour=0)
    elif step == "month":
        local = local.replace(day=1, hour=0)
    return round(local.timestamp() * 1000)


def _end(begin_ms: int, step: Step, zone: ZoneInfo) -> int:
    if step in _FIXED_MS:
        return begin_ms + _FIXED_MS[step]
    if step == "hour":
        return begin_ms + 60 * _MINUTE_MS
    # Past the longest day or month, and back to where that one begins: 23 and 25 hour days come out right.
    beyond = timedelta(hours=30) if step == "day" else timedelta(days=32)
    return _begin(begin_ms + round(beyond / timedelta(milliseconds=1)), step, zone)
