"""
The bridge's heartbeat: written and read by the database's clock, so that no two clocks are compared. Part of a
transaction, and what is read without one.
"""

from collections.abc import Iterable
from typing import Final

from chat_core.runtime import clock
from chat_core.store.database import Database
from chat_core.store.results import Beat
from chat_core.store.unit_of_work import UnitOfWork

AHEAD_MS: Final = 1_000  # a new primary's clock may be so far behind the old one's
FAILING_AT_MOST: Final = 12  # names in one beat
NAME_CHARACTERS: Final = 40

_WRITE: Final = (
    "INSERT INTO beat (num, at, own, failing) VALUES (1, $now, ?, ?) ON CONFLICT (num)"
    " DO UPDATE SET at = excluded.at, own = excluded.own, failing = excluded.failing"
)
_READ: Final = "SELECT at, own, failing, $now FROM beat WHERE num = 1"


def write(unit: UnitOfWork, own_ms: int, failing: Iterable[str]) -> None:
    """Store that the bridge's echo went through now. Args: own_ms: the bridge's own clock."""
    names = ",".join(name.replace(",", " ")[:NAME_CHARACTERS] for name in sorted(failing)[:FAILING_AT_MOST])
    unit.execute(_WRITE.replace("$now", unit.db.dialect.now_ms), (own_ms, names))


def read(database: Database) -> Beat | None:
    """Return the last heartbeat; None where there never was one."""
    row = database.fetch_one(_READ.replace("$now", database.dialect.now_ms))
    if row is None:
        return None
    at, own, failing, now = row
    age_ms = None if at > now + AHEAD_MS else max(0, now - at)
    here_skew_ms = clock.now_ms() - now
    return Beat(age_ms, own - at, here_skew_ms, tuple(name for name in failing.split(",") if name))
