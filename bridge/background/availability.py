"""
Compute when the desk is open and how soon it usually answers. Touches the database.
"""

from dataclasses import dataclass
from typing import Final

from chat_core.domain.opening_hours import is_within, next_change, next_opening
from chat_core.domain.settings import Hours, read_document
from chat_core.store import Store

USUAL_OVER_MS: Final = 7 * 86_400_000
ASK_AGAIN_MS: Final = 60_000  # how old the usual time of an answer may be


@dataclass(frozen=True, slots=True)
class Availability:
    """Tell whether the desk is open by its hours (None: it has none), when it next opens, and how soon it answers."""

    within: bool | None
    next: int | None
    reply_s: int | None


class Availabilities:
    """Reads the settings when they may have changed, and says when something else may have."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hours = Hours()
        self._usual_s: int | None = None
        self._asked_ms = 0
        self._due_ms = 0  # when a change of the clock's is due: an opening, a closing, another usual time

    def now(self, now_ms: int) -> Availability:
        """Return the present availability."""
        self._asked_ms = now_ms
        _, value = self._store.registry.settings.document("hours")
        self._hours = read_document("hours", value, Hours())
        usual_ms = self._store.figures.usual_answer_ms(now_ms - USUAL_OVER_MS, now_ms)
        self._usual_s = None if usual_ms is None else round(usual_ms / 1000)
        changes = next_change(self._hours, now_ms, self._store.tz)
        self._due_ms = min(now_ms + ASK_AGAIN_MS, changes if changes is not None else now_ms + ASK_AGAIN_MS)
        if self._hours.week is None:
            return Availability(None, None, self._usual_s)
        within = is_within(self._hours, now_ms, self._store.tz)
        opens = None if within else next_opening(self._hours, now_ms, self._store.tz)
        return Availability(within, opens, self._usual_s)

    def due(self, now_ms: int) -> bool:
        """Return whether it may have changed since the last call."""
        return now_ms >= self._due_ms or now_ms < self._asked_ms  # a clock that ran ahead for days was set right
