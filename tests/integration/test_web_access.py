"""Reading over REST has the rights of hearing over MQTT."""

import json
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chat_core.contract.payloads import OutageNotice
from chat_core.contract.scopes import Scope
from chat_core.domain.outage_text import with_expected_end
from chat_core.store.results import ApiKey
from tests.contract.stores import committed
from tests.integration.web_under_test import WebUnderTest, problem_of
from web.api_keys import scope_of

ELSEWHERE: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
CLIENTS = ("c-42", "c-43", "g-1")
LOG = "/api/clients/{}/log"
NOTES = "/api/clients/{}/notes"
CONSUMPTION = "/api/clients/{}/consumption?from=0&to=86400000&step=day"

READS = [
    # who, address for c-42, for c-43, for g-1
    ("c-42", LOG, (200, 403, 403)),
    ("c-43", LOG, (403, 200, 403)),
    ("g-1", LOG, (403, 403, 200)),
    ("a-ana", LOG, (200, 200, 200)),
    ("b-rules", LOG, (200, 200, 200)),
    ("d-1", LOG, (403, 403, 403)),
    ("s-bridge", LOG, (403, 403, 403)),
    ("c-42", NOTES, (403, 403, 403)),
    ("g-1", NOTES, (403, 403, 403)),
    ("a-ana", NOTES, (200, 200, 200)),
    ("d-1", NOTES, (403, 403, 403)),
    ("c-42", CONSUMPTION, (200, 403, 403)),
    ("a-ana", CONSUMPTION, (200, 200, 200)),
    ("d-1", CONSUMPTION, (403, 403, 403)),
]


@pytest.mark.parametrize(("who", "address", "expected"), READS)
def test_matrix(system: WebUnderTest, who: str, address: str, expected: tuple[int, ...]) -> None:
    """Each reads their own or nothing, agents read all, and a refusal tells nothing of what it hides."""
    system.say("c-42", "secret words of c-42")
    bearer = system.bearer(who)
    for client, status in zip(CLIENTS, expected, strict=True):
        answer = system.browser().get(address.format(client), headers=bearer)
        assert answer.status_code == status, (who, client, answer.text)
        if status == 403:
            problem_of(answer, 403, "not_allowed")
        assert ("secret words" in answer.text) is (status == 200 and client == "c-42" and address == LOG)


PUBLIC = {  # what needs no credential, and looks at none
    *("/api/openapi.json", "/healthz", "/readyz", "/board", "/", "/portal/identity", "/login", "/logout"),
    *(
        "/docs",
        "/docs/asyncapi.yaml",
        "/docs/errors",
        "/docs/webhooks.schema.json",
        "/setup/<token>",
        "/mail/confirm/<token>",
        "/mail/stop/<token>",
        "/widget.js",
        "/chat",
        "/worker.js",
        "/assets/<file>",
        "/brand/<file>",
        "/faces/<name>.webp",
        "/board.webmanifest",
    ),
    "/icon-unread.svg",
    "/<any('icon.svg', 'icon-192.png', 'icon-512.png'):file>",
}
BODIES: dict[str, dict[str, Any]] = {
    "/api/agents": {"id": "a-mine", "name": "Mine", "admin": True},
    "/api/agents/<agent>": {"name": "Mine", "admin": True},
    "/api/clients/<client>/name": {"name": "Mine"},
    "/api/clients/<client>/power-back": {"on": False},
    "/api/clients/<client>/mail": {"address": None},
    "/api/clients/<client>/erase": {"confirm": "c-42"},
    "/api/alarms/preview": {"value": {}},
    "/api/push/browsers": {"endpoint": "https://push.apple.com/x", "keys": {"p256dh": "x", "auth": "x"}, "lang": "en"},
    "/api/push/release": {"endpoint": "https://push.apple.com/x"},
    "/api/push/watching": {"on": True},
    "/api/clients/<client>/messages": {"text": "hello"},
    "/api/clients/<client>/commands": {"do": "resolve"},
    "/api/keys": {"name": "Mine", "speaker": "b-mine", "scopes": ["read"]},
    "/api/webhooks": {"url": "https://hooks.example/", "events": ["client.created"]},
    "/api/webhooks/<webhook>": {"url": "https://hooks.example/", "events": ["client.created"], "on": True},
    "/api/webhooks/<webhook>/replay": {"from": 0, "to": 1},
    "/api/devices": {"id": "d-mine", "client": "c-42"},
    "/api/settings/<key>": {"value": {}, "rev": 0},
    "/api/views/<any(own,desk):whose>": {"value": {}, "rev": 0},
    "/api/agents/<agent>/photo": {"data": "x"},
}
QUERIES = {
    "/api/clients": "q=maria",
    "/api/clients/<client>/consumption": "from=0&to=86400000&step=day",
    "/api/clients/<client>/consumption/columns": "from=0&to=86400000&step=quarter",
    "/api/clients/<client>/consumption/standard": "from=0&to=86400000&step=day",
    "/api/clients/<client>/files": "id=f-1&name=a.png",
    "/api/search": "q=hello",
    "/api/usage": "client=c-42",
    "/api/faces": "agent=a-ana",
    "/api/episodes": "figure=asked",
    "/api/outbound/deliveries": "state=failed",
}


