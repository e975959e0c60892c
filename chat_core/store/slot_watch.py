"""Tell the bridges of one PostgreSQL who lives and who holds which slot. Touches the database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

import psycopg

from chat_core.store import lease, postgres_connection
from chat_core.store.faults import mapped
from chat_core.store.rows import compose

LIVES_MS: Final = 3_000  # without being renewed
RENEW_EVERY_S: Final = 1.0
KEPT_MS: Final = 60_000
# Those that are to be, and those that have a session still
IN_USE: Final = (
    "SELECT n FROM slot_lease WHERE n < (SELECT coalesce(max(value), 1) FROM state WHERE key = 'slots')"
    " UNION SELECT n FROM slot"
)
_NOW: Final = postgres_connection.NOW_MS
_LOOK: Final = compose(
    "SELECT n, owner, until <= $now, $alone FROM slot_lease WHERE n IN ($in_use)"
    " UNION ALL SELECT -1, owner, false, false FROM bridge WHERE until > $now",
    now=_NOW,
    in_use=IN_USE,
    alone=lease.try_alone("%s::int + n"),
)
_LIVE: Final = compose(
    "INSERT INTO bridge (owner, until) VALUES (%s, $now + %s) ON CONFLICT (owner) DO UPDATE SET until = excluded.until",
    now=_NOW,
)
_FORGET: Final = compose("DELETE FROM bridge WHERE until <= $now - %s", now=_NOW)


class Slots(NamedTuple):
    """Hold each slot's owner, None where nobody has it, and the bridges that live."""

    owners: dict[int, str | None]
    bridges: frozenset[str]


class SlotWatch:
    """Look at the slots, and say that this bridge lives."""

    def __init__(self, connection: postgres_connection.Connection) -> None:
        self._connection = connection
        self._told_s = float("-inf")
        self.owner: Final = lease.OWNER

    def look(self) -> Slots:
        """Return who has what now. Raises: StoreDown."""
        with mapped():
            now_s = time.monotonic()
            if now_s - self._told_s >= RENEW_EVERY_S:
                self._connection.execute(_LIVE, (self.owner, LIVES_MS))
                self._connection.execute(_FORGET, (KEPT_MS,))
                self._told_s = now_s
            found = self._connection.execute(_LOOK, (lease.LOCK_KEY,)).fetchall()
        owners = {n: None if ended or alone else owner for n, owner, ended, alone in found if n >= 0}
        # Whoever gives a slot back ends its lease. One that was killed lives in the table for LIVES_MS.
        killed = {owner for n, owner, ended, alone in found if n >= 0 and alone and not ended}
        return Slots(owners, frozenset(owner for n, owner, _, _ in found if n < 0 and owner not in killed))

    def leave(self) -> None:
        """Say that this bridge ends, so that the others take its slots at once."""
        with suppress(psycopg.Error):
            self._connection.execute("DELETE FROM bridge WHERE owner = %s", (self.owner,))


@contextmanager
def watching(url: str) -> Iterator[SlotWatch]:
    """Give a watch of the slots. Raises: StoreDown."""
    with mapped():
        connection = postgres_connection.connect(url, "wattline bridge watch")
    try:
        with mapped():
            connection.execute("SET synchronous_commit = off")
        yield SlotWatch(connection)
    finally:
        with suppress(psycopg.Error):
            connection.close()
