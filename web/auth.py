"""
Identify who sends a request, by bearer token or by sign-in cookie, and check what they may read.

A bearer counts before the cookie: a script that sends one means it. The cookie alone is enough to read. A change also
needs the CSRF token.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flask import Flask, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from chat_core.contract import policy, topics
from chat_core.contract.errors import NotAllowed, NotSignedIn
from chat_core.contract.ids import Role, check_id, is_id
from chat_core.contract.policy import Action, Identity
from chat_core.contract.scopes import SECRET_PREFIX
from chat_core.domain.team_choice import OfTeams
from chat_core.runtime import tokens
from chat_core.runtime.tokens import Audience, MqttClaims
from chat_core.store.results import Agent, ApiKey, Reader
from web import api_keys
from web.app_context import app_context

BEARER: Final = "Bearer "
CSRF_HEADER: Final = "X-CSRFToken"
CACHED: Final = 4_096  # answers of the policy, which never changes


class SignedIn(UserMixin):  # type: ignore[misc]
    """
    Hold the agent of a sign-in cookie, which names id, generation and sign-in.

    Signing out, a new password or a disabled account voids the cookie at once.
    """

    def __init__(self, agent: Agent, generation: int, sign_in: str) -> None:
        self.agent = agent
        self.generation = generation
        self.sign_in = sign_in

    def get_id(self) -> str:
        """Return the cookie's content."""
        return f"{self.agent.id}.{self.generation}.{self.sign_in}"

    @property
    def asker(self) -> "Asker":
        """Return the user of this cookie."""
        return Asker(Identity(self.agent.id), self.generation, sign_in=self.sign_in)


@dataclass(frozen=True)
class Asker:
    """
    Describe who sends a request.

    bearer_exp: in seconds since the epoch; None for a cookie. sign_in: "" for credentials without one. key: the API
    key, where there is one; then the identity is its speaker's.
    """

    identity: Identity
    generation: int
    bearer_exp: int | None = None
    sign_in: str = ""
    key: ApiKey | None = None

    @property
    def reader(self) -> Reader:
        """Return whose generation the store reads along with the answer."""
        return Reader(self.identity.id, self.sign_in)


def init_app(app: Flask) -> None:
    """Let the app know its signed-in agents. No template asks for them: an error's page needs no database."""
    LoginManager(app, add_context_processor=False).user_loader(find_signed_in)


def find_signed_in(cookie_id: str) -> SignedIn | None:
    """Return the agent of a cookie, if the cookie is still valid."""
    name, _, rest = cookie_id.partition(".")
    generation, _, sign_in = rest.partition(".")
    if not is_id(name) or not generation.isascii() or not generation.isdecimal() or not sign_in:
        return None
    registry = app_context().store.registry
    agent = registry.find_agent(name)
    if agent is None or agent.disabled or registry.generation(name, sign_in) != int(generation):
        return None
    return SignedIn(agent, int(generation), sign_in)


def sign_in(agent: Agent) -> None:
    """Sign the agent in here. Raises: NotAllowed with `disabled`."""
    registry = app_context().store.registry
    generation = registry.generation(agent.id)
    if generation is None:
        raise NotAllowed("This account is not in use.", why="disabled")
    session.clear()  # so that nobody can plant a session before the sign-in
    session.permanent = True
    login_user(SignedIn(agent, generation, registry.sign_ins.begin(agent.id, app_context().now_ms())))


def sign_out(*, everywhere: bool = False) -> None:
    """Void this browser's sign-in and all tokens made from it. Args: everywhere: all credentials of the agent."""
    signed_in, registry = find_agent_here(), app_context().store.registry
    if signed_in is not None and everywhere:
        registry.raise_generation(signed_in.agent.id)
    elif signed_in is not None:
        registry.sign_ins.end(signed_in.sign_in)
    logout_user()
    session.clear()


def find_agent_here() -> SignedIn | None:
    """Return the agent that this browser is signed in as."""
    return current_user if isinstance(current_user._get_current_object(), SignedIn) else None


def has_bearer() -> bool:
    """Return whether the request has an Authorization header of any kind."""
    return "HTTP_AUTHORIZATION" in request.environ


def bearer_asker() -> Asker:
    """Return whom the bearer names. Raises: NotSignedIn if it is forged, expired or void."""
    asker = _unchecked_bearer()
    check_current(asker, app_context().store.registry.generation(*asker.reader))
    return asker


def check_current(asker: Asker, generation: int | None) -> None:
    """Check the credentials against the present generation, None for no such account. Raises: NotSignedIn."""
    if generation != asker.generation:
        raise NotSignedIn("The token is no longer valid.", why="token_refused")


def _unchecked_bearer() -> Asker:
    """Return whom the bearer names, perhaps no longer valid. Raises: NotSignedIn; NotAllowed for a service."""
    found = _parse_bearer()
    if found.identity.role is Role.SERVICE:
        raise NotAllowed("This token reads metrics, and nothing else.")
    return found


def service_asker() -> Asker | None:
    """Return the service that the bearer names; None without a bearer, or for another's. Raises: NotSignedIn."""
    if not has_bearer():
        return None
    found = _parse_bearer()
    if found.identity.role is not Role.SERVICE:
        return None
    check_current(found, app_context().store.registry.generation(found.identity.id))
    return found


