"""Make the notice that tells who is at the desk, when it opens and how soon it answers. Touches the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chat_core.contract.fields import MAX_PERSON_NAME
from chat_core.contract.payloads import MAX_AGENTS, AgentHere, AgentState, DeskNotice
from chat_core.domain.opening_hours import is_within, next_change, next_opening
from chat_core.domain.settings import Hours, read_document
from chat_core.domain.shown_names import shown_name
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
    """Compute the desk's availability from settings and recent answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked_ms = 0
        self._due_ms = 0  # of the next opening, closing or usual time

    def now(self, now_ms: int) -> Availability:
        self._asked_ms = now_ms
        _, value = self._store.registry.settings.document("hours")
        hours, tz = read_document("hours", value, Hours()), self._store.tz
        usual_ms = self._store.answer_times.usual_ms(now_ms - USUAL_OVER_MS, now_ms)
        usual_s = None if usual_ms is None else round(usual_ms / 1000)
        self._due_ms = min(now_ms + ASK_AGAIN_MS, next_change(hours, now_ms, tz) or now_ms + ASK_AGAIN_MS)
        if hours.week is None:
            return Availability(None, None, usual_s)
        within = is_within(hours, now_ms, tz)
        return Availability(within, None if within else next_opening(hours, now_ms, tz), usual_s)

    def due(self, now_ms: int) -> bool:
        """Return whether it may have changed since the last call."""
        return now_ms >= self._due_ms or now_ms < self._asked_ms  # a clock that ran ahead for days was set right


def desk_notice(
    agents: Iterable[tuple[str, AgentState]], names: Mapping[str, str], roll: str, times: Availability
) -> DeskNotice:
    """
    Return the notice. The desk is open within its hours, and while any agent is connected.

    Agents who are away are neither counted nor named. Only the first MAX_AGENTS are named, to fit into one message, and
    by first name, since clients read it.
    Args: agents: those who are not offline; names: of agents that may sign in; others are left out.
    """
    here = [(agent, state) for agent, state in agents if agent in names]
    online = [agent for agent, state in here if state is AgentState.ONLINE]
    is_open = bool(here) or bool(times.within)
    return DeskNotice(
        open=is_open,
        online=len(online),
        agents=[AgentHere(id=agent, name=shown_name(names[agent])[:MAX_PERSON_NAME]) for agent in online[:MAX_AGENTS]],
        next=None if is_open else times.next,
        roll=roll,
        reply_s=times.reply_s,
    )
