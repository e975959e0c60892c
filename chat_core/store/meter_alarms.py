"""Remember which meter alarms were told. Part of a transaction."""

from collections.abc import Sequence

from chat_core.store.fast_sql import UPSERT_ALARM
from chat_core.store.models.chats import AlarmRow, MeterRow
from chat_core.store.unit_of_work import UnitOfWork


class MeterAlarms:
    """Store the last event of each kind that a meter raised alarm about: since when, and when it was seen last."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    def find(self, num: int, kind: str) -> tuple[int, int] | None:
        """Return the meter's last event of the kind that was told."""
        return self.find_all([num], kind).get(num)

    def find_all(self, nums: Sequence[int], kind: str) -> dict[int, tuple[int, int]]:
        """Return the last events of those of the meters that have one, by one query."""
        self._unit.check()
        row = AlarmRow
        told = row.select(row.meter, row.since, row.last).where(row.kind == kind, row.meter.in_([*nums]))
        return {num: (since, last) for num, since, last in self._unit.db.select(told)}

    def put(self, num: int, kind: str, since: int, last: int) -> None:
        """Store the meter's last event of the kind."""
        self.put_all([(num, kind, since, last)])

    def put_all(self, events: Sequence[tuple[int, str, int, int]]) -> None:
        """Store the meters' last events: meter, kind, since, last."""
        self._unit.check()
        if events:
            self._unit.db.execute_many(UPSERT_ALARM, events)

    def put_opened(self, client: str, meter: str, at: int) -> None:
        """Store that the meter said at that time that it was opened; the round of all meters tells it."""
        its = MeterRow.select(MeterRow.num).where(MeterRow.client == client, MeterRow.meter == meter)
        for (num,) in self._unit.select(its):
            self.put(num, "opened", at, at)
