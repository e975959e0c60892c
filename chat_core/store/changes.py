"""Number what web and CLI ask of the bridge, in the order in which it becomes visible."""

import json
from collections.abc import Mapping
from typing import Any, Final

from peewee import fn

from chat_core.contract.changes import ChangeKind
from chat_core.store import fast_sql
from chat_core.store.database import Database
from chat_core.store.models.web import ChangeRow
from chat_core.store.results import ChangeRequest
from chat_core.store.rows import compact

TAKEN_KEPT: Final = 1_000  # changes that are done stay for diagnosis


class Changes:
    """Store requests to the bridge. Every method is one short transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def announce(self, kind: ChangeKind, body: Mapping[str, Any], at_ms: int) -> int:
        """
        Ask this of the bridge, which looks once a second; return the change's number.

        A change stays until the bridge has taken it. The same asked again replaces the earlier request, because the
        bridge reads the state of that moment: one client, device or setting has one row at most.
        """
        values = compact(dict(body))
        with self._db.writing():
            self._db.dialect.lock_table(self._db, "change")  # numbers become visible in order: a reader misses none
            self._db.change(ChangeRow.insert(kind=kind.value, body=values, at=at_ms))
            n = self.last()
            same = (ChangeRow.kind == kind.value) & (ChangeRow.body == values)
            self._db.change(ChangeRow.delete().where(same & (ChangeRow.num < n)))
        return n

    def forget_taken(self, n: int) -> None:
        """Delete all but the newest 1,000 changes that are done. Args: n: the last one that the bridge has done."""
        oldest = self._db.select(ChangeRow.select(fn.MIN(ChangeRow.num)))[0][0]
        if oldest is not None and oldest <= n - 2 * TAKEN_KEPT:  # seldom: this is a commit of its own
            with self._db.writing():
                self._db.change(ChangeRow.delete().where(ChangeRow.num <= n - TAKEN_KEPT))

    def after(self, n: int, limit: int = 100) -> list[ChangeRequest]:
        """Return what was asked after number n, in order."""
        query = ChangeRow.select(ChangeRow.num, ChangeRow.kind, ChangeRow.body, ChangeRow.at).where(ChangeRow.num > n)
        return [
            ChangeRequest(num, ChangeKind(kind), json.loads(body), at)
            for num, kind, body, at in self._db.select(query.order_by(ChangeRow.num).limit(limit))
        ]

    def last(self) -> int:
        """Return the newest change's number, 0 where there is none."""
        return int(self._db.fetch(fast_sql.LAST_CHANGE)[0][0])
