"""Reading over REST has the rights of hearing over MQTT."""

import json
import re
from typing import Any

import pytest

from chat_core.contract.payloads import OutageNotice
from chat_core.contract.scopes import Scope
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
    text = {"en": "A cable is broken.", "ro": "Un cablu este rupt."}
    with committed(system.store) as tx:
        tx.put_notice("north", OutageNotice(id="n-1", text=text), system.clock.ms)
        tx.put_notice("south", OutageNotice(id="n-2", text=text), system.clock.ms)
        tx.put_notice("south", OutageNotice(id="n-3", text=None), system.clock.ms)
    found = json.loads(system.get("/api/outages", "a-ana").text)
    assert found == {"outages": [{"area": "north", "id": "n-1", "text": text, "until": None}]}
    for who in ("c-42", "d-1"):
        assert system.get("/api/outages", who).status_code == 403
    assert system.browser().get("/api/outages").status_code == 401


def test_consumption(system: WebUnderTest) -> None:
    """Stored readings are summed by interval, with the newest reading beside them."""
    hour_ms = 3_600_000
    start = system.clock.ms // hour_ms * hour_ms
    with committed(system.store) as tx:
        for n, wh in enumerate((1000, 1300, 1900)):
            tx.add_reading("c-42", "m-1", start + n * hour_ms, wh, 250)
    address = f"/api/clients/c-42/consumption?from={start}&to={start + 2 * hour_ms}&step=hour"
    found = json.loads(system.get(address, "c-42").text)
    assert [(point["at"], point["wh"]) for point in found["points"]] == [(start, 300), (start + hour_ms, 600)]
    assert found["last"] == {"meter": "m-1", "at": start + 2 * hour_ms, "wh": 1900, "w": 250}
    assert found["tz"] == system.config.tz
    shown = [(point["estimated"], point["usual_wh"], point["unusual"]) for point in found["points"]]
    assert shown == [(0, None, False)] * 2  # too little is known of the days before
    columns = json.loads(
        system.get(address.replace("?", "/columns?"), "c-42").text,
    )
    assert (columns["at"], columns["wh"]) == ([start, start + hour_ms], [300, 600])
    assert columns["estimated"] == []
    other = f"{address}&meter=m-2"
    assert json.loads(system.get(other, "c-42").text)["points"] == []
    assert system.get(address.replace("?", "/columns?"), "c-43").status_code == 403


def test_what_energy_costs(system: WebUnderTest) -> None:
    """Consumption names the price of a kWh: the company's or the client's own; without a currency there is none."""
    registry = system.store.registry
    address = f"/api/clients/c-42/consumption?from={system.clock.ms - 3_600_000}&to={system.clock.ms}&step=hour"

    def price() -> object:
        return json.loads(system.get(address, "c-42").text)["price"]

    registry.ensure_client("c-42", now_ms=system.clock.ms)
    registry.attributes.change("c-42", {"price_per_kwh": 1.5})
    assert price() is None
    registry.settings.change_document("tariff", {"currency": "RON", "price": 1.3}, 0)
    assert price() == {"amount": 1.5, "currency": "RON"}
    registry.attributes.change("c-42", {"price_per_kwh": None})
    assert price() == {"amount": 1.3, "currency": "RON"}
    registry.settings.change_document("tariff", {"currency": "RON"}, 1)
    assert price() is None