def _parse_bearer() -> Asker:
    header = request.environ.get("HTTP_AUTHORIZATION", "")
    if not header.startswith(BEARER):
        raise NotSignedIn("The Authorization header must be a bearer token.", why="token_refused")
    here, token = app_context(), header.removeprefix(BEARER).strip()
    if token.startswith(SECRET_PREFIX):
        held = api_keys.holder_of(token)
        return Asker(_identity(held.key.speaker), held.generation, key=held.key)
    try:
        claims = here.bearers.verify(here.keys, token, here.now_s)
    except NotAllowed as err:
        raise _as_not_signed_in(err) from err
    return Asker(_identity(claims.sub), claims.gen, claims.exp, claims.sid)


def _as_not_signed_in(err: NotAllowed) -> NotSignedIn:
    return NotSignedIn(err.text, why="token_expired" if err.why == "expired" else "token_refused")


def verify_key(audience: Audience, key: str) -> MqttClaims:
    """Return the claims of a key for one purpose. Raises: NotSignedIn if it is forged, expired or void."""
    try:
        claims = tokens.verify(audience, app_context().keys, key, app_context().now_s)
    except NotAllowed as err:
        raise _as_not_signed_in(err) from err
    if app_context().store.registry.generation(claims.sub) != claims.gen:
        raise NotSignedIn("The key is no longer valid.", why="token_refused")
    return claims


def asker(key: str | None = None) -> Asker:
    """
    Return who sends the request, by download key, bearer or cookie.

    Raises: NotSignedIn; CSRFError for a change by cookie without the CSRF token.
    """
    if key is not None:
        claims = verify_key(Audience.DOWNLOAD, key)
        return Asker(Identity(claims.sub), claims.gen, claims.exp)
    if has_bearer():
        return bearer_asker()
    signed_in = find_agent_here()
    if signed_in is None:
        raise NotSignedIn("Sign in first.")
    app_context().csrf.protect()
    return signed_in.asker


def unchecked_asker() -> Asker:
    """
    Return who sends the request, as `asker`, but a bearer may be void.

    The caller reads the generation together with its answer, which saves a query, and passes it to `check_current`.
    """
    return _unchecked_bearer() if has_bearer() else asker()


@lru_cache(CACHED)
def _identity(id: str) -> Identity:
    return Identity(id)


@lru_cache(CACHED)
def may_read(identity: Identity, client: str) -> bool:
    """Return whether they may read the client's log, which is whether they may subscribe to it."""
    return policy.allows(identity, Action.SUBSCRIBE, topics.log(client))


@lru_cache(CACHED)
def is_desk(identity: Identity) -> bool:
    """Return whether they may read the inbox and notes, which is whether they may subscribe to the inboxes."""
    return policy.allows(identity, Action.SUBSCRIBE, topics.TEAM_INBOXES)


def check_may_read(identity: Identity, client: str) -> None:
    """Check that they may read the client's conversation. Raises: BadId, NotAllowed."""
    check_id(client, Role.CLIENT)
    if not may_read(identity, client):
        raise NotAllowed("This conversation is not yours to read.")
    check_team(identity, client)


def teams_read_by(identity: Identity) -> OfTeams | None:
    """Return which conversations the agent reads, where there are several teams; None for all."""
    registry = app_context().store.registry
    teams = registry.teams_read_by(identity.id)
    return None if teams is None else registry.teams.latest.choose(teams)


def reads_team_of(identity: Identity, client: str) -> bool:
    """Return whether no team keeps the client's conversation from them: it is theirs, or they read every team's."""
    return client in clients_read_by(identity, [client])


def clients_read_by(identity: Identity, clients: Collection[str]) -> frozenset[str]:
    """Return those of the clients whom no team keeps from them, by two queries at most."""
    teams = app_context().store.registry.teams_read_by(identity.id)
    if teams is None:
        return frozenset(clients)
    return frozenset(client for client, team in app_context().store.teams_of(clients).items() if team in teams)


def check_team(identity: Identity, client: str) -> None:
    """Check that the conversation is one of the agent's teams'. Raises: NotAllowed (`other_team`)."""
    if not reads_team_of(identity, client):
        store = app_context().store
        team = store.registry.teams.latest.name(store.teams_of([client])[client])
        raise NotAllowed(f"This conversation belongs to the team {team}. Ask for it to be moved.", why="other_team")


def check_desk(identity: Identity) -> None:
    """Check that they belong to the desk. Raises: NotAllowed."""
    if not is_desk(identity):
        raise NotAllowed("Only agents see this.")


def reader_of(client: str, key: str | None = None) -> Identity:
    """Return who sends the request, if they may read the client's conversation. Args: key: as in `asker`."""
    identity = asker(key).identity
    check_may_read(identity, client)
    return identity


def administrator() -> Identity:
    """Return who sends the request, if an administrator. Raises: NotSignedIn, CSRFError, NotAllowed (`not_admin`)."""
    identity = asker().identity
    agent = app_context().store.registry.find_agent(identity.id) if identity.role is Role.AGENT else None
    if agent is None or agent.disabled or not agent.admin:
        raise NotAllowed("Only an administrator may do this.", why="not_admin")
    return identity


def key_holder() -> tuple[ApiKey, Identity]:
    """Return the API key of the request, and as whom it speaks. Raises: NotSignedIn, CSRFError, NotAllowed."""
    found = asker()
    if found.key is None:
        raise NotAllowed("Only an API key opens this address; screens write over MQTT.", why="no_scope")
    return found.key, found.identity


def desk_member_of(client: str) -> Identity:
    """Return who sends the request, if a desk member who reads the client's conversation. Raises: as above, BadId."""
    identity = desk_member()
    check_team(identity, check_id(client, Role.CLIENT))
    return identity


def desk_member() -> Identity:
    """Return who sends the request, if they belong to the desk. Raises: NotSignedIn, CSRFError, NotAllowed."""
    identity = asker().identity
    check_desk(identity)
    return identity
