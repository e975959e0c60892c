"""
Copy a whole database into another, empty one, of the same kind or the other. Touches both.

A row of `move` in the target says how far each table is, in the transaction that wrote its rows: after a kill the same
command goes on there. At the end all rows of both are read again and compared. While that is not done, the target has
the table `move`, and no process opens it.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from peewee import AutoField, BlobField, BooleanField, Field

from chat_core.contract.errors import Refused
from chat_core.store.database import Database
from chat_core.store.dialect import ENTRIES, PEOPLE, Row
from chat_core.store.faults import mapped
from chat_core.store.models import Table
from chat_core.store.models.chats import CHATS, BeatRow, BridgeRow, SlotLeaseRow, StateRow
from chat_core.store.models.web import WEB
from chat_core.store.rows import compose, marks

PROGRESS: Final = "move"
VALUES_AT_ONCE: Final = 30_000  # parameters of a statement; PostgreSQL takes 65,535, SQLite 32,766
TOLD_EVERY_S: Final = 1.0
# The search index is made anew from the entries, by the bridge and while it works. A heartbeat is of the past, and a
# lease is the database's own.
LEFT_OUT: Final = (BeatRow, BridgeRow, SlotLeaseRow)
REBUILT: Final[dict[type[Table], tuple[str, ...]]] = {StateRow: (ENTRIES, PEOPLE)}
_MAKE: Final = compose(
    "CREATE TABLE IF NOT EXISTS $move (name TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL, rows BIGINT NOT NULL)",
    move=PROGRESS,
)
_DROP: Final = compose("DROP TABLE IF EXISTS $move", move=PROGRESS)
_FIND: Final = compose("SELECT key, rows FROM $move WHERE name = ?", move=PROGRESS)
_ADVANCE: Final = compose(
    "INSERT INTO $move (name, key, rows) VALUES (?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET key = excluded.key, rows = excluded.rows",
    move=PROGRESS,
)


@dataclass(frozen=True)
class Digest:
    """Hold how many rows there are, and the sum of their hashes, which no order changes."""

    rows: int = 0
    total: int = 0

    def add(self, rows: Sequence[Row]) -> Self:
        """Return the digest with these rows too."""
        total = self.total
        for row in rows:
            told = json.dumps(row, default=bytes.hex, ensure_ascii=False).encode()
            total += int.from_bytes(hashlib.sha256(told).digest())
        return type(self)(self.rows + len(rows), total % 2**256)


class TableCopy:
    """Read and write one table's rows in the order of its primary key."""

    def __init__(self, model: type[Table]) -> None:
        meta = model._meta
        key = meta.primary_key
        self.name: Final[str] = meta.table_name
        self._fields: Final[list[Field]] = meta.sorted_fields
        keys = meta.get_primary_keys()
        self.sequence: Final[str | None] = key.column_name if isinstance(key, AutoField) else None
        names = [field.column_name for field in self._fields]  # a comparison of two fields is an expression, and true
        self._places: Final = [names.index(field.column_name) for field in keys]
        self._columns: Final = ", ".join(f'"{field.column_name}"' for field in self._fields)
        self._key: Final = ", ".join(f'"{field.column_name}"' for field in keys)
        self._left_out: Final = frozenset(REBUILT.get(model, ()))
        self.limit: Final = VALUES_AT_ONCE // len(self._fields)

    def read(self, database: Database, after: Sequence[Any] | None = None) -> Iterator[list[Row]]:
        """Give the rows behind that key, some thousands at a time, as both kinds of database have them."""
        parts = {"columns": self._columns, "table": self.name, "key": self._key, "limit": str(self.limit)}
        first = compose('SELECT $columns FROM "$table" ORDER BY $key LIMIT $limit', **parts)
        places = marks(len(self._places))
        later = compose(
            'SELECT $columns FROM "$table" WHERE ($key) > ($marks) ORDER BY $key LIMIT $limit', marks=places, **parts
        )
        while True:
            found = database.fetch(later if after else first, after or ())
            if not found:
                return
            after = self.key_of(found[-1])
            if rows := [self._plain(row) for row in found if row[self._places[0]] not in self._left_out]:
                yield rows

    def key_of(self, row: Row) -> list[Any]:
        """Return the row's primary key."""
        return [row[place] for place in self._places]

    def write(self, database: Database, rows: Sequence[Row]) -> None:
        """Insert the rows."""
        insert = 'INSERT INTO "$table" ($columns) VALUES ($marks)'
        database.execute_many(
            compose(insert, table=self.name, columns=self._columns, marks=marks(len(self._fields))), rows
        )

    def digest(self, database: Database, told: Callable[[int], None]) -> Digest:
        """Return the digest of all rows. Args: told: is called with how many rows are read."""
        found = Digest()
        for rows in self.read(database):
            found = found.add(rows)
            told(found.rows)
        return found

    def _plain(self, row: Row) -> Row:
        """Return the row with values that do not depend on the driver: SQLite has 0 and 1 for BOOLEAN."""
        return tuple(
            value
            if value is None
            else bool(value)
            if isinstance(field, BooleanField)
            else bytes(value)
            if isinstance(field, BlobField)
            else value
            for field, value in zip(self._fields, row, strict=True)
        )


