"""Agents sign in, stay signed in as long as they may, and nobody else does."""

import re
import time
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from broker.mosquitto.files import Accounts
from chat_core.contract.errors import TooFast
from chat_core.runtime import brokers
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import PASSWORD, WebUnderTest, csrf_of, json_of, problem_of, sign_in
from web.limits import SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, SIGN_IN_BROWSER, SIGN_IN_PAIR
from web.passwords import Passwords


def how_many(rule: str) -> int:
    return int(rule.partition("/")[0])


def session_cookie(browser: FlaskClient) -> str:
    cookie = browser.get_cookie("wl_session")
    assert cookie is not None
    return cookie.value


def test_right_password(system: WebUnderTest) -> None:
    """The right id and password lead to the board, and the board opens."""
    system.add_agent("a-ana")
    browser = system.browser()
    answer = sign_in(browser, "a-ana")
    assert (answer.status_code, answer.location) == (303, "/board")
    board = browser.get("/board")
    assert board.status_code == 200
    assert '"me": {"admin": false, "id": "a-ana", "name": "Ana", "shown": "Ana"}' in board.text


def test_an_id_without_its_prefix(system: WebUnderTest) -> None:
    """An agent may leave out the prefix that every agent's id has."""
    system.add_agent("a-ana")
    for typed in ("ana", " Ana ", "A-ANA"):
        assert sign_in(system.browser(), typed).status_code == 303, typed


def test_wrong_and_unknown_alike(system: WebUnderTest) -> None:
    """A wrong password, an unknown id, a disabled agent and one without a password get the same words."""
    for name in ("a-ana", "a-gone"):
        system.add_agent(name)
    system.add_agent("a-new", password=None)
    system.store.registry.disable_agent("a-gone")
    said = set()
    for account, password in [
        ("a-ana", "wrong"),
        ("a-nobody", PASSWORD),
        ("a-gone", PASSWORD),
        ("a-new", "x"),
        ("no id!", "x"),
    ]:
        answer = sign_in(system.browser(), account, password)
        assert answer.status_code == 403
        said.add(answer.text.partition('role="alert"')[2].partition("</p>")[0])
    assert len(said) == 1 and "Wrong ID or password" in said.pop()


@pytest.mark.parametrize(
    ("account", "password", "field", "text"),
    [
        ("", "", "id", "Enter your ID."),
        (" ", PASSWORD, "id", "Enter your ID."),
        ("a-ana", "", "password", "Enter your password."),
        ("a-new", "", "password", "Enter your password."),
        ("a-nobody", "", "password", "Enter your password."),
    ],
)
def test_an_empty_field_is_named(system: WebUnderTest, account: str, password: str, field: str, text: str) -> None:
    """Only the first empty field is marked, whoever has that id; nobody signs in by it, and it counts as no attempt."""
    system.add_agent("a-ana")
    system.add_agent("a-new", password=None)
    browser = system.browser()
    for _ in range(how_many(SIGN_IN_PAIR[0]) + 1):
        answer = sign_in(browser, account, password)
        assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == answer.text.count('role="alert"') == 1
    assert re.search(rf'id="{field}-fault".*<span>{text}</span>', answer.text)
    assert browser.get("/board").status_code == 302
    assert sign_in(browser, "a-ana").status_code == 303


def test_same_time_for_unknown(system: WebUnderTest) -> None:
    """An unknown id takes as long as a wrong password: both compute one argon2 hash."""
    system = replace(system, passwords=Passwords())
    system.add_agent("a-ana")
    system.context.passwords.prepare()
    took: dict[str, list[float]] = {"a-ana": [], "a-nobody": []}
    for _ in range(4):
        for account, times in took.items():
            browser = system.browser()
            token = csrf_of(browser.get("/login"))
            start = time.perf_counter()
            browser.post("/login", data={"id": account, "password": "wrong password", "csrf_token": token})
            times.append(time.perf_counter() - start)
    known, unknown = min(took["a-ana"]), min(took["a-nobody"])
    assert unknown > known / 2, took


def test_cookie_attributes(system: WebUnderTest) -> None:
    """The sign-in cookie is kept from scripts and other sites, and on https from plain http."""
    system.add_agent("a-ana")
    plain = sign_in(system.browser(), "a-ana").headers["Set-Cookie"]
    assert "HttpOnly" in plain and "SameSite=Lax" in plain and "Secure" not in plain
    safe = system.browser()
    token = csrf_of(safe.get("/login", base_url="https://localhost"))
    answer = safe.post(
        "/login",
        base_url="https://localhost",
        headers={"Referer": "https://localhost/login"},
        data={"id": "a-ana", "password": PASSWORD, "csrf_token": token},
    )
    assert "Secure" in answer.headers["Set-Cookie"]


