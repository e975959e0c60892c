"""Consumption as it is stored: what was used in each minute, quarter, hour, day or month. Writes nothing."""

from collections import defaultdict
from typing import Final
from zoneinfo import ZoneInfo

from chat_core.domain.meter_registers import AROUND, LONG_MS, Stand, segments, used
from chat_core.domain.time_steps import HOUR_MS, MINUTE_MS, Step, begin_of, begins, end_of
from chat_core.store.database import Database
from chat_core.store.results import Interval
from chat_core.store.rows import compose

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


def consumption(
    database: Database, client: str, start: int, end: int, step: Step, tz: str, meter: str | None = None
) -> list[Interval]:
    """
    The client's intervals from the one that holds `start` to the last that begins before `end`, where they are known.

    Args: start, end: milliseconds since the epoch; tz: whose hours, days and months they are; meter: of this one only.
    """
    zone = ZoneInfo(tz)
    first = begin_of(start, step, zone)
    found = (
        _minutes(database, client, first, end, meter)
        if step == "minute"
        else _sums(database, client, (first, end), step, tz, meter)
    )
    intervals: list[Interval] = []
    for begin in sorted(found):
        finish = end_of(begin, step, zone)
        wh, estimated = found[begin]
        intervals.append(Interval(begin, finish, wh, round(wh * HOUR_MS / (finish - begin)), estimated))
    return intervals


def columns(
    database: Database, client: str, start: int, end: int, step: Step, tz: str, meter: str | None = None
) -> tuple[str, str, str]:
    """
    The same as JSON arrays: when the intervals begin, their Wh, and the begins of those that are an estimate by half.
    """
    first = begin_of(start, step, ZoneInfo(tz))
    whose, values = _whose(client, meter)
    sums = compose(_SUMS, whose=whose)
    sql = compose(database.dialect.usage_columns, sums=sums, guessed=_GUESSED)
    begin, wh, estimated = database.fetch_one(sql, (*values, STEPS[step], first, end)) or (None, None, None)
    return begin or "[]", wh or "[]", estimated or "[]"


def reading_times(database: Database, client: str, start: int, end: int) -> list[int]:
    """When the client's meters were read in [start, end), in order."""
    sql = (
        "SELECT DISTINCT r.at FROM reading r JOIN meter m ON m.num = r.meter"
        " WHERE m.client = ? AND r.at >= ? AND r.at < ? ORDER BY r.at"
    )
    return [row[0] for row in database.fetch(sql, (client, start, end))]


def _whose(client: str, meter: str | None) -> tuple[str, tuple[str, ...]]:
    return ("client = ?", (client,)) if meter is None else ("client = ? AND meter = ?", (client, meter))


def _sums(
    database: Database, client: str, period: tuple[int, int], step: Step, tz: str, meter: str | None
) -> dict[int, Sum]:
    whose, values = _whose(client, meter)
    zones = {row[0] for row in database.fetch(compose("SELECT zone FROM meter WHERE $whose", whose=whose), values)}
    sums = compose(_SUMS, whose=whose)
    if step == "quarter" or zones <= {tz}:
        found = database.fetch(sums, (*values, STEPS[step], *period))
        return {at: (int(wh), int(estimated)) for at, wh, estimated in found}
    # Sums of another zone's hours and days: the bridge makes them anew when it starts; until then quarters serve.
    zone, wh_of = ZoneInfo(tz), defaultdict[int, int](int)
    last = end_of(begin_of(period[1] - 1, step, zone), step, zone)
    for at, wh, _ in database.fetch(sums, (*values, STEPS["quarter"], period[0], last)):
        wh_of[begins(at, zone)[STEPS[step] - 1]] += int(wh)
    return {at: (wh, 0) for at, wh in wh_of.items()}


def _minutes(database: Database, client: str, start: int, end: int, meter: str | None) -> dict[int, Sum]:
    """Minutes are not kept, but made of the readings that are."""
    whose, values = _whose(client, meter)
    wh_of, guessed = defaultdict[int, int](int), defaultdict[int, int](int)
    last = end + -end % MINUTE_MS
    for num, most_w in database.fetch(compose("SELECT num, most_w FROM meter WHERE $whose", whose=whose), values):
        found = database.fetch(_MINUTES, (num, start, AROUND, num, start, last, num, last, AROUND))
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
