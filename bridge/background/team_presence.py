"""
Tell each team who of its members is there, and who looks at its conversations (docs/contract.md#presence).

A team hears of at most MAX_COLLEAGUES agents: they fit into one message, and into one list on a screen.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from bridge.pipeline.effects import Reply
from bridge.pipeline.presence import People, Seen
from chat_core.contract import topics
from chat_core.contract.payloads import MAX_COLLEAGUES, MAX_VIEWING, AgentState, Colleague, TeamPresence, encode
from chat_core.domain.teams import TeamIndex

_GONE: Final = Seen(AgentState.OFFLINE, ())
_ASK_AT_ONCE: Final = 1_000  # conversations, far below the variables that a statement of SQLite may have


class TeamPresences:
    """Hold what each team was told."""

    def __init__(
        self,
        people: People,
        teams_of: Callable[[Collection[str]], Mapping[str, str]],
        reads_all: Callable[[str], bool],
    ) -> None:
        """Args: teams_of: the teams of these clients' conversations; reads_all: whether an agent reads every team's."""
        self._people = people
        self._teams_of = teams_of
        self._reads_all = reads_all
        self._told: defaultdict[str, dict[str, Seen]] = defaultdict(dict)  # by team and agent
        self._elsewhere: dict[str, frozenset[str]] = {}  # by agent: teams of others whose conversations it looks at
        self._rev: int | None = None  # of the teams that were told
        self._all_due = False

    def tell_all(self) -> None:
        """Let the next `go` tell every team of all its members."""
        self._all_due = True

    def go(self, index: TeamIndex, *, in_roll: bool) -> Iterator[Reply]:
        """
        Yield what changed, and whole lists for who asked. Raises: StoreDown; then the next call tells the same.

        Args: in_roll: whether answers are still awaited.
        """
        people = self._people
        if self._rev != index.rev:
            self._rev, self._all_due = index.rev, True
            self._told.clear()
            self._elsewhere.clear()
        moved = people.moved | {agent for agent, _ in people.agents()} if self._all_due else people.moved
        now = self._now([*self._in_turn(moved), *self._waiting(moved, index)], index)
        asking, people.asking, people.moved = people.asking, set(), set()
        before = {agent: self._hears(agent, index) for agent in now}
        changed = self._note(now, index)
        whole = {team for agent in asking for team in self._hears(agent, index)}
        whole |= {team for agent in now for team in self._hears(agent, index) - before[agent]}
        whole |= {team for team, agents in changed.items() if len(agents) > MAX_COLLEAGUES}
        if self._all_due:
            whole |= self._told.keys()
        self._all_due = False
        for team in whole | changed.keys():
            agents = self._told[team] if team in whole else changed[team]
            is_all = team in whole and not in_roll
            yield Reply(topics.team_presence(team), encode(_presence(agents.items(), is_all=is_all)))

    def _in_turn(self, agents: Iterable[str]) -> list[str]:
        """Return the agents by id, those who are gone first: they make place for others."""
        return sorted(agents, key=lambda agent: (self._people.state(agent) is not AgentState.OFFLINE, agent))

    def _waiting(self, moved: Collection[str], index: TeamIndex) -> Iterator[str]:
        """Yield members who were there before, and were not named, for the places that may become free now."""
        for team, told in self._told.items():
            if len(told) < MAX_COLLEAGUES:
                continue
            leaving = [agent for agent in told if agent in moved and self._may_leave(agent, team, index)]
            if leaving:
                there = (agent for agent, _ in self._people.agents() if agent not in told and agent not in moved)
                yield from islice((agent for agent in there if team in index.of_agent(agent)), len(leaving))

    def _may_leave(self, agent: str, team: str, index: TeamIndex) -> bool:
        return self._people.state(agent) is AgentState.OFFLINE or team not in index.of_agent(agent)

    def _hears(self, agent: str, index: TeamIndex) -> frozenset[str]:
        """Return the teams that an agent's board hears: its own, and those whose conversations it looks at."""
        return index.of_agent(agent) | self._elsewhere.get(agent, frozenset())

    def _now(self, agents: Iterable[str], index: TeamIndex) -> dict[str, dict[str, Seen]]:
        """Return how these agents are, by agent and by team that may know; of who is gone nothing."""
        seen = {agent: self._people.seen(agent) for agent in agents}
        clients = [] if index.is_single else list({client for one in seen.values() for client in one.viewing})
        teams: dict[str, str] = {}
        for start in range(0, len(clients), _ASK_AT_ONCE):
            teams |= self._teams_of(clients[start : start + _ASK_AT_ONCE])
        return {agent: self._by_team(agent, one, index, teams) for agent, one in seen.items()}

    def _by_team(self, agent: str, seen: Seen, index: TeamIndex, teams: Mapping[str, str]) -> dict[str, Seen]:
        """Return the agent for its teams, and for those whose conversations it may read and looks at."""
        if seen.state is AgentState.OFFLINE:
            return {}
        screens: dict[str, list[str]] = {team: [] for team in index.of_agent(agent)}
        for client in seen.viewing:
            team = index.known(teams.get(client))
            if team in screens or self._reads_all(agent):
                screens.setdefault(team, []).append(client)
        return {team: Seen(seen.state, tuple(clients[:MAX_VIEWING])) for team, clients in screens.items()}

    def _note(self, now: Mapping[str, Mapping[str, Seen]], index: TeamIndex) -> dict[str, dict[str, Seen]]:
        """Note how these agents are now; return what the teams were not told, by team and agent."""
        changed: defaultdict[str, dict[str, Seen]] = defaultdict(dict)
        for agent, by_team in now.items():
            for team in by_team.keys() | self._hears(agent, index):
                told, seen = self._told[team], by_team.get(team, _GONE)
                if seen == told.get(agent, _GONE) or (agent not in told and len(told) >= MAX_COLLEAGUES):
                    continue
                changed[team][agent] = told[agent] = seen
                if seen == _GONE:
                    del told[agent]
            self._elsewhere.pop(agent, None)
            if elsewhere := by_team.keys() - index.of_agent(agent):
                self._elsewhere[agent] = frozenset(elsewhere)
        return changed


def _presence(agents: Iterable[tuple[str, Seen]], *, is_all: bool) -> TeamPresence:
    told = [Colleague(id=agent, state=seen.state, viewing=list(seen.viewing)) for agent, seen in agents]
    return TeamPresence(agents=told, all=is_all or None)
