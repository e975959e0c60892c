"""What web and CLI ask of the bridge, numbered in the order in which it becomes visible."""

import json
from collections.abc import Mapping
from typing import Any, Final

from peewee import fn

from chat_core.changes import ChangeKind
from chat_core.models.web import ChangeRow
from chat_core.sql.database import Database
from chat_core.sql.identities import Identities
from chat_core.sql.rows import compact
from chat_core.sql.shapes import Change

CHANGES_AT_MOST: Final = 10_000


class Changes:
    """Every method is one short transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._ids = Identities(database)

    def announce(self, kind: ChangeKind, body: Mapping[str, Any], at_ms: int) -> int:
        """The bridge will find this within a second; returns its number. The newest 10,000 are kept."""
        with self._db.writing():
            if self._db.kind == "postgres":
                # Numbers become visible in their order, so that a reader behind its cursor misses none.
                self._db.execute("LOCK TABLE change IN EXCLUSIVE MODE")
            self._ids.run(ChangeRow.insert(kind=kind.value, body=compact(dict(body)), at=at_ms))
            n = int(self._ids.rows(ChangeRow.select(fn.MAX(ChangeRow.num)))[0][0])
            self._ids.run(ChangeRow.delete().where(ChangeRow.num <= n - CHANGES_AT_MOST))
        return n

    def after(self, n: int, limit: int = 100) -> list[Change]:
        """What was asked after number n, in order."""
        query = ChangeRow.select(ChangeRow.num, ChangeRow.kind, ChangeRow.body, ChangeRow.at).where(ChangeRow.num > n)
        return [
            Change(num, ChangeKind(kind), json.loads(body), at)
            for num, kind, body, at in self._ids.rows(query.order_by(ChangeRow.num).limit(limit))
        ]

    def last(self) -> int:
        """The newest change's number, 0 where there is none."""
        return int(self._ids.rows(ChangeRow.select(fn.MAX(ChangeRow.num)))[0][0] or 0)
