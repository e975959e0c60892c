"""What is kept of a client's meters, for an export: read in pages, however much it is. Writes nothing."""

from collections.abc import Iterator
from typing import Final

from chat_core.store.database import Database
from chat_core.store.results import LastReading, RaisedAlarm

PAGE: Final = 2_000
_BEFORE_ALL: Final = -(2**62)
_METERS: Final = "SELECT num, meter FROM meter WHERE client = ? ORDER BY num"
_READINGS: Final = "SELECT at, wh, w FROM reading WHERE meter = ? AND at > ? ORDER BY at LIMIT ?"
_ALARMS: Final = (
    "SELECT m.meter, a.kind, a.since, a.last FROM alarm a JOIN meter m ON m.num = a.meter"
    " WHERE m.client = ? ORDER BY m.num, a.kind"
)


def readings(database: Database, client: str) -> Iterator[LastReading]:
    """Each raw reading of the client's meters that is kept, meter by meter, oldest first."""
    for num, meter in database.fetch(_METERS, (client,)):
        at = _BEFORE_ALL
        while page := database.fetch(_READINGS, (num, at, PAGE)):
            for row in page:
                yield LastReading(meter, *row)
            at = page[-1][0]


def alarms(database: Database, client: str) -> list[RaisedAlarm]:
    """The last event of each kind that the client's meters raised alarm about."""
    return [RaisedAlarm(*row) for row in database.fetch(_ALARMS, (client,))]