def test_unusual_hours(system: WebUnderTest) -> None:
    """An hour is marked unusual by the alarm's settings; gaps are left out, estimates are marked."""
    hour_ms, days = 3_600_000, 10
    now = system.clock.ms // hour_ms * hour_ms
    register, readings = 0, []
    for n in range(days * 24):
        register += 3_000 if n % 24 == 0 else 200
        readings.append((now - (days * 24 - n) * hour_ms, register))
    readings += [(now, register + 3_200), (now + hour_ms, register + 6_200), (now + 4 * hour_ms, register + 9_200)]
    with committed(system.store) as tx:
        for at, wh in readings:
            tx.add_reading("c-42", "m-1", at, wh, None)
    address = f"/api/clients/c-42/consumption?from={now - hour_ms}&to={now + 9 * hour_ms}&step=hour"

    def points() -> list[tuple[object, ...]]:
        found = json.loads(system.get(address, "c-42").text)["points"]
        return [(point["wh"], point["usual_wh"], point["unusual"], point["estimated"]) for point in found]

    shown = points()
    assert shown[0][1:] == (3_000, False, 0)
    assert shown[1] == (3_000, 200, True, 0)
    assert [point[3] for point in shown] == [0, 0, 1, 1, 1]
    system.store.registry.settings.change_document("alarms", {"at_least_wh": 5_000, "newer": 1}, 0)
    assert not any(point[2] for point in points())


def test_the_last_day_of_several_clients(system: WebUnderTest) -> None:
    """The last 24 whole hours of several clients come at once: gaps are null, unusual and estimated hours marked."""
    hour_ms, days = 3_600_000, 10
    now = system.clock.ms // hour_ms * hour_ms
    system.add_agent("a-ana")
    readings = [(now - n * hour_ms, (days * 24 - n) * 200) for n in range(days * 24, 3, -1)]
    register = readings[-1][1]
    with committed(system.store) as tx:
        for at, wh in [*readings, (now - 3 * hour_ms, register + 4_000), (now - hour_ms, register + 4_400)]:
            tx.add_reading("c-42", "m-1", at, wh, None)
        tx.add_reading("c-43", "m-1", now - 30 * hour_ms, 1, None)
    found = json.loads(system.get("/api/usage?client=c-42&client=c-43&client=c-44", "a-ana").text)
    assert found["from"] == now - 24 * hour_ms
    assert found["clients"] == {
        "c-42": {"wh": [*[200] * 20, 4_000, 200, 200, None], "unusual": [20], "estimated": [21, 22]}
    }
    assert system.get("/api/usage?client=c-42", "c-42").status_code == 403
    many = "&".join(f"client=c-{n}" for n in range(61))
    assert system.get(f"/api/usage?{many}", "a-ana").status_code == 422


def test_standard_household(system: WebUnderTest) -> None:
    """A standard household is scaled to the known days' energy; with less than a week there is none."""
    day_ms = 86_400_000
    now = system.clock.ms
    address = f"/api/clients/c-42/consumption/standard?from={now - 9 * day_ms}&to={now}&step="

    def told(step: str) -> dict[str, Any]:
        return dict(json.loads(system.get(address + step, "c-42").text))

    def read(days: range) -> None:
        with committed(system.store) as tx:
            for n in days:
                tx.add_reading("c-42", "m-1", now - n * day_ms, 1_000_000 - n * 9_600, None)

    read(range(4))
    assert (told("day")["year_wh"], told("day")["points"]) == (None, [])
    read(range(4, 12))
    days, hours = told("day"), told("hour")
    whole = [point["wh"] for point in days["points"] if point["to"] <= now]
    assert len(whole) >= 8 and sum(whole) / len(whole) == pytest.approx(9_600, rel=0.1)
    assert sum(point["wh"] for point in hours["points"]) == pytest.approx(
        sum(p["wh"] for p in days["points"]), rel=0.15
    )
    assert len({point["wh"] for point in hours["points"]}) > 20, "a household's day has a shape"
    assert 2_000_000 < days["year_wh"] < 5_000_000
    far = address.replace(f"from={now - 9 * day_ms}", "from=0") + "month"
    assert system.get(far, "c-42").status_code == 422
    assert system.get(address + "day", "c-43").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=0&to=0&step=day",
        "from=5&to=1&step=day",
        "from=0&to=9&step=year",
        "from=0&to=1e3&step=day",
        "from=0&to=999999999999&step=minute",
        "from=0&to=9&step=day&meter=M!",
    ],
)
def test_consumption_query_refused(system: WebUnderTest, query: str) -> None:
    """A period that is none, or has more intervals than anybody draws, is refused."""
    answer = system.get(f"/api/clients/c-42/consumption?{query}", "c-42")
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
