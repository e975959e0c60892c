"""Test clients' attributes, and exports of everything of a kind."""

import csv
import io
import json
import re
from itertools import pairwise
from typing import Any

import jsonschema_rs
import pytest

from chat_core.contract.scopes import Scope
from chat_core.store import exports
from tests.contract.stores import committed
from tests.integration.test_web_keys import make_key
from tests.integration.web_under_test import NOW_MS, WebUnderTest, json_of, problem_of
from tests.real.parts import REPOSITORY
from web.api.contract import describe

API = REPOSITORY / "docs" / "api.md"
KNOWN = {"contract": "K-1", "kw": 5.5, "rooms": 3, "solar": True, "since": "2024-03-01"}


def put(system: WebUnderTest, secret: str, client: str, **facts: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    return system.browser().put(f"/api/clients/{client}", json=facts, headers=headers)


def test_attributes_of_a_client(system: WebUnderTest) -> None:
    """Attributes of four types are set, changed and removed by name; the inbox finds clients by them."""
    secret = make_key(system)
    made = json_of(put(system, secret, "c-42", name="Maria", attributes=KNOWN))
    assert (made["name"], made["attributes"]) == ("Maria", dict(sorted(KNOWN.items())))
    changed = json_of(put(system, secret, "c-42", lang="ro", attributes={"kw": 7.0, "rooms": None}))
    assert (changed["name"], changed["lang"]) == ("Maria", "ro")
    assert changed["attributes"] == {"contract": "K-1", "kw": 7, "since": "2024-03-01", "solar": True}
    for client in ("c-42", "c-43"):
        system.say(client, "hello")
    long = "x" * 500
    json_of(put(system, secret, "c-43", attributes={"about": long}))
    found = json_of(system.get("/api/inbox", "a-ana", query_string={"attribute": f"about:{long}"}))
    assert [row["client"] for row in found["summaries"]] == ["c-43"]
    for asked, clients in (
        ("contract:K-1", ["c-42"]),
        ("solar:true", ["c-42"]),
        ("kw:7", ["c-42"]),
        ("kw:7.0", ["c-42"]),
        ("kw:8", []),
    ):
        found = json_of(system.get("/api/inbox", "a-ana", query_string={"attribute": asked}))
        assert [row["client"] for row in found["summaries"]] == clients, asked
    offered = json_of(system.get("/api/attributes", "a-ana"))["attributes"]
    assert [(one["name"], one["values"]) for one in offered if one["name"] != "about"] == [
        ("contract", ["K-1"]),
        ("kw", ["7"]),
        ("since", ["2024-03-01"]),
        ("solar", ["true"]),
    ]
    for wrong in ("solar", "Solar:true", "solar:"):
        problem_of(system.get("/api/inbox", "a-ana", query_string={"attribute": wrong}), 422, "bad_request")
    system.store.registry.forget_client("c-42")
    assert system.store.registry.attributes.of("c-42") == {}
    problem_of(put(system, secret, "g-none", name="Guest"), 404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"Name": 1},
        {"a": "x" * 501},
        {"a": "2024-02-30"},
        {"a": [1]},
        {"a": 2**60},
        {"a": ""},
        {"a": "b\x00"},
        {"price_per_kwh": "0.3"},
        {"price_per_kwh": 0},
        {"price_per_kwh": 10**7},
        {"price_per_kwh": True},
    ],
    ids=str,
)
def test_attributes_are_bounded(system: WebUnderTest, wrong: dict[str, Any]) -> None:
    """A wrong name, type, size or day is refused and named; beyond 50 nothing is stored."""
    secret = make_key(system)
    refused = problem_of(put(system, secret, "c-42", attributes=wrong), 422, "bad_request")
    assert refused["errors"][0]["at"].startswith("attributes")
    assert put(system, secret, "c-42", attributes={f"a{n}": n for n in range(50)}).status_code == 200
    problem_of(put(system, secret, "c-42", name="New", attributes={"more": 1}), 422, "too_many")
    known = system.store.registry.find_client("c-42")
    assert len(system.store.registry.attributes.of("c-42")) == 50 and known is not None and known.name is None


def test_attributes_alone_are_announced(system: WebUnderTest) -> None:
    """The bridge hears of a change of attributes, and not of the same attributes again."""
    secret, changes = make_key(system), system.store.registry.changes
    seen = []
    for attributes in ({"a": 1}, {"a": 2}, {"a": 2}, {"a": None}, {"a": None}):
        json_of(put(system, secret, "c-42", attributes=attributes))
        seen.append(changes.last())
    assert [seen[0] == 0, *(one < later for one, later in pairwise(seen))] == [True, True, False, True, False]


