"""Give a duty that one web process does for all to one of them, by the database's clock."""

from typing import Final

from chat_core.store.database import Database

_HOLD: Final = """INSERT INTO lease (name, owner, until) VALUES (?, ?, $now + ?)
  ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
  WHERE lease.owner = excluded.owner OR lease.until <= $now"""


class WebLeases:
    """Hold leases, each call in one short transaction that waits for no disk. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._sql = _HOLD.replace("$now", database.dialect.now_ms)

    def hold(self, name: str, owner: str, lease_ms: int) -> bool:
        """Take or renew a lease; return whether it is the owner's now. It ends by itself."""
        with self._db.counting():
            return bool(self._db.execute(self._sql, (name, owner, lease_ms)).rowcount > 0)
