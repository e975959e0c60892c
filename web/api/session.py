"""
Serve POST /api/session: return credentials for MQTT and REST (docs/contract.md#credentials).

A portal's identity counts before a guest's token, a bearer before the cookie. A request with an invalid identity never
becomes a guest.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from flask import Blueprint, Response, request

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import BadPayload, NotAllowed, NotSignedIn
from chat_core.contract.ids import Role, is_guest, role_of
from chat_core.domain.mail_address import parse_mail_address
from chat_core.runtime import tokens
from chat_core.runtime.tokens import Audience
from web import auth
from web.api.contract import ACCESS, REFUSALS, Answers, check_body, respond, spec
from web.api.schemas import Problem, SessionAsk, SessionBody
from web.app_context import app_context
from web.metrics import SESSIONS
from web.urls import connected_config, ws_url

log = structlog.get_logger("web")
routes: Final = Blueprint("session", __name__)
routes.before_request(check_body)

# A board fetches credentials each hour, and each of its tabs its own.
AGENT_SEEN_EVERY_MS: Final = 60_000


@dataclass(frozen=True)
class SessionGrant:
    """Hold whose credentials to issue, how long the bearer lasts, and the sign-in that they belong to."""

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
    """Return credentials for a guest, a portal's user or an agent, or renew a bearer's."""
    app_context().limits.spend_session()
    granted = _grant(json)
    SESSIONS.labels(granted.kind).inc()
    return respond(describe(granted, json.lang))


def _grant(ask: SessionAsk) -> SessionGrant:
    if ask.identity is not None:
        return by_identity(ask.identity, ask.guest)
    if ask.guest is not None:
        return by_guest_token(ask.guest)
    if auth.has_bearer():
        return by_bearer()
    if auth.CSRF_HEADER in request.headers:
        return by_sign_in()
    return new_guest()


def by_identity(identity: str, guest: str | None) -> SessionGrant:
    """
    Grant the portal's user. The same identity works again for 60 s (a lost answer, a second tab), then never.

    Raises: NotSignedIn with `identity_refused` or `identity_used`; NotAllowed for a disabled user.
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
    has_changed = False
    with suppress(BadPayload):  # more than a client may have: no reason to keep the user from the chat
        has_changed = bool(said.attributes) and registry.attributes.change(said.sub, said.attributes)
    if said.email is not None and said.email_verified:
        _vouch(said.sub, said.email)
    if before is not None and (has_changed or before != now):
        registry.changes.announce(ChangeKind.CLIENT, {"client": said.sub}, app_context().now_ms())  # for the boards
    return SessionGrant(said.sub, _generation(said.sub), "identity")


def _vouch(client: str, email: str) -> None:
    """Store the address that the portal verified; one that is none costs nobody the sign-in."""
    try:
        address = parse_mail_address(email)
    except BadPayload as err:
        log.warning("identity_email_ignored", client=client, why=err.text)
        return
    app_context().store.registry.mail_addresses.vouch(client, address, app_context().now_ms())


def _guest_before(token: str | None) -> str | None:
    """Return this browser's guest; None without a valid token."""
    if token is None:
        return None
    try:
        return _check_guest(token).sub
    except NotSignedIn:
        return None


def _check_guest(token: str) -> tokens.MqttClaims:
    """Return the guest's claims. Raises: NotSignedIn with `guest_unknown`."""
    try:
        return auth.verify_key(Audience.GUEST, token)
    except NotSignedIn as err:
        raise NotSignedIn("This guest is no longer known here.", why="guest_unknown") from err


def by_guest_token(token: str) -> SessionGrant:
    """Grant the token's guest. Raises: NotSignedIn with `guest_unknown`; NotAllowed while guests are off."""
    _check_guests_on()
    claims = _check_guest(token)
    app_context().limits.spend_account(claims.sub)
    return _as_guest(SessionGrant(claims.sub, claims.gen, "guest"))


def new_guest() -> SessionGrant:
    """Create a guest. Raises: NotAllowed while guests are off; TooFast."""
    _check_guests_on()
    app_context().limits.spend_new_guest()
    name = app_context().store.registry.new_guest(app_context().now_ms())
    return _as_guest(SessionGrant(name, _generation(name), "new_guest"))


def by_bearer() -> SessionGrant:
    """Grant the bearer's owner until the bearer expires. Raises: NotSignedIn; NotAllowed for a device."""
    asker = auth.bearer_asker()
    if asker.identity.role is Role.DEVICE:
        raise NotAllowed("A device keeps the password it was given.")
    if is_guest(asker.identity.id):
        _check_guests_on()
    app_context().limits.spend_account(asker.identity.id)
    left_s = (asker.bearer_exp or app_context().now_s) - app_context().now_s
    return SessionGrant(asker.identity.id, asker.generation, "renewal", api_ttl_s=left_s, sign_in=asker.sign_in)


def by_sign_in() -> SessionGrant:
    """Grant the signed-in agent. Raises: NotSignedIn, CSRFError."""
    asker = auth.asker()
    app_context().limits.spend_account(asker.identity.id)
    return SessionGrant(asker.identity.id, asker.generation, "agent", sign_in=asker.sign_in)


def describe(granted: SessionGrant, lang: str | None) -> SessionBody:
    """Return the credentials, as `wattline token` prints them, with the owner's profile."""
    here, config = app_context(), connected_config()
    registry, keys, now_s = here.store.registry, here.keys, here.now_s
    holder = tokens.Holder(granted.id, granted.generation, granted.sign_in, _sign_outs(granted.id))
    issued = tokens.issue(config, keys, holder, tokens.MQTT_TTL_S, now_s, api_ttl_s=granted.api_ttl_s)
    more: dict[str, Any] = {"name": None, "area": None, "lang": lang}
    if role_of(granted.id) is Role.AGENT:
        registry.touch(granted.id, here.now_ms(), AGENT_SEEN_EVERY_MS)
    if role_of(granted.id) is Role.CLIENT:
        registry.touch(granted.id, here.now_ms())
        client, lasting = registry.ensure_client(granted.id, lang=lang), replace(holder, sign_in="")
        more = {
            "name": client.name,
            "area": client.area,
            "lang": client.lang,
            "download_key": tokens.mint(Audience.DOWNLOAD, keys, lasting, granted.api_ttl_s, now_s),
            "unread_key": tokens.mint(Audience.UNREAD, keys, lasting, tokens.GUEST_TTL_S, now_s),
        }
    elif agent := registry.find_agent(granted.id):
        more["name"] = agent.name
    more |= {"api_expires": (now_s + granted.api_ttl_s) * 1000, "now": here.now_ms(), "guest": granted.guest}
    more["tz"] = config.tz
    return SessionBody.model_validate(replace(issued, ws_url=ws_url(config)).as_dict() | more | {"id": granted.id})


def _sign_outs(id: str) -> int:
    """Return how often an agent has signed out, if its broker's password depends on it; else 0."""
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
