"""Read what the bridge stores of its own work, in any thread. Writes nothing."""

from chat_core.store import heartbeats
from chat_core.store.database import Database
from chat_core.store.results import Beat, Parked
from chat_core.store.transaction import UNTOLD


class BridgeState:
    """Its heartbeat, how far it is, and what it put aside."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def beat(self) -> Beat | None:
        """Return the last heartbeat, its age by the database's clock; None where there never was one."""
        return heartbeats.read(self._db)

    def change_cursor(self) -> int:
        """Return the number of the last change that it has done of what web and CLI asked."""
        row = self._db.fetch_one("SELECT value FROM state WHERE key = 'change_cursor'")
        return int(row[0]) if row else 0

    def untold_clients(self) -> list[str]:
        """Return clients whose rows were changed by the bridge itself, and perhaps not told."""
        found = self._db.fetch("SELECT key FROM state WHERE key LIKE ? ORDER BY key", (f"{UNTOLD}%",))
        return [row[0].removeprefix(UNTOLD) for row in found]

    def cleared(self) -> list[str]:
        """Return clients for whose displays no broker is to retain anything, as of the last 30 days."""
        return [row[0] for row in self._db.fetch("SELECT client FROM cleared ORDER BY client")]

    def parked(self, limit: int = 100) -> list[Parked]:
        """Return what was parked, newest first."""
        found = self._db.fetch("SELECT topic, payload, why, at FROM parked ORDER BY num DESC LIMIT ?", (limit,))
        return [Parked(topic, bytes(payload), why, at) for topic, payload, why, at in found]

    def parked_count(self) -> int:
        """Return how many messages are parked."""
        row = self._db.fetch_one("SELECT count(*) FROM parked")
        return int(row[0]) if row else 0
