"""Agents, devices and who a client is: /api/agents, /api/devices, /api/clients/<client>."""

import secrets
from typing import Annotated, Final, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import BeforeValidator, Field, model_validator

from chat_core import tokens, topics
from chat_core.changes import ChangeKind
from chat_core.errors import NotFound, WrongState
from chat_core.fields import ClientId, Name
from chat_core.ids import Role, check_id, is_guest
from chat_core.store import Agent as Known
from web import auth
from web.api.contract import ADMIN, CHAT, REFUSALS, Answers, answers, check_body, spec
from web.api.shapes import Answer, Asked, Problem, none_if_empty, wire
from web.room import room
from web.wsurl import connected_config, ws_url

PersonsName = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]
WROTE: Final = {"HTTP_404": Problem, "HTTP_409": Problem, "HTTP_415": Problem}

routes: Final = Blueprint("people", __name__)
routes.before_request(check_body)


class Agent(Answer):
    """Somebody who answers."""

    id: str
    name: str
    admin: bool
    disabled: bool
    has_password: bool


class Agents(Answer):
    """All agents, by id."""

    agents: list[Agent]


class OneAgent(Answer):
    """The agent as it now is; `setup`: the one-time link with which it sets its password."""

    agent: Agent
    setup: str | None = None


class NewAgent(Asked):
    """Who shall answer from now on."""

    id: Name
    name: PersonsName
    admin: bool = False


class ChangedAgent(Asked):
    """Name and rank as they shall be."""

    name: PersonsName
    admin: bool


class Nothing(Asked):
    """An order that needs no words."""


@routes.get("/api/agents")
@spec.validate(tags=[ADMIN], resp=answers(Agents))
def list_agents() -> Response:
    """All agents, disabled ones too. Agents and bots."""
    auth.desk_member()
    return jsonify(wire(Agents(agents=[_agent(known) for known in room().store.registry.list_agents()])))


@routes.post("/api/agents")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_201=OneAgent, **REFUSALS, **WROTE))
def add_agent(json: NewAgent) -> tuple[Response, int]:
    """A new agent, or a disabled one again, with a link for its password. Administrators."""
    auth.administrator()
    registry = room().store.registry
    known = registry.find_agent(check_id(json.id, Role.AGENT))
    if known is not None and not known.disabled:
        raise WrongState(f"There is an agent {json.id} already.", why="exists")
    added = registry.add_agent(json.id, json.name.strip(), json.admin, now_ms=room().now_ms())
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
    changed = room().store.registry.add_agent(agent, json.name.strip(), json.admin, now_ms=room().now_ms())
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
    room().store.registry.disable_agent(agent)
    _announce(agent)
    found = room().store.registry.find_agent(agent)
    return jsonify(wire(OneAgent(agent=_agent(found or _known(agent)))))


def _known(agent: str) -> Known:
    known = room().store.registry.find_agent(check_id(agent, Role.AGENT))
    if known is None or known.disabled:
        raise NotFound(f"There is no agent {agent}.")
    return known


def _check_another_rules(known: Known, me: str) -> None:
    """Nobody takes the rank from oneself or from the last administrator: then nobody could give it back."""
    others = [
        one for one in room().store.registry.list_agents() if one.admin and not one.disabled and one.id != known.id
    ]
    if known.id == me or (known.admin and not others):
        raise WrongState("Another administrator must do this, so that one is left.", why="last_admin")


def _announce(agent: str) -> None:
    room().store.registry.changes.announce(ChangeKind.AGENTS, {"agent": agent}, room().now_ms())


def _setup_link(agent: str) -> str:
    return f"{request.host_url}setup/{room().store.registry.make_setup_link(agent, room().now_ms())}"


def _agent(known: Known) -> Agent:
    return Agent(
        id=known.id,
        name=known.name,
        admin=known.admin,
        disabled=known.disabled,
        has_password=known.password_hash is not None,
    )


# Devices


class Device(Answer):
    """A meter or a display, and the further topics it was given."""

    id: str
    client: str
    topics: list[str]


class Devices(Answer):
    """Devices in use, by id."""

    devices: list[Device]


class DevicesAsk(Asked):
    """Whose devices; all without it."""

    client: Annotated[ClientId | None, BeforeValidator(none_if_empty)] = None


class NewDevice(Asked):
    """
    A device for a client, and further topics it may publish, such as a Tasmota's. With `meter` they are read as that
    meter's: `json` of a device that is known, unless `forms` says that a topic carries a number alone, in which unit.
    """

    id: Name
    client: ClientId
    topics: Annotated[list[str], Field(max_length=16)] = []
    meter: Name | None = None
    forms: dict[str, Literal["json", "kwh", "wh", "kw", "w"]] = {}

    @model_validator(mode="after")
    def _of_its_topics(self) -> "NewDevice":
        if self.forms and self.meter is None:
            raise ValueError("a number is read as a meter's: say which with meter")
        if not self.forms.keys() <= set(self.topics):
            raise ValueError("forms names a topic that is not among topics")
        return self


