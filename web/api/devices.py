"""/api/devices: meters and displays, and what their own topics are read as."""

from typing import Annotated, Final, Literal

from flask import Blueprint, Response, jsonify
from pydantic import BeforeValidator, Field, model_validator

from chat_core.contract.fields import ClientId, Name
from chat_core.runtime import tokens
from chat_core.runtime.devices import dismiss, enrol
from web import auth
from web.api.contract import ADMIN, REFUSALS, WROTE, Answers, answers, check_body, spec
from web.api.schemas import Asked, Nothing, ResponseBody, none_if_empty, wire
from web.app_context import app_context
from web.urls import connected_config, ws_url

routes: Final = Blueprint("devices", __name__)
routes.before_request(check_body)


class DeviceBody(ResponseBody):
    """A meter or a display, and the further topics it was given."""

    id: str
    client: str
    topics: list[str]


class DevicesBody(ResponseBody):
    """Devices in use, by id."""

    devices: list[DeviceBody]


class DevicesAsk(Asked):
    """Ask for one client's devices; without a client for all."""

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


class DevicesLogin(ResponseBody):
    """Tell the device's credentials. The password is shown only here."""

    username: str
    password: str
    client_id: str
    client: str
    topics: list[str]
    url: str
    ws_url: str


class Removed(ResponseBody):
    """Name the removed device."""

    removed: str


@routes.get("/api/devices")
@spec.validate(tags=[ADMIN], resp=answers(DevicesBody))
def list_devices(query: DevicesAsk) -> Response:
    """Devices in use. Agents and bots."""
    auth.desk_member()
    return jsonify(wire(DevicesBody(devices=devices_in_use(query.client))))


def devices_in_use(client: str | None) -> list[DeviceBody]:
    """Those that are let in, of one client or of all."""
    registry = app_context().store.registry
    found = registry.devices.all() if client is None else registry.devices.of(client)
    return [DeviceBody(id=one.id, client=one.client, topics=list(one.topics)) for one in found if not one.disabled]


@routes.post("/api/devices")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_201=DevicesLogin, **REFUSALS, **WROTE))
def add_device(json: NewDevice) -> tuple[Response, int]:
    """A new device with its password, which is told this once. Administrators."""
    auth.administrator()
    forms = dict.fromkeys(json.topics, "json") | dict(json.forms)
    password = enrol(app_context().store.registry, json.id, json.client, forms, json.meter, app_context().now_ms())
    config = connected_config()
    reached = tokens.issue(config, app_context().keys, tokens.Holder(json.id, 0), 0, app_context().now_s)
    login = DevicesLogin(
        username=json.id,
        password=password,
        client_id=reached.client_id,
        client=json.client,
        topics=json.topics,
        url=reached.url,
        ws_url=ws_url(config),
    )
    return jsonify(wire(login)), 201


@routes.post("/api/devices/<device>/remove")
@spec.validate(tags=[ADMIN], resp=answers(Removed, **WROTE))
def remove_device(device: str, json: Nothing) -> Response:
    """The device is let in no more, and what it had on display is cleared. Administrators."""
    auth.administrator()
    dismiss(app_context().store.registry, device, app_context().now_ms())
    return jsonify(wire(Removed(removed=device)))
