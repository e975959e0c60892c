"""
POST /api/session: who somebody is → credentials for MQTT and REST (docs/contract.md#credentials).

One route, five kinds of asking. A portal's identity counts before a guest's token, a bearer before the cookie; a
request that claims somebody and fails never becomes a guest.
"""

from dataclasses import dataclass, replace
from typing import Final

from flask import Blueprint, Response, jsonify, request

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotAllowed, NotSignedIn
from chat_core.contract.ids import Role, is_guest, role_of
from chat_core.runtime import tokens
from chat_core.runtime.tokens import Audience
from web import auth
from web.api.contract import ACCESS, REFUSALS, Answers, check_body, spec
from web.api.schemas import Problem, SessionAsk, SessionBody, wire
from web.app_context import app_context
from web.metrics import SESSIONS
from web.urls import connected_config, ws_url

routes: Final = Blueprint("session", __name__)
routes.before_request(check_body)


@dataclass(frozen=True)
class SessionGrant:
    """Hold whom the credentials are for, until when the bearer is valid, and the sign-in that ends them."""

    id: str
    generation: int
    kind: str
    api_ttl_s: int = tokens.API_TTL_S
    guest: str | None = None
    sign_in: str = ""


@routes.post("/api/session")
@spec.validate(
    tags=[ACCESS],
    security=[{}, {"bearer": []}, {"signIn": []}],
    resp=Answers(HTTP_200=SessionBody, **REFUSALS, HTTP_429=Problem, HTTP_415=Problem),
)
def make_session(json: SessionAsk) -> Response:
    """Credentials for a guest, a portal's user, an agent, or whoever renews."""
    app_context().limits.spend_session()
    granted = _grant(json)
    SESSIONS.labels(granted.kind).inc()
    return jsonify(wire(describe(granted, json.lang)))


def _grant(ask: SessionAsk) -> SessionGrant:
    if ask.identity is not None:
        return by_identity(ask.identity, ask.guest)
    if ask.guest is not None:
        return by_guest_token(ask.guest)
    if auth.has_bearer(request):
        return by_bearer()
    if auth.CSRF_HEADER in request.headers:
        return by_sign_in()
    return new_guest()


def by_identity(identity: str, guest: str | None) -> SessionGrant:
    """
    The portal's user. The same identity is answered again for 60 s (a lost answer, a second tab), then never.

    Raises: NotSignedIn with `identity_refused` or `identity_used`; NotAllowed for somebody disabled.
    """
    config, registry = app_context().config, app_context().store.registry
    try:
        said = tokens.verify_identity(config, app_context().keys, identity, app_context().now_s)
    except NotAllowed as err:
        raise NotSignedIn(err.text, why="identity_refused") from err
    if not said.jti.isprintable():
        raise NotSignedIn("The identity's jti has characters that nobody can read.", why="identity_refused")
    app_context().limits.spend_account(said.sub)
    try:
        first = registry.use_jti(said.jti, said.exp * 1000, {"sub": said.sub}, app_context().now_ms())
    except NotAllowed as err:
        raise NotSignedIn("This identity was used before. Ask the portal for a new one.", why="identity_used") from err
    if first != {"sub": said.sub}:
        raise NotSignedIn("This identity was used by somebody else.", why="identity_used")
    lang = said.lang.partition("-")[0] if said.lang else None
    was = _guest_before(guest)
    before = registry.find_client(said.sub)
    now = registry.ensure_client(
        said.sub, name=said.name, lang=lang, area=said.area, meters=said.meters or None, was=was
    )
    if before is not None and before != now:
        registry.changes.announce(
            ChangeKind.CLIENT, {"client": said.sub}, app_context().now_ms()
        )  # boards show the name
    return SessionGrant(said.sub, _generation(said.sub), "identity")


def _guest_before(token: str | None) -> str | None:
    """Return this browser's guest, if its token names one; an expired token does not refuse a client."""
    if token is None:
        return None
    try:
        return _check_guest(token).sub
    except NotSignedIn:
        return None


def _check_guest(token: str) -> tokens.MqttClaims:
    """
    The guest of this token, as they now are.

    Raises: NotSignedIn with `guest_unknown` for a token that is not valid, or of a generation that is over.
    """
    try:
        claims = tokens.verify(Audience.GUEST, app_context().keys, token, app_context().now_s)
    except NotAllowed as err:
        raise NotSignedIn("This guest is not known here any more.", why="guest_unknown") from err
    if app_context().store.registry.generation(claims.sub) != claims.gen:
        raise NotSignedIn("This guest is not known here any more.", why="guest_unknown")
    return claims


