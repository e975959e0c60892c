"""POST /api/session: each kind of asking gets its own credentials, and nobody else's."""

from typing import Any

import jsonschema_rs
import jwt
import pytest
from werkzeug.test import TestResponse

from chat_core.runtime import ports, tokens
from chat_core.runtime.tokens import Audience, Holder
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import ORIGIN, WebUnderTest, csrf_of, json_of, problem_of
from tests.real.portal import PORTAL_KEY
from web.limits import GUEST_ADDRESS, SESSION_ACCOUNT


def ask(system: WebUnderTest, body: Any = None, **more: Any) -> TestResponse:
    return system.browser().post("/api/session", json={} if body is None else body, **more)


def identity(
    system: WebUnderTest,
    *,
    key: str = PORTAL_KEY,
    headers: dict[str, str] | None = None,
    alg: str = "HS256",
    **claims: Any,
) -> str:
    now_s = system.clock.s
    said = {
        "aud": "wattline",
        "sub": "c-42",
        "jti": "j-1",
        "iat": now_s,
        "exp": now_s + 600,
        "name": "Maria Pop",
        **claims,
    }
    return jwt.encode(
        {name: value for name, value in said.items() if value is not None}, key, algorithm=alg, headers=headers
    )


def test_guest(system: WebUnderTest) -> None:
    """An empty ask makes a new guest, whose credentials work for MQTT and for REST, and who can come back."""
    found = json_of(ask(system))
    assert found["username"].startswith("g-") and found["id"] == found["username"]
    assert found["client_id"].startswith(found["username"] + ":")
    claims = tokens.verify(Audience.MQTT, system.keys, found["password"], system.clock.s)
    assert (claims.sub, claims.exp * 1000) == (found["username"], found["expires"])
    assert tokens.verify(Audience.GUEST, system.keys, found["guest"], system.clock.s).sub == found["username"]
    log = system.browser().get(
        f"/api/clients/{found['id']}/log", headers={"Authorization": f"Bearer {found['api_token']}"}
    )
    assert log.status_code == 200
    assert json_of(ask(system))["username"] != found["username"]


def test_returning_guest(system: WebUnderTest) -> None:
    """A guest's token gives the same guest again, weeks later too; every connection has its own client id."""
    first = json_of(ask(system))
    system.clock.forward(30 * 86_400)
    again = json_of(ask(system, {"guest": first["guest"]}))
    assert again["username"] == first["username"] and again["client_id"] != first["client_id"]


def test_guest_token_is_bound(system: WebUnderTest) -> None:
    """A guest's token gives that guest alone: nothing that is asked beside it, and no edit of it, gives another."""
    first, other = json_of(ask(system)), json_of(ask(system))
    for more in ({"id": other["id"]}, {"username": other["id"]}, {"sub": other["id"]}):
        answer = ask(system, {"guest": first["guest"], **more})
        assert answer.status_code >= 400 or json_of(answer)["username"] == first["username"]
    bearer = {"Authorization": f"Bearer {other['api_token']}"}
    assert json_of(ask(system, {"guest": first["guest"]}, headers=bearer))["username"] == first["username"]
    head, body, signature = first["guest"].split(".")
    for parts in ((head, other["guest"].split(".")[1], signature), (head, body, other["guest"].split(".")[2])):
        problem_of(ask(system, {"guest": ".".join(parts)}), 401, "guest_unknown")
    minted = tokens.verify(
        Audience.MQTT, system.keys, json_of(ask(system, {"guest": first["guest"]}))["password"], system.clock.s
    )
    assert minted.sub == first["username"]


def test_client_is_not_tied_to_a_guest_who_is_gone(system: WebUnderTest) -> None:
    """The token of a guest who was erased or disabled says nothing any more of who a client was."""
    guest = json_of(ask(system))
    system.store.registry.disable(guest["id"])
    json_of(ask(system, {"identity": identity(system), "guest": guest["guest"]}))
    client = system.store.registry.find_client("c-42")
    assert client and client.was is None


@pytest.mark.parametrize("kind", ["forged", "expired", "of another audience", "erased", "disabled", "not a token"])
def test_guest_token_refused(system: WebUnderTest, kind: str) -> None:
    """A bad guest token makes no guest and tells the browser to drop it."""
    found = json_of(ask(system))
    token = found["guest"]
    if kind == "forged":
        token = jwt.encode(
            jwt.decode(token, options={"verify_signature": False}), "x" * 32, headers=jwt.get_unverified_header(token)
        )
    elif kind == "expired":
        system.clock.forward(91 * 86_400)
    elif kind == "of another audience":
        token = found["api_token"]
    elif kind == "erased":
        system.store.registry.raise_generation(found["id"])
    elif kind == "disabled":
        system.store.registry.disable(found["id"])
    else:
        token = "guest"
    problem_of(ask(system, {"guest": token}), 401, "guest_unknown")


