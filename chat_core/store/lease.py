"""
Hold a slot's lease of PostgreSQL: a row that its holder renews, and locks that end with its holder's sessions.

Each takeover raises the row's epoch. All sessions of an epoch share a lock of its number. Who takes over ends them
first, and no session of a past epoch begins: a holder that wakes up late commits nothing. The server checks no row in
each transaction, and a holder stopped in mid-transaction keeps no row locked (docs/operating.md#two-bridges).

All times are the database's.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg

from chat_core.contract.errors import StoreDown
from chat_core.store import postgres_connection
from chat_core.store.bridge_lock import CHECK_EVERY_S, wait_for
from chat_core.store.faults import mapped
from chat_core.store.rows import compose

# A stopped holder is replaced within 5 s, also where its last renewal reached the server and no answer came back.
LEASE_MS: Final = 3_000
OWNER: Final = f"{socket.gethostname()}:{os.getpid()}"
LOCK_KEY: Final = 0x77617474  # "watt"; plus the slot's number; the other half of a lock's number is the epoch
_NOW: Final = postgres_connection.NOW_MS
_LOST: Final = "This bridge no longer has the lease to write: another bridge has it."
_GONE: Final = "There is no slot %d."


def try_alone(key: str) -> str:
    """
    Return the expression of a look that tells whether no session of the holder is left, while the lease has not ended.

    Of an ended one it takes no lock: whoever takes over then ends the sessions that have it.
    Args: key: the first half of the lock's number, in SQL.
    """
    return compose(
        "CASE WHEN until > $now THEN pg_try_advisory_xact_lock($key, epoch) ELSE false END", now=_NOW, key=key
    )


# A bridge of 0.1 has this lock for itself. All others share it, so that an upgrade may start one beside it.
_SINCE_0_1: Final = "SELECT pg_try_advisory_lock_shared(%s)"
_LOOK: Final = compose("SELECT until <= $now, $alone FROM slot_lease WHERE n = %s", now=_NOW, alone=try_alone("%s"))
_LOCK: Final = compose("SELECT epoch, until <= $now FROM slot_lease WHERE n = %s FOR UPDATE", now=_NOW)
_END_SESSIONS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = %s AND objid = %s"
)
_ALONE: Final = "SELECT pg_try_advisory_xact_lock(%s, %s)"
_SHARE: Final = "SELECT pg_try_advisory_lock_shared(%s, %s)"
_TAKE: Final = compose(
    "UPDATE slot_lease SET owner = %s, epoch = %s, until = $now + %s, waits = 0 WHERE n = %s", now=_NOW
)
_RENEW: Final = compose("UPDATE slot_lease SET until = $now + %s WHERE n = %s AND epoch = %s", now=_NOW)
_RELEASE: Final = "UPDATE slot_lease SET until = 0 WHERE n = %s AND epoch = %s"


class Lease:
    """Hold one epoch of a slot's lease, and renew it: at each `check`, and from a thread while nobody checks."""

    def __init__(self, connection: postgres_connection.Connection, n: int, epoch: int) -> None:
        """Args: connection: its session has the epoch's lock; n: the slot's number."""
        self._connection = connection
        self._n = n
        self._epoch = epoch
        self._renewed_s = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew_during_long_work, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Renew. Raises: StoreDown where another bridge took over, or the server is lost or takes no writes."""
        with mapped():
            renewed = self._connection.execute(_RENEW, (LEASE_MS, self._n, self._epoch)).rowcount
        if not renewed:
            raise StoreDown(_LOST)
        self._renewed_s = time.monotonic()

    def _renew_during_long_work(self) -> None:
        while not self._over.wait(CHECK_EVERY_S / 2):
            if time.monotonic() - self._renewed_s > CHECK_EVERY_S * 1.5:
                with suppress(StoreDown):  # the next `check` raises it
                    self.check()

    def admit(self, connection: postgres_connection.Connection) -> None:
        """Let the connection's session belong to this epoch. Raises: StoreDown where that is past; closes it then."""
        with mapped():
            (locked,) = connection.execute(_SHARE, (LOCK_KEY + self._n, self._epoch)).fetchone() or (False,)
            # Sees what came before the lock.
            row = connection.execute("SELECT epoch FROM slot_lease WHERE n = %s", (self._n,)).fetchone()
        if not locked or row != (self._epoch,):
            connection.close()
            raise StoreDown(_LOST)

    def end(self) -> None:
        """Let the next bridge take over at once."""
        self._over.set()
        self._thread.join()
        with suppress(psycopg.Error):
            self._connection.execute(_RELEASE, (self._n, self._epoch))


@contextmanager
def leased(url: str, stop: threading.Event | None, waiting: Callable[[], None], n: int) -> Iterator[Lease | None]:
    """
    Wait, as `bridge_lock.file_lock` does, until this process has the slot's lease.

    Raises: StoreDown, also where there is no such slot.
    """
    with mapped():
        connection = postgres_connection.connect(url, "wattline bridge lease")
    try:
        lease = wait_for(lambda: _try_take(connection, n), stop, waiting)
        try:
            yield lease
        finally:
            if lease is not None:
                lease.end()
    finally:
        with suppress(psycopg.Error):
            connection.close()


def _try_take(connection: postgres_connection.Connection, n: int) -> Lease | None:
    """
    Take over where the lease has ended, or no session of its holder is left, and no bridge of 0.1 works.

    Raises: StoreDown where there is no such slot.
    """
    key = LOCK_KEY + n
    with mapped():
        if connection.execute(_SINCE_0_1, (LOCK_KEY,)).fetchone() != (True,):
            return None
        found = connection.execute(_LOOK, (key, n)).fetchone()
        if found is not None and not any(found):
            return None
        with connection.transaction():
            row = connection.execute(_LOCK, (n,)).fetchone()
            if row is None:
                raise StoreDown(_GONE % n)
            epoch, ended = row
            if ended:
                connection.execute(_END_SESSIONS, (key, epoch))
            if connection.execute(_ALONE, (key, epoch)).fetchone() != (True,):
                return None  # they end a moment later
            connection.execute(_SHARE, (key, epoch + 1))
            connection.execute(_TAKE, (OWNER, epoch + 1, LEASE_MS, n))
        connection.execute("SET synchronous_commit = off")  # a renewal that a crash undoes is of no use after it
    return Lease(connection, n, epoch + 1)
