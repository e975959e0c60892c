"""
Identify who sends a request, and check what they may read, by Flask-Login's cookie or by bearer.

Touches the request and the store.

Order: a bearer counts before the cookie, since a script that sends one means it. The cookie alone is enough for
reading; for anything that changes something it needs the CSRF token too.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flask import Flask, Request, Response, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from chat_core.contract import policy, topics
from chat_core.contract.errors import NotAllowed, NotSignedIn
from chat_core.contract.ids import Role, check_id, is_id
from chat_core.contract.policy import Action, Identity
from chat_core.runtime import tokens
from chat_core.runtime.tokens import Audience
from chat_core.store.results import Agent, Reader
from web.app_context import app_context

BEARER: Final = "Bearer "
CSRF_HEADER: Final = "X-CSRFToken"
REMEMBERED: Final = 4_096  # answers of policy's table, which is a constant: the same people ask again and again


class SignedIn(UserMixin):  # type: ignore[misc]
    """
    The agent of a sign-in cookie. The cookie holds id, generation and sign-in: signing out, a new password or a
    disabled account ends it at once.
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
    Describe who sends a request: id, generation, a bearer's expiry in seconds (None for a cookie), and the sign-in
    ("" for credentials without one).
    """

    identity: Identity
    generation: int
    bearer_exp: int | None = None
    sign_in: str = ""

    @property
    def reader(self) -> Reader:
        """As whom the store tells them whether their credentials are still good."""
        return Reader(self.identity.id, self.sign_in)


class CookieSignIns(LoginManager):  # type: ignore[misc]
    """Flask-Login without its second cookie, which nobody is given and every answer would be looked at for."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def init_app(app: Flask) -> None:
    """The app knows its signed-in agents."""
    manager = CookieSignIns(app)
    manager.user_loader(find_signed_in)


def find_signed_in(cookie_id: str) -> SignedIn | None:
    """The agent of a cookie, if it is still as it was when the cookie was given."""
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
    """The browser is this agent from now on. What the session held before is gone, so nobody could have planted it."""
    registry = app_context().store.registry
    generation = registry.generation(agent.id)
    if generation is None:
        raise NotAllowed("This account is not in use.", why="disabled")
    session.clear()
    session.permanent = True
    login_user(SignedIn(agent, generation, registry.sign_ins.begin(agent.id, app_context().now_ms())))


def sign_out(*, everywhere: bool = False) -> None:
    """
    This browser is nobody any more, and what was made from its sign-in ends.

    Args: everywhere: all credentials of the agent end, in every browser and script.
    """
    signed_in, registry = find_agent_here(), app_context().store.registry
    if signed_in is not None and everywhere:
        registry.raise_generation(signed_in.agent.id)
    elif signed_in is not None:
        registry.sign_ins.end(signed_in.sign_in)
    logout_user()
    session.clear()


def find_agent_here() -> SignedIn | None:
    """The agent that this browser is signed in as."""
    return current_user if isinstance(current_user._get_current_object(), SignedIn) else None


def has_bearer(asked: Request) -> bool:
    """Return whether the request names an Authorization, of whatever kind."""
    return "HTTP_AUTHORIZATION" in asked.environ


def bearer_asker() -> Asker:
    """
    Return the asker that the bearer names.

    Raises: NotSignedIn for one that is forged, expired, or older than a change that signed its owner out.
    """
    asker = _claimed()
    check_current(asker, app_context().store.registry.generation(*asker.reader))
    return asker


def check_current(asker: Asker, generation: int | None) -> None:
    """
    The asker's credentials are those of now. Args: generation: which is good, None for nobody's.

    Raises: NotSignedIn.
    """
    if generation != asker.generation:
        raise NotSignedIn("The token is no longer valid.", why="token_refused")


def _claimed() -> Asker:
    """
    Return whom the bearer names.

    Raises: NotSignedIn; NotAllowed for a service, whose bearer opens /metrics alone.
    """
    found = _bearer_of(request.environ.get("HTTP_AUTHORIZATION", ""))
    if found.identity.role is Role.SERVICE:
        raise NotAllowed("This token reads metrics, and nothing else.")
    return found


