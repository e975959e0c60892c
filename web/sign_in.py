"""
Sign agents in and out: /login, /logout, and the one-time link /setup/<token>.

A browser in which an agent signed in before has a device cookie. Its attempts are counted apart, so that others' wrong
attempts cannot lock the agent out. The cookie gives no access, and a new password voids it. Source: OWASP, "Slow Down
Online Guessing Attacks with Device Cookies".
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import structlog
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from chat_core.contract.errors import TooFast
from chat_core.contract.ids import Role, is_id, role_of
from chat_core.domain import password_rule
from chat_core.domain.password_rule import MAX_LENGTH, MIN_LENGTH, PasswordFault
from chat_core.store.results import Agent
from web import auth
from web.app_context import app_context
from web.metrics import SIGN_INS
from web.problems import Way, page

ACCOUNT_CHARS: Final = 64
PREFIX: Final = "a-"  # of every agent's id
HOME: Final = "/board"
KNOWN: Final = "wl_known_"  # followed by the account: agents share browsers
KNOWN_SALT: Final = "known browser"
KNOWN_FOR_S: Final = 365 * 86_400

pages = Blueprint("sign_in", __name__)
log = structlog.get_logger("web")


def local_path(wish: str | None) -> str:
    """Return the path to go to after signing in: the wished one if it is on this site, else the board."""
    if wish and wish.startswith("/") and not wish.startswith(("//", "/\\")) and wish.isprintable() and "\\" not in wish:
        return wish
    return HOME


@pages.get("/login")
def show_login() -> str | Response:
    """Show the sign-in form; redirect an agent who is signed in."""
    if auth.find_agent_here():
        return _go(local_path(request.args.get("next")))
    return _login_form()


@pages.post("/login")
def do_login() -> str | Response | tuple[str, int]:
    """Sign in by password; all failures give the same answer after the same time. An empty field is no attempt."""
    if empty := _empty_field():
        return _login_form(empty), 422
    account = account_of(request.form.get("id", ""))
    browser = known_browser(account)
    try:
        app_context().limits.spend_sign_in(account, browser)
        agent = find_by_password(account, request.form.get("password", ""))
    except TooFast as err:
        SIGN_INS.labels("too_fast").inc()
        answer = Response(_login_form({"password": _("Too many attempts. Wait a moment and try again.")}), 429)
        answer.headers["Retry-After"] = str(max(1, (err.retry_ms or 0) // 1000))
        return answer
    if agent is None:
        SIGN_INS.labels("wrong").inc()
        log.info("sign_in_refused", account=account)
        return _login_form({"password": _("Wrong ID or password. Try again.")}), 403
    app_context().limits.forgive_sign_in(account, browser)
    auth.sign_in(agent)
    SIGN_INS.labels("right").inc()
    log.info("signed_in", account=account)
    return _go_known(local_path(request.args.get("next")), account)


def _empty_field() -> dict[str, str]:
    """Return what the first empty field of the form needs; nothing if all are filled."""
    if not request.form.get("id", "").strip():
        return {"id": _("Enter your ID.")}
    return {} if request.form.get("password") else {"password": _("Enter your password.")}


def account_of(typed: str) -> str:
    """Return the agent's id that was typed, with or without its prefix."""
    typed = typed.strip().lower()
    return (typed if typed.startswith(PREFIX) else PREFIX + typed)[:ACCOUNT_CHARS]


def find_by_password(account: str, password: str) -> Agent | None:
    """
    Return the agent if the password is right, and renew an outdated hash. Raises: TooFast.

    An account that is unknown, disabled or without a password takes as long as a wrong password.
    """
    registry = app_context().store.registry
    known = registry.find_agent(account) if is_id(account) and role_of(account) is Role.AGENT else None
    stored = known.password_hash if known and not known.disabled else None
    password = password[:MAX_LENGTH]
    if not app_context().passwords.matches(stored, password) or known is None or stored is None:
        return None
    if app_context().passwords.outdated(stored):
        registry.rehash_agent_password(known.id, stored, app_context().passwords.hash(password))
    return known


@pages.post("/logout")
def do_logout() -> Response:
    """Sign the agent out of this browser; with `everywhere=1` out of all."""
    auth.sign_out(everywhere=request.form.get("everywhere") == "1")
    return _go("/login")


@pages.get("/setup/<token>")
def show_setup(token: str) -> Response:
    """Show the form for a new password. The link stays valid: chat programs open links for previews."""
    app_context().limits.spend_setup()
    agent = app_context().store.registry.peek_setup_link(token, app_context().now_ms())
    return _setup_form(agent) if agent else _link_is_over()


