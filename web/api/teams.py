"""Serve GET /api/teams: who shares an inbox with whom. The setting `teams` changes them."""

from typing import Final

from flask import Blueprint, Response

from chat_core.contract.topics import DEFAULT_TEAM
from web import auth
from web.api.contract import CHAT, answers, respond, spec
from web.api.schemas import ResponseBody
from web.app_context import AppContext, app_context

MAX_NAMED: Final = 200  # members of a team that are told by name

routes: Final = Blueprint("teams", __name__)


class TeamBody(ResponseBody):
    """Describe a team. `members`: the first 200 of its agents, by id."""

    id: str
    name: str
    members: list[str]


class TeamsBody(ResponseBody):
    """
    List the teams, the default one first, and which of them are the agent's. `rev` rises with each change.

    `reads_all`: whether the agent reads the conversations of all teams, as administrators do.
    """

    rev: int
    teams: list[TeamBody]
    mine: list[str]
    reads_all: bool


@routes.get("/api/teams")
@spec.validate(tags=[CHAT], resp=answers(TeamsBody))
def list_teams() -> Response:
    """List the teams. For agents and bots."""
    return respond(teams_of(app_context(), auth.desk_member().id))


def teams_of(here: AppContext, agent: str) -> TeamsBody:
    """Return the teams as this agent sees them; without any but the default team no members."""
    # Read anew: the boards ask right after a change.
    here.store.registry.teams.refresh()
    index = here.store.registry.teams.latest
    agents = [] if index.is_single else [one.id for one in here.store.registry.list_agents() if not one.disabled]
    ids = [DEFAULT_TEAM, *sorted(index.ids - {DEFAULT_TEAM})]
    teams = [TeamBody(id=id, name=index.name(id), members=index.members(id, agents)[:MAX_NAMED]) for id in ids]
    reads_all = here.store.registry.teams_read_by(agent) is None
    return TeamsBody(rev=index.rev, teams=teams, mine=sorted(index.of_agent(agent)), reads_all=reads_all)