def test_session_is_new_after_sign_in(system: WebUnderTest) -> None:
    """A sign-in voids the session before it, its CSRF token included."""
    system.add_agent("a-ana")
    browser = system.browser()
    before = csrf_of(browser.get("/login"))
    sign_in(browser, "a-ana")
    assert csrf_of(browser.get("/board")) != before
    problem_of(browser.post("/api/session", json={}, headers={"X-CSRFToken": before}), 403, "csrf")


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_forms_need_csrf(system: WebUnderTest, path: str) -> None:
    """A form sent without its CSRF token is refused, and changes nothing."""
    browser = system.agent("a-ana")
    answer = browser.post(path, data={"id": "a-ana", "password": PASSWORD})
    assert answer.status_code == 403 and answer.mimetype == "text/html"
    assert browser.get("/board").status_code == 200


def test_logout(system: WebUnderTest) -> None:
    """After signing out the board and the API are closed to this browser."""
    browser = system.agent("a-ana")
    answer = browser.post("/logout", data={"csrf_token": csrf_of(browser.get("/board"))})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert browser.get("/board").status_code == 302
    problem_of(browser.get("/api/inbox"), 401, "not_signed_in")


def sign_out(browser: FlaskClient, **more: str) -> None:
    form = {"csrf_token": csrf_of(browser.get("/board")), **more}
    assert browser.post("/logout", data=form).status_code == 303


def credentials_of(browser: FlaskClient) -> dict[str, Any]:
    return json_of(browser.post("/api/session", json={}, headers={"X-CSRFToken": csrf_of(browser.get("/board"))}))


def test_sign_out_ends_what_came_from_it(system: WebUnderTest) -> None:
    """Signing out ends a copy of the cookie, the bearer and its renewals at once; the agent's other browser goes on."""
    first, second = system.agent("a-ana"), system.browser()
    sign_in(second, "a-ana")
    stolen, other = credentials_of(first), credentials_of(second)
    thief = system.browser()
    thief.set_cookie("wl_session", session_cookie(first))
    assert thief.get("/board").status_code == 200
    renewed = system.browser().post("/api/session", json={}, headers=bearer_of(stolen)).get_json()
    sign_out(first)
    assert thief.get("/board").status_code == 302
    problem_of(thief.get("/api/inbox"), 401, "not_signed_in")
    for copy in (stolen, renewed):
        for address in ("/api/inbox", "/api/clients/c-42/log", "/api/search?q=x", "/api/agents"):
            problem_of(system.browser().get(address, headers=bearer_of(copy)), 401, "token_refused")
        problem_of(system.browser().post("/api/session", json={}, headers=bearer_of(copy)), 401, "token_refused")
    assert second.get("/board").status_code == 200
    assert system.browser().get("/api/inbox", headers=bearer_of(other)).status_code == 200


def test_sign_out_everywhere(system: WebUnderTest) -> None:
    """Signing out everywhere ends every browser and bearer of the agent, those of `wattline token` too."""
    first, second, script = system.agent("a-ana"), system.browser(), system.bearer("a-ana")
    sign_in(second, "a-ana")
    other = credentials_of(second)
    sign_out(first, everywhere="1")
    assert second.get("/board").status_code == 302
    for bearer in (bearer_of(other), script):
        problem_of(system.browser().get("/api/inbox", headers=bearer), 401, "token_refused")


def test_sign_out_numbers_mosquittos_password(start_web: StartWeb) -> None:
    """On Mosquitto the password belongs to the id: a sign-out gives another one, and other browsers renew theirs."""
    system = start_web(broker="mosquitto", mqtt_port="1883", ws_port="9001")
    first, second = system.agent("a-ana"), system.browser()
    sign_in(second, "a-ana")
    before, known = credentials_of(first), credentials_of(second)
    assert before["password"] == known["password"] == brokers.mosquitto_password(system.keys, "a-ana", 0)
    sign_out(first)
    renewed = system.browser().post("/api/session", json={}, headers=bearer_of(known)).get_json()
    assert renewed["password"] == credentials_of(second)["password"] != before["password"]
    lines = {one.identity.id: one.line for one in Accounts(system.store, system.keys).read(system.clock.ms)}
    assert lines["a-ana"] == brokers.mosquitto_line(system.keys, "a-ana", 0, 1)


