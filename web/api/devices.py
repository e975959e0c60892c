"""Serve /api/devices: list, add and remove meters and displays."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from flask import Blueprint, Response
from pydantic import BeforeValidator, Field, model_validator

from chat_core.contract.errors import NotAllowed, NotFound
from chat_core.contract.fields import ClientId, Name, TimeMs
from chat_core.contract.ids import Role, check_id
from chat_core.domain.firmware import NATIVE_METERS, find_kind
from chat_core.runtime import tokens
from chat_core.runtime.device_setup import KINDS, FilledPart, readings_of, what_to_flash
from chat_core.runtime.devices import Enrolment, dismiss, enrol
from chat_core.store import Store
from chat_core.store.results import Device
from web import auth
from web.api.contract import ADMIN, REFUSALS, WROTE, Answers, answers, check_body, respond, spec
from web.api.schemas import Asked, Nothing, Problem, ResponseBody, none_if_empty
from web.app_context import app_context
from web.urls import connected_config, ws_url

PAGE: Final = 100

routes: Final = Blueprint("devices", __name__)
routes.before_request(check_body)


class DeviceBody(ResponseBody):
    """
    Describe a meter or a display, and the further topics that it may publish. `kind`: as which kind it was added, or
    whose topics it has; `command-line` from `wattline device add` without either, else null.
    """

    id: str
    client: str
    topics: list[str]
    kind: str | None


class ListedDevice(DeviceBody):
    """Describe a device of the list. `heard`: as /heard tells it."""

    name: str | None  # the client's
    heard: TimeMs | None


class DevicesBody(ResponseBody):
    """
    Hold a page of the devices in use, by id. `now`: by the server's clock; `next`: the `after` of the next page; null
    at the end.
    """

    now: TimeMs
    devices: list[ListedDevice]
    next: str | None


class DevicesAsk(Asked):
    """Select one client's devices, all without a client; those above an id."""

    client: Annotated[ClientId | None, BeforeValidator(none_if_empty)] = None
    after: Annotated[str, Field(max_length=64)] = ""


class NewDevice(Asked):
    """
    Describe a client's new device, and further topics that it may publish, such as those of a Tasmota.

    With `meter`, Wattline reads these topics as that meter's. A topic carries the JSON of a known device, unless
    `forms` says that it carries a bare number, and in which unit. `kind`: as which kind of device; the answer then has
    what to flash, and without `topics` the kind's own are read as the meter's.
    """

    id: Name
    client: ClientId
    topics: Annotated[list[str], Field(max_length=16)] = []
    meter: Name | None = None
    forms: dict[str, Literal["json", "kwh", "wh", "kw", "w"]] = {}
    kind: Literal[tuple(KINDS)] | None = None  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _of_its_topics(self) -> "NewDevice":
        if self.forms and self.meter is None:
            raise ValueError("a number is read as a meter's: say which with meter")
        if not self.forms.keys() <= set(self.topics):
            raise ValueError("forms names a topic that is not among topics")
        return self


class FieldBody(ResponseBody):
    """Hold a value that is entered on the device, and what the device calls it."""

    label: str
    value: str


class PartBody(ResponseBody):
    """
    Hold one text for the device: it is pasted, or saved as it is. `name`: where, such as a file's name. `fields`: its
    lines, where their values are entered one by one; else empty.
    """

    name: str
    text: str
    fields: list[FieldBody]


class DevicesLogin(ResponseBody):
    """
    Hold the device's credentials. The password is shown only here. With `kind`: `flash` as `wattline device add --for`
    prints it, with comments; `parts`: all that the device is given, without them; `certificate`: the file of the
    authority that signed the broker's certificate, empty for a public one, null without TLS.
    """

    username: str
    password: str
    client_id: str
    client: str
    topics: list[str]
    url: str
    ws_url: str
    flash: str | None
    parts: list[PartBody]
    certificate: str | None


class HeardAsk(Asked):
    """Say after which time by the server's clock the device must have been heard; without it, at any time."""

    since: TimeMs = 0


class Heard(ResponseBody):
    """
    Tell when the device was heard last: the newest reading of the meter that its own topics are read as. If they are
    read as none: the newest call from its client's displays, answered or not. `now`: by the server's clock.
    """

    now: TimeMs
    at: TimeMs | None
    wh: int | None
    w: int | None


class Removed(ResponseBody):
    """Name the removed device."""

    removed: str