@pages.post("/setup/<token>")
def do_setup(token: str) -> Response:
    """Set the password, void the link and sign in. After a refused password the link stays valid."""
    app_context().limits.spend_setup()
    registry, now_ms = app_context().store.registry, app_context().now_ms()
    agent = registry.peek_setup_link(token, now_ms)
    if agent is None:
        return _link_is_over()
    password = request.form.get("password", "")
    faults = password_faults(password, request.form.get("again", ""), agent)
    if faults:
        return _setup_form(agent, faults)
    hashed = app_context().passwords.hash(password)
    if registry.take_setup_link(token, now_ms) != agent:
        return _link_is_over()  # another request used it meanwhile
    registry.set_agent_password(agent, hashed)
    found = registry.find_agent(agent)
    if found is None or found.disabled:
        return _link_is_over()
    auth.sign_in(found)
    log.info("password_set_by_link", account=agent)
    return _go_known(HOME, agent)


def password_faults(password: str, again: str, agent: str) -> dict[str, str]:
    """Return why a new password is refused, as a sentence by the form's field; nothing if it is not."""
    match password_rule.find_fault(password, agent):
        case PasswordFault.SHORT:
            return {"password": _too_short(len(password))}
        case PasswordFault.LONG:
            return {"password": str(_("Use at most %(n)s characters.", n=MAX_LENGTH))}
        case PasswordFault.COMMON:
            text = _(
                "This password is too easy to guess. Use four or five unrelated words, or a password from a"
                " password manager."
            )
            return {"password": str(text)}
    return {} if password == again else {"again": _not_repeated()}


def _too_short(has: int | str) -> str:
    """Args: has: so many characters, or what the page's script replaces by their number."""
    return str(_("Use %(n)s characters or more; you have %(has)s.", n=MIN_LENGTH, has=has))


def _not_repeated() -> str:
    return str(_("The passwords do not match. Enter the same password twice."))


def _login_form(faults: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the form. Args: faults: a sentence by the field that it stands at."""
    return render_template("login.html", faults=faults, account=request.form.get("id", "").strip()[:ACCOUNT_CHARS])


def _setup_form(agent: str, faults: Mapping[str, str] = MappingProxyType({})) -> Response:
    found = app_context().store.registry.find_agent(agent)
    shown = render_template(
        "setup.html",
        agent=agent,
        name=found.name if found else agent,
        faults=faults,
        min_length=MIN_LENGTH,
        short=_too_short("{has}"),
        differ=_not_repeated(),
    )
    answer = Response(shown, 422 if faults else 200)
    answer.headers["Referrer-Policy"] = "strict-origin"  # the address is a secret; Flask-WTF wants an origin on https
    return answer


def _link_is_over() -> Response:
    text = _("This link has expired or was already used. Ask an administrator for a new one, or sign in.")
    return page(404, text, title=_("This link is no longer valid"), picture="clock", way=Way("/login", _("Sign in")))


def _go_known(path: str, account: str) -> Response:
    """Redirect, and set the device cookie."""
    answer, agent = _go(path), app_context().store.registry.find_agent(account)  # with its present password hash
    if agent is not None:
        remember_browser(answer, agent)
    return answer


def _go(path: str) -> Response:
    return Response(status=303, headers={"Location": path})


def remember_browser(answer: Response, agent: Agent) -> None:
    """Set the device cookie of this agent's browser."""
    named = _signer().dumps([agent.id, secrets.token_hex(8), _mark_of(agent)])
    answer.set_cookie(
        KNOWN + agent.id, named, KNOWN_FOR_S, path="/login", secure=request.is_secure, httponly=True, samesite="Lax"
    )


def known_browser(account: str) -> str | None:
    """Return this browser's name, if the account signed in here with its present password; else None."""
    value = request.cookies.get(KNOWN + account)
    if not value:
        return None
    try:
        of, name, mark = _signer().loads(value, max_age=KNOWN_FOR_S)
    except (BadSignature, ValueError, TypeError):
        return None
    agent = app_context().store.registry.find_agent(account) if of == account else None
    if agent is None or agent.disabled or not hmac.compare_digest(str(mark), _mark_of(agent)):
        return None
    return str(name)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(app_context().keys.flask, KNOWN_SALT)


def _mark_of(agent: Agent) -> str:
    """Return a keyed hash that changes with the agent's password."""
    return hmac.digest(app_context().keys.flask, (agent.password_hash or "").encode(), hashlib.sha256).hex()[:16]
