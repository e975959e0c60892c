"""An agent reads its teams' conversations alone over REST, by every route; administrators and bots read all."""

import re
from functools import partial

import pytest

from chat_core.contract.payloads import OutageNotice, Rating, Said, SaidKind
from chat_core.contract.scopes import Scope
from chat_core.runtime.devices import Enrolment, enrol
from tests.contract.stores import committed, take_in_all
from tests.contract.test_store_episodes import MINUTE, chat
from tests.integration.test_web_keys import make_key
from tests.integration.web_under_test import NOW_MS, WebUnderTest, json_of, problem_of

NORTH = {"id": "t-north", "name": "North", "members": ["a-nora"], "areas": ["north"]}
SOUTH = {"id": "t-south", "name": "South", "members": ["a-sorin"]}
OF_A_CLIENT = [
    "/api/clients/c-north/log",
    "/api/clients/c-north/notes",
    "/api/clients/c-north",
    "/api/clients/c-north/transcript?format=txt",
    "/api/clients/c-north/consumption?from=1732422800000&to=1732430000000&step=hour",
    "/api/clients/c-north/consumption/columns?from=1732422800000&to=1732430000000&step=hour",
    "/api/clients/c-north/consumption/standard?from=1732422800000&to=1732430000000&step=hour",
    "/api/clients/c-north/power-back",
    "/api/clients/c-new/log",
]
LISTS = [
    "/api/inbox",
    "/api/inbox?team=mine",
    "/api/inbox?mentions=me",
    "/api/inbox?q=c-north",
    "/api/inbox?attribute=about:dark",
    "/api/attributes",
    "/api/attributes?team=mine",
    "/api/search?q=dark",
    "/api/search?q=client:c-north",
    "/api/episodes?figure=asked",
    "/api/episodes?figure=asked&client=c-north",
    "/api/usage?client=c-north",
    "/api/clients?q=c-n",
    "/api/outages/incidents/n-1",
    "/api/reports?days=7",
    "/api/reports/ratings.csv?days=7",
]


@pytest.fixture
def desk(system: WebUnderTest) -> WebUnderTest:
    """Two teams; a conversation of the north with a rating, and a client of the north who has not written."""
    registry = system.store.registry
    for client in ("c-north", "c-new"):
        registry.ensure_client(client, name=client, area="north")
    registry.attributes.change("c-north", {"about": "dark"})
    for agent in ("a-nora", "a-sorin"):
        registry.add_agent(agent, agent)
    registry.add_agent("a-chief", "Chief", admin=True)
    system.say("c-north", "It is dark")
    with committed(system.store) as tx:
        rating = Said(id="r-1", kind=SaidKind.RATING, rating=Rating(score=2, text="Too dark"), sent=NOW_MS)
        tx.append("c-north", "c-north", rating, NOW_MS)
        tx.put(tx.conversation("c-north")._replace(team="t-north", assignee="a-sorin", area="north"))
        tx.put_notice("north", OutageNotice(id="n-1", text={"en": "No power."}), NOW_MS)
        for hours in range(4):
            tx.add_reading("c-north", "m-1", NOW_MS - (5 - hours) * 3_600_000, 1_000 * hours, None)
    take_in_all(system.store)
    registry.settings.change_document("teams", {"teams": [NORTH, SOUTH]}, 0)
    registry.teams.refresh()
    return system


@pytest.mark.parametrize("path", OF_A_CLIENT)
def test_a_conversation_of_another_team(desk: WebUnderTest, path: str) -> None:
    """An agent of another team is refused with `other_team`, and told whose it is; who reads it is not."""
    refused = problem_of(desk.get(path, "a-sorin"), 403, "other_team")
    assert "North" in refused["detail"]
    for who in ("a-nora", "a-chief", "b-rules"):
        admin = {"a-chief": True}.get(who, False)
        answer = desk.browser().get(path, headers=_bearer(desk, who, admin=admin))
        assert answer.status_code in (200, 404), (who, answer.text)


@pytest.mark.parametrize("path", LISTS)
def test_lists_of_an_agent_s_teams(desk: WebUnderTest, path: str) -> None:
    """No list, report or search shows another team's conversation, not even to its assignee."""
    answer = desk.get(path, "a-sorin")
    assert answer.status_code == 200 and not {"c-north", "c-new"} & {*re.findall(r"c-\w+", answer.text)}
    assert "dark" not in answer.text


def test_a_client_whose_attribute_chooses_the_team(desk: WebUnderTest) -> None:
    """A client who has not written belongs to the team that its attributes choose."""
    teams = {"teams": [NORTH, {**SOUTH, "attributes": ["plan:Solar"]}]}
    desk.store.registry.settings.change_document("teams", teams, 1)
    desk.store.registry.teams.refresh()
    desk.store.registry.attributes.change("c-new", {"plan": "Solar"})
    assert json_of(desk.get("/api/clients/c-new", "a-sorin"))["area"] == "north"
    problem_of(desk.get("/api/clients/c-new", "a-nora"), 403, "other_team")