class DevicesLogin(Answer):
    """What the device signs in with. The password is told this once."""

    username: str
    password: str
    client_id: str
    client: str
    topics: list[str]
    url: str
    ws_url: str


class Removed(Answer):
    """What is not let in any more."""

    removed: str


@routes.get("/api/devices")
@spec.validate(tags=[ADMIN], resp=answers(Devices))
def list_devices(query: DevicesAsk) -> Response:
    """Devices in use. Agents and bots."""
    auth.desk_member()
    return jsonify(wire(Devices(devices=_devices(query.client))))


def _devices(client: str | None) -> list[Device]:
    registry = room().store.registry
    found = registry.devices.all() if client is None else registry.devices.of(client)
    return [Device(id=one.id, client=one.client, topics=list(one.topics)) for one in found if not one.disabled]


@routes.post("/api/devices")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_201=DevicesLogin, **REFUSALS, **WROTE))
def add_device(json: NewDevice) -> tuple[Response, int]:
    """A new device with its password, which is told this once. Administrators."""
    auth.administrator()
    registry = room().store.registry
    known = registry.devices.find(check_id(json.id, Role.DEVICE))
    if known is not None and not known.disabled:
        raise WrongState(f"There is a device {json.id} already; remove it first.", why="exists")
    for topic in json.topics:
        topics.check_device_topic(topic)
    if json.meter is not None:
        topics.meter_reading(json.client, json.meter)
    password = tokens.new_device_password(secrets.token_bytes(tokens.DEVICE_PASSWORD_BYTES))
    registry.ensure_client(json.client)
    hashes = tokens.device_hashes(password, secrets.token_bytes(16))
    forms = dict.fromkeys(json.topics, "json") | dict(json.forms)
    reads = {"meter": json.meter, "forms": forms} if json.meter is not None else None
    registry.devices.add(json.id, json.client, json.topics, hashes, reads=reads)
    _announce_device(json.id, json.client)
    config = connected_config()
    reached = tokens.issue(config, room().keys, json.id, 0, 0, room().now_s, ws_url(config))
    login = DevicesLogin(
        username=json.id,
        password=password,
        client_id=reached.client_id,
        client=json.client,
        topics=json.topics,
        url=reached.url,
        ws_url=reached.ws_url,
    )
    return jsonify(wire(login)), 201


@routes.post("/api/devices/<device>/remove")
@spec.validate(tags=[ADMIN], resp=answers(Removed, **WROTE))
def remove_device(device: str, json: Nothing) -> Response:
    """The device is let in no more, and what it had on display is cleared. Administrators."""
    auth.administrator()
    registry = room().store.registry
    known = registry.devices.find(check_id(device, Role.DEVICE))
    if known is None or known.disabled:
        raise NotFound(f"There is no device {device}.")
    registry.devices.remove(device)
    _announce_device(device, known.client)
    return jsonify(wire(Removed(removed=device)))


def _announce_device(device: str, client: str) -> None:
    body = {"device": device, "client": client}
    room().store.registry.changes.announce(ChangeKind.DEVICES, body, room().now_ms())


# Clients


class Client(Answer):
    """What the platform knows of a client, and its devices."""

    id: str
    name: str | None
    lang: str | None
    area: str | None
    meters: list[str]
    was: str | None
    guest: bool
    devices: list[Device]


class NameAsk(Asked):
    """What a guest wants to be called."""

    name: PersonsName


class Named(Answer):
    """What the client is called now."""

    name: str


@routes.get("/api/clients/<client>")
@spec.validate(tags=[CHAT], resp=answers(Client, HTTP_404=Problem))
def show_client(client: str) -> Response:
    """Who the client is. Agents and bots."""
    auth.desk_member()
    known = room().store.registry.find_client(check_id(client, Role.CLIENT))
    if known is None:
        raise NotFound(f"There is no client {client}.")
    return jsonify(
        wire(
            Client(
                id=known.id,
                name=known.name,
                lang=known.lang,
                area=known.area,
                meters=list(known.meters),
                was=known.was,
                guest=is_guest(known.id),
                devices=_devices(client),
            )
        )
    )


@routes.put("/api/clients/<client>/name")
@spec.validate(tags=[CHAT], resp=answers(Named, **WROTE))
def change_name(client: str, json: NameAsk) -> Response:
    """A guest is called so from now on, on every board. The guest itself, or the desk; a portal names its own users."""
    auth.reader_of(client)
    if not is_guest(client):
        raise WrongState("The portal says what its users are called.", why="not_guest")
    registry = room().store.registry
    if registry.find_client(client) is None:
        raise NotFound(f"There is no guest {client}.")
    name = json.name.strip()
    registry.ensure_client(client, name=name)
    registry.changes.announce(ChangeKind.CLIENT, {"client": client}, room().now_ms())
    return jsonify(wire(Named(name=name)))
