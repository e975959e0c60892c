"""Every answer's form: problems, headers, the OpenAPI document, health, languages."""

import json
import re
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

import web
from chat_core.contract.errors import StoreDown
from chat_core.contract.languages import LANGS
from tests.contract.stores import committed, move_beat
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import PASSWORD, WebUnderTest, csrf_of, problem_of
from web.api.contract import describe
from web.i18n import MESSAGES

TEMPLATES = Path(web.__file__).parent / "templates"
PAGES = ["/", "/login", "/board", "/setup/unknown", "/nothing-here"]


def test_every_route_is_described(system: WebUnderTest) -> None:
    """The OpenAPI document describes every REST and health route and needs no sign-in."""
    document = json.loads(system.browser().get("/api/openapi.json").text)
    assert document["openapi"].startswith("3.1")
    described = {(path, method.upper()) for path, operations in document["paths"].items() for method in operations}
    served = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method)
        for rule in system.app.url_map.iter_rules()
        if rule.rule.startswith(("/api/", "/healthz", "/readyz", "/metrics"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == served and len(served) >= 9


def test_openapi_is_whole(system: WebUnderTest) -> None:
    """Every OpenAPI reference resolves, requests take nothing unknown, refusals are problem+json."""
    with system.app.test_request_context():
        document = describe()
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) <= set(schemas)
    assert schemas["SessionAsk"]["additionalProperties"] is False
    session = document["paths"]["/api/session"]["post"]
    assert set(session["responses"]["403"]["content"]) == {"application/problem+json"}
    log = document["paths"]["/api/clients/{client}/log"]["get"]
    assert {parameter["name"] for parameter in log["parameters"]} == {"client", "after", "before", "limit"}


def test_answers_fit_their_description(system: WebUnderTest) -> None:
    """REST answers as its description says, field by field."""
    from web.api.schemas import (
        Consumption,
        ConsumptionColumns,
        InboxBody,
        LogBody,
        Notes,
        SessionBody,
        StandardConsumption,
    )

    system.say("c-42", "hello", "again")
    bearer = system.bearer("a-ana")
    browser = system.browser()

    def check(model: Any, answer: Any) -> None:
        assert answer.status_code == 200, answer.text
        model.model_validate_json(answer.text)
        assert set(json.loads(answer.text)) == {field.alias or name for name, field in model.model_fields.items()}

    check(SessionBody, browser.post("/api/session", json={}))
    check(LogBody, browser.get("/api/clients/c-42/log", headers=bearer))
    check(Notes, browser.get("/api/clients/c-42/notes", headers=bearer))
    check(InboxBody, browser.get("/api/inbox", headers=bearer))
    day = "from=0&to=86400000&step=day"
    check(Consumption, browser.get(f"/api/clients/c-42/consumption?{day}", headers=bearer))
    check(ConsumptionColumns, browser.get(f"/api/clients/c-42/consumption/columns?{day}", headers=bearer))
    check(StandardConsumption, browser.get(f"/api/clients/c-42/consumption/standard?{day}", headers=bearer))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("DELETE", "/api/session", 405, "wrong_method"),
        ("GET", "/api/session", 405, "wrong_method"),
        ("PUT", "/healthz", 405, "wrong_method"),
        ("GET", "/portal/identity", 404, "not_found"),
    ],
)
def test_problems(system: WebUnderTest, method: str, path: str, status: int, code: str) -> None:
    """Programs are told of every error in problem+json."""
    answer = system.browser().open(path, method=method)
    problem_of(answer, status, code)
    assert (status != 405) or answer.headers["Allow"]


def ways_on(page: str) -> list[str]:
    return re.findall(r'<a class="wl-button[^"]*" href="([^"]*)"', page)


@pytest.mark.parametrize(("path", "way"), [("/old/page", "/"), ("/board/c-42", "/board")])
def test_a_page_that_is_not_there(system: WebUnderTest, path: str, way: str) -> None:
    """A mistyped address is shown, with one way on: to the board from the board's pages, and from no client's page."""
    answer = system.browser().get(path)
    assert answer.status_code == 404
    assert f"<code>{path}</code>" in answer.text
    assert ways_on(answer.text) == [way]