def test_guests_off(start_web: StartWeb) -> None:
    """With WATTLINE_GUESTS=off nobody becomes or stays a guest; the portal's clients come in."""
    system = start_web(guests="off")
    problem_of(ask(system), 403, "guests_off")
    name = system.store.registry.new_guest(system.clock.ms)
    token = tokens.mint(
        Audience.GUEST,
        system.keys,
        Holder(name, system.store.registry.generation(name) or 0),
        600,
        system.clock.s,
    )
    problem_of(ask(system, {"guest": token}), 403, "guests_off")
    problem_of(ask(system, headers=system.bearer(name)), 403, "guests_off")
    assert json_of(ask(system, {"identity": identity(system)}))["username"] == "c-42"


def test_identity(system: WebUnderTest) -> None:
    """The portal's signed word makes its client, with what it says of it."""
    found = json_of(ask(system, {"identity": identity(system, lang="ro-RO", area="north", meters=["m-1", "m-2"])}))
    assert (found["username"], found["name"], found["area"], found["lang"]) == ("c-42", "Maria Pop", "north", "ro")
    assert "guest" not in found or found["guest"] is None
    client = system.store.registry.find_client("c-42")
    assert client and client.meters == ("m-1", "m-2")


def test_attributes_are_what_the_portal_signed(system: WebUnderTest) -> None:
    """Signed attributes are stored, null removes one, others stay; a malformed one is refused by its name."""
    for n, said in enumerate(({"plan": "Solar", "kw": 5.5}, {"kw": None, "since": "2024-03-01"})):
        json_of(ask(system, {"identity": identity(system, jti=f"j-{n}", attributes=said)}))
    assert system.store.registry.attributes.of("c-42") == {"plan": "Solar", "since": "2024-03-01"}
    wrong = ask(system, {"identity": identity(system, jti="j-9", attributes={"plan": ["x"]})})
    assert "attributes.plan" in problem_of(wrong, 401, "identity_refused")["detail"]


def test_changed_name_is_announced(system: WebUnderTest) -> None:
    """The bridge is told of a client's new name, so that boards show it; of an unchanged one it is not."""
    for n, name in enumerate(("Maria Pop", "Maria Pop", "Maria Ionescu")):
        json_of(ask(system, {"identity": identity(system, jti=f"j-{n}", name=name)}))
    assert [(change.kind, change.body) for change in system.store.registry.changes.after(0)] == [
        ("client", {"client": "c-42"})
    ]


def test_identity_keeps_what_it_does_not_say(system: WebUnderTest) -> None:
    """A later word that leaves the name out does not take it away."""
    json_of(ask(system, {"identity": identity(system)}))
    assert json_of(ask(system, {"identity": identity(system, jti="j-2", name=None)}))["name"] == "Maria Pop"


@pytest.mark.parametrize(
    "claims",
    [
        {"key": "another key of more than thirty-two bytes"},
        {"exp": 1},
        {"sub": "a-ana"},
        {"alg": "HS512"},
        {"headers": {"kid": "demo"}},
        {"headers": {"kid": "../../etc/passwd"}},
    ],
    ids=str,
)
def test_identity_refused(system: WebUnderTest, claims: dict[str, Any]) -> None:
    """An identity that is forged, out of time, for another use or about somebody else is refused."""
    problem_of(ask(system, {"identity": identity(system, **claims)}), 401, "identity_refused")
    assert system.store.registry.find_client("c-42") is None


def test_jti_again_for_a_minute(system: WebUnderTest) -> None:
    """The same identity is answered again for 60 s, since an answer may get lost, and then never."""
    word = identity(system)
    for pause in (0, 30, 29):
        system.clock.forward(pause)
        assert json_of(ask(system, {"identity": word}))["username"] == "c-42"
    system.clock.forward(2)
    problem_of(ask(system, {"identity": word}), 401, "identity_used")
    system.clock.forward(60)
    problem_of(ask(system, {"identity": word}), 401, "identity_used")


def test_jti_of_somebody_else(system: WebUnderTest) -> None:
    """A jti that was spent on one client does not serve another."""
    json_of(ask(system, {"identity": identity(system)}))
    problem_of(ask(system, {"identity": identity(system, sub="c-43")}), 401, "identity_used")


def test_guest_becomes_client(system: WebUnderTest) -> None:
    """A guest who signs in is remembered as `was`; a worn-out guest token is no reason to refuse."""
    guest = json_of(ask(system))
    json_of(ask(system, {"identity": identity(system), "guest": guest["guest"]}))
    client = system.store.registry.find_client("c-42")
    assert client and client.was == guest["username"]
    assert json_of(ask(system, {"identity": identity(system, jti="j-2"), "guest": "worn out"}))["username"] == "c-42"


