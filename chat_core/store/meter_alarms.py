"""Remember which meter alarms were told. Part of a transaction."""

from collections.abc import Sequence
from typing import Final

from chat_core.store.rows import compose, marks
from chat_core.store.unit_of_work import UnitOfWork

_PUT: Final = (
    "INSERT INTO alarm (meter, kind, since, last) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (meter, kind) DO UPDATE SET since = excluded.since, last = excluded.last"
)


class MeterAlarms:
    """The last event of each kind that a meter raised alarm about: since when, and when it was seen last."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    def find(self, num: int, kind: str) -> tuple[int, int] | None:
        """Return the meter's last event of the kind that was told."""
        return self.find_all([num], kind).get(num)

    def find_all(self, nums: Sequence[int], kind: str) -> dict[int, tuple[int, int]]:
        """Return the last events of those of the meters that have one, by one question."""
        self._unit.check()
        sql = compose("SELECT meter, since, last FROM alarm WHERE kind = ? AND meter IN ($nums)", nums=marks(len(nums)))
        found = self._unit.db.rows(sql, (kind, *nums))
        return {int(num): (int(since), int(last)) for num, since, last in found}

    def put(self, num: int, kind: str, since: int, last: int) -> None:
        """Store the meter's last event of the kind."""
        self._unit.execute(_PUT, (num, kind, since, last))

    def put_all(self, events: Sequence[tuple[int, str, int, int]]) -> None:
        """Store the meters' last events: meter, kind, since, last."""
        self._unit.check()
        if events:
            self._unit.db.execute_many(_PUT, events)

    def put_opened(self, client: str, meter: str, at: int) -> None:
        """Store that the meter said at that time that it was opened; the round of all meters tells it."""
        row = self._unit.row("SELECT num FROM meter WHERE client = ? AND meter = ?", (client, meter))
        if row is not None:
            self.put(int(row[0]), "opened", at, at)
