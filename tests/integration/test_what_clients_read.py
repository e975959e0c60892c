"""Clients, displays and listeners can read no agent's last name anywhere."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Final

import pytest
from werkzeug.test import TestResponse

from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, EventKind, Marker, Said, SaidKind
from chat_core.domain.conversation import Event
from tests.contract.stores import committed
from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.integration.test_web_access import FILL, QUERIES
from tests.integration.web_under_test import WebUnderTest, json_of
from tests.waiting import wait_until

LAST: Final = "Zwingli"  # the last name of the two agents
HELD: Final = "a-held"  # to whom a conversation is assigned, and who says nothing in it

bridging = system_fixture("embedded", "mosquitto")


def talk(system: WebUnderTest, client: str) -> None:
    """One agent answers and resolves, another is assigned."""
    system.store.registry.add_agent("a-ana", f"Dr. Ana {LAST}", admin=True)
    system.store.registry.add_agent(HELD, f"Radu {LAST}")
    system.say(client, "Why 40 kWh?")
    with committed(system.store) as tx:
        at = system.clock.ms
        tx.append(client, "a-ana", Said(id="a1", kind=SaidKind.TEXT, text="It was the heater.", sent=1), at)
        tx.append(client, "a-ana", Event(EventKind.RESOLVED, "a-ana", "k1"), at)
        tx.move_marker(client, "a-ana", Marker(delivered=1, read=1))
        tx.put(tx.conversation(client)._replace(assignee=HELD))
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
    """Of all that a client, guest, listener or device may read over REST nothing has an agent's last name."""
    client = who if who[0] in "cg" else "c-42"
    talk(system, client)
    found = read_all(system, client, system.bearer(who))
    assert {path for path, text in found.items() if LAST in text} == set()
    if who[0] in "cg":
        log = found[f"/api/clients/{client}/log?"]
        assert '"a-ana":"Ana"' in log and "Ana: It was" in found[f"/api/clients/{client}/transcript?format=txt"]
        assert len(found) > 8 and '"a-ana": "Ana"' in found[f"/api/clients/{client}/export?"]


def test_the_desk_reads_whole_names(system: WebUnderTest) -> None:
    """The desk's log, inbox, notes and transcript, and the administrator's export, have the whole name."""
    talk(system, "c-42")
    headers = {"Authorization": system.bearer_of_generation("a-ana", 0)["Authorization"]}
    found = read_all(system, "c-42", headers)
    of_client = {f"/api/clients/c-42/{what}" for what in ("log?", "notes?", "transcript?format=txt", "export?")}
    named = {path for path, text in found.items() if f"Ana {LAST}" in text}
    assert named >= {*of_client, "/api/inbox?", "/api/agents?", "/api/session"}


@pytest.fixture
def client(bridging: BridgeSystem) -> Iterator[str]:
    for id, name in (("a-ana", f"Dr. Ana {LAST}"), (HELD, f"Radu {LAST}")):
        bridging.store.registry.add_agent(id, name, admin=id == "a-ana")
    yield bridging.new_client()
    bridging.send_home()


def test_no_topic_tells_a_client_more_than_a_first_name(bridging: BridgeSystem, client: str) -> None:
    """Of all that a client and its display hear, retained or not, nothing has an agent's last name."""
    with (
        bridging.wire(client, f"support/{client}/#", topics.NOTICE_DESK) as ear,
        bridging.wire("a-ana", topics.TEAM_INBOXES) as desk,
        bridging.device(client) as display,
    ):
        maria, ana = bridging.person(client), bridging.person("a-ana")
        maria.wait_stored(maria.say("Why 40 kWh?"))
        ana.wait_stored(ana.say("It was the heater.", client))
        ana.typing(client)
        ana.mark(2, client)
        ana.wait_done(ana.order(Command(id="k1", do=Do.ASSIGN, client=client, to=HELD)))
        ana.wait_stored(ana.say("Radu goes on.", client))
        for what in ("log", "read/a-ana", "typing/a-ana"):
            wait_until(lambda what=what: any(name == f"support/{client}/{what}" for name, _, _ in ear.heard))
        wait_until(lambda: b"Ana: Radu goes on." in [payload for _, payload, _ in display.heard])
        wait_until(lambda: [{"id": "a-ana", "name": "Ana"}] in [one["agents"] for one in ear.on(topics.NOTICE_DESK)])
        wait_until(lambda: any(row.get("assignee") == HELD for row in desk.on(f"team/t-desk/inbox/{client}")))
        heard = [*ear.heard, *display.heard]
    with bridging.wire(client, f"support/{client}/#", topics.NOTICE_DESK) as late:
        wait_until(lambda: any(retained for _, _, retained in late.heard))
        heard += late.heard
    assert [(name, payload) for name, payload, _ in heard if LAST.encode() in payload] == []