def test_disabled_client(system: WebUnderTest) -> None:
    """A failed identity or bearer never makes a guest."""
    problem_of(ask(system, {"identity": "no.jwt.atall"}), 401, "identity_refused")
    problem_of(ask(system, headers={"Authorization": "Bearer nonsense"}), 401, "token_refused")
    problem_of(ask(system, headers={"Authorization": "Basic YTpi"}), 401, "token_refused")


def test_renewal_ends_with_the_identity(system: WebUnderTest) -> None:
    """A bearer renews credentials for 12 h after the identity, then the portal is asked again."""
    first = json_of(ask(system, {"identity": identity(system)}))
    assert first["api_expires"] == (system.clock.s + tokens.API_TTL_S) * 1000
    assert first["now"] // 1000 == system.clock.s
    token = first["api_token"]
    for _ in range(11):
        system.clock.forward(3600)
        found = json_of(ask(system, headers={"Authorization": f"Bearer {token}"}))
        assert found["username"] == "c-42" and found["api_expires"] == first["api_expires"]
        token = found["api_token"]
    system.clock.forward(3601)
    problem_of(ask(system, headers={"Authorization": f"Bearer {token}"}), 401, "token_expired")


def test_device_gets_none(system: WebUnderTest) -> None:
    """A device keeps the password it was given."""
    problem_of(ask(system, headers=system.bearer("d-1")), 403, "not_allowed")


def test_agent_by_cookie(system: WebUnderTest) -> None:
    """A signed-in agent gets the agent's credentials with the CSRF token of the page."""
    browser = system.agent("a-ana")
    csrf = csrf_of(browser.get("/board"))
    found = json_of(browser.post("/api/session", json={}, headers={"X-CSRFToken": csrf}))
    assert (found["username"], found["name"]) == ("a-ana", "Ana")


def test_agent_on_the_portal_is_a_guest(system: WebUnderTest) -> None:
    """The sign-in cookie alone gives no agent's credentials: the same browser on the portal's page is a guest."""
    assert json_of(system.agent("a-ana").post("/api/session", json={}))["username"].startswith("g-")


