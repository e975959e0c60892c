"""What a client takes along, and what administrators export and erase."""

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
from tests.integration.test_web_files import jpeg, on_disk, say_file, upload
from tests.integration.test_web_settings import AdminSession
from tests.integration.web_house import WebUnderTest, problem_of
from tests.unit import vectors


def talk(house: WebUnderTest) -> None:
    """Words of every kind that a transcript shows, one that it must not run, and one that it leaves out."""
    house.store.registry.ensure_client("c-42", name="Maria")
    house.store.registry.add_agent("a-ana", "Ana")
    house.say("c-42", "De ce 40 kWh?", "<script>alert(1)</script>", "gone")
    at = house.clock.ms + 86_400_000
    with house.store.begin() as tx:
        tx.append("c-42", "b-rules", Said(id="b1", kind=SaidKind.TEXT, text="See the chart.", sent=1), at)
        tx.append("c-42", "a-ana", Said(id="a1", kind=SaidKind.TEXT, text="It was the heater.", sent=1), at)
        tx.append("c-42", "a-ana", Event(EventKind.RESOLVED, "a-ana", "k1"), at)
        rating = Rating(score=4, text="Thanks")
        tx.append("c-42", "c-42", Said(id="r1", kind=SaidKind.RATING, rating=rating, sent=1), at)
        tx.amend("c-42", 3, None)
        tx.add_note("c-42", "a-ana", "n1", "SecretNote", at)
        tx.commit()


def test_a_transcript_to_keep(house: WebUnderTest) -> None:
    """The client saves a page or a text that says who said what and when, by days, in its language."""
    talk(house)
    page = house.browser().get("/api/clients/c-42/transcript?lang=en", headers=house.bearer("c-42"))
    assert page.status_code == 200 and page.mimetype == "text/html"
    assert page.headers["Content-Disposition"] == 'attachment; filename="wattline-c-42.html"'
    assert page.headers["Content-Security-Policy"].startswith("sandbox")
    assert "<script>" not in page.text and "&lt;script&gt;alert(1)" in page.text
    assert "SecretNote" not in page.text and "gone" not in page.text and page.text.count("<h2>") == 2
    text = house.browser().get("/api/clients/c-42/transcript?format=txt&lang=ro", headers=house.bearer("c-42"))
    assert text.mimetype == "text/plain"
    for words in ("Maria: De ce 40 kWh?", "Wattline (răspuns automat): See", "Ana: It was", "Notă: 4 din 5. Thanks"):
        assert words in text.text, text.text
    assert "Acest mesaj a fost șters." in text.text and "<script>" in text.text


@pytest.mark.parametrize("kind", vectors.load("kinds")["kinds"], ids=lambda kind: str(kind["kind"]))
def test_a_transcript_of_each_kind(house: WebUnderTest, kind: dict[str, Any]) -> None:
    """A transcript says each kind of message in words, in the reader's language."""
    house.store.registry.ensure_client("c-42")
    with house.store.begin() as tx:
        said = {"id": "m1", "kind": kind["kind"], "sent": 1, **kind["example"]}
        tx.append("c-42", kind["sender"], decode(Said, json.dumps(said).encode()), house.clock.ms)
        tx.commit()
    for lang, words in kind["transcript"].items():
        path = f"/api/clients/c-42/transcript?format=txt&lang={lang}"
        assert words in house.browser().get(path, headers=house.bearer("c-42")).text


def test_a_long_transcript(house: WebUnderTest) -> None:
    """A transcript is whole, however long the conversation is."""
    house.say("c-42", *(f"words {n}" for n in range(2_100)))
    text = house.browser().get("/api/clients/c-42/transcript?format=txt&lang=en", headers=house.bearer("c-42")).text
    assert text.count("words ") == 2_100 and text.index("words 0\n") < text.index("words 2099\n")


def test_whose_transcript(house: WebUnderTest) -> None:
    """The client and the desk, by a header or by the download key of the session; nobody else."""
    talk(house)
    path = "/api/clients/c-42/transcript"
    session = house.browser().post("/api/session", json={}, headers=house.bearer("c-42")).json
    assert session is not None
    assert house.browser().get(path, query_string={"key": session["download_key"]}).status_code == 200
    assert house.browser().get(path, headers=house.bearer("a-ana")).status_code == 200
    problem_of(house.browser().get(path, headers=house.bearer("c-43")), 403, "not_allowed")
    problem_of(house.browser().get("/api/clients/c-43/transcript", headers=house.bearer("c-43")), 404, "not_found")


def archive_of(answer: Any) -> zipfile.ZipFile:
    """What was exported."""
    assert answer.status_code == 200 and answer.mimetype == "application/zip", answer.text
    return zipfile.ZipFile(BytesIO(answer.data))


