"""Read all entries, conversations or readings, some hundred at a time in the order of their numbers. Writes nothing."""

from collections.abc import Iterator
from typing import Final

from chat_core.contract.payloads import Summary
from chat_core.store import fast_sql, rows
from chat_core.store.database import Database
from chat_core.store.entry_times import CLOCK_SLACK_MS, first_since
from chat_core.store.erasure import ERASED_SHELF
from chat_core.store.models.chats import MeterRow, ReadingRow
from chat_core.store.results import LastReading

PAGE: Final = 500
_ENTRIES: Final = rows.compose(
    "SELECT e.num, c.client, $line FROM entry e JOIN conversation c ON c.num = e.conversation"
    " WHERE e.num > ? AND e.num < ? AND e.at >= ? AND e.at < ? AND c.shelf < $erased ORDER BY e.num LIMIT ?",
    line=fast_sql.ENTRY_LINE,
    erased=str(ERASED_SHELF),
)
_CONVERSATIONS: Final = rows.compose(
    "SELECT $columns FROM conversation WHERE num > ? AND rev > 0 AND shelf < $erased ORDER BY num LIMIT ?",
    columns=", ".join(f'"{column}"' for column in rows.COLUMNS),
    erased=str(ERASED_SHELF),
)


class Exports:
    """Read everything of a kind, in any thread. What comes meanwhile may be left out."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def entries(self, start: int, end: int) -> Iterator[tuple[str, str]]:
        """Yield client and JSON of each entry that was stored in [start, end), by number."""
        num, stop = (first_since(self._db, at) for at in (start - CLOCK_SLACK_MS, end + CLOCK_SLACK_MS))
        num -= 1
        while found := self._db.fetch(_ENTRIES, (num, stop, start, end, PAGE)):
            num = found[-1][0]
            yield from ((client, line) for _, client, line in found)

    def conversations(self) -> Iterator[Summary]:
        """Yield each conversation's row, in the order in which they began."""
        num = 0
        while found := self._db.fetch(_CONVERSATIONS, (num, PAGE)):
            num = found[-1][0]
            yield from (rows.summary_of(rows.state_from(row)) for row in found)

    def readings(self, start: int, end: int) -> Iterator[tuple[str, LastReading]]:
        """Yield client and reading of each stored reading in [start, end), meter by meter, oldest first."""
        meter, row = MeterRow, ReadingRow
        num = 0
        while meters := self._db.select(
            meter.select(meter.num, meter.client, meter.meter).where(meter.num > num).order_by(meter.num).limit(PAGE)
        ):
            for num, client, name in meters:
                if not rows.is_a_client(client):
                    continue
                at = start - 1
                of_meter = row.select(row.at, row.wh, row.w).where(row.meter == num, row.at < end).order_by(row.at)
                while found := self._db.select(of_meter.where(row.at > at).limit(PAGE)):
                    at = found[-1][0]
                    yield from ((client, LastReading(name, *one)) for one in found)