def test_signed_out_board_is_no_guest(system: WebUnderTest) -> None:
    """A board whose sign-in has ended is told so; it never becomes a guest."""
    problem_of(
        system.browser().post("/api/session", json={}, headers={"X-CSRFToken": "whatever"}), 401, "not_signed_in"
    )
    browser = system.agent("a-ana")
    problem_of(browser.post("/api/session", json={}, headers={"X-CSRFToken": "forged"}), 403, "csrf")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"identity": 5}', 422, "bad_request"),
        ('{"guest": ""}', 422, "bad_request"),
        ('{"guest": "' + "x" * 9000 + '"}', 422, "bad_request"),
        ('{"unknown": 1}', 422, "bad_request"),
        ('{"lang": "xx"}', 422, "bad_request"),
        ("[]", 400, "bad_request"),
        ("null", 400, "bad_request"),
        ("{", 400, "bad_request"),
        ("", 400, "bad_request"),
        ("[" * 10_000, 400, "bad_request"),
        ("x" * 70_000, 413, "too_large"),
        ('{"guest": "\\ud800"}', 422, "bad_request"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bodies_refused(system: WebUnderTest, body: str, status: int, code: str) -> None:
    """A body that is not the one JSON object asked for is refused with a reason, and makes no guest."""
    problem_of(system.browser().post("/api/session", data=body, content_type="application/json"), status, code)


def test_form_is_no_json(system: WebUnderTest) -> None:
    """A form, which any site can send without asking, is not taken."""
    problem_of(system.browser().post("/api/session", data={"a": "b"}), 415, "wrong_type")
    problem_of(system.browser().post("/api/session", data="{}", content_type="text/plain"), 415, "wrong_type")


def test_guest_limit(start_web: StartWeb) -> None:
    """One address makes only so many guests; WATTLINE_RATE=off lifts that for load tests."""
    limit = int(GUEST_ADDRESS[0].partition("/")[0])
    system = start_web()
    for _ in range(limit):
        json_of(ask(system))
    refusal = ask(system)
    assert problem_of(refusal, 429, "too_fast")["retry_ms"] >= 1000
    assert int(refusal.headers["Retry-After"]) >= 1
    json_of(ask(system, environ_base={"REMOTE_ADDR": "10.1.1.1"}))
    free = start_web(rate="off")
    for _ in range(limit + 1):
        json_of(ask(free))


def test_account_limit(system: WebUnderTest) -> None:
    """One client asks only so often, from whatever address."""
    bearer = system.bearer("c-42")
    statuses = [
        ask(system, headers=bearer, environ_base={"REMOTE_ADDR": f"10.0.0.{n}"}).status_code
        for n in range(int(SESSION_ACCOUNT[0].partition("/")[0]) + 1)
    ]
    assert set(statuses[:-1]) == {200} and statuses[-1] == 429


def test_ws_url(start_web: StartWeb) -> None:
    """A browser is told the broker's address as it sees this host, or what WATTLINE_WS_URL says."""
    system = start_web(ws_port="9123")
    assert json_of(ask(system, base_url="http://chat.local:3001"))["ws_url"] == "ws://chat.local:9123/mqtt"
    assert json_of(ask(system, base_url="http://[::1]:3001"))["ws_url"] == "ws://[::1]:9123/mqtt"
    path = start_web(ws_url="/mqtt")
    assert json_of(ask(path, base_url="https://chat.example"))["ws_url"] == "wss://chat.example/mqtt"
    fixed = start_web(ws_url="wss://mqtt.example/ws")
    assert json_of(ask(fixed))["ws_url"] == "wss://mqtt.example/ws"


def test_ws_port_from_the_kernel(start_web: StartWeb) -> None:
    """With port 0 the broker's real port is told, and until it is known the answer is: later."""
    system = start_web(ws_port="0")
    problem_of(ask(system), 503, "broker_down")
    ports.remember(system.config.data, "ws", 45_678)
    assert json_of(ask(system))["ws_url"] == "ws://localhost:45678/mqtt"


def test_preflight(system: WebUnderTest) -> None:
    """A portal's page may ask without cookies; another page reads why it is refused; bad origins get nothing."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    answer = system.browser().options("/api/session", headers={"Origin": ORIGIN, **asked})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
    for origin in ("https://evil.example", "https://portal.example.evil.example", "http://portal.example"):
        for path, send in (("/api/session", system.browser().post), ("/api/inbox", system.browser().get)):
            assert system.browser().options(path, headers={"Origin": origin, **asked}).status_code == 204
            refused = send(path, headers={"Origin": origin})
            assert refused.headers["Access-Control-Allow-Origin"] == origin
            problem_of(refused, 403, "origin")
    for origin in ("null", "https://portal.example/x", "chrome-extension://abc"):
        refused = system.browser().options("/api/session", headers={"Origin": origin, **asked})
        assert refused.status_code == 403 and "Access-Control-Allow-Origin" not in refused.headers


def test_cross_origin_ask(system: WebUnderTest) -> None:
    """A portal's page reads answers and refusals; another origin's page gets no credentials."""
    answer = ask(system, headers={"Origin": ORIGIN})
    assert json_of(answer) and answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    refusal = ask(system, {"guest": "x"}, headers={"Origin": ORIGIN})
    assert refusal.headers["Access-Control-Allow-Origin"] == ORIGIN and problem_of(refusal, 401, "guest_unknown")
    outsider = ask(system, headers={"Origin": "https://evil.example"})
    assert problem_of(outsider, 403, "origin")["detail"] == (
        "https://evil.example is not one of WATTLINE_PORTAL_ORIGINS."
    )
    assert outsider.headers["Access-Control-Allow-Origin"] == "https://evil.example"  # so that its console shows that


@pytest.mark.parametrize(
    ("base", "origin", "status"),
    [
        ("http://localhost:3001", "http://localhost:3001", 200),
        ("http://localhost", "http://localhost", 200),
        ("http://localhost:3001", "http://localhost:3002", 403),
        ("http://localhost:3001", "http://127.0.0.1:3001", 403),
        ("http://chat.example", "https://chat.example", 200),  # a proxy may end TLS before us
        ("https://chat.example", "https://chat.example", 200),
        ("http://[::1]:3001", "http://[::1]:3001", 200),
    ],
)
def test_same_origin(system: WebUnderTest, base: str, origin: str, status: int) -> None:
    """Our own pages need no setting, behind a proxy that ends TLS neither; another port is another origin."""
    assert ask(system, base_url=base, headers={"Origin": origin}).status_code == status


def test_strict_clients_can_ask(system: WebUnderTest) -> None:
    """By the OpenAPI document POST /api/session requires nothing, so `{}` compiles; its answer is as described."""
    described = json_of(system.browser().get("/api/openapi.json"))
    schemas = described["components"]["schemas"]
    asked = schemas["SessionAsk"]
    assert not asked.get("required") and not [field for field in asked["properties"].values() if "default" in field]
    in_it = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": described["components"]}
    answer = system.browser().post("/api/session", json={})
    assert answer.status_code == 200
    jsonschema_rs.validate({**in_it, "$ref": "#/components/schemas/Session"}, answer.json)
    missing = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, one in schema.get("properties", {}).items()
        if one.get("default", ...) is None
    ]
    assert missing == []
