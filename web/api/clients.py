"""Serve /api/clients/<client>, a client's profile and a guest's name."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Final

from flask import Blueprint, Response
from pydantic import Field

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound, WrongState
from chat_core.contract.fields import Name, ShortText
from chat_core.contract.ids import Role, check_id, is_guest
from chat_core.contract.languages import Lang
from chat_core.contract.scopes import Scope
from chat_core.domain.attributes import AttributeChanges, AttributeValue
from chat_core.store.results import Client
from web import auth
from web.api.contract import CHAT, WROTE, answers, check_body, respond, spec
from web.api.devices import DeviceBody, devices_of
from web.api.mail import MailBody, mail_of
from web.api.schemas import Asked, PersonsName, Problem, ResponseBody
from web.api_keys import scoped
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
    attributes: dict[str, AttributeValue]
    devices: list[DeviceBody]
    mail: MailBody


class ClientAsk(Asked):
    """
    Say what is known of a client; what is left out stays as it is.

    `attributes`: text, number, boolean or date (a text `YYYY-MM-DD`) by name; null removes one.
    """

    name: PersonsName | None = None
    lang: Lang | None = None
    area: Name | None = None
    meters: Annotated[list[Name], Field(max_length=20)] | None = None
    attributes: AttributeChanges = Field(default_factory=dict)


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


class PowerBackAsk(Asked):
    """Say whether the client wants to be told."""

    on: bool


class PowerBackBody(ResponseBody):
    """Say whether the client is told when the outage is over."""

    on: bool


class Named(ResponseBody):
    """Return the client's new name."""

    name: str


@routes.get("/api/clients/<client>")
@scoped(Scope.CLIENTS)
@spec.validate(tags=[CHAT], resp=answers(ClientBody, HTTP_404=Problem))
def show_client(client: str) -> Response:
    """Return a client's profile. For agents and bots."""
    auth.desk_member_of(client)
    known = app_context().store.registry.find_client(client)
    if known is None:
        raise NotFound(f"There is no client {client}.")
    return respond(_body(known))


@routes.put("/api/clients/<client>")
@scoped(Scope.CLIENTS)
@spec.validate(tags=[CHAT], resp=answers(ClientBody, **WROTE))
def put_client(client: str, json: ClientAsk) -> Response:
    """
    Create a client, or change what is known of it. For API keys and administrators.

    A portal's signed identity changes name, language, area, meters and attributes that it names when the client comes.
    """
    asker = auth.asker()
    if asker.key is None:
        auth.administrator()
    registry, now_ms = app_context().store.registry, app_context().now_ms()
    before = registry.find_client(check_id(client, Role.CLIENT))
    if before is not None:
        auth.check_team(asker.identity, client)
    if before is None and is_guest(client):
        raise NotFound(f"There is no guest {client}. A client's id begins with c-.")
    name = json.name.strip() if json.name is not None else None
    # First, because too many are refused: then nothing else has changed either.
    has_changed = bool(json.attributes) and registry.attributes.change(client, json.attributes)
    now = registry.ensure_client(client, now_ms=now_ms, name=name, lang=json.lang, area=json.area, meters=json.meters)
    if before is not None and (has_changed or before != now):
        registry.changes.announce(ChangeKind.CLIENT, {"client": client}, now_ms)
    return respond(_body(now))


def _body(known: Client) -> ClientBody:
    attributes = app_context().store.registry.attributes.of(known.id)
    return ClientBody(
        **asdict(known),
        guest=is_guest(known.id),
        attributes=attributes,
        devices=devices_of(known.id),
        mail=mail_of(known.id, is_own=False),
    )


@routes.get("/api/clients")
@scoped(Scope.CLIENTS)
@spec.validate(tags=[CHAT], resp=answers(FoundClients))
def find_clients(query: ClientsAsk) -> Response:
    """
    Find the portal's clients, with a conversation or without one. For agents, of their teams, and bots.

    Accents and case do not count. The agent's first message opens the conversation, and the client's widget shows it.
    """
    reads = partial(auth.clients_read_by, auth.desk_member())
    found = app_context().store.registry.clients.search(query.q, query.limit, reads)
    return respond(FoundClients(clients=[FoundClient(id=one.id, name=one.name, area=one.area) for one in found]))


@routes.get("/api/clients/<client>/power-back")
@spec.validate(tags=[CHAT], resp=answers(PowerBackBody))
def show_power_back(client: str) -> Response:
    """Return whether the client is told when the outage in its area is over. For the client and the desk."""
    auth.reader_of(client)
    return respond(PowerBackBody(on=app_context().store.registry.power_waits.is_waiting(client)))


@routes.put("/api/clients/<client>/power-back")
@spec.validate(tags=[CHAT], resp=answers(PowerBackBody, **WROTE, HTTP_429=Problem))
def change_power_back(client: str, json: PowerBackAsk) -> Response:
    """
    Let the client be told once, in its conversation, when the outage in its area is over; or no longer.

    For the client and the desk. Refused (409 `no_outage`) while no outage notice stands in the client's area.
    """
    auth.reader_of(client)
    here = app_context()
    here.limits.spend_rename(client)
    if not json.on:
        here.store.registry.power_waits.cancel(client)
        return respond(PowerBackBody(on=False))
    known = here.store.registry.find_client(client)
    notice = here.store.notices.of_area(known.area) if known is not None and known.area is not None else None
    if notice is None or notice.ended_at is not None:
        raise WrongState("No outage is known in this client's area.", why="no_outage")
    here.store.registry.power_waits.begin(client, notice.since)
    return respond(PowerBackBody(on=True))


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
