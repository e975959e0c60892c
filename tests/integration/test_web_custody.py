"""What a client takes along, and what administrators export and erase."""

import json

from chat_core.changes import ChangeKind
from chat_core.conversation import Event
from chat_core.payloads import EventKind, Rating, Said, SaidKind
from tests.integration.test_web_files import jpeg, on_disk, say_file, upload
from tests.integration.test_web_settings import Admin
from tests.integration.web_house import House, problem_of


def talk(house: House) -> None:
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


def test_a_transcript_to_keep(house: House) -> None:
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


def test_a_long_transcript(house: House) -> None:
    """A transcript is whole, however long the conversation is."""
    house.say("c-42", *(f"words {n}" for n in range(2_100)))
    text = house.browser().get("/api/clients/c-42/transcript?format=txt&lang=en", headers=house.bearer("c-42")).text
    assert text.count("words ") == 2_100 and text.index("words 0\n") < text.index("words 2099\n")


def test_whose_transcript(house: House) -> None:
    """The client and the desk, by a header or by the download key of the session; nobody else."""
    talk(house)
    path = "/api/clients/c-42/transcript"
    session = house.browser().post("/api/session", json={}, headers=house.bearer("c-42")).json
    assert session is not None
    assert house.browser().get(path, query_string={"key": session["download_key"]}).status_code == 200
    assert house.browser().get(path, headers=house.bearer("a-ana")).status_code == 200
    problem_of(house.browser().get(path, headers=house.bearer("c-43")), 403, "not_allowed")
    problem_of(house.browser().get("/api/clients/c-43/transcript", headers=house.bearer("c-43")), 404, "not_found")


def test_an_export(house: House) -> None:
    """An administrator exports everything that is kept of a client; nobody else does."""
    talk(house)
    admin = Admin(house.agent("a-dora", admin=True))
    found = admin.get("/api/clients/c-42/export")
    assert [entry["seq"] for entry in found["entries"]] == list(range(1, 8))
    assert (found["client"]["name"], found["notes"][0]["text"]) == ("Maria", "SecretNote")
    for who in ("a-ana", "c-42"):
        problem_of(house.browser().get("/api/clients/c-42/export", headers=house.bearer(who)), 403, "not_admin")


def test_an_erasure(house: House) -> None:
    """What web keeps of the client is gone at once, its credentials end, and the bridge is asked for the rest."""
    talk(house)
    described = upload(house, jpeg()).json
    assert described is not None
    say_file(house, described)
    house.store.registry.devices.add("d-1", "c-42", [], {})
    bearer = house.bearer("c-42")
    admin = Admin(house.agent("a-dora", admin=True))
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