TABLES: Final = [
    (part, TableCopy(model))
    for part, models in (("chats", CHATS), ("web", WEB))
    for model in models
    if model not in LEFT_OUT
]


def is_unfinished(chats: Database) -> bool:
    """Return whether a move into this database has begun and not ended. Raises: StoreDown."""

    def look() -> bool:
        with mapped():
            return bool(chats.peewee.table_exists(PROGRESS))

    return chats.again(look)


class Move:
    """Copy all tables of one pair of databases into another. Nothing else may write to either meanwhile."""

    def __init__(
        self, source: Mapping[str, Database], target: Mapping[str, Database], say: Callable[[str], None]
    ) -> None:
        """Args: source, target: `chats` and `web`, with their tables up to date; say: is told how far it is."""
        self._source = source
        self._target = target
        self._say = say

    def run(self) -> int:
        """
        Copy, compare and finish; return how many rows there are.

        Raises: Refused where the target holds something else, or the two differ at the end; StoreDown.
        """
        self._begin()
        for part, table in TABLES:
            self._copy(table, self._source[part], self._target[part])
        total = sum(self._compare(table, self._source[part], self._target[part]) for part, table in TABLES)
        for part, table in TABLES:
            if table.sequence is not None:
                database = self._target[part]
                database.dialect.raise_sequence(database, table.name, table.sequence)
        for database in self._target.values():
            with database.patient():
                database.execute("ANALYZE")
        for part in ("chats", "web"):
            self._target[part].execute(_DROP)
        return total

    def _begin(self) -> None:
        if is_unfinished(self._target["chats"]):
            self._say("going on with the move that was interrupted")
            return
        for part, table in TABLES:
            if any(table.read(self._target[part])):
                raise Refused(f"The target has rows already, in its table {table.name}. Name an empty database.")
        for part in ("web", "chats"):  # the chats' table says that a move has begun, so it is made last
            self._target[part].execute(_DROP)
            self._target[part].execute(_MAKE)

    def _copy(self, table: TableCopy, source: Database, target: Database) -> None:
        told = self._teller(f"copying {table.name}")
        found = target.row(_FIND, (table.name,))
        after, done = (json.loads(found[0]), int(found[1])) if found else (None, 0)
        for rows in table.read(source, after):
            done += len(rows)
            with target.writing():
                table.write(target, rows)
                target.execute(_ADVANCE, (table.name, json.dumps(table.key_of(rows[-1])), done))
            told(done)

    def _compare(self, table: TableCopy, source: Database, target: Database) -> int:
        told = self._teller(f"comparing {table.name}")
        wanted, found = table.digest(source, told), table.digest(target, told)
        if wanted != found:
            raise Refused(
                f"Table {table.name} differs: {wanted.rows} rows in the source, {found.rows} in the target. Something"
                " wrote to one of them meanwhile. Stop all of Wattline, empty the target and move again."
            )
        return wanted.rows

    def _teller(self, what: str) -> Callable[[int], None]:
        next_s = time.monotonic() + TOLD_EVERY_S

        def tell(rows: int) -> None:
            nonlocal next_s
            if time.monotonic() >= next_s:
                next_s = time.monotonic() + TOLD_EVERY_S
                self._say(f"{what}: {rows:,} rows")

        return tell
