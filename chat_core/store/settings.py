"""Store settings: one value each, or a document that several people change."""

import json
from typing import Any, Final

from chat_core.contract.errors import WrongState
from chat_core.store.credentials import Identities
from chat_core.store.database import Database
from chat_core.store.models.web import SettingRow
from chat_core.store.rows import compact

DOCUMENT: Final = "document:"
TEAMS: Final = "teams"  # this document decides what agents may read


class Settings:
    """Read and write settings. Every method is one short transaction of its own, unless it says "within"."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, key: str, default: Any = None) -> Any:
        """Return the setting's value, or the default."""
        found = self._db.find(SettingRow.select(SettingRow.value).where(SettingRow.key == key))
        return json.loads(found[0]) if found else default

    def put(self, key: str, value: Any) -> None:
        """Set the setting to anything JSON can say."""
        with self._db.writing():
            self.set_within(key, value)

    def hold(self) -> None:
        """Within a transaction: keep others from changing a setting until its end."""
        self._db.dialect.lock_table(self._db, "setting")

    def set_within(self, key: str, value: Any) -> None:
        """Within a transaction: set the setting."""
        insert = SettingRow.insert(key=key, value=compact(value))
        self._db.change(insert.on_conflict(conflict_target=[SettingRow.key], preserve=[SettingRow.value]))

    def document(self, key: str) -> tuple[int, Any]:
        """Return a document's rev and value; (0, None) while nobody has written it."""
        found = self.get(f"{DOCUMENT}{key}")
        return (int(found["rev"]), found["value"]) if found is not None else (0, None)

    def change_document(self, key: str, value: Any, rev: int) -> int:
        """
        Set the document; return its new rev.

        Args: rev: of the document that this was made from.
        Raises: WrongState with `stale` when somebody changed it since.
        """
        with self._db.writing():
            self.hold()
            if self.document(key)[0] != rev:
                raise WrongState(
                    "Somebody else changed this since you opened it. Reload it, and change it again.", why="stale"
                )
            self.set_within(f"{DOCUMENT}{key}", {"rev": rev + 1, "value": value})
            if key == TEAMS:
                Identities(self._db).bump()
        return rev + 1
