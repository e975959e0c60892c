"""
Identify programs by their API keys, and check scope, address and rate.

A route names the scope that it asks for with `scoped` or `key_only`; a key opens no other route.
"""

from collections.abc import Callable
from math import ceil
from typing import Any, Final, NamedTuple, TypeVar

from flask import Flask, Response, current_app, g, request

from chat_core.contract.errors import NotAllowed, NotSignedIn, TooFast
from chat_core.contract.scopes import Scope
from chat_core.runtime.addresses import Networks
from chat_core.store.results import ApiKey
from web.app_context import app_context

SCOPE: Final = "api_scope"  # an attribute of a view function, like the next
ONLY: Final = "api_key_only"
View = TypeVar("View", bound=Callable[..., Any])


class KeyHolder(NamedTuple):
    """Hold a key that this request showed, and the generation of its speaker."""

    key: ApiKey
    generation: int


def scoped(scope: Scope) -> Callable[[View], View]:
    """Let API keys with this scope open the route."""

    def mark(view: View) -> View:
        setattr(view, SCOPE, scope)
        return view

    return mark


def key_only(scope: Scope) -> Callable[[View], View]:
    """Let API keys with this scope open the route, and nobody else: the view asks `auth.key_holder`."""

    def mark(view: View) -> View:
        setattr(view, ONLY, True)
        return scoped(scope)(view)

    return mark


def is_key_only(endpoint: str) -> bool:
    """Return whether the route is for API keys alone."""
    return hasattr(current_app.view_functions[endpoint], ONLY)


def scope_of(endpoint: str | None) -> Scope | None:
    """Return the scope that the route asks of a key; None where it takes none."""
    return getattr(current_app.view_functions.get(endpoint or ""), SCOPE, None)


def holder_of(secret: str) -> KeyHolder:
    """
    Return the key of this request, checked once. Raises: NotSignedIn with `key_refused`; NotAllowed; TooFast.
    """
    found: KeyHolder | None = g.get("key_holder")
    if found is None:
        found = g.key_holder = _check(secret)
    return found


def _check(secret: str) -> KeyHolder:
    here = app_context()
    key = here.store.registry.api_keys.find(secret)
    if key is None or (key.expires is not None and key.expires <= here.now_ms()):
        here.limits.spend_wrong_key()
        raise NotSignedIn("This API key is not valid: it is unknown, revoked or expired.", why="key_refused")
    if key.networks and (request.remote_addr or "") not in Networks(key.networks):
        raise NotAllowed("This API key is not valid from your address. Change its networks.", why="key_network")
    scope = scope_of(request.endpoint)
    if scope is None:
        raise NotAllowed("API keys do not open this address. See docs/api.md for those that they open.", why="no_scope")
    if scope not in key.scopes:
        raise NotAllowed(f"This API key lacks the scope {scope}. Create one that has it.", why="no_scope")
    generation = here.store.registry.generation(key.speaker)
    if generation is None:
        raise NotAllowed(f"{key.speaker}, as whom this API key speaks, is disabled.", why="disabled")
    g.key_rate = rate = here.limits.spend_key(key.id)
    if rate is not None and rate.left < 0:
        raise TooFast("This API key is used too often. Wait a moment.", retry_ms=rate.reset_ms)
    here.store.registry.api_keys.note_use(key.id, here.now_ms())
    return KeyHolder(key, generation)


def init_app(app: Flask) -> None:
    """Tell each answer to a key how much of its rate is left."""
    app.after_request(_tell_rate)


def _tell_rate(response: Response) -> Response:
    """Set the headers of draft-ietf-httpapi-ratelimit-headers."""
    rate = g.get("key_rate")
    if rate is not None:
        response.headers["RateLimit-Policy"] = f'"key";q={rate.most};w=60'
        response.headers["RateLimit"] = f'"key";r={max(0, rate.left)};t={ceil(rate.reset_ms / 1000)}'
    return response