def furnish(house: WebUnderTest) -> dict[str, Any]:
    """Beside words: a file, readings, an alarm, a tag, a display; returns the file as its message names it."""
    talk(house)
    described = upload(house, jpeg()).json
    assert described is not None
    say_file(house, described)
    house.store.registry.devices.add("d-1", "c-42", [], {})
    hour = 3_600_000
    with house.store.begin() as tx:
        for n in range(5_000):
            tx.add_reading("c-42", "main", n * hour // 4, n * 100, 400)
        tx.alarms.put_opened("c-42", "main", 7)
        tx.put(tx.conversation("c-42")._replace(tags=("vip",)))
        tx.commit()
    return described


def test_an_export(house: WebUnderTest) -> None:
    """An administrator exports all that is kept of a client in one archive, which says what it holds."""
    described = furnish(house)
    admin = house.agent("a-dora", admin=True)
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
    problem_of(house.browser().get("/api/clients/c-42/export", headers=house.bearer("a-ana")), 403, "not_admin")


def test_an_export_of_one_s_own(house: WebUnderTest) -> None:
    """A client exports what is kept of itself, without what agents noted, and nobody else's; not without end."""
    furnish(house)
    path = "/api/clients/c-42/export"
    found = archive_of(house.browser().get(path, headers=house.bearer("c-42")))
    assert set(found.namelist()) >= set(DOCUMENTS) - {"notes.json"} and "notes.json" not in found.namelist()
    problem_of(house.browser().get(path, headers=house.bearer("c-43")), 403, "not_allowed")


def test_an_export_costs_no_memory(house: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is kept, it leaves in small pieces."""
    furnish(house)
    monkeypatch.setattr("chat_core.runtime.client_data.PIECE_BYTES", 1_000)
    pieces = [len(piece) for piece in export_client(house.store, house.room.files, "c-42", house.clock.ms)]
    assert len(pieces) > 5 and max(pieces) < 64 * 1024


def test_a_transcript_for_the_desk(house: WebUnderTest) -> None:
    """An agent reads a nameless client by its id, never as "You", and times as the reader's locale counts them."""
    house.store.registry.ensure_client("c-42")
    house.say("c-42", "De ce?")
    path, text = "/api/clients/c-42/transcript?format=txt&lang=en", {}
    for locale in ("en-US", "en-GB", "ro-RO", "en"):
        headers = house.bearer("a-ana") | {"Accept-Language": f"{locale},en;q=0.5"}
        text[locale] = house.browser().get(path, headers=headers).text
    assert "c-42: De ce?" in text["en-US"] and "You" not in text["en-US"]
    assert [bool(re.search(r"\d.[AP]M  c-42", text[locale])) for locale in text] == [True, False, False, False]
    assert "You: De ce?" in house.browser().get(path, headers=house.bearer("c-42")).text


def test_a_transcript_with_a_time_beyond_the_calendar(house: WebUnderTest) -> None:
    """A card that an earlier version stored with a time after the year 9999 costs the transcript nothing."""
    house.say("c-42", "before")
    with house.store.begin() as tx:
        said = Said(
            id="k1", kind=SaidKind.CARD, card=Card.model_validate({"meter": "main", "from": 1, "to": 2}), sent=1
        )
        tx.append("c-42", "c-42", said, 1)
        tx.commit()
    far = '{"card":{"meter":"main","from":-99999999999999999,"to":99999999999999999}}'
    house.store.chats.execute("UPDATE entry SET body = ? WHERE id = 'k1'", (far,))
    text = house.browser().get("/api/clients/c-42/transcript?format=txt&lang=en", headers=house.bearer("c-42")).text
    assert "before" in text and "9999" in text


def test_an_erasure(house: WebUnderTest) -> None:
    """What web keeps of the client is gone at once, its credentials end, and the bridge is asked for the rest."""
    talk(house)
    described = upload(house, jpeg()).json
    assert described is not None
    say_file(house, described)
    house.store.registry.devices.add("d-1", "c-42", [], {})
    bearer = house.bearer("c-42")
    admin = AdminSession(house.agent("a-dora", admin=True))
    problem_of(admin.send("POST", "/api/clients/c-42/erase", {"confirm": "c-43"}), 422, "not_confirmed")
    assert on_disk(house) != []
    assert admin.send("POST", "/api/clients/c-42/erase", {"confirm": "c-42"}).json == {"erasing": "c-42"}
    assert on_disk(house) == [] and house.store.files.of_client("c-42") == []
    known = house.store.registry.find_client("c-42")
    assert known is not None and (known.name, known.meters) == (None, ())
    assert all(device.disabled for device in house.store.registry.devices.of("c-42"))
    asked = [(change.kind, change.body.get("client")) for change in house.store.registry.changes.after(0)]
    assert asked[-1] == (ChangeKind.ERASE, "c-42")
    problem_of(house.browser().get("/api/clients/c-42/log", headers=bearer), 401, "token_refused")
    refused = house.browser().post("/api/clients/c-42/erase", json={"confirm": "c-42"}, headers=house.bearer("a-ana"))
    problem_of(refused, 403, "not_admin")
    assert json.loads(refused.text)["detail"]