@pytest.mark.parametrize("who", ["s-prometheus", "s-bridge"])
def test_a_services_bearer_opens_metrics_alone(system: WebUnderTest, who: str) -> None:
    """With a service's bearer every route of the table that asks for one is forbidden, /metrics alone is not."""
    system.say("c-42", "secret words of c-42")
    browser, bearer = system.browser(), system.bearer(who)
    asked = {}
    for rule in system.app.url_map.iter_rules():
        path = (
            re.sub(r"<(?:[^<>]+:)?(\w+)>", lambda found: FILL.get(found[1], "x-1"), rule.rule)
            if rule.rule not in PUBLIC
            else ""
        )
        for method in (rule.methods or set()) & {"GET", "POST", "PUT"} if path else ():
            files = path.endswith("/files")
            body = {"data": b"x"} if files else {"json": BODIES.get(rule.rule, {})}
            more = {} if method == "GET" else body
            answer = browser.open(
                path, method=method, headers=bearer, query_string=QUERIES.get(rule.rule, ""), **more, **ELSEWHERE
            )
            asked[method, rule.rule] = answer.status_code
    assert asked.pop(("GET", "/metrics")) == 200
    assert asked.pop(("GET", "/api/clients/<client>/unread")) == 401  # it takes another kind of token
    assert len(asked) > 25 and {route: code for route, code in asked.items() if code != 403} == {}


FILL = {"client": "c-42", "agent": "a-ana", "device": "d-1", "file": "f-1", "key": "hours", "table": "days"}
FILL |= {"incident": "n-1", "whose": "own", "num": "1"}


