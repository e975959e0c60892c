"""Clients, displays and listeners can read neither an agent's last name nor an assignment anywhere."""

import json
import re
import zipfile
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Final

import pytest
from werkzeug.test import TestResponse

from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, EventKind, Marker, Said, SaidKind, Status, encode
from chat_core.domain.conversation import Event
from tests.contract.stores import committed
from tests.integration.bridge_system import BarePeer, BridgeSystem, system_fixture
from tests.integration.test_web_access import FILL, QUERIES
from tests.integration.web_under_test import WebUnderTest, json_of
from tests.waiting import wait_until

LAST: Final = "Zwingli"  # the last name of the agents
BOSS: Final = "a-boss"  # who assigns it
HELD: Final = "a-held"  # to whom a conversation is assigned, and who says nothing in it

bridging = system_fixture("embedded", "mosquitto")


def talk(system: WebUnderTest, client: str) -> None:
    """One agent answers and resolves, another is assigned."""
    system.store.registry.add_agent("a-ana", f"Dr. Ana {LAST}", admin=True)
    system.store.registry.add_agent(BOSS, f"Bo {LAST}")
    system.store.registry.add_agent(HELD, f"Radu {LAST}")
    system.say(client, "Why 40 kWh?")
    with committed(system.store) as tx:
        at = system.clock.ms
        tx.append(client, "a-ana", Said(id="a1", kind=SaidKind.TEXT, text="It was the heater.", sent=1), at)
        tx.append(client, "a-ana", Event(EventKind.RESOLVED, "a-ana", "k1"), at)
        tx.move_marker(client, "a-ana", Marker(delivered=1, read=1))
        tx.append(client, BOSS, Event(EventKind.ASSIGNED, BOSS, "k2", to=HELD), at)
        tx.put(tx.conversation(client)._replace(assignee=HELD, status=Status.ASSIGNED))
        tx.add_note(client, "a-ana", "n1", "a note", at)


def content_of(answer: TestResponse) -> str:
    """Return all that the answer says, an archive's files included."""
    if answer.mimetype != "application/zip":
        return answer.get_data(as_text=True)
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def read_all(system: WebUnderTest, client: str, bearer: dict[str, str]) -> dict[str, str]:
    """Return what each route answers that this bearer may read; of what depends on the asker, the client's own."""
    found = {}
    for rule in system.app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<>]+:)?(\w+)>", lambda one: {**FILL, "client": client}.get(one[1], "x-1"), rule.rule)
        if "GET" not in (rule.methods or ()):
            continue
        queries = ["format=html", "format=txt"] if path.endswith("/transcript") else [QUERIES.get(rule.rule, "")]
        for query in queries:
            answer = system.browser().get(path, headers=bearer, query_string=query)
            if answer.status_code == 200:
                found[f"{path}?{query}"] = content_of(answer)
    session = system.browser().post("/api/session", json={}, headers=bearer)
    if session.status_code == 200:
        found["/api/session"] = session.text
        if key := json_of(session).get("download_key"):
            for path in (f"/api/clients/{client}/{what}" for what in ("transcript", "export")):
                found[f"{path}?key"] = content_of(system.browser().get(path, query_string={"key": key}))
    return found


@pytest.mark.parametrize("who", ["c-42", "g-1", "l-1", "d-1"])
def test_no_route_tells_a_client_more_than_a_first_name(system: WebUnderTest, who: str) -> None:
    """Nothing that a client, guest, listener or device may read over REST has a last name or tells an assignment."""
    client = who if who[0] in "cg" else "c-42"
    talk(system, client)
    found = read_all(system, client, system.bearer(who))
    for secret in (LAST, HELD, BOSS):
        assert {path for path, text in found.items() if secret in text} == set(), secret
    if who[0] in "cg":
        log = found[f"/api/clients/{client}/log?"]
        assert '"a-ana":"Ana"' in log and "Ana: It was" in found[f"/api/clients/{client}/transcript?format=txt"]
        assert [entry["kind"] for entry in json.loads(log)["entries"]] == ["text", "text", "resolved", "assigned"]
        assert len(found) > 8 and '"status": "open"' in found[f"/api/clients/{client}/export?"]
        assert '"a-ana": "Ana"' in found[f"/api/clients/{client}/export?"]


