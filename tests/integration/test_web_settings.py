"""Administrators' settings over REST, which others may not write."""

from typing import Any

import pytest

from chat_core.contract.changes import ChangeKind
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import AdminSession, WebUnderTest, csrf_of, json_of, problem_of, sign_in
from web.api import teams
from web.limits import RENAME_CLIENT

HOURS = {"week": {"mon": [["09:00", "17:00"]]}, "holidays": [{"date": "2025-12-25", "name": "Crăciun"}]}


def test_a_document(system: WebUnderTest, admin: AdminSession) -> None:
    """A document has a default, is stored as it was understood, and the bridge hears of it."""
    assert admin.get("/api/settings")["hours"] == {"rev": 0, "value": {"week": None, "holidays": []}}
    answer = admin.send("PUT", "/api/settings/hours", {"value": HOURS, "rev": 0})
    assert answer.json == {"rev": 1, "value": HOURS}
    shown = admin.get("/api/settings")
    assert shown["hours"] == {"rev": 1, "value": HOURS}
    assert (shown["tz"], [rule["id"] for rule in shown["rules"]["value"]["rules"]]) == (
        "Europe/Bucharest",
        ["person", "outage", "hours"],
    )
    assert "widget.js" in shown["snippet"] and shown["origins"] == ["https://portal.example"]
    assert system.changes() == [ChangeKind.SETTINGS]


def test_teams(system: WebUnderTest, admin: AdminSession) -> None:
    """
    An agent's inbox, also in its page, has the rows of its teams, an administrator's also what is assigned to it or
    mentions it; the teams tell who is in them, and which are the agent's.
    """
    for agent in ("a-nora", "a-radu"):
        system.add_agent(agent)
    for client, team in (("c-1", None), ("c-2", "t-north"), ("c-3", "t-removed")):
        system.say(client, "hello")
        system.store.chats.peewee.execute_sql("UPDATE conversation SET team = ? WHERE client = ?", (team, client))

    def inbox(agent: str) -> list[str]:
        page = json_of(system.get("/api/inbox?team=mine", agent))
        return sorted(row["client"] for row in page["summaries"])

    assert inbox("a-nora") == ["c-1", "c-2", "c-3"]
    north = {"id": "t-north", "name": "North", "members": ["a-nora"], "areas": [], "langs": []}
    assert admin.send("PUT", "/api/settings/teams", {"value": {"teams": [north]}, "rev": 0}).status_code == 200
    assert json_of(system.get("/api/teams", "a-nora")) == {
        "rev": 1,
        "teams": [
            {"id": "t-desk", "name": "t-desk", "members": ["a-ana", "a-radu"]},
            {"id": "t-north", "name": "North", "members": ["a-nora"]},
        ],
        "mine": ["t-north"],
        "reads_all": False,
    }
    assert (inbox("a-nora"), inbox("a-radu")) == (["c-2"], ["c-1", "c-3"])
    browser = system.browser()
    sign_in(browser, "a-nora")
    first = browser.get("/board").text.split('id="wl-inbox">')[1].split("</script>")[0]
    assert '"c-2"' in first and '"c-1"' not in first
    change = system.store.chats.peewee.execute_sql
    change("UPDATE conversation SET assignee = 'a-nora' WHERE client = 'c-1'")
    change("UPDATE conversation SET mentions = ? WHERE client = 'c-2'", ('[{"agent": "a-radu"}]',))
    assert (inbox("a-nora"), inbox("a-radu")) == (["c-2"], ["c-1", "c-3"])
    radu = system.bearer("a-radu")
    system.store.registry.add_agent("a-radu", "Radu", admin=True)
    rows = json_of(system.browser().get("/api/inbox?team=mine", headers=radu))["summaries"]
    assert {row["client"] for row in rows} == {"c-1", "c-2", "c-3"}