@routes.get("/api/devices")
@spec.validate(tags=[ADMIN], resp=answers(DevicesBody))
def list_devices(query: DevicesAsk) -> Response:
    """List the devices in use. For agents and bots; an agent of some teams names one of their clients."""
    if query.client is not None:
        auth.desk_member_of(query.client)
    elif auth.teams_read_by(auth.desk_member()) is not None:
        raise NotAllowed("client: Name a client of your teams. Only an administrator lists all devices.")
    here = app_context()
    found = here.store.registry.devices.page(query.client, query.after, PAGE)
    heard = _heard(here.store, found)
    names = here.store.registry.names({one.client for one in found})
    devices = [ListedDevice(**_facts(one), name=names.get(one.client), heard=heard.get(one.id)) for one in found]
    last = found[-1].id if len(found) == PAGE else None
    return respond(DevicesBody(now=here.now_ms(), devices=devices, next=last))


def devices_of(client: str) -> list[DeviceBody]:
    """Return the client's devices that are not disabled."""
    found = app_context().store.registry.devices.of(client)
    return [DeviceBody(**_facts(one)) for one in found if not one.disabled]


def _facts(device: Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "client": device.client,
        "topics": list(device.topics),
        "kind": device.kind or find_kind(device.topics),
    }


def _heard(store: Store, devices: Sequence[Device]) -> dict[str, int]:
    """Return when each of the devices was heard last, as `Heard` says, in three statements at most."""
    meters = _meters_read(store)
    readings = store.consumption.newest_of({one.client for one in devices if one.id in meters})
    calls = store.log.calls({one.client for one in devices if one.id not in meters})
    at = {
        one.id: readings.get((one.client, meters[one.id])) if one.id in meters else calls.get(one.client)
        for one in devices
    }
    return {id: heard for id, heard in at.items() if heard is not None}


def _meters_read(store: Store) -> dict[str, str]:
    """Return as which meter the topics of devices are read: device → meter."""
    return {device: read["meter"] for device, read in store.registry.settings.get(NATIVE_METERS, {}).items()}


@routes.post("/api/devices")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_201=DevicesLogin, **REFUSALS, **WROTE))
def add_device(json: NewDevice) -> Response:
    """Add a device; return its password, which cannot be read again. For administrators."""
    auth.administrator()
    here = app_context()
    asked = dict.fromkeys(json.topics, "json") | dict(json.forms)
    forms, meter = readings_of(json.kind, json.id, asked, json.meter)
    password = enrol(here.store.registry, Enrolment(json.id, json.client, forms, meter, json.kind), here.now_ms())
    config = connected_config()
    reached = tokens.issue(config, here.keys, tokens.Holder(json.id, 0), 0, here.now_s)
    flash = None
    if json.kind is not None:
        issued = replace(reached, password=password, url=tokens.device_url(config))
        authority = str(config.tls_ca or config.tls_cert or "")
        owner = here.store.registry.names({json.client}).get(json.client) or ""
        flash = what_to_flash(json.kind, json.client, issued, config.broker_profile, authority, forms, owner)
    login = DevicesLogin(
        username=json.id,
        password=password,
        client_id=reached.client_id,
        client=json.client,
        topics=list(forms),
        url=reached.url,
        ws_url=ws_url(config),
        flash=flash and flash.printed,
        parts=[_part_body(part) for part in flash.parts] if flash else [],
        certificate=flash and flash.certificate,
    )
    return respond(login, 201)


def _part_body(part: FilledPart) -> PartBody:
    fields = [FieldBody(label=label, value=value) for label, value in part.fields]
    return PartBody(name=part.name, text=part.text, fields=fields)


@routes.get("/api/devices/<device>/heard")
@spec.validate(tags=[ADMIN], resp=answers(Heard, HTTP_404=Problem))
def show_heard(device: str, query: HeardAsk) -> Response:
    """Tell when a device was heard last, for a test while it is set up. For agents, of their teams, and bots."""
    identity = auth.desk_member()
    here = app_context()
    found = here.store.registry.devices.find(check_id(device, Role.DEVICE))
    if found is None or found.disabled:
        raise NotFound(f"There is no device {device}.")
    auth.check_team(identity, found.client)
    meter, last = _meters_read(here.store).get(found.id), None
    if meter is None:
        at = here.store.log.calls([found.client]).get(found.client)
    else:
        last = here.store.consumption.last_reading(found.client, meter)
        at = last.at if last else None
    if at is None or at <= query.since:
        at, last = None, None
    return respond(Heard(now=here.now_ms(), at=at, wh=last.wh if last else None, w=last.w if last else None))


@routes.post("/api/devices/<device>/remove")
@spec.validate(tags=[ADMIN], resp=answers(Removed, **WROTE))
def remove_device(device: str, json: Nothing) -> Response:
    """Remove a device, and clear its retained topics. For administrators."""
    auth.administrator()
    dismiss(app_context().store.registry, device, app_context().now_ms())
    return respond(Removed(removed=device))