def test_the_desk_reads_whole_names(system: WebUnderTest) -> None:
    """The desk's log, inbox, notes and transcript, and the administrator's export, have whole names and assignments."""
    talk(system, "c-42")
    headers = {"Authorization": system.bearer_of_generation("a-ana", 0)["Authorization"]}
    found = read_all(system, "c-42", headers)
    of_client = {f"/api/clients/c-42/{what}" for what in ("log?", "notes?", "transcript?format=txt", "export?")}
    named = {path for path, text in found.items() if LAST in text}
    assert named >= {*of_client, "/api/inbox?", "/api/agents?", "/api/session"}
    assigned = {path for path, text in found.items() if HELD in text and BOSS in text}
    assert assigned >= {"/api/clients/c-42/log?", "/api/clients/c-42/export?"}


@pytest.fixture
def client(bridging: BridgeSystem) -> Iterator[str]:
    for id, name in (("a-ana", "Dr. Ana"), (BOSS, "Bo"), (HELD, "Radu")):
        bridging.store.registry.add_agent(id, f"{name} {LAST}", admin=id == "a-ana")
    yield bridging.new_client()
    bridging.send_home()


def has_heard(peer: BarePeer, topic: str) -> bool:
    return any(name == topic for name, _, _ in peer.heard)


def test_no_topic_tells_a_client_more_than_a_first_name(bridging: BridgeSystem, client: str) -> None:
    """Nothing that a client and its display hear, retained or not, has an agent's last name or tells an assignment."""
    with (
        bridging.wire(client, f"support/{client}/#", topics.NOTICE_DESK) as ear,
        bridging.wire("a-ana", topics.TEAM_INBOXES) as desk,
        bridging.device(client) as display,
    ):
        maria, ana, boss = bridging.person(client), bridging.person("a-ana"), bridging.login(BOSS)
        maria.wait_stored(maria.say("Why 40 kWh?"))
        ana.wait_stored(ana.say("It was the heater.", client))
        ana.typing(client)
        ana.mark(2, client)
        with BarePeer(boss, (f"desk/refused/{BOSS}",)) as peer:
            assign = Command(id="k1", do=Do.ASSIGN, client=client, to=HELD)
            peer.publish(f"desk/do/{BOSS}", encode(assign))
            wait_until(lambda: any(row.get("assignee") == HELD for row in desk.on(f"team/t-desk/inbox/{client}")))
        ana.wait_stored(ana.say("Radu goes on.", client))
        wait_until(lambda: "Radu goes on." in [one.get("text") for one in ear.on(topics.log(client))])
        for what in ("read/a-ana", "typing/a-ana"):
            wait_until(partial(has_heard, ear, f"support/{client}/{what}"))
        wait_until(lambda: b"Ana: Radu goes on." in [payload for _, payload, _ in display.heard])
        wait_until(lambda: [{"id": "a-ana", "name": "Ana"}] in [one["agents"] for one in ear.on(topics.NOTICE_DESK)])
        heard = [*ear.heard, *display.heard]
    with bridging.wire(client, f"support/{client}/#", topics.NOTICE_DESK) as late:
        wait_until(lambda: any(retained for _, _, retained in late.heard))
        heard += late.heard
    for secret in (LAST, HELD, BOSS):
        assert [(name, payload) for name, payload, _ in heard if secret.encode() in payload] == []
    entries = {one["seq"]: one for one in ear.on(topics.log(client))}  # a sender that repeats is told again
    assert sorted(entries) == list(range(1, len(entries) + 1))
    [assigned] = (one for one in entries.values() if one["id"] == "k1")
    assert {"kind": "assigned", "from": "s-bridge"}.items() <= assigned.items()