def test_a_large_team_names_its_first_members(
    system: WebUnderTest, admin: AdminSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a team only so many members are told by name."""
    monkeypatch.setattr(teams, "MAX_NAMED", 2)
    members = ["a-n0", "a-n1", "a-n2"]
    for member in members:
        system.add_agent(member)
    document = {"teams": [{"id": "t-north", "name": "North", "members": members}]}
    assert admin.send("PUT", "/api/settings/teams", {"value": document, "rev": 0}).status_code == 200
    assert json_of(system.get("/api/teams", "a-n0"))["teams"][1]["members"] == members[:2]


def test_refused_origins(system: WebUnderTest, admin: AdminSession) -> None:
    """The desk reads which origins were refused, the newest first; one address cannot push out another's."""
    assert admin.get("/api/settings")["refused_origins"] == []

    def ask(origin: str, address: str) -> None:
        answer = system.browser().get(
            "/api/settings", headers={"Origin": origin}, environ_overrides={"REMOTE_ADDR": address}
        )
        problem_of(answer, 403, "origin")

    ask("https://Shop.example", "192.0.2.1")
    ask("null", "192.0.2.1")
    for number in range(30):
        system.clock.forward(1)
        ask(f"https://made-up-{number}.example", "192.0.2.9")
    assert admin.get("/api/settings")["refused_origins"] == [
        {"origin": f"https://made-up-{number}.example", "at": system.clock.ms - (29 - number) * 1000}
        for number in (29, 28, 27)
    ] + [{"origin": "https://shop.example", "at": system.clock.ms - 30_000}]
    ask("https://shop.example", "192.0.2.1")
    assert admin.get("/api/settings")["refused_origins"][0]["origin"] == "https://shop.example"
    for number in range(30):
        ask(f"https://made-up-{number}.example", f"198.51.100.{number}")
    assert len(admin.get("/api/settings")["refused_origins"]) == 20


def test_two_administrators_at_once(system: WebUnderTest, admin: AdminSession) -> None:
    """A save over somebody else's newer change is refused as stale."""
    target = lambda minutes, rev: admin.send("PUT", "/api/settings/target", {"value": {"minutes": minutes}, "rev": rev})  # noqa: E731
    assert target(10, 0).status_code == 200
    problem_of(target(20, 0), 409, "stale")
    assert admin.get("/api/settings")["target"] == {"rev": 1, "value": {"minutes": 10}}
    assert '"answer_target_min": 10' in system.agent("a-radu").get("/board").text


def test_a_document_that_makes_no_sense(admin: AdminSession) -> None:
    """A document that cannot be meant is refused, and says where."""
    wrong = admin.send("PUT", "/api/settings/hours", {"value": {"week": {"mon": [["17:00", "09:00"]]}}, "rev": 0})
    assert problem_of(wrong, 422, "bad_request")["errors"]
    priced = problem_of(
        admin.send("PUT", "/api/settings/tariff", {"value": {"price": 0.3}, "rev": 0}), 422, "bad_request"
    )
    assert "currency: choose the price's currency" in priced["detail"]
    problem_of(admin.send("PUT", "/api/settings/nothing", {"value": {}, "rev": 0}), 404, "not_found")


WRITES = [
    ("PUT", "/api/settings/hours", {"value": {}, "rev": 0}),
    ("POST", "/api/agents", {"id": "a-eve", "name": "Eve"}),
    ("PUT", "/api/agents/a-ana", {"name": "Eve", "admin": True}),
    ("POST", "/api/agents/a-ana/setup", {}),
    ("POST", "/api/agents/a-ana/disable", {}),
    ("POST", "/api/devices", {"id": "d-eve", "client": "c-42"}),
    ("POST", "/api/devices/d-eve/remove", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_only_administrators_write(system: WebUnderTest, method: str, path: str, body: object) -> None:
    """An agent, a bot and a client change nothing; nor does an administrator's cookie without its token."""
    for who in ("a-radu", "b-rules", "c-42"):
        refused = system.browser().open(path, method=method, json=body, headers=system.bearer(who))
        problem_of(refused, 403, "not_admin")
    problem_of(system.browser().open(path, method=method, json=body), 401, "not_signed_in")
    signed_in = system.agent("a-ana", admin=True)
    problem_of(signed_in.open(path, method=method, json=body), 403, "csrf")


def test_who_reads(system: WebUnderTest) -> None:
    """The desk reads settings, agents and devices; a client does not."""
    for path in ("/api/settings", "/api/agents", "/api/devices", "/api/areas", "/api/clients/c-42", "/api/clients?q=c"):
        system.store.registry.ensure_client("c-42")
        assert system.get(path, "b-rules").status_code == 200
        problem_of(system.get(path, "c-42"), 403, "not_allowed")


def test_agents_were_here(system: WebUnderTest, admin: AdminSession) -> None:
    """The list says when each agent fetched credentials last, to the minute; of who never did, nothing."""

    def seen() -> int | None:
        (found,) = (one["seen"] for one in admin.get("/api/agents")["agents"] if one["id"] == "a-radu")
        assert found is None or isinstance(found, int)
        return found

    system.store.registry.add_agent("a-radu", "Radu", now_ms=system.clock.ms - 3_600_000)
    first_ms, bearer = system.clock.ms, system.bearer("a-radu")
    assert seen() is None
    for later_ms, expected in ((0, first_ms), (1_000, first_ms), (60_000, first_ms + 60_000)):
        system.clock.ms = first_ms + later_ms
        assert system.browser().post("/api/session", json={}, headers=bearer).status_code == 200
        assert seen() == expected


def test_agents_come_and_go(system: WebUnderTest, admin: AdminSession) -> None:
    """An agent is added with a link for its password, renamed, given another link, disabled, and enabled again."""
    added = admin.send("POST", "/api/agents", {"id": "a-radu", "name": "Radu"})
    assert added.status_code == 201 and added.json is not None
    token = added.json["setup"].rpartition("/setup/")[2]
    assert system.store.registry.peek_setup_link(token, system.clock.ms) == "a-radu"
    problem_of(admin.send("POST", "/api/agents", {"id": "a-radu", "name": "Radu"}), 409, "exists")
    changed = admin.send("PUT", "/api/agents/a-radu", {"name": "Radu Ionescu", "admin": True})
    assert changed.json is not None and changed.json["agent"]["name"] == "Radu Ionescu"
    assert admin.send("POST", "/api/agents/a-radu/setup", {}).json["setup"] != added.json["setup"]  # type: ignore[index]
    gone = admin.send("POST", "/api/agents/a-radu/disable", {})
    assert gone.json is not None and gone.json["agent"]["disabled"] is True
    assert system.store.registry.generation("a-radu") is None
    problem_of(admin.send("PUT", "/api/agents/a-radu", {"name": "R", "admin": False}), 404, "not_found")
    assert admin.send("POST", "/api/agents", {"id": "a-radu", "name": "Radu"}).status_code == 201
    assert [one["id"] for one in admin.get("/api/agents")["agents"]] == ["a-ana", "a-radu"]
    assert set(system.changes()) == {ChangeKind.AGENTS}


def test_one_administrator_is_left(system: WebUnderTest, admin: AdminSession) -> None:
    """Nobody disables oneself or takes one's own rank; another administrator may."""
    problem_of(admin.send("POST", "/api/agents/a-ana/disable", {}), 409, "last_admin")
    problem_of(admin.send("PUT", "/api/agents/a-ana", {"name": "Ana", "admin": False}), 409, "last_admin")
    second = AdminSession(system.agent("a-radu", admin=True))
    assert second.send("PUT", "/api/agents/a-ana", {"name": "Ana", "admin": False}).status_code == 200


def test_a_disabled_administrator(system: WebUnderTest, admin: AdminSession) -> None:
    """An administrator who was disabled or lost the rank writes nothing more, at once."""
    system.store.registry.add_agent("a-ana", "Ana", admin=False)
    problem_of(admin.send("PUT", "/api/settings/hours", {"value": {}, "rev": 0}), 403, "not_admin")


def test_a_guests_name(system: WebUnderTest) -> None:
    """A guest says what it is called; boards hear of it; nobody else's name is changed so."""
    session = json_of(system.browser().post("/api/session", json={}))
    guest, bearer = session["id"], {"Authorization": f"Bearer {session['api_token']}"}
    named = system.browser().put(f"/api/clients/{guest}/name", json={"name": "  Maria "}, headers=bearer)
    assert named.json == {"name": "Maria"} and system.changes() == [ChangeKind.CLIENT]
    assert system.store.registry.names([guest]) == {guest: "Maria"}
    for name in ("", "   ", "x" * 81, "a\nb"):
        wrong = system.browser().put(f"/api/clients/{guest}/name", json={"name": name}, headers=bearer)
        problem_of(wrong, 422, "bad_request")
    another = system.browser().put(f"/api/clients/{guest}/name", json={"name": "Eve"}, headers=system.bearer("c-42"))
    problem_of(another, 403, "not_allowed")
    mine = system.browser().put("/api/clients/c-42/name", json={"name": "Eve"}, headers=system.bearer("c-42"))
    problem_of(mine, 409, "not_guest")


@pytest.mark.parametrize(
    ("route", "body"), [("name", {"name": "Maria"}), ("power-back", {"on": False}), ("mail", {"address": None})]
)
def test_what_a_guest_says_of_itself_has_a_rate(system: WebUnderTest, route: str, body: dict[str, Any]) -> None:
    """A guest that goes on writing facts of itself waits, and the bridge is asked for no more; another is not kept."""
    first, second = (json_of(system.browser().post("/api/session", json={})) for _ in range(2))

    def say(session: dict[str, Any]) -> Any:
        bearer = {"Authorization": f"Bearer {session['api_token']}"}
        return system.browser().put(f"/api/clients/{session['id']}/{route}", json=body, headers=bearer)

    most = int(RENAME_CLIENT[0].partition("/")[0])
    assert [say(first).status_code for _ in range(most)] == [200] * most
    asked = system.store.registry.changes.last()
    problem_of(say(first), 429, "too_fast")
    assert system.store.registry.changes.last() == asked
    assert say(second).status_code == 200


def test_a_client(system: WebUnderTest) -> None:
    """The desk sees who a client is, and that nobody is known by another id."""
    system.store.registry.ensure_client("c-42", name="Maria", lang="ro", area="north", meters=["m-1"])
    shown = json_of(system.get("/api/clients/c-42", "a-ana"))
    assert (shown["name"], shown["lang"], shown["area"], shown["meters"], shown["guest"]) == (
        "Maria",
        "ro",
        "north",
        ["m-1"],
        False,
    )
    problem_of(system.get("/api/clients/c-9", "a-ana"), 404, "not_found")


def test_signed_in_again(system: WebUnderTest, admin: AdminSession) -> None:
    """A new agent's link leads to the form, and the password set there signs in."""
    added = json_of(admin.send("POST", "/api/agents", {"id": "a-radu", "name": "Radu"}))
    path = "/setup/" + added["setup"].rpartition("/setup/")[2]
    browser = system.browser()
    token = csrf_of(browser.get(path))
    words = "four small words here"
    assert browser.post(path, data={"password": words, "again": words, "csrf_token": token}).status_code == 303
    assert sign_in(system.browser(), "a-radu", words).status_code == 303


@pytest.mark.parametrize(
    ("url", "host", "begins"),
    [
        (None, "localhost:3001", "http://localhost:3001/setup/"),
        (None, "evil.example", "/setup/"),
        (None, "192.168.1.5:3001", "/setup/"),
        ("https://Chat.example/", "evil.example", "https://chat.example/setup/"),
        ("https://chat.example", "localhost", "https://chat.example/setup/"),
    ],
)
def test_links_name_the_public_url(start_web: StartWeb, url: str | None, host: str, begins: str) -> None:
    """A setup link and the widget's line name WATTLINE_URL; without it never a Host that somebody may have made up."""
    system = start_web(**({"url": url} if url else {}))
    system.add_agent("a-ana")
    bearer = system.bearer("a-admin") | {"Host": host}
    system.store.registry.add_agent("a-admin", "Admin", True)
    browser = system.browser()
    link = browser.post("/api/agents/a-ana/setup", json={}, headers=bearer).get_json()["setup"]
    snippet = browser.get("/api/settings", headers=bearer).get_json()["snippet"]
    assert link.startswith(begins) and "evil" not in link + snippet
    assert snippet.startswith(f'<script src="{"https://chat.example" if url else "http://localhost:3001"}/widget.js"')


def test_own_origin_by_the_public_url(start_web: StartWeb) -> None:
    """A page of WATTLINE_URL is our own, whatever host a proxy asks for; a foreign one is not."""
    system = start_web(url="https://chat.example")
    browser, more = system.browser(), {"json": {}, "headers": {"Host": "web:3000", "Origin": "https://chat.example"}}
    assert browser.post("/api/session", **more).status_code == 200
    more["headers"]["Origin"] = "https://chat.example.evil"
    problem_of(browser.post("/api/session", **more), 403, "origin")


def test_saved_views(system: WebUnderTest, admin: AdminSession) -> None:
    """An agent's own views are the agent's alone, the desk's are every agent's; a wrong facet is named."""
    system.add_agent("a-nora")
    view = {
        "id": "v-1",
        "name": "Bills",
        "filter": "all",
        "order": "newest",
        "facets": ["tag:bill", "attribute:plan:Solar"],
    }
    for whose in ("own", "desk"):
        answer = admin.send("PUT", f"/api/views/{whose}", {"rev": 0, "value": {"views": [view]}})
        assert answer.json == {"rev": 1, "views": [view]}
    assert admin.get("/api/views")["own"]["views"] == [view]
    assert json_of(system.get("/api/views", "a-nora")) == {
        "own": {"rev": 0, "views": []},
        "desk": {"rev": 1, "views": [view]},
    }
    assert admin.send("PUT", "/api/views/desk", {"rev": 0, "value": {"views": []}}).status_code == 409
    for facet in ("tags:bill", "attribute:plan"):
        wrong = {**view, "facets": [facet]}
        refused = admin.send("PUT", "/api/views/own", {"rev": 1, "value": {"views": [wrong]}})
        assert refused.status_code == 422 and "views.0.facets.0" in refused.text
    many = [{**view, "id": f"v-{n}"} for n in range(51)]
    assert admin.send("PUT", "/api/views/own", {"rev": 1, "value": {"views": many}}).status_code == 422
