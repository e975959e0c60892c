"""Serve /api/push: in which browsers a person is notified while no page is open (docs/push.md)."""

import re
from typing import Annotated, Final

from flask import Blueprint, Response, request
from pydantic import Field

from chat_core.contract.errors import BadPayload, NotAllowed, NotFound, WrongState
from chat_core.contract.fields import TimeMs
from chat_core.contract.ids import Role
from chat_core.contract.languages import Lang
from chat_core.store.push_subscriptions import PushSubscription, id_of
from web import auth, push_crypto
from web.api.contract import CHAT, WROTE, answers, check_body, respond, spec
from web.api.schemas import Asked, Nothing, Problem, ResponseBody
from web.app_context import app_context
from web.outbound.addresses import parse_url
from web.outbound.push import is_push_service

WATCHED_MS: Final = 75_000  # a visible board says so every 30 s
HIDDEN_MS: Final = 35_000  # after a board was hidden: meanwhile another visible one says so
ENDPOINT_CHARS: Final = 1_000
# Of a User-Agent, in this order: each names the ones behind it too.
BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

routes: Final = Blueprint("push", __name__)
routes.before_request(check_body)

KeyText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,200}={0,2}$")]


class PushKeys(Asked):
    """Hold the browser's public key and secret, in base64url: the server encrypts for them alone."""

    p256dh: KeyText
    auth: KeyText


class PushAsk(Asked):
    """Give the browser's subscription, as `PushSubscription.toJSON()` has it, and the language of notifications."""

    endpoint: Annotated[str, Field(max_length=ENDPOINT_CHARS, pattern=r"^[\x21-\x7e]+$")]
    keys: PushKeys
    lang: Lang


class ReleaseAsk(Asked):
    """Name the endpoint of the asking browser, whoever's it was."""

    endpoint: Annotated[str, Field(max_length=ENDPOINT_CHARS)]


class WatchingAsk(Asked):
    """Say whether a board of the agent is visible."""

    on: bool


class NotifiedBrowser(ResponseBody):
    """Describe a browser. `succeeded`: when its push service last took a message."""

    id: str
    browser: str
    created: TimeMs
    succeeded: TimeMs | None


class PushBody(ResponseBody):
    """List the person's browsers. `key`: the `applicationServerKey` to subscribe with; null while push is off."""

    key: str | None
    browsers: list[NotifiedBrowser]


class Subscribed(ResponseBody):
    """Name the stored subscription."""

    id: str


@routes.get("/api/push")
@spec.validate(tags=[CHAT], resp=answers(PushBody))
def show_push() -> Response:
    """List the browsers in which the person is notified. For clients and agents."""
    return respond(_listed(_person()))


@routes.put("/api/push/browsers")
@spec.validate(tags=[CHAT], resp=answers(Subscribed, **WROTE, HTTP_422=Problem, HTTP_429=Problem))
def add_browser(json: PushAsk) -> Response:
    """
    Notify the person in this browser; one in which another person was notified is this person's from now on.

    For clients and agents. Beyond 8 browsers the oldest goes.
    """
    person, here = _person(), app_context()
    here.limits.spend_push(person.identity.id)
    if not here.config.push_services:
        raise WrongState("Notifications by push are off.", why="push_off")
    _check_endpoint(json.endpoint)
    try:
        push_crypto.check_keys(json.keys.p256dh, json.keys.auth)
    except ValueError as err:
        raise BadPayload("keys: not the keys of a browser's push subscription.", why="bad_request") from err
    new = PushSubscription(
        id=id_of(json.endpoint),
        person=person.identity.id,
        sign_in=person.sign_in,
        endpoint=json.endpoint,
        p256dh=json.keys.p256dh,
        auth=json.keys.auth,
        lang=json.lang,
        browser=name_browser(request.headers.get("User-Agent", "")),
        created=here.now_ms(),
    )
    here.store.registry.push.put(new)
    return respond(Subscribed(id=new.id))


@routes.post("/api/push/browsers/<browser>/remove")
@spec.validate(tags=[CHAT], resp=answers(PushBody, **WROTE))
def remove_browser(browser: str, json: Nothing) -> Response:
    """Notify the person in this browser no more. For clients and agents, each their own."""
    person = _person()
    if not app_context().store.registry.push.remove([browser], person.identity.id):
        raise NotFound("You are not notified in this browser.")
    return respond(_listed(person))


@routes.post("/api/push/release")
@spec.validate(tags=[CHAT], resp=answers(PushBody, **WROTE))
def release_browser(json: ReleaseAsk) -> Response:
    """Notify nobody in the asking browser any more: another person signed in there. For clients and agents."""
    person = _person()
    app_context().store.registry.push.remove([id_of(json.endpoint)])
    return respond(_listed(person))


@routes.put("/api/push/watching")
@spec.validate(tags=[CHAT], resp=answers(WatchingAsk, **WROTE))
def tell_watching(json: WatchingAsk) -> Response:
    """
    Hold back the agent's notifications for 75 s, because a board is visible; when one was hidden, for at most 35 s.

    For agents. Another board of the agent that is visible says so within these.
    """
    person = _person()
    if person.identity.role is not Role.AGENT:
        raise NotAllowed("Only agents have a board.")
    push = app_context().store.registry.push
    if json.on:
        push.watch(person.identity.id, WATCHED_MS)
    else:
        push.shorten_watch(person.identity.id, HIDDEN_MS)
    return respond(json)


def _person() -> auth.Asker:
    asker = auth.asker()
    if asker.identity.role not in (Role.CLIENT, Role.AGENT):
        raise NotAllowed("Only people are notified.")
    return asker


def _listed(person: auth.Asker) -> PushBody:
    here = app_context()
    push = here.store.registry.push
    key = push_crypto.derive_server_key(here.keys.password, push.epoch()) if here.config.push_services else None
    return PushBody(
        key=None if key is None else push_crypto.encode(push_crypto.public_bytes(key)),
        browsers=[
            NotifiedBrowser(id=one.id, browser=one.browser, created=one.created, succeeded=one.succeeded)
            for one in push.of([person.identity.id])
        ],
    )


def _check_endpoint(endpoint: str) -> None:
    """Check that the endpoint is at one of the configured push services. Raises: BadPayload."""
    target = parse_url(endpoint)
    if not is_push_service(target, app_context().config.push_services):
        raise BadPayload(f"endpoint: {target.host} is not one of WATTLINE_PUSH_SERVICES.", why="unknown_push_service")


def name_browser(user_agent: str) -> str:
    """Return a name that its owner recognises, such as "Chrome on Linux"."""
    browser = next((name for mark, name in BROWSERS if re.search(rf"{mark}\w*/", user_agent)), "Browser")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), None)
    return browser if system is None else f"{browser} on {system}"
