"""Read the teams, which are the setting `teams`, at most once a second."""

import time
from typing import Final

from chat_core.domain.settings import Teams, read_document
from chat_core.domain.teams import TeamIndex
from chat_core.store.settings import Settings

KNOWN_FOR_S: Final = 1.0


class TeamReader:
    """Hold the teams as they were read last. For any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read_s = float("-inf")
        self.latest = TeamIndex()  # the bridge reads it again after a change of settings

    def now(self) -> TeamIndex:
        """Return the teams, at most a second old."""
        if time.monotonic() - self._read_s >= KNOWN_FOR_S:
            self.refresh()
        return self.latest

    def refresh(self) -> None:
        """Read the teams again."""
        rev, value = self._settings.document("teams")
        self.latest = TeamIndex(read_document("teams", value, Teams()).teams, rev)
        self._read_s = time.monotonic()