def bearer_of(credentials: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {credentials['api_token']}"}


def test_an_old_hash_signs_nobody_out(system: WebUnderTest) -> None:
    """A hash of older parameters is made anew at sign-in, and the agent's other browsers stay signed in."""
    browser = system.agent("a-ana")
    stronger = replace(system, passwords=Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)))
    before = system.store.registry.find_agent("a-ana")
    assert sign_in(stronger.browser(), "a-ana").status_code == 303
    after = system.store.registry.find_agent("a-ana")
    assert before is not None and after is not None and before.password_hash != after.password_hash
    assert browser.get("/board").status_code == 200


def test_board_asks_to_sign_in(system: WebUnderTest) -> None:
    """The board redirects to the sign-in page, and from there back."""
    system.add_agent("a-ana")
    browser = system.browser()
    answer = browser.get("/board")
    assert (answer.status_code, answer.location) == (302, "/login?next=/board")
    assert sign_in(browser, "a-ana", path="/login?next=/board").location == "/board"


@pytest.mark.parametrize(
    "wish",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "\\\\evil", ""],
)
def test_next_stays_here(system: WebUnderTest, wish: str) -> None:
    """After signing in nobody is sent to another site."""
    system.add_agent("a-ana")
    browser = system.browser()
    token = csrf_of(browser.get("/login"))
    answer = browser.post(
        "/login", query_string={"next": wish}, data={"id": "a-ana", "password": PASSWORD, "csrf_token": token}
    )
    assert answer.location == "/board"


def test_disabled_agent_is_out_at_once(system: WebUnderTest) -> None:
    """A disabled agent loses the board, the API and the bearer with the next request."""
    browser = system.agent("a-ana")
    bearer = system.bearer("a-ana")
    assert browser.get("/api/inbox").status_code == 200
    system.store.registry.disable_agent("a-ana")
    assert browser.get("/board").status_code == 302
    problem_of(browser.get("/api/inbox"), 401, "not_signed_in")
    problem_of(system.browser().get("/api/inbox", headers=bearer), 401, "token_refused")


def test_forged_cookie(system: WebUnderTest, start_web: StartWeb) -> None:
    """A cookie signed by another installation signs nobody in."""
    system.add_agent("a-ana")
    other = start_web()
    stolen = session_cookie(other.agent("a-ana"))
    browser = system.browser()
    browser.set_cookie("wl_session", stolen)
    assert browser.get("/board").status_code == 302


def tried(system: WebUnderTest, account: str, address: str, browser: FlaskClient | None = None) -> int:
    at = {"REMOTE_ADDR": address}
    return sign_in(browser or system.browser(), account, "wrong", environ_base=at).status_code


def test_account_limit_at_one_address(system: WebUnderTest) -> None:
    """Too many attempts on an account from one address make that address wait, and no other."""
    system.add_agent("a-ana")
    assert [tried(system, "a-ana", "10.0.0.1") for _ in range(how_many(SIGN_IN_PAIR[0]))] == [403] * 10
    answer = sign_in(system.browser(), "a-ana", environ_base={"REMOTE_ADDR": "10.0.0.1"})
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    assert "Too many attempts" in answer.text
    assert sign_in(system.browser(), "a-ana", environ_base={"REMOTE_ADDR": "10.0.1.1"}).status_code == 303


def spent(system: WebUnderTest, account: str) -> None:
    with pytest.raises(TooFast):
        for _ in range(how_many(SIGN_IN_ACCOUNT[0]) + 1):
            system.context.limits._count("sign-in account", SIGN_IN_ACCOUNT, account)


def test_a_browser_that_signed_in_before_still_can(system: WebUnderTest) -> None:
    """Under attack the agent still signs in where it did before; a new browser waits."""
    browser = system.agent("a-ana")
    browser.post("/logout", data={"csrf_token": csrf_of(browser.get("/board"))})
    spent(system, "a-ana")
    for _ in range(how_many(SIGN_IN_ADDRESS[0])):
        tried(system, "a-nobody", "10.0.0.1")
    here = {"REMOTE_ADDR": "10.0.0.1"}
    assert sign_in(system.browser(), "a-ana", environ_base=here).status_code == 429
    assert sign_in(browser, "a-ana", environ_base=here).status_code == 303


def test_a_known_browser_has_a_limit_too(system: WebUnderTest) -> None:
    """A browser that signed in before may guess as often as one address, and no more."""
    browser = system.agent("a-ana")
    browser.delete_cookie("wl_session")
    limit = how_many(SIGN_IN_BROWSER[0])
    assert [tried(system, "a-ana", f"10.0.0.{n}", browser) for n in range(limit + 1)] == [403] * limit + [429]


