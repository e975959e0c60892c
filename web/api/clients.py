"""Serve /api/clients/<client>, a client's profile and a guest's name."""

from dataclasses import asdict
from typing import Annotated, Final

from flask import Blueprint, Response
from pydantic import Field

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound, WrongState
from chat_core.contract.fields import ShortText
from chat_core.contract.ids import Role, check_id, is_guest
from web import auth
from web.api.contract import CHAT, WROTE, answers, check_body, respond, spec
from web.api.devices import DeviceBody, devices_in_use
from web.api.schemas import Asked, PersonsName, Problem, ResponseBody
from web.app_context import app_context

routes: Final = Blueprint("clients", __name__)
routes.before_request(check_body)


class ClientBody(ResponseBody):
    """Describe a client and its devices."""

    id: str
    name: str | None
    lang: str | None
    area: str | None
    meters: list[str]
    was: str | None
    guest: bool
    devices: list[DeviceBody]


class ClientsAsk(Asked):
    """Search clients by a part of the name or the id."""

    q: ShortText
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class FoundClient(ResponseBody):
    """Name a client."""

    id: str
    name: str | None
    area: str | None


class FoundClients(ResponseBody):
    """List clients by name."""

    clients: list[FoundClient]


class NameAsk(Asked):
    """Give a guest's new name."""

    name: PersonsName


class Named(ResponseBody):
    """Return the client's new name."""

    name: str


@routes.get("/api/clients/<client>")
@spec.validate(tags=[CHAT], resp=answers(ClientBody, HTTP_404=Problem))
def show_client(client: str) -> Response:
    """Return a client's profile. For agents and bots."""
    auth.desk_member()
    known = app_context().store.registry.find_client(check_id(client, Role.CLIENT))
    if known is None:
        raise NotFound(f"There is no client {client}.")
    return respond(ClientBody(**asdict(known), guest=is_guest(client), devices=devices_in_use(client)))


@routes.get("/api/clients")
@spec.validate(tags=[CHAT], resp=answers(FoundClients))
def find_clients(query: ClientsAsk) -> Response:
    """
    Find the portal's clients, with a conversation or without one. For agents and bots.

    Accents and case do not count. The agent's first message opens the conversation, and the client's widget shows it.
    """
    auth.desk_member()
    found = app_context().store.registry.search_clients(query.q, query.limit)
    return respond(FoundClients(clients=[FoundClient(id=one.id, name=one.name, area=one.area) for one in found]))


@routes.put("/api/clients/<client>/name")
@spec.validate(tags=[CHAT], resp=answers(Named, **WROTE, HTTP_429=Problem))
def change_name(client: str, json: NameAsk) -> Response:
    """Change a guest's name. For the guest and the desk; a portal names its own users."""
    auth.reader_of(client)
    if not is_guest(client):
        raise WrongState("The portal says what its users are called.", why="not_guest")
    registry = app_context().store.registry
    if registry.find_client(client) is None:
        raise NotFound(f"There is no guest {client}.")
    app_context().limits.spend_rename(client)
    name = json.name.strip()
    registry.ensure_client(client, name=name)
    registry.changes.announce(ChangeKind.CLIENT, {"client": client}, app_context().now_ms())
    return respond(Named(name=name))