def test_a_key_opens_what_its_scopes_name(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each route opens to keys with its scope alone; one without a scope opens to no key at all."""
    monkeypatch.setattr("web.api.messages.WAIT_S", 0)
    monkeypatch.setattr("web.limits.KEY_IN_MINUTE", 10_000)
    system.say("c-42", "secret words of c-42")
    draft = ApiKey("test", "b-test", (), (), system.clock.ms, None)
    secrets = {
        scopes: system.store.registry.api_keys.create(draft._replace(scopes=scopes))[1]
        for scopes in [tuple(Scope), *((scope,) for scope in Scope)]
    }
    opened: dict[tuple[str, str], set[Scope]] = {}
    for rule in system.app.url_map.iter_rules():
        if rule.rule in PUBLIC or rule.rule == "/api/clients/<client>/unread":
            continue
        path = re.sub(r"<(?:[^<>]+:)?(\w+)>", lambda found: FILL.get(found[1], "x-1"), rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST", "PUT"}:
            files, opened[method, rule.rule] = path.endswith("/files"), set()
            body = {"data": b"x"} if files else {"json": BODIES.get(rule.rule, {})}
            for scopes, secret in secrets.items():
                answer = system.browser().open(
                    path,
                    method=method,
                    headers={"Authorization": f"Bearer {secret}"},
                    query_string=QUERIES.get(rule.rule, ""),
                    **({} if method == "GET" else body),
                    **ELSEWHERE,
                )
                if answer.status_code == 403 and rule.rule == "/brand/preview":
                    pass  # a page, which asks for the CSRF token
                elif answer.status_code == 403:
                    problem_of(answer, 403, "no_scope")
                elif len(scopes) == 1:
                    opened[method, rule.rule].add(scopes[0])
    with system.app.app_context():
        expected = {
            (method, rule.rule): {scope} if (scope := scope_of(rule.endpoint)) else set()
            for rule in system.app.url_map.iter_rules()
            for method in rule.methods or ()
        }
    assert opened == {route: expected[route] for route in opened}
    assert {scope for scopes in opened.values() for scope in scopes} == set(Scope)


@pytest.mark.parametrize(
    "address", [LOG.format("c-42"), NOTES.format("c-42"), CONSUMPTION.format("c-42"), "/api/inbox"]
)
def test_without_credentials(system: WebUnderTest, address: str) -> None:
    """Without a credential nothing is read, and the answer says how to show one."""
    answer = system.browser().get(address)
    problem_of(answer, 401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("who", ["c-42", "g-1", "d-1"])
def test_inbox_is_the_desks(system: WebUnderTest, who: str) -> None:
    """Clients and devices do not see who else writes."""
    problem_of(system.get("/api/inbox", who), 403, "not_allowed")


def test_expired_bearer(system: WebUnderTest) -> None:
    """A bearer counts until its second, then says that it has expired."""
    bearer = system.bearer("c-42", ttl_s=60)
    system.clock.forward(59)
    assert system.browser().get(LOG.format("c-42"), headers=bearer).status_code == 200
    system.clock.forward(1)
    problem_of(system.browser().get(LOG.format("c-42"), headers=bearer), 401, "token_expired")


@pytest.mark.parametrize("end", ["raise_generation", "disable"])
def test_ended_bearer(system: WebUnderTest, end: str) -> None:
    """A signed-out or disabled person reads nothing more with an older bearer."""
    system.say("c-42", "hello")
    bearer, desk = system.bearer("c-42"), system.bearer("a-ana")
    reads = (LOG.format("c-42"), LOG.format("c-43"), "/api/inbox", "/api/search?q=hello", "/api/search?q=nothing")
    addresses = [*reads, NOTES.format("c-42"), CONSUMPTION.format("c-42")]
    assert system.browser().get(addresses[0], headers=bearer).status_code == 200
    assert {system.browser().get(address, headers=desk).status_code for address in addresses} == {200}
    for who in ("c-42", "a-ana"):
        getattr(system.store.registry, end)(who)
    problem_of(system.browser().get(addresses[0], headers=bearer), 401, "token_refused")
    for address in addresses:
        problem_of(system.browser().get(address, headers=desk), 401, "token_refused")


def test_removed_device_and_unknown(system: WebUnderTest) -> None:
    """A token of somebody the database does not know is refused, well signed or not."""
    problem_of(
        system.browser().get("/api/inbox", headers=system.bearer_of_generation("a-ghost", 0)), 401, "token_refused"
    )


@pytest.mark.parametrize(
    "client", ["C-42", "c-", "a-ana", "d-1", "..", "c-42%2f..", "c-42%00", "%23", "+", "c-" + "x" * 40]
)
def test_bad_client_ids(system: WebUnderTest, client: str) -> None:
    """A malformed client id is refused as such, or is no address."""
    answer = system.get(LOG.format(client), "a-ana")
    assert answer.status_code in (400, 404) and answer.mimetype == "application/problem+json", answer.text


def test_log_pages(system: WebUnderTest) -> None:
    """A log page reads forwards, backwards or from the end, always ascending, with names and markers."""
    system.say("c-42", *(f"words {n}" for n in range(1, 8)))
    bearer = system.bearer("c-42")

    def seqs(query: str) -> list[int]:
        found = json.loads(system.browser().get(LOG.format("c-42") + query, headers=bearer).text)
        assert (found["last"], found["first"]) == (7, 1) and found["epoch"]
        assert set(found) == {"entries", "last", "first", "epoch", "markers", "names"}
        return [entry["seq"] for entry in found["entries"]]

    assert seqs("") == [1, 2, 3, 4, 5, 6, 7]
    assert seqs("?limit=2") == [6, 7]
    assert seqs("?after=3&limit=2") == [4, 5]
    assert seqs("?after=7") == []
    assert seqs("?before=3") == [1, 2]
    assert seqs("?before=5&limit=2") == [3, 4]


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        "limit=0",
        "limit=501",
        "before=0",
        "after=1&before=5",
        "unknown=1",
        "after=1&after=2",
        "after=9" + "9" * 30,
    ],
)
def test_log_query_refused(system: WebUnderTest, query: str) -> None:
    """A parameter that is wrong, unknown or doubled is refused and named."""
    found = problem_of(system.get(LOG.format("c-42") + "?" + query, "c-42"), 422, "bad_request")
    assert found["errors"] and all(error["text"] for error in found["errors"])


def test_inbox(system: WebUnderTest) -> None:
    """The desk sees who writes, with counts, names and whose view it is; filters narrow it."""
    system.say("c-42", "hello")
    system.say("c-43", "good day")
    browser = system.agent("a-ana")
    found = json.loads(browser.get("/api/inbox").text)
    assert {row["client"] for row in found["summaries"]} == {"c-42", "c-43"}
    assert found["me"] == "a-ana" and found["cursor"] is None
    assert set(found["counts"]) == {"mine", "unassigned", "all", "snoozed", "resolved"}
    assert found["counts"]["all"] == 2 and found["summaries"][0]["last"]["kind"] == "text"
    assert [row["client"] for row in json.loads(browser.get("/api/inbox?q=c-43").text)["summaries"]] == ["c-43"]
    assert json.loads(browser.get("/api/inbox?assignee=me").text)["summaries"] == []
    assert len(json.loads(browser.get("/api/inbox?assignee=none&status=&q=&cursor=").text)["summaries"]) == 2
    first = json.loads(browser.get("/api/inbox?limit=1").text)
    then = json.loads(browser.get("/api/inbox", query_string={"limit": 1, "cursor": first["cursor"]}).text)
    assert {first["summaries"][0]["client"], then["summaries"][0]["client"]} == {"c-42", "c-43"}


@pytest.mark.parametrize(
    "query",
    [
        "status=closed",
        "limit=0",
        "limit=1000",
        "q=%00",
        "assignee=x/y",
        "q=" + "x" * 201,
        "z=1",
    ],
)
def test_inbox_query_refused(system: WebUnderTest, query: str) -> None:
    """A filter that means nothing is refused with a reason."""
    answer = system.agent("a-ana").get(f"/api/inbox?{query}")
    assert answer.status_code in (400, 422) and answer.mimetype == "application/problem+json", answer.text


def test_worn_out_cursor(system: WebUnderTest) -> None:
    """A cursor that means nothing begins at the start."""
    system.say("c-42", "hello")
    assert len(json.loads(system.agent("a-ana").get("/api/inbox?cursor=nonsense").text)["summaries"]) == 1


def test_notes(system: WebUnderTest) -> None:
    """Agents read one another's notes, oldest first, with the writers' names."""
    system.say("c-42", "hello")
    with committed(system.store) as tx:
        tx.add_note("c-42", "a-ana", "n-1", "calls back at five", system.clock.ms)
        tx.add_note("c-42", "a-ana", "n-2", "called", system.clock.ms + 1)
    found = json.loads(system.agent("a-ana").get(NOTES.format("c-42")).text)
    assert [note["text"] for note in found["notes"]] == ["calls back at five", "called"]
    assert found["names"] == {"a-ana": "Ana"}


def test_outages(system: WebUnderTest) -> None:
    """The desk is told which outages stand, and not those that are over; clients hear their own area's alone."""
    text, until_ms = {"en": "A cable is broken.", "ro": "Un cablu este rupt."}, system.clock.ms + 3_600_000
    with committed(system.store) as tx:
        notice = OutageNotice(id="n-1", text=text, until=until_ms, began=until_ms - 2, ends=until_ms + 1)
        tx.put_notice("north", notice, system.clock.ms)
        tx.put_notice("south", OutageNotice(id="n-2", text=text), system.clock.ms)
        tx.put_notice("south", OutageNotice(id="n-3", text=None), system.clock.ms)
    found = json.loads(system.get("/api/outages", "a-ana").text)
    told = with_expected_end(text, until_ms, ZoneInfo(system.config.tz))
    assert told != text  # the sentence itself is tests/unit/test_outage_text.py's
    now_ms = system.clock.ms
    times = {"since": now_ms, "at": now_ms, "until": until_ms, "began": until_ms - 2, "ends": until_ms + 1}
    assert found == {"outages": [{"area": "north", "id": "n-1", "text": told, **times}]}
    for who in ("c-42", "d-1"):
        assert system.get("/api/outages", who).status_code == 403
    assert system.browser().get("/api/outages").status_code == 401
