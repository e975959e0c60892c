"""A client's transcript and export, and an administrator's export and erasure."""

import json
import re
import zipfile
from io import BytesIO
from typing import Any

import pytest

from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import Card, EventKind, Rating, Said, SaidKind, decode
from chat_core.domain.conversation import Event
from chat_core.runtime.client_data import DOCUMENTS, export_client
from tests.contract.stores import committed
from tests.integration.test_web_files import jpeg, on_disk, say_file, upload
from tests.integration.web_under_test import AdminSession, WebUnderTest, json_of, problem_of
from tests.unit import vectors


def talk(system: WebUnderTest) -> None:
    """Words of every kind that a transcript shows, one that it must not run, and one that it leaves out."""
    system.store.registry.ensure_client("c-42", name="Maria")
    system.store.registry.add_agent("a-ana", "Ana")
    system.say("c-42", "De ce 40 kWh?", "<script>alert(1)</script>", "gone")
    at = system.clock.ms + 86_400_000
    with committed(system.store) as tx:
        tx.append("c-42", "b-rules", Said(id="b1", kind=SaidKind.TEXT, text="See the chart.", sent=1), at)
        tx.append("c-42", "a-ana", Said(id="a1", kind=SaidKind.TEXT, text="It was the heater.", sent=1), at)
        tx.append("c-42", "a-ana", Event(EventKind.RESOLVED, "a-ana", "k1"), at)
        rating = Rating(score=4, text="Thanks")
        tx.append("c-42", "c-42", Said(id="r1", kind=SaidKind.RATING, rating=rating, sent=1), at)
        tx.amend("c-42", 3, None)
        tx.add_note("c-42", "a-ana", "n1", "SecretNote", at)


def test_a_transcript_to_keep(system: WebUnderTest) -> None:
    """The client saves a page or a text that says who said what and when, by days, in its language."""
    talk(system)
    page = system.get("/api/clients/c-42/transcript?lang=en", "c-42")
    assert page.status_code == 200 and page.mimetype == "text/html"
    assert page.headers["Content-Disposition"] == 'attachment; filename="wattline-c-42.html"'
    assert page.headers["Content-Security-Policy"].startswith("sandbox")
    assert "<script>" not in page.text and "&lt;script&gt;alert(1)" in page.text
    assert "SecretNote" not in page.text and "gone" not in page.text and page.text.count("<h2>") == 2
    text = system.get("/api/clients/c-42/transcript?format=txt&lang=ro", "c-42")
    assert text.mimetype == "text/plain"
    for words in ("Maria: De ce 40 kWh?", "Wattline (răspuns automat): See", "Ana: It was", "Notă: 4 din 5. Thanks"):
        assert words in text.text, text.text
    assert "Acest mesaj a fost șters." in text.text and "<script>" in text.text


@pytest.mark.parametrize("kind", vectors.load("kinds")["kinds"], ids=lambda kind: str(kind["kind"]))
def test_a_transcript_of_each_kind(system: WebUnderTest, kind: dict[str, Any]) -> None:
    """A transcript says each kind of message in words, in the reader's language."""
    system.store.registry.ensure_client("c-42")
    with committed(system.store) as tx:
        said = {"id": "m1", "kind": kind["kind"], "sent": 1, **kind["example"]}
        tx.append("c-42", kind["sender"], decode(Said, json.dumps(said).encode()), system.clock.ms)
    for lang, words in kind["transcript"].items():
        path = f"/api/clients/c-42/transcript?format=txt&lang={lang}"
        assert words in system.get(path, "c-42").text


def test_a_long_transcript(system: WebUnderTest) -> None:
    """A transcript is whole, however long the conversation is."""
    system.say("c-42", *(f"words {n}" for n in range(2_100)))
    text = system.get("/api/clients/c-42/transcript?format=txt&lang=en", "c-42").text
    assert text.count("words ") == 2_100 and text.index("words 0\n") < text.index("words 2099\n")


def test_whose_transcript(system: WebUnderTest) -> None:
    """The client and the desk, by a header or by the download key of the session; nobody else."""
    talk(system)
    path = "/api/clients/c-42/transcript"
    session = json_of(system.browser().post("/api/session", json={}, headers=system.bearer("c-42")))
    assert system.browser().get(path, query_string={"key": session["download_key"]}).status_code == 200
    assert system.get(path, "a-ana").status_code == 200
    problem_of(system.get(path, "c-43"), 403, "not_allowed")
    problem_of(system.get("/api/clients/c-43/transcript", "c-43"), 404, "not_found")


