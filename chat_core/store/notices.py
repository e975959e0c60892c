"""Store outage notices, one an area. The functions are parts of a transaction; `Notices` reads in any thread."""

import json
from collections.abc import Mapping

from chat_core.contract.payloads import Origin, OutageNotice
from chat_core.store.database import Database
from chat_core.store.models.chats import NoticeRow
from chat_core.store.results import AreaNotice
from chat_core.store.rows import compact
from chat_core.store.unit_of_work import UnitOfWork


def put(
    unit: UnitOfWork, area: str, id: str, text: Mapping[str, str] | None, at_ms: int, origin: Origin | None
) -> None:
    """Set the area's notice; None ends it."""
    row = NoticeRow
    if text is None:
        unit.change(row.update(ended=at_ms, id=id).where(row.area == area, row.ended.is_null()))
        return
    insert = row.insert(area=area, id=id, text=compact(text), at=at_ms, ended=None, origin=origin)
    changed = [row.id, row.text, row.at, row.ended, row.origin]
    unit.change(insert.on_conflict(conflict_target=[row.area], preserve=changed))


def find(database: Database, area: str) -> str | None:
    """Return the id of the notice that stands in the area."""
    found = database.find(NoticeRow.select(NoticeRow.id).where(NoticeRow.area == area, NoticeRow.ended.is_null()))
    return str(found[0]) if found else None


class Notices:
    """Read notices."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def standing(self) -> list[tuple[str, OutageNotice]]:
        """Return the notices that stand, with their areas."""
        row = NoticeRow
        stand = row.select(row.area, row.id, row.text, row.origin).where(row.ended.is_null()).order_by(row.area)
        found = self._db.select(stand)
        return [(area, OutageNotice(id=id, text=json.loads(text), origin=origin)) for area, id, text, origin in found]

    def ended(self) -> list[tuple[str, OutageNotice]]:
        """Return the notices that are over, with their areas."""
        row = NoticeRow
        over = row.select(row.area, row.id).where(row.ended.is_null(False)).order_by(row.area)
        return [(area, OutageNotice(id=id, text=None)) for area, id in self._db.select(over)]

    def of_area(self, area: str) -> AreaNotice | None:
        """Return the area's notice, also one that is over; None where there never was one."""
        row = NoticeRow
        found = self._db.find(row.select(row.text, row.at, row.ended).where(row.area == area))
        return None if found is None else AreaNotice(json.loads(found[0]), *found[1:])
