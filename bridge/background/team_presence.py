"""
Tell each team who of its members is there (docs/contract.md#presence).

A team hears of at most MAX_COLLEAGUES members: they fit into one message, and into one list on a screen.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from bridge.pipeline.effects import Reply
from bridge.pipeline.presence import People, Seen
from chat_core.contract import topics
from chat_core.contract.payloads import MAX_COLLEAGUES, AgentState, Colleague, TeamPresence, encode
from chat_core.domain.teams import TeamIndex


class TeamPresences:
    """Hold what each team was told."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._told: defaultdict[str, dict[str, Seen]] = defaultdict(dict)  # by team and agent
        self._rev: int | None = None  # of the teams that were told
        self._all_due = False

    def tell_all(self) -> None:
        """Let the next `go` tell every team of all its members."""
        self._all_due = True

    def go(self, index: TeamIndex, *, in_roll: bool) -> Iterator[Reply]:
        """Yield what changed, and whole lists for who asked. Args: in_roll: whether answers are still awaited."""
        people = self._people
        if self._rev != index.rev:
            self._rev, self._all_due = index.rev, True
            self._told.clear()
        asking, people.asking = people.asking, set()
        moved, people.moved = people.moved, set()
        if self._all_due:
            moved |= {agent for agent, _ in people.agents()}
        changed = self._note(sorted(moved), index)
        whole = {team for agent in asking for team in index.of_agent(agent)}
        if self._all_due:
            whole |= self._told.keys()
        self._all_due = False
        for team in whole | changed.keys():
            agents = self._told[team] if team in whole else changed[team]
            is_all = team in whole and not in_roll
            yield Reply(topics.team_presence(team), encode(_presence(agents.items(), is_all=is_all)))

    def _note(self, agents: Iterable[str], index: TeamIndex) -> dict[str, dict[str, Seen]]:
        """Note how these agents are now; return what their teams were not told, by team and agent."""
        changed: defaultdict[str, dict[str, Seen]] = defaultdict(dict)
        for agent in agents:
            for team in index.of_agent(agent):
                told = self._told[team]
                if agent not in told and len(told) >= MAX_COLLEAGUES:
                    continue
                seen = self._people.seen(agent)
                if seen == told.get(agent, _GONE):
                    continue
                changed[team][agent] = told[agent] = seen
                if seen == _GONE:
                    del told[agent]
        return changed


_GONE = Seen(AgentState.OFFLINE, ())


def _presence(agents: Iterable[tuple[str, Seen]], *, is_all: bool) -> TeamPresence:
    told = [Colleague(id=agent, state=seen.state, viewing=list(seen.viewing)) for agent, seen in agents]
    return TeamPresence(agents=told, all=is_all or None)
