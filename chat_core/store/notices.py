"""Outage notices, as they stand or were, in any thread. Writes nothing."""

import json

from chat_core.contract.payloads import OutageNotice
from chat_core.store.database import Database
from chat_core.store.results import AreaNotice


class Notices:
    """One notice an area at most."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def standing(self) -> list[tuple[str, OutageNotice]]:
        """The outage notices that stand, with their areas."""
        found = self._db.fetch("SELECT area, id, text, origin FROM notice WHERE ended IS NULL ORDER BY area")
        return [(area, OutageNotice(id=id, text=json.loads(text), origin=origin)) for area, id, text, origin in found]

    def ended(self) -> list[tuple[str, OutageNotice]]:
        """The outage notices that are over, with their areas."""
        found = self._db.fetch("SELECT area, id FROM notice WHERE ended IS NOT NULL ORDER BY area")
        return [(area, OutageNotice(id=id, text=None)) for area, id in found]

    def of_area(self, area: str) -> AreaNotice | None:
        """Return the area's outage, also one that is over; None where there never was one."""
        row = self._db.fetch_one("SELECT text, at, ended FROM notice WHERE area = ?", (area,))
        return None if row is None else AreaNotice(json.loads(row[0]), row[1], row[2])
