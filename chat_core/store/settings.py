"""Settings: one value each, or a document that several people change."""

import json
from typing import Any, Final

from peewee import EXCLUDED

from chat_core.contract.errors import WrongState
from chat_core.store.database import Database
from chat_core.store.identities import Identities
from chat_core.store.models.web import SettingRow
from chat_core.store.rows import compact

DOCUMENT: Final = "document:"


class Settings:
    """Every method is one short transaction of its own, unless it says that it is called within one."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._ids = Identities(database)

    def get(self, key: str, default: Any = None) -> Any:
        """The setting's value, or the default."""
        found = self._ids.rows(SettingRow.select(SettingRow.value).where(SettingRow.key == key))
        return json.loads(found[0][0]) if found else default

    def put(self, key: str, value: Any) -> None:
        """The setting has this value, anything JSON can say."""
        with self._db.writing():
            self.set_within(key, value)

    def hold(self) -> None:
        """Within a transaction: nobody else changes a setting until its end, so one may be read and written again."""
        self._db.dialect.lock_settings(self._db)

    def set_within(self, key: str, value: Any) -> None:
        """Within a transaction: the setting has this value."""
        insert = SettingRow.insert(key=key, value=compact(value))
        self._ids.run(insert.on_conflict(conflict_target=[SettingRow.key], update={SettingRow.value: EXCLUDED.value}))

    def document(self, key: str) -> tuple[int, Any]:
        """A document that several people change, and how often it was; (0, None) while nobody has."""
        found = self.get(f"{DOCUMENT}{key}")
        return (int(found["rev"]), found["value"]) if found is not None else (0, None)

    def change_document(self, key: str, value: Any, rev: int) -> int:
        """
        The document is this; returns its new rev.

        Args: rev: of the one that this was made from.
        Raises: WrongState with `stale` when somebody changed it since.
        """
        with self._db.writing():
            self.hold()
            if self.document(key)[0] != rev:
                raise WrongState(
                    "Somebody else changed this since you opened it. Reload it, and change it again.", why="stale"
                )
            self.set_within(f"{DOCUMENT}{key}", {"rev": rev + 1, "value": value})
        return rev + 1
