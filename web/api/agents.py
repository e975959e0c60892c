"""/api/agents: those who answer, their rank, and the links with which they set their passwords."""

from typing import Final

from flask import Blueprint, Response, jsonify

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound, WrongState
from chat_core.contract.fields import Name
from chat_core.contract.ids import Role, check_id
from chat_core.store.results import Agent as Known
from web import auth
from web.api.contract import ADMIN, REFUSALS, WROTE, Answers, answers, check_body, spec
from web.api.schemas import Asked, Nothing, PersonsName, ResponseBody, wire
from web.app_context import app_context
from web.urls import page_base

routes: Final = Blueprint("agents", __name__)
routes.before_request(check_body)


class AgentBody(ResponseBody):
    """Somebody who answers."""

    id: str
    name: str
    admin: bool
    disabled: bool
    has_password: bool


class Agents(ResponseBody):
    """All agents, by id."""

    agents: list[AgentBody]


class OneAgent(ResponseBody):
    """The agent as it now is; `setup`: the one-time link for its password, a path where the public URL is not known."""

    agent: AgentBody
    setup: str | None = None


class NewAgent(Asked):
    """Add an agent, or change one."""

    id: Name
    name: PersonsName
    admin: bool = False


class ChangedAgent(Asked):
    """Name and rank as they shall be."""

    name: PersonsName
    admin: bool


@routes.get("/api/agents")
@spec.validate(tags=[ADMIN], resp=answers(Agents))
def list_agents() -> Response:
    """All agents, disabled ones too. Agents and bots."""
    auth.desk_member()
    return jsonify(wire(Agents(agents=[_agent(known) for known in app_context().store.registry.list_agents()])))


@routes.post("/api/agents")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_201=OneAgent, **REFUSALS, **WROTE))
def add_agent(json: NewAgent) -> tuple[Response, int]:
    """A new agent, or a disabled one again, with a link for its password. Administrators."""
    auth.administrator()
    registry = app_context().store.registry
    known = registry.find_agent(check_id(json.id, Role.AGENT))
    if known is not None and not known.disabled:
        raise WrongState(f"There is an agent {json.id} already.", why="exists")
    added = registry.add_agent(json.id, json.name.strip(), json.admin, now_ms=app_context().now_ms())
    _announce(json.id)
    return jsonify(wire(OneAgent(agent=_agent(added), setup=_setup_link(json.id)))), 201


@routes.put("/api/agents/<agent>")
@spec.validate(tags=[ADMIN], resp=answers(OneAgent, **WROTE))
def change_agent(agent: str, json: ChangedAgent) -> Response:
    """The agent's name and rank. Administrators."""
    me = auth.administrator().id
    known = _known(agent)
    if known.admin and not json.admin:
        _check_another_rules(known, me)
    changed = app_context().store.registry.add_agent(
        agent, json.name.strip(), json.admin, now_ms=app_context().now_ms()
    )
    _announce(agent)
    return jsonify(wire(OneAgent(agent=_agent(changed))))


@routes.post("/api/agents/<agent>/setup")
@spec.validate(tags=[ADMIN], resp=answers(OneAgent, **WROTE))
def make_setup_link(agent: str, json: Nothing) -> Response:
    """A link with which the agent sets a new password, once. Administrators."""
    auth.administrator()
    return jsonify(wire(OneAgent(agent=_agent(_known(agent)), setup=_setup_link(agent))))


@routes.post("/api/agents/<agent>/disable")
@spec.validate(tags=[ADMIN], resp=answers(OneAgent, **WROTE))
def disable_agent(agent: str, json: Nothing) -> Response:
    """The agent is signed out everywhere and let in no more. Administrators."""
    me = auth.administrator().id
    _check_another_rules(_known(agent), me)
    app_context().store.registry.disable_agent(agent)
    _announce(agent)
    found = app_context().store.registry.find_agent(agent)
    return jsonify(wire(OneAgent(agent=_agent(found or _known(agent)))))


def _known(agent: str) -> Known:
    known = app_context().store.registry.find_agent(check_id(agent, Role.AGENT))
    if known is None or known.disabled:
        raise NotFound(f"There is no agent {agent}.")
    return known


def _check_another_rules(known: Known, me: str) -> None:
    """Nobody takes the rank from oneself or from the last administrator: then nobody could give it back."""
    others = [
        one
        for one in app_context().store.registry.list_agents()
        if one.admin and not one.disabled and one.id != known.id
    ]
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
    )