def service_asker() -> Asker | None:
    """
    The service whose bearer the request has; None when it has none, or another's.

    Raises: NotSignedIn, as `bearer_asker`.
    """
    if not has_bearer(request):
        return None
    found = _bearer_of(request.environ["HTTP_AUTHORIZATION"])
    if found.identity.role is not Role.SERVICE:
        return None
    check_current(found, app_context().store.registry.generation(found.identity.id))
    return found


def _bearer_of(header: str) -> Asker:
    if not header.startswith(BEARER):
        raise NotSignedIn("The Authorization header must be a bearer token.", why="token_refused")
    try:
        claims = app_context().bearers.verify(
            app_context().keys, header.removeprefix(BEARER).strip(), app_context().now_s
        )
    except NotAllowed as err:
        raise NotSignedIn(err.text, why="token_expired" if err.why == "expired" else "token_refused") from err
    return Asker(_identity(claims.sub), claims.gen, claims.exp, claims.sid)


def key_asker(key: str) -> Asker:
    """
    Return the asker of a download key in the URL.

    Raises: NotSignedIn, as for a bearer.
    """
    try:
        claims = tokens.verify(Audience.DOWNLOAD, app_context().keys, key, app_context().now_s)
    except NotAllowed as err:
        raise NotSignedIn(err.text, why="token_expired" if err.why == "expired" else "token_refused") from err
    if app_context().store.registry.generation(claims.sub) != claims.gen:
        raise NotSignedIn("The key is no longer valid.", why="token_refused")
    return Asker(Identity(claims.sub), claims.gen, claims.exp)


def asker() -> Asker:
    """
    Return the asker, by bearer or by cookie.

    Raises: NotSignedIn when nobody does; CSRFError when a cookie would change something without its token.
    """
    if has_bearer(request):
        return bearer_asker()
    signed_in = find_agent_here()
    if signed_in is None:
        raise NotSignedIn("Sign in first.")
    app_context().csrf.protect()
    return signed_in.asker


@lru_cache(REMEMBERED)
def _identity(id: str) -> Identity:
    return Identity(id)


@lru_cache(REMEMBERED)
def may_read(identity: Identity, client: str) -> bool:
    """
    Return whether they may read the client's log: exactly those who may subscribe to it (policy's table).
    """
    return policy.allows(identity, Action.SUBSCRIBE, topics.log(client))


@lru_cache(REMEMBERED)
def is_desk(identity: Identity) -> bool:
    """Return whether they may read the inbox and notes: exactly those who may subscribe to the inbox."""
    return policy.allows(identity, Action.SUBSCRIBE, topics.DESK_INBOX)


def claimed_asker() -> Asker:
    """
    Return the asker as `asker` does; the read itself checks whether a bearer is still valid.

    The snapshots that everybody asks for tell it themselves, with no question of its own to the database:
    `check_current` before anything of them is answered.
    """
    return _claimed() if has_bearer(request) else asker()


def check_may_read(identity: Identity, client: str) -> None:
    """The client's conversation is theirs to read. Raises: BadId, NotAllowed."""
    check_id(client, Role.CLIENT)
    if not may_read(identity, client):
        raise NotAllowed("This conversation is not yours to read.")


def check_desk(identity: Identity) -> None:
    """They sit at the desk. Raises: NotAllowed."""
    if not is_desk(identity):
        raise NotAllowed("Only agents see this.")


def reader_of(client: str, key: str | None = None) -> Identity:
    """
    Return the asker, if they may read the client's conversation.

    Args: key: a download key, which counts instead of bearer and cookie.
    Raises: NotSignedIn, BadId, NotAllowed.
    """
    identity = (asker() if key is None else key_asker(key)).identity
    check_may_read(identity, client)
    return identity


def administrator() -> Identity:
    """
    Return the asker, if they are an administrator.

    Raises: NotSignedIn, NotAllowed with `not_admin`; CSRFError.
    """
    identity = asker().identity
    agent = app_context().store.registry.find_agent(identity.id) if identity.role is Role.AGENT else None
    if agent is None or agent.disabled or not agent.admin:
        raise NotAllowed("Only an administrator may do this.", why="not_admin")
    return identity


def desk_member() -> Identity:
    """
    Return the asker, if they belong to the desk.

    Raises: NotSignedIn, NotAllowed.
    """
    identity = asker().identity
    check_desk(identity)
    return identity