def test_lists_of_a_member(desk: WebUnderTest) -> None:
    """A member finds the conversation in each of them."""
    assert "c-north" in json_of(desk.get("/api/usage?client=c-north", "a-nora"))["clients"]
    found = json_of(desk.get("/api/clients?q=c-n", "a-nora"))["clients"]
    assert {one["id"] for one in found} == {"c-north", "c-new"}
    assert [one["client"] for one in json_of(desk.get("/api/outages/incidents/n-1", "a-nora"))["who"]] == ["c-north"]
    chat(desk.store, 1, NOW_MS - 60 * MINUTE, MINUTE, score=4)
    take_in_all(desk.store)
    assert [row["client"] for row in json_of(desk.get("/api/inbox", "a-nora"))["summaries"]] == ["c-north"]
    assert len(json_of(desk.get("/api/search?q=dark", "a-nora"))["hits"]) == 2
    for query in ("", "?team=mine"):
        offered = json_of(desk.get(f"/api/attributes{query}", "a-nora"))["attributes"]
        assert offered == [{"name": "about", "values": ["dark"]}]
    assert json_of(desk.get("/api/reports?days=7", "a-nora"))["totals"]["ratings"] == 1
    assert json_of(desk.get("/api/reports?days=7", "b-rules"))["totals"]["ratings"] == 2


def test_counts_of_an_agent_s_teams(desk: WebUnderTest) -> None:
    """The counts of the inbox's lists, of an incident and of the alarms' preview are of the agent's teams."""
    preview = {"value": json_of(desk.get("/api/settings", "a-nora"))["alarms"]["value"]}
    counts = {}
    for who in ("a-nora", "a-sorin", "a-chief"):
        headers = _bearer(desk, who, admin=who == "a-chief")
        ask = partial(desk.browser().get, headers=headers)
        lists = json_of(ask("/api/inbox"))["counts"]
        tried = json_of(desk.browser().post("/api/alarms/preview", json=preview, headers=headers))
        reach = json_of(ask("/api/outages/incidents/n-1"))
        counts[who] = (lists["all"], lists["mine"], tried["examined"], tried["meters"], reach["asked"])
    assert counts == {"a-nora": (1, 0, 1, 1, 1), "a-sorin": (0, 0, 0, 0, 0), "a-chief": (1, 0, 1, 1, 1)}


def test_a_file_of_another_team(desk: WebUnderTest) -> None:
    """An agent of another team neither uploads to the conversation nor downloads from it."""
    upload = "/api/clients/c-north/files?id=f-1&name=a.txt"
    refused = desk.browser().post(upload, data=b"words", headers=_bearer(desk, "a-sorin"))
    problem_of(refused, 403, "other_team")
    assert desk.browser().post(upload, data=b"words", headers=_bearer(desk, "a-nora")).status_code < 300


def test_a_change_of_teams_counts_at_once(desk: WebUnderTest) -> None:
    """A new member of a team reads its conversations; a conversation that moves is its new team's."""
    registry = desk.store.registry
    rev, _ = registry.settings.document("teams")
    before = registry.version()
    joined = SOUTH | {"members": ["a-sorin", "a-nora"]}
    registry.settings.change_document("teams", {"teams": [NORTH, joined]}, rev)
    assert registry.version() > before  # brokers look at that
    registry.teams.refresh()
    with committed(desk.store) as tx:
        tx.put(tx.conversation("c-north")._replace(team="t-south"))
    for who in ("a-nora", "a-sorin"):
        assert desk.get("/api/clients/c-north/log", who).status_code == 200


def _bearer(desk: WebUnderTest, who: str, *, admin: bool = False) -> dict[str, str]:
    registry = desk.store.registry
    if who[0] == "a":
        registry.add_agent(who, who, admin=admin)
    else:
        registry.ensure_identity(who, NOW_MS)
    return desk.bearer_of_generation(who, registry.generation(who) or 0)


def test_a_key_changes_no_client_of_another_team(desk: WebUnderTest) -> None:
    """A key that speaks as an agent neither changes nor reads another team's client; it may make a new one."""
    for client, speaker, status in (
        ("c-north", "a-sorin", 403),
        ("c-north", "a-nora", 200),
        ("c-new", "a-sorin", 403),
        ("c-made", "a-sorin", 200),
    ):
        headers = {"Authorization": f"Bearer {make_key(desk, Scope.CLIENTS, speaker=speaker)}"}
        answer = desk.browser().put(f"/api/clients/{client}", json={"area": "north"}, headers=headers)
        assert answer.status_code == status, (client, speaker, answer.text)


def test_devices_of_another_team(desk: WebUnderTest) -> None:
    """An agent of another team sees neither a client's devices nor their readings; only who reads all lists all."""
    enrol(desk.store.registry, Enrolment("d-north", "c-north", {}, None), NOW_MS)
    for path, statuses in (
        ("/api/devices?client=c-north", (403, 200, 200)),
        ("/api/devices", (403, 403, 200)),
        ("/api/devices/d-north/heard", (403, 200, 200)),
    ):
        asked = [
            desk.browser().get(path, headers=_bearer(desk, who, admin=who == "a-chief"))
            for who in ("a-sorin", "a-nora", "a-chief")
        ]
        assert tuple(answer.status_code for answer in asked) == statuses, path