def test_a_new_password_voids_known_browsers(system: WebUnderTest) -> None:
    """After a new password no browser is known, and none is for another account or with a cookie made up."""
    browser, other = system.agent("a-ana"), system.agent("a-radu")
    value = browser.get_cookie("wl_known_a-ana", path="/login")
    assert value is not None and value.http_only
    other.set_cookie("wl_known_a-radu", value.value, path="/login")
    other.delete_cookie("wl_session")
    system.store.registry.set_agent_password("a-ana", system.context.passwords.hash("another good password"))
    forged = system.browser()
    forged.set_cookie("wl_known_a-ana", "WyJhLWFuYSIsIngiLCJ5Il0.Zx.y", path="/login")
    spent(system, "a-ana")
    spent(system, "a-radu")
    for one, account in ((browser, "a-ana"), (forged, "a-ana"), (other, "a-radu")):
        assert tried(system, account, "10.0.2.2", one) == 429


def test_address_limit(system: WebUnderTest) -> None:
    """One address takes only so many attempts, over however many accounts."""
    limit = how_many(SIGN_IN_ADDRESS[0])
    system.context.passwords.prepare()
    for n in range(limit):
        assert sign_in(system.browser(), f"a-{n}", "wrong").status_code == 403
    assert sign_in(system.browser(), "a-other", "wrong").status_code == 429
    assert sign_in(system.browser(), "a-other", "wrong", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 403


def test_success_clears_the_account(system: WebUnderTest) -> None:
    """Mistakes made before a successful sign-in are forgotten."""
    system.add_agent("a-ana")
    for _ in range(how_many(SIGN_IN_PAIR[0]) - 1):
        tried(system, "a-ana", "10.0.0.1")
    for _ in range(3):
        assert sign_in(system.browser(), "a-ana", environ_base={"REMOTE_ADDR": "10.0.0.1"}).status_code == 303


def test_only_agents_sign_in(system: WebUnderTest) -> None:
    """Clients and services have no sign-in page, whatever stands in the database."""
    system.store.registry.ensure_client("c-42")
    assert sign_in(system.browser(), "c-42").status_code == 403


def test_setup_link_once(system: WebUnderTest) -> None:
    """The one-time link sets the first password, signs in, leads to the board, and is then worth nothing."""
    system.add_agent("a-admin", admin=True, password=None)
    link = f"/setup/{system.store.registry.make_setup_link('a-admin', system.clock.ms)}"
    browser = system.browser()
    for _ in range(2):
        page = browser.get(link)
        assert page.status_code == 200 and "For Admin. You sign in with the ID a-admin." in page.text
    form = {"password": PASSWORD, "again": PASSWORD, "csrf_token": csrf_of(page)}
    answer = browser.post(link, data=form)
    assert (answer.status_code, answer.location) == (303, "/board")
    assert '"admin": true' in browser.get("/board").text
    other = system.browser()
    assert other.get(link).status_code == 404
    assert other.post(link, data={**form, "csrf_token": csrf_of(other.get("/login"))}).status_code == 404
    assert sign_in(system.browser(), "a-admin").status_code == 303


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [
        ("eleven char", "eleven char", "12 characters or more; you have 11"),
        ("password1234", "password1234", "too easy"),
        (PASSWORD, PASSWORD + "x", "do not match"),
        ("abcd" * 300, "abcd" * 300, "at most"),
    ],
)
def test_setup_refuses_weak(system: WebUnderTest, password: str, again: str, words: str) -> None:
    """A password against the rules is refused with the rule, and the link stays good."""
    system.add_agent("a-admin", admin=True, password=None)
    link = f"/setup/{system.store.registry.make_setup_link('a-admin', system.clock.ms)}"
    browser = system.browser()
    answer = browser.post(link, data={"password": password, "again": again, "csrf_token": csrf_of(browser.get(link))})
    assert answer.status_code == 422 and words in answer.text
    assert browser.get(link).status_code == 200


def test_setup_needs_csrf(system: WebUnderTest) -> None:
    """The link's form is refused without its CSRF token, and the link stays good."""
    system.add_agent("a-admin", admin=True, password=None)
    link = f"/setup/{system.store.registry.make_setup_link('a-admin', system.clock.ms)}"
    browser = system.browser()
    assert browser.post(link, data={"password": PASSWORD, "again": PASSWORD}).status_code == 403
    assert browser.get(link).status_code == 200


def test_unknown_link(system: WebUnderTest) -> None:
    """A link that was never given says so in words and leads to the sign-in; guessing many is stopped."""
    browser = system.browser()
    answer = browser.get("/setup/never-given")
    assert answer.status_code == 404 and 'href="/login">Sign in' in answer.text
    assert "/setup/never-given" not in answer.text  # a link is a secret, a used one too
    assert 429 in {browser.get(f"/setup/guess-{n}").status_code for n in range(30)}
