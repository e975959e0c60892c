"""Serve /api/agents: list, add, change and disable agents, and make the links that set passwords."""

from typing import Final

from flask import Blueprint, Response

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound, WrongState
from chat_core.contract.fields import Name, TimeMs
from chat_core.contract.ids import Role, check_id
from chat_core.store.results import Agent as Known
from web import auth
from web.api.contract import ADMIN, REFUSALS, WROTE, Answers, answers, check_body, respond, spec
from web.api.schemas import Asked, Nothing, PersonsName, ResponseBody
from web.app_context import app_context
from web.urls import page_base

routes: Final = Blueprint("agents", __name__)
routes.before_request(check_body)


class AgentBody(ResponseBody):
    """Describe an agent. `seen`: when its board last fetched credentials, as it does each hour; null for never."""

    id: str
    name: str
    admin: bool
    disabled: bool
    has_password: bool
    seen: TimeMs | None


class Agents(ResponseBody):
    """List all agents, by id."""

    agents: list[AgentBody]


class OneAgent(ResponseBody):
    """Describe the changed agent. `setup`: the one-time link for its password; a path if the public URL is unknown."""

    agent: AgentBody
    setup: str | None = None


class NewAgent(Asked):
    """Name a new agent."""

    id: Name
    name: PersonsName
    admin: bool = False


class ChangedAgent(Asked):
    """Give the agent's new name and rank."""

    name: PersonsName
    admin: bool


@routes.get("/api/agents")
@spec.validate(tags=[ADMIN], resp=answers(Agents))
def list_agents() -> Response:
    """List all agents, also disabled ones. For agents and bots."""
    auth.desk_member()
    return respond(Agents(agents=[_agent(known) for known in app_context().store.registry.list_agents()]))


@routes.post("/api/agents")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_201=OneAgent, **REFUSALS, **WROTE))
def add_agent(json: NewAgent) -> Response:
    """Add an agent, or enable a disabled one; return a link to set its password. For administrators."""
    auth.administrator()
    registry = app_context().store.registry
    known = registry.find_agent(check_id(json.id, Role.AGENT))
    if known is not None and not known.disabled:
        raise WrongState(f"There is an agent {json.id} already.", why="exists")
    added = registry.add_agent(json.id, json.name.strip(), json.admin, now_ms=app_context().now_ms())
    _announce(json.id)
    return respond(OneAgent(agent=_agent(added), setup=_setup_link(json.id)), 201)


@routes.put("/api/agents/<agent>")
@spec.validate(tags=[ADMIN], resp=answers(OneAgent, **WROTE))
def change_agent(agent: str, json: ChangedAgent) -> Response:
    """Change an agent's name and rank. For administrators."""
    me = auth.administrator().id
    known = _known(agent)
    if known.admin and not json.admin:
        _check_another_rules(known, me)
    here = app_context()
    changed = here.store.registry.add_agent(agent, json.name.strip(), json.admin, now_ms=here.now_ms())
    _announce(agent)
    return respond(OneAgent(agent=_agent(changed)))


@routes.post("/api/agents/<agent>/setup")
@spec.validate(tags=[ADMIN], resp=answers(OneAgent, **WROTE))
def make_setup_link(agent: str, json: Nothing) -> Response:
    """Make a one-time link with which the agent sets a new password. For administrators."""
    auth.administrator()
    return respond(OneAgent(agent=_agent(_known(agent)), setup=_setup_link(agent)))


@routes.post("/api/agents/<agent>/disable")
@spec.validate(tags=[ADMIN], resp=answers(OneAgent, **WROTE))
def disable_agent(agent: str, json: Nothing) -> Response:
    """Disable an agent, and sign it out everywhere. For administrators."""
    me = auth.administrator().id
    _check_another_rules(_known(agent), me)
    app_context().store.registry.disable_agent(agent)
    _announce(agent)
    found = app_context().store.registry.find_agent(agent)
    return respond(OneAgent(agent=_agent(found or _known(agent))))


def _known(agent: str) -> Known:
    known = app_context().store.registry.find_agent(check_id(agent, Role.AGENT))
    if known is None or known.disabled:
        raise NotFound(f"There is no agent {agent}.")
    return known


def _check_another_rules(known: Known, me: str) -> None:
    """Keep one administrator who can give the rank back. Raises: WrongState with `last_admin`."""
    agents = app_context().store.registry.list_agents()
    others = any(one.admin and not one.disabled and one.id != known.id for one in agents)
    if known.id == me or (known.admin and not others):
        raise WrongState("Another administrator must do this, so that one is left.", why="last_admin")


def _announce(agent: str) -> None:
    app_context().store.registry.changes.announce(ChangeKind.AGENTS, {"agent": agent}, app_context().now_ms())


def _setup_link(agent: str) -> str:
    return f"{page_base()}/setup/{app_context().store.registry.make_setup_link(agent, app_context().now_ms())}"


def _agent(known: Known) -> AgentBody:
    return AgentBody(
        id=known.id,
        name=known.name,
        admin=known.admin,
        disabled=known.disabled,
        has_password=known.password_hash is not None,
        seen=known.seen,
    )