def by_guest_token(token: str) -> SessionGrant:
    """
    The same guest again.

    Raises: NotSignedIn with `guest_unknown`: the browser drops the token; NotAllowed while guests are off.
    """
    _check_guests_on()
    claims = _check_guest(token)
    app_context().limits.spend_account(claims.sub)
    return _as_guest(SessionGrant(claims.sub, claims.gen, "guest"))


def new_guest() -> SessionGrant:
    """
    A guest nobody has met.

    Raises: NotAllowed while guests are off; TooFast.
    """
    _check_guests_on()
    app_context().limits.spend_new_guest()
    name = app_context().store.registry.new_guest(app_context().now_ms())
    return _as_guest(SessionGrant(name, _generation(name), "new_guest"))


def by_bearer() -> SessionGrant:
    """
    Grant credentials to the bearer's owner until the bearer expires; later the portal is asked again.

    Raises: NotSignedIn; NotAllowed for a device, whose password is its own.
    """
    asker = auth.bearer_asker()
    if asker.identity.role is Role.DEVICE:
        raise NotAllowed("A device keeps the password it was given.")
    if is_guest(asker.identity.id):
        _check_guests_on()
    app_context().limits.spend_account(asker.identity.id)
    left_s = (asker.bearer_exp or app_context().now_s) - app_context().now_s
    return SessionGrant(asker.identity.id, asker.generation, "renewal", api_ttl_s=left_s, sign_in=asker.sign_in)


def by_sign_in() -> SessionGrant:
    """
    The signed-in agent.

    Raises: NotSignedIn; CSRFError.
    """
    asker = auth.asker()
    app_context().limits.spend_account(asker.identity.id)
    return SessionGrant(asker.identity.id, asker.generation, "agent", sign_in=asker.sign_in)


def describe(granted: SessionGrant, lang: str | None) -> SessionBody:
    """The answer: as `wattline token` prints it, and what an end wants to know of itself."""
    registry, now_s = app_context().store.registry, app_context().now_s
    config = connected_config()
    holder = tokens.Holder(granted.id, granted.generation, granted.sign_in, _sign_outs(granted.id))
    issued = tokens.issue(config, app_context().keys, holder, tokens.MQTT_TTL_S, now_s, api_ttl_s=granted.api_ttl_s)
    minted = replace(issued, ws_url=ws_url(config))
    who: dict[str, str | None] = {"name": None, "area": None, "lang": lang}
    if role_of(granted.id) is Role.CLIENT:
        registry.touch(granted.id, app_context().now_ms())
        client = registry.ensure_client(granted.id, lang=lang)
        who = {"name": client.name, "area": client.area, "lang": client.lang}
    elif agent := registry.find_agent(granted.id):
        who["name"] = agent.name
    api_expires = (now_s + granted.api_ttl_s) * 1000
    more = {
        "id": granted.id,
        "now": app_context().now_ms(),
        "api_expires": api_expires,
        "guest": granted.guest,
        "download_key": None,
        "unread_key": None,
    }
    if role_of(granted.id) is Role.CLIENT:
        keys, lasting = app_context().keys, replace(holder, sign_in="")
        more["download_key"] = tokens.mint(Audience.DOWNLOAD, keys, lasting, granted.api_ttl_s, now_s)
        more["unread_key"] = tokens.mint(Audience.UNREAD, keys, lasting, tokens.GUEST_TTL_S, now_s)
    return SessionBody.model_validate(minted.as_dict() | who | more)


def _sign_outs(id: str) -> int:
    """Return how often the id has signed out, where its password depends on it."""
    if app_context().config.broker_profile.renews or role_of(id) is not Role.AGENT:
        return 0
    return app_context().store.registry.sign_ins.count_ended(id)


def _as_guest(granted: SessionGrant) -> SessionGrant:
    holder = tokens.Holder(granted.id, granted.generation)
    return replace(
        granted, guest=tokens.mint(Audience.GUEST, app_context().keys, holder, tokens.GUEST_TTL_S, app_context().now_s)
    )


def _generation(name: str) -> int:
    generation = app_context().store.registry.generation(name)
    if generation is None:
        raise NotAllowed("This account is not in use.", why="disabled")
    return generation


def _check_guests_on() -> None:
    if not app_context().config.guests:
        raise NotAllowed("Please sign in on the portal to write to support.", why="guests_off")
