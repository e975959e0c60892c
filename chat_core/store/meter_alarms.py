"""What alarms are judged by, and what of them was told: a transaction's part, and what is read without one."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from chat_core.domain.time_steps import HOUR_MS
from chat_core.store.database import Database
from chat_core.store.rows import compose, marks
from chat_core.store.unit_of_work import Held

_HOURS: Final = 1  # usage's step
_METERS: Final = """
    SELECT m.num, m.client, m.meter, (SELECT max(r.at) FROM reading r WHERE r.meter = m.num),
      (SELECT a.last FROM alarm a WHERE a.meter = m.num AND a.kind = 'opened')
    FROM meter m WHERE m.num > ? ORDER BY m.num LIMIT ?"""
_HOURS_BEFORE: Final = (
    "SELECT column1, (SELECT count(*) FROM usage u WHERE u.meter = column1 AND u.step = ?"
    " AND u.at >= column2 - ? AND u.at < column2) FROM (VALUES $asked) AS asked"
)
_PUT: Final = (
    "INSERT INTO alarm (meter, kind, since, last) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (meter, kind) DO UPDATE SET since = excluded.since, last = excluded.last"
)


class MeterSeen(NamedTuple):
    """A meter, when its newest reading was, and when it last said that it was opened."""

    num: int
    client: str
    meter: str
    last_at: int | None
    opened_at: int | None = None


def meters_above(database: Database, num: int, limit: int) -> list[MeterSeen]:
    """The next meters, by number."""
    return [MeterSeen(*row) for row in database.fetch(_METERS, (num, limit))]


def hours_of(database: Database, num: int, begins: list[int]) -> dict[int, int]:
    """What the meter used in those of the hours that are known."""
    sql = compose("SELECT at, wh FROM usage WHERE meter = ? AND step = ? AND at IN ($at)", at=marks(len(begins)))
    return {at: int(wh) for at, wh in database.fetch(sql, (num, _HOURS, *begins))}


def hours_before(database: Database, last_of: Mapping[int, int], period_ms: int) -> dict[int, int]:
    """In how many hours something is known of each meter, in the period before its own moment. One question."""
    if not last_of:
        return {}
    sql = compose(_HOURS_BEFORE, asked=", ".join(["(?, ?)"] * len(last_of)))
    asked = [value for one in last_of.items() for value in one]
    return {int(num): int(hours) for num, hours in database.fetch(sql, (_HOURS, period_ms + HOUR_MS, *asked))}


def alarm_known(held: Held, num: int, kind: str) -> tuple[int, int] | None:
    """The meter's last event of the kind: since when, and when it was seen last."""
    row = held.row("SELECT since, last FROM alarm WHERE meter = ? AND kind = ?", (num, kind))
    return None if row is None else (int(row[0]), int(row[1]))


def put_alarm(held: Held, num: int, kind: str, since: int, last: int) -> None:
    """This is the meter's last event of the kind."""
    held.write(_PUT, (num, kind, since, last))


def alarms_known(held: Held, nums: Sequence[int], kind: str) -> dict[int, tuple[int, int]]:
    """The last events of the kind, of those of the meters that have one: since when, and when each was seen last."""
    held.check()
    sql = compose("SELECT meter, since, last FROM alarm WHERE kind = ? AND meter IN ($nums)", nums=marks(len(nums)))
    return {int(num): (int(since), int(last)) for num, since, last in held.db.rows(sql, (kind, *nums))}


def put_alarms(held: Held, events: Sequence[tuple[int, str, int, int]]) -> None:
    """These are the meters' last events. Args: events: meter, kind, since, last."""
    held.check()
    if events:
        held.db.execute_many(_PUT, events)


def put_opened(held: Held, client: str, meter: str, at: int) -> None:
    """The meter said that it was opened; whoever goes round the meters tells it."""
    row = held.row("SELECT num FROM meter WHERE client = ? AND meter = ?", (client, meter))
    if row is not None:
        put_alarm(held, int(row[0]), "opened", at, at)