@pytest.mark.parametrize("path", ["/old/page", "/board/c-42"])
def test_an_agent_s_page_that_is_not_there(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """It leads a signed-in agent to the inbox and to its search; without the database it says so as well."""
    browser = system.agent("a-ana")
    assert ways_on(browser.get(path).text) == ["/board", "/board#wl-search"]

    def away(*_: object, **__: object) -> None:
        raise StoreDown("The database does not answer.")

    monkeypatch.setattr(system.store.registry, "find_agent", away)
    answer = browser.get(path)
    assert answer.status_code == 404 and len(ways_on(answer.text)) == 1


def test_fault_tells_nothing(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours is answered without a trace of its inside, to programs and to people."""

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(system.store.bridge, "beat", break_down)
    found = problem_of(system.browser().get("/readyz"), 500, "internal")
    assert "secret" not in json.dumps(found)
    monkeypatch.setattr(type(system.context.assets), "urls", break_down)
    browser = system.agent("a-ana")
    page = browser.get("/board")
    assert page.status_code == 500 and "went wrong on our side" in page.text and "secret" not in page.text


def test_a_logged_fault_quotes_nothing(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log line of a fault names its kind and place, and no text that the database driver quotes."""
    words = "my PIN is 4711"
    ask = partial(system.store.chats.fetch, "SELECT json_extract('{}', ?)", (words,))
    browser = system.agent("a-log")
    monkeypatch.setattr(system.store.registry.clients, "count_areas", ask)
    with capture_logs([format_exc_info]) as logged:
        problem_of(browser.get("/api/areas"), 500, "internal")
    (line,) = [entry for entry in logged if entry["event"] == "fault"]
    assert line["fault"] == "StoreFault" and line["where"].startswith("database.py:")
    assert words not in str(line)


def test_store_down(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is away, everybody is told to try again, and when."""

    def away(*_: object, **__: object) -> None:
        raise StoreDown("The database does not answer.")

    monkeypatch.setattr(system.store.log, "page", away)
    answer = system.get("/api/clients/c-42/log", "c-42")
    problem_of(answer, 503, "store_down")
    assert answer.headers["Retry-After"]
    monkeypatch.setattr(system.store.registry, "find_agent", away)
    browser = system.browser()
    page = browser.post(
        "/login", data={"id": "a-ana", "password": PASSWORD, "csrf_token": csrf_of(browser.get("/login"))}
    )
    assert page.status_code == 503 and page.headers["Retry-After"] and "text/html" in page.content_type


def policy_of(header: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in header.split(";"))}


@pytest.mark.parametrize("path", PAGES)
def test_page_headers(start_web: StartWeb, path: str) -> None:
    """Every page allows this origin's files and connections, nothing inline, no frame, no storing."""
    system = start_web(demo="on", ws_port="9123")
    answer = system.agent("a-ana").get(path) if path == "/board" else system.browser().get(path)
    policy = policy_of(answer.headers["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == policy["worker-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", "ws://localhost:9123"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] in ("same-origin", "strict-origin")
    assert "Server" not in answer.headers


def test_api_headers(system: WebUnderTest) -> None:
    """Answers of REST are not stored, not guessed at, and would run nothing if they were opened as a page."""
    answer = system.browser().post("/api/session", json={})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert policy_of(answer.headers["Content-Security-Policy"])["default-src"] == ["'none'"]
    assert "Set-Cookie" not in answer.headers


def test_hsts_on_https_only(system: WebUnderTest) -> None:
    """Only who came by https is told to stay there."""
    browser = system.browser()
    assert "Strict-Transport-Security" in browser.get("/login", base_url="https://localhost").headers
    assert "Strict-Transport-Security" not in browser.get("/login").headers


def test_templates_have_nothing_inline() -> None:
    """No template holds a script, a style or an event handler of its own; JSON for scripts is no script."""
    for file in TEMPLATES.rglob("*.html"):
        if file.name == "transcript.html" or file.parent.name == "mail":
            continue  # a file to keep, whole by itself, and mails: no page of ours shows them
        text = file.read_text(encoding="utf-8")
        scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL)
        for attributes, content in scripts:
            assert ("src=" in attributes and not content.strip()) or 'type="application/json"' in attributes, (
                file,
                attributes,
            )
        assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", text, re.IGNORECASE), file


def test_page_settings_cannot_break_out(system: WebUnderTest) -> None:
    """A name with markup in it stays a name in the page's settings."""
    system.add_agent("a-ana")
    system.store.registry.add_agent(
        "a-ana", "</script><script>alert(1)</script>", password_hash=system.context.passwords.hash(PASSWORD)
    )
    browser = system.browser()
    browser.post("/login", data={"id": "a-ana", "password": PASSWORD, "csrf_token": csrf_of(browser.get("/login"))})
    page = browser.get("/board").text
    assert "<script>alert" not in page
    settings = json.loads(re.search(r'id="wl-config">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert settings["me"]["name"] == "</script><script>alert(1)</script>"


@pytest.mark.parametrize("host", ["evil example", "a/b", "a<b>", "-x", "x" * 300, "user@host", "host:port", "[::1"])
def test_bad_host(system: WebUnderTest, host: str) -> None:
    """A Host header that is no host is answered with a refusal."""
    assert system.browser().get("/login", headers={"Host": host}).status_code == 400


def test_proxy_is_believed_where_it_is_named(start_web: StartWeb) -> None:
    """X-Forwarded-… counts from a trusted proxy alone: from others it is words."""
    system = start_web(trusted_proxies="10.0.0.0/8", ws_url="/mqtt")
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example", "X-Forwarded-For": "203.0.113.9"}

    def ws_url(address: str) -> str:
        answer = system.browser().post("/api/session", json={}, headers=told, environ_base={"REMOTE_ADDR": address})
        return str(json.loads(answer.text)["ws_url"])

    assert ws_url("10.1.2.3") == "wss://chat.example/mqtt"
    assert ws_url("192.0.2.1") == "ws://localhost/mqtt"


def test_alive_and_ready(start_web: StartWeb) -> None:
    """Alive is the process; ready is the whole, as long as the bridge's probe came through within the last seconds."""
    system = start_web(mqtt_port="1")  # where nothing listens: somebody's broker may be at the usual one
    browser = system.browser()
    assert json.loads(browser.get("/healthz").text) == {"alive": True}
    problem_of(browser.get("/readyz"), 503, "broker_down")
    with committed(system.store) as tx:
        tx.beat(time.time_ns() // 1_000_000)
    system.clock.forward(3_600)  # web's own clock says nothing about the bridge
    ready = json.loads(browser.get("/readyz").text)
    assert ready["ready"] is True and 0 <= ready["echo_age_ms"] < 10_000
    with committed(system.store) as tx:
        tx.beat(time.time_ns() // 1_000_000, ["greeting"])
    assert "greeting" in problem_of(browser.get("/readyz"), 503, "bridge_faults")["detail"]
    move_beat(system.store, -60_000)
    late = browser.get("/readyz")
    problem_of(late, 503, "broker_down")
    assert late.headers["Retry-After"]
    assert browser.get("/healthz").status_code == 200


def test_metrics(system: WebUnderTest) -> None:
    """Metrics are for this machine, services and administrators, and name routes, never what somebody typed."""
    browser = system.browser()
    browser.get("/setup/a-secret-token")
    here = browser.get("/metrics")
    assert here.status_code == 200 and 'route="/setup/<token>"' in here.text and "a-secret-token" not in here.text
    elsewhere = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    problem_of(browser.get("/metrics", **elsewhere), 401, "not_signed_in")
    problem_of(browser.get("/metrics", headers={"Host": "lured.example"}), 401, "not_signed_in")
    problem_of(browser.get("/metrics", headers=system.bearer("c-42"), **elsewhere), 403, "not_allowed")
    problem_of(browser.get("/metrics", headers=system.bearer("a-ana"), **elsewhere), 403, "not_allowed")
    assert browser.get("/metrics", headers=system.bearer("s-watch"), **elsewhere).status_code == 200
    assert system.agent("a-admin", admin=True).get("/metrics", **elsewhere).status_code == 200


def test_words_are_complete() -> None:
    """Every text of templates and views has its translation in each language, with its placeholders; none is stale."""
    found = {
        message
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(Path(web.__file__).parent),
            method_map=[("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")],
            directory_filter=_is_ours,
        )
    }
    for lang in set(LANGS) - {"en"}:
        with (MESSAGES / f"{lang}.po").open("rb") as file:
            catalog = read_po(file, locale=lang)
        known = {message.id: message for message in catalog if message.id}
        assert set(known) == found
        for message in known.values():
            assert message.string and not message.fuzzy, message.id
            assert sorted(re.findall(r"%\(\w+\)s", str(message.id))) == sorted(
                re.findall(r"%\(\w+\)s", str(message.string))
            )


def _is_ours(folder: str) -> bool:
    return Path(folder).name not in ("frontend", "static", "node_modules", "__pycache__")


def test_language(system: WebUnderTest) -> None:
    """A page speaks the browser's language, or the one chosen, which is remembered."""
    browser = system.browser()
    assert '<html lang="en">' in browser.get("/login").text
    romanian = browser.get("/login", headers={"Accept-Language": "hu, ro-RO;q=0.8, en;q=0.5"}).text
    assert '<html lang="ro">' in romanian and "Autentificare" in romanian
    assert "Autentificare" in browser.get("/login?lang=ro").text
    assert "Autentificare" in browser.get("/login").text
    assert "Anmelden" in browser.get("/login?lang=de").text
    assert "Sign in" in browser.get("/login?lang=en").text
    assert "Sign in" in browser.get("/login?lang=xx").text
    assert 'href="?next=%2Fboard&amp;lang=ro"' in browser.get("/login?next=/board&lang=en").text
