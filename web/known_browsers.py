"""
Know a browser again in which an agent signed in before, by a signed cookie of its own.

Wrong tries by others then cannot keep the agent out: what such a browser tries is counted for itself alone. The cookie
opens nothing, and a new password voids it. Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
"""

import hashlib
import hmac
import secrets
from typing import Final

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from chat_core.store.results import Agent
from web.app_context import app_context

COOKIE: Final = "wl_known_"  # and the account: agents share browsers
SALT: Final = "known browser"
LASTS_S: Final = 365 * 86_400
PATH: Final = "/login"


def remember(answer: Response, agent: Agent) -> None:
    """The browser that gets this answer is known as one of the agent's from now on."""
    named = _signer().dumps([agent.id, secrets.token_hex(8), _mark_of(agent)])
    answer.set_cookie(
        COOKIE + agent.id, named, LASTS_S, path=PATH, secure=request.is_secure, httponly=True, samesite="Lax"
    )


def find(account: str) -> str | None:
    """Return the name of this browser, if the account signed in here before with the password that it has now."""
    value = request.cookies.get(COOKIE + account)
    if not value:
        return None
    try:
        of, name, mark = _signer().loads(value, max_age=LASTS_S)
    except (BadSignature, ValueError, TypeError):
        return None
    agent = app_context().store.registry.find_agent(account) if of == account else None
    if agent is None or agent.disabled or not hmac.compare_digest(str(mark), _mark_of(agent)):
        return None
    return str(name)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(app_context().keys.flask, SALT)


def _mark_of(agent: Agent) -> str:
    """Return what changes with the agent's password, and tells nothing of it."""
    return hmac.digest(app_context().keys.flask, (agent.password_hash or "").encode(), hashlib.sha256).hex()[:16]