def seed(system: WebUnderTest) -> None:
    """Store two conversations, of which one is erased, a client with attributes, and readings."""
    system.store.registry.ensure_client("c-42", name="Maria")
    system.store.registry.attributes.change("c-42", {"solar": True})
    system.say("c-42", "Why 40 kWh?", "=1+1")
    system.say("c-43", "gone")
    with committed(system.store) as tx:
        tx.erase("c-43", NOW_MS)
        for n in range(3):
            tx.add_reading("c-42", "main", NOW_MS + n, n, 400)


def export(system: WebUnderTest, what: str, **query: str) -> str:
    headers = {"Authorization": f"Bearer {make_key(system, Scope.EXPORTS)}"}
    answer = system.browser().get(f"/api/export/{what}", query_string=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        ("messages", ["Why 40 kWh?", "=1+1", None]),
        ("conversations", ["c-42", "c-43"]),
        ("clients", ["c-42", "c-43"]),
        ("readings", [0, 1, 2]),
    ],
)
def test_exports(system: WebUnderTest, what: str, lines: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line fits the published schema, nothing erased is in it; CSV has the same rows and the described columns."""
    seed(system)
    for module in ("exports", "client_lists"):
        monkeypatch.setattr(f"chat_core.store.{module}.{'PAGE' if module == 'exports' else 'CLIENTS_IN_PAGE'}", 1)
    found = [json.loads(line) for line in export(system, what).splitlines()]
    shown = {"messages": "text", "readings": "wh"}.get(what, "client")
    assert [line.get(shown) for line in found] == lines
    with system.app.test_request_context():
        document = describe()
    content = document["paths"][f"/api/export/{what}"]["get"]["responses"]["200"]["content"]
    schema = {**content["application/jsonl"]["schema"], "components": document["components"]}
    for line in found:
        assert jsonschema_rs.is_valid(schema, line), line
    rows = list(csv.DictReader(io.StringIO(export(system, what, format="csv").removeprefix("\ufeff"))))
    assert len(rows) == len(lines) and rows[0]["client"] == "c-42"
    assert what != "messages" or rows[1]["words"] == "'=1+1"  # no formula
    *_scopes, described = re.findall(rf"^\| `{what}` \| (.*) \|$", API.read_text(encoding="utf-8"), re.MULTILINE)
    assert [*rows[0]] == re.findall(r"`([^`]+)`", described)


def test_exports_of_a_period(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A period is [from, to), of which alone entries are read; one that ends before it begins is refused."""
    seed(system)
    period = {"from": str(NOW_MS + 1), "to": str(NOW_MS + 2)}
    assert [json.loads(line)["wh"] for line in export(system, "readings", **period).splitlines()] == [1]
    assert [json.loads(line)["seq"] for line in export(system, "messages", **period).splitlines()] == [2]
    monkeypatch.setattr(exports, "CLOCK_SLACK_MS", 0)
    read: list[tuple[Any, ...]] = []
    fetch = system.store.chats.fetch

    def recorded(sql: str, values: tuple[Any, ...] = ()) -> Any:
        read.append(values)
        return fetch(sql, values)

    monkeypatch.setattr(system.store.chats, "fetch", recorded)
    assert export(system, "messages", **period) and not export(system, "messages", to=str(NOW_MS))
    after_num, before_num = zip(*(values[:2] for values in read if len(values) == 5), strict=True)
    assert after_num == (1, 2, -1) and before_num[-1] == 0
    backwards = system.get("/api/export/messages", "a-ana", query_string={"from": "2", "to": "1"})
    problem_of(backwards, 422, "bad_request")


def test_who_exports_and_how_many_at_once(system: WebUnderTest) -> None:
    """Keys with the scope and administrators export, two at once; an agent does not."""
    seed(system)
    problem_of(system.get("/api/export/messages", "a-ben"), 403, "not_admin")
    admin = system.agent("a-dora", admin=True)
    running = [admin.get("/api/export/messages") for _ in range(2)]
    problem_of(admin.get("/api/export/messages"), 429, "too_fast")
    for answer in running:
        answer.close()
    assert admin.get("/api/export/messages").status_code == 200
