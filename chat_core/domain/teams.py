"""Decide which team a conversation belongs to, and who is in it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from chat_core.contract.ids import Role, role_of
from chat_core.contract.topics import DEFAULT_TEAM
from chat_core.domain.attributes import AttributeValue, has_any
from chat_core.domain.settings import Team
from chat_core.domain.team_choice import OfTeams

_ONLY_DEFAULT: Final = frozenset({DEFAULT_TEAM})


class TeamIndex:
    """
    Answer for one state of the setting `teams`. An agent in no team is in the default team.

    Args: rev: of the setting; 0 while nobody has made a team.
    """

    def __init__(self, teams: Iterable[Team] = (), rev: int = 0) -> None:
        self.rev: Final = rev
        self._teams: Final = {team.id: team for team in teams}
        self.ids: Final = frozenset(self._teams) | _ONLY_DEFAULT
        self.is_single: Final = self.ids == _ONLY_DEFAULT  # the default team only: then nothing is restricted
        self.asks_attributes: Final = any(team.attributes for team in self._teams.values())
        self._of: Final[dict[str, frozenset[str]]] = {}
        for team in self._teams.values():
            for agent in team.members:
                self._of[agent] = self._of.get(agent, frozenset()) | {team.id}

    def of_agent(self, agent: str) -> frozenset[str]:
        """Return the agent's teams."""
        return self._of.get(agent, _ONLY_DEFAULT)

    def known(self, team: str | None) -> str:
        """Return the team of a conversation that names this one."""
        return team if team is not None and team in self.ids else DEFAULT_TEAM

    def name(self, team: str) -> str:
        """Return the team's name, or its id."""
        return self._teams[team].name if team in self._teams else team

    def is_member(self, agent: str, team: str | None) -> bool:
        """Return whether the agent is in the team of a conversation that names this one."""
        return self.known(team) in self.of_agent(agent)

    def members(self, team: str, agents: Iterable[str]) -> list[str]:
        """Return those of the agents who are in the team."""
        return [agent for agent in agents if team in self.of_agent(agent)]

    def outside(self, agents: Iterable[str], team: str) -> list[str]:
        """Return those of the agents who are not in the team."""
        return sorted({agent for agent in agents if team not in self.of_agent(agent)})

    def choose(self, teams: Collection[str]) -> OfTeams | None:
        """Return how the conversations of these teams are selected; None for all."""
        if DEFAULT_TEAM not in teams:
            return OfTeams(tuple(sorted(teams)))
        others = tuple(sorted(self.ids - {*teams}))
        return OfTeams(others, but=True) if others else None

    def route(self, area: str | None, lang: str | None, known: Mapping[str, AttributeValue]) -> str | None:
        """
        Return the team of a new conversation: the first with an attribute of the client, else its area, or language.

        Args: known: the client's attributes.
        """
        by_attribute = (team.id for team in self._teams.values() if has_any(known, team.attributes))
        by_area = (team.id for team in self._teams.values() if area is not None and area in team.areas)
        by_lang = (team.id for team in self._teams.values() if lang is not None and lang in team.langs)
        return next(by_attribute, None) or next(by_area, None) or next(by_lang, None)


class ReadingRights:
    """
    Answer whose conversations each agent reads, for one state of teams and agents.

    Args: administrators: they read all.
    """

    def __init__(self, index: TeamIndex, administrators: Collection[str] = ()) -> None:
        self._index: Final = index
        self._administrators: Final = administrators

    def teams_of(self, id: str) -> tuple[str, ...] | None:
        """Return the teams of a restricted agent, by id; None for who reads all: bots too."""
        if self._index.is_single or role_of(id) is not Role.AGENT or id in self._administrators:
            return None
        return tuple(sorted(self._index.of_agent(id)))
