"""Decide which team a conversation belongs to, and who is in it."""

from collections.abc import Iterable
from typing import Final

from chat_core.domain.settings import Team

DEFAULT_TEAM: Final = "t-desk"  # of conversations without a team, or with one that was removed
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
        self._of: Final[dict[str, frozenset[str]]] = {}
        for team in self._teams.values():
            for agent in team.members:
                self._of[agent] = self._of.get(agent, frozenset()) | {team.id}

    @property
    def is_single(self) -> bool:
        """Return whether there is the default team only: then nothing is restricted."""
        return self.ids == _ONLY_DEFAULT

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

    def first_of_others(self, agents: Iterable[str], team: str) -> set[str]:
        """Return one team of each of the agents who are not in this team: the first of theirs by id."""
        return {min(of) for agent in agents if team not in (of := self.of_agent(agent))}

    def route(self, area: str | None, lang: str | None) -> str | None:
        """Return the team of a new conversation: the first with the client's area, or else its language."""
        by_area = (team.id for team in self._teams.values() if area is not None and area in team.areas)
        by_lang = (team.id for team in self._teams.values() if lang is not None and lang in team.langs)
        return next(by_area, None) or next(by_lang, None)
