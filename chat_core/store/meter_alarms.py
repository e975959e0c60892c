"""What was told of meters' alarms. Parts of a transaction."""

from collections.abc import Sequence
from typing import Final

from chat_core.store.rows import compose, marks
from chat_core.store.unit_of_work import UnitOfWork

_PUT: Final = (
    "INSERT INTO alarm (meter, kind, since, last) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (meter, kind) DO UPDATE SET since = excluded.since, last = excluded.last"
)


def alarm_known(unit: UnitOfWork, num: int, kind: str) -> tuple[int, int] | None:
    """The meter's last event of the kind: since when, and when it was seen last."""
    row = unit.row("SELECT since, last FROM alarm WHERE meter = ? AND kind = ?", (num, kind))
    return None if row is None else (int(row[0]), int(row[1]))


def put_alarm(unit: UnitOfWork, num: int, kind: str, since: int, last: int) -> None:
    """This is the meter's last event of the kind."""
    unit.execute(_PUT, (num, kind, since, last))


def alarms_known(unit: UnitOfWork, nums: Sequence[int], kind: str) -> dict[int, tuple[int, int]]:
    """The last events of the kind, of those of the meters that have one: since when, and when each was seen last."""
    unit.check()
    sql = compose("SELECT meter, since, last FROM alarm WHERE kind = ? AND meter IN ($nums)", nums=marks(len(nums)))
    return {int(num): (int(since), int(last)) for num, since, last in unit.db.rows(sql, (kind, *nums))}


def put_alarms(unit: UnitOfWork, events: Sequence[tuple[int, str, int, int]]) -> None:
    """These are the meters' last events. Args: events: meter, kind, since, last."""
    unit.check()
    if events:
        unit.db.execute_many(_PUT, events)


def put_opened(unit: UnitOfWork, client: str, meter: str, at: int) -> None:
    """The meter said that it was opened; whoever goes round the meters tells it."""
    row = unit.row("SELECT num FROM meter WHERE client = ? AND meter = ?", (client, meter))
    if row is not None:
        put_alarm(unit, int(row[0]), "opened", at, at)