def archive_of(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200 and answer.mimetype == "application/zip", answer.text
    return zipfile.ZipFile(BytesIO(answer.data))


def furnish(system: WebUnderTest) -> dict[str, Any]:
    """Beside words: a file, readings, an alarm, a tag, a display; returns the file as its message names it."""
    talk(system)
    described = json_of(upload(system, jpeg()))
    say_file(system, described)
    system.store.registry.devices.add("d-1", "c-42", [], {})
    hour = 3_600_000
    with committed(system.store) as tx:
        for n in range(5_000):
            tx.add_reading("c-42", "main", n * hour // 4, n * 100, 400)
        tx.alarms.put_opened("c-42", "main", 7)
        tx.put(tx.conversation("c-42")._replace(tags=("vip",)))
    return described


def test_an_export(system: WebUnderTest) -> None:
    """An administrator exports all that is kept of a client in one archive, which says what it holds."""
    described = furnish(system)
    admin = system.agent("a-dora", admin=True)
    found = archive_of(admin.get("/api/clients/c-42/export"))
    read = {name: json.loads(found.read(name)) for name in found.namelist() if name.endswith(".json")}
    assert set(read) == {"about.json", *DOCUMENTS} and set(read["about.json"]["documents"]) == set(DOCUMENTS)
    assert (read["about.json"]["format"], read["about.json"]["schema"]) == ("wattline-export", 1)
    assert [entry["seq"] for entry in read["entries.json"]] == list(range(1, 9))
    assert (read["profile.json"]["name"], read["notes.json"][0]["text"]) == ("Maria", "SecretNote")
    standing = read["conversation.json"]
    assert (standing["tags"], standing["status"], standing["names"]["a-ana"]) == (["vip"], "open", "Ana")
    assert [reading["at"] for reading in read["readings.json"]][::4_999] == [0, 4_999 * 900_000]
    assert read["readings.json"][1] == {"meter": "main", "at": 900_000, "wh": 100, "w": 400}
    assert sum(hour["wh"] for hour in read["hours.json"]) == 499_900 and read["hours.json"][0]["wh"] == 400
    assert [(alarm["meter"], alarm["kind"]) for alarm in read["alarms.json"]] == [("main", "opened")]
    assert [device["id"] for device in read["devices.json"]] == ["d-1"]
    (file,) = read["files.json"]
    assert file["id"] == described["file"] and len(found.read(file["path"])) == file["size"]
    problem_of(system.get("/api/clients/c-42/export", "a-ana"), 403, "not_admin")


def test_an_export_of_one_s_own(system: WebUnderTest) -> None:
    """A client exports what is kept of itself, without what agents noted, and nobody else's; not without end."""
    furnish(system)
    path = "/api/clients/c-42/export"
    found = archive_of(system.get(path, "c-42"))
    assert set(found.namelist()) >= set(DOCUMENTS) - {"notes.json"} and "notes.json" not in found.namelist()
    problem_of(system.get(path, "c-43"), 403, "not_allowed")


def test_an_export_costs_no_memory(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export of any size leaves in small pieces."""
    furnish(system)
    monkeypatch.setattr("chat_core.runtime.client_data.PIECE_BYTES", 1_000)
    pieces = [len(piece) for piece in export_client(system.store, system.context.files, "c-42", system.clock.ms)]
    assert len(pieces) > 5 and max(pieces) < 64 * 1024


def test_a_transcript_for_the_desk(system: WebUnderTest) -> None:
    """An agent reads a nameless client by its id, never as "You", and times as the reader's locale counts them."""
    system.store.registry.ensure_client("c-42")
    system.say("c-42", "De ce?")
    path, text = "/api/clients/c-42/transcript?format=txt&lang=en", {}
    for locale in ("en-US", "en-GB", "ro-RO", "en"):
        headers = system.bearer("a-ana") | {"Accept-Language": f"{locale},en;q=0.5"}
        text[locale] = system.browser().get(path, headers=headers).text
    assert "c-42: De ce?" in text["en-US"] and "You" not in text["en-US"]
    assert [bool(re.search(r"\d.[AP]M  c-42", text[locale])) for locale in text] == [True, False, False, False]
    assert "You: De ce?" in system.get(path, "c-42").text


def test_a_transcript_with_a_time_beyond_the_calendar(system: WebUnderTest) -> None:
    """A card that an earlier version stored with a time after the year 9999 costs the transcript nothing."""
    system.say("c-42", "before")
    with committed(system.store) as tx:
        said = Said(
            id="k1", kind=SaidKind.CARD, card=Card.model_validate({"meter": "main", "from": 1, "to": 2}), sent=1
        )
        tx.append("c-42", "c-42", said, 1)
    far = '{"card":{"meter":"main","from":-99999999999999999,"to":99999999999999999}}'
    system.store.chats.execute("UPDATE entry SET body = ? WHERE id = 'k1'", (far,))
    text = system.get("/api/clients/c-42/transcript?format=txt&lang=en", "c-42").text
    assert "before" in text and "9999" in text


def test_an_erasure(system: WebUnderTest) -> None:
    """Web's data of the client is gone at once, its credentials end, and the bridge is asked for the rest."""
    talk(system)
    described = json_of(upload(system, jpeg()))
    say_file(system, described)
    system.store.registry.devices.add("d-1", "c-42", [], {})
    bearer = system.bearer("c-42")
    admin = AdminSession(system.agent("a-dora", admin=True))
    problem_of(admin.send("POST", "/api/clients/c-42/erase", {"confirm": "c-43"}), 422, "not_confirmed")
    assert on_disk(system) != []
    assert admin.send("POST", "/api/clients/c-42/erase", {"confirm": "c-42"}).json == {"erasing": "c-42"}
    assert on_disk(system) == [] and system.store.files.of_client("c-42") == []
    known = system.store.registry.find_client("c-42")
    assert known is not None and (known.name, known.meters) == (None, ())
    assert all(device.disabled for device in system.store.registry.devices.of("c-42"))
    asked = [(change.kind, change.body.get("client")) for change in system.store.registry.changes.after(0)]
    assert asked[-1] == (ChangeKind.ERASE, "c-42")
    problem_of(system.browser().get("/api/clients/c-42/log", headers=bearer), 401, "token_refused")
    refused = system.browser().post("/api/clients/c-42/erase", json={"confirm": "c-42"}, headers=system.bearer("a-ana"))
    problem_of(refused, 403, "not_admin")
    assert json.loads(refused.text)["detail"]
