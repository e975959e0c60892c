"""One outage of two areas on the board: who waits is one row, one reply answers all, and all who asked hear its end."""

from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, expect

from bridge.texts import TEXTS
from chat_core.contract.payloads import Entry
from tests.e2e.people import AgentScreen, taking_part, with_ana
from tests.waiting import wait_until

AREAS = {"c-ion": ("north", "ro"), "c-eva": ("old-mill", "en"), "c-tom": ("south", "en")}
NAMES = {"en": "English", "ro": "Română"}
REPLY = {"en": "The crew is there.", "ro": "Echipa este acolo."}


def _note(texts: list[str], _: str, entry: Entry) -> None:
    if entry.text is not None:
        texts.append(entry.text)


def test_one_reply_answers_all_who_wait(tmp_path: Path, chromium: Browser) -> None:
    """
    Each who waits in the areas gets the reply once, in its language, and its end later; elsewhere nobody does.

    Who waited before the notice is answered too, and is not listed as asking about it. A newer text changes the notice.
    The page keeps how many were reached.
    """
    with with_ana(tmp_path / "data", admin=True) as system:
        for client, (area, lang) in AREAS.items():
            system.cli("client", "set", client, "--area", area, "--lang", lang)
        heard: dict[str, list[str]] = {client: [] for client in AREAS}
        with (
            taking_part(system, "c-ion") as ion,
            taking_part(system, "c-eva") as eva,
            taking_part(system, "c-tom") as tom,
        ):
            for person in (ion, eva, tom):
                person.on_entry = partial(_note, heard[person.id])
            for person in (eva, tom):
                person.wait_stored(person.say("No power"))
            ana = AgentScreen(chromium.new_context(timezone_id="Europe/Bucharest"), system)  # the desk's
            page = ana.page
            page.goto(f"{system.url}/board#/settings/outage")
            for area in ("north", "old-mill"):
                page.get_by_test_id(f"area-{area}").check()
            expect(page.get_by_text("2 areas, 2 clients")).to_be_visible()
            page.get_by_test_id("outage-until").fill("28/11/2099, 17:30")
            page.get_by_test_id("outage-en").fill("A cable is broken.")
            expect(page.get_by_test_id("outage-preview")).to_contain_text("We expect power back by 17:30")
            page.get_by_role("button", name="Publish …").click()
            page.get_by_role("dialog").get_by_role("button", name="Publish to 2 clients").click()
            expect(page.get_by_test_id("outage")).to_contain_text("1 waiting")
            ion.wait_stored(ion.say("No power"))
            expect(page.get_by_test_id("outage")).to_contain_text("2 waiting")

            page.goto(f"{system.url}/board#/")
            ana.show("unassigned")
            expect(ana.row("c-tom")).to_be_visible()
            expect(ana.row("c-ion")).to_have_count(0)
            page.get_by_test_id("folded").click()
            for lang, text in REPLY.items():
                page.get_by_role("button", name=NAMES[lang]).click()
                page.get_by_test_id(f"incident-reply-{lang}").fill(text)
            page.get_by_role("button", name="Send to 2 clients").click()
            page.get_by_role("dialog").get_by_role("button", name="Send to 2 clients").click()
            expect(page.get_by_text("Sent to 2 of 2 clients")).to_be_visible()
            expect(page.get_by_test_id("incident-waiting")).to_have_count(0)
            expect(page.get_by_test_id("reached")).to_have_text("2 of 2 clients reached")
            expect(page.get_by_text("2 answered by a person")).to_be_visible()
            expect(page.locator('[data-testid="asked"][data-client="c-ion"]')).to_contain_text("Answered")
            expect(page.locator('[data-testid="asked"][data-client="c-eva"]')).to_have_count(0)

            page.get_by_role("button", name="Post an update").click()
            page.get_by_test_id("update-en").fill("The cable is mended at 18:00.")
            page.get_by_role("button", name="Publish …").click()
            page.get_by_role("dialog").get_by_role("button", name="Publish to 2 clients").click()
            expect(page.get_by_text("The cable is mended at 18:00. We expect power back by 17:30")).to_be_visible()
            expect(page.get_by_text("Written in English", exact=True)).to_be_visible()

            page.get_by_role("button", name="End the outage").click()
            page.get_by_role("dialog").get_by_role("button", name="End the outage").click()
            expect(page.get_by_text("Clients saw")).to_be_visible()
            expect(page.get_by_test_id("reached")).to_have_text("2 of 2 clients reached")
            over = {"c-ion": TEXTS["ro"].back_on, "c-eva": TEXTS["en"].back_on}
            wait_until(lambda: all(heard[client][-1] == text for client, text in over.items()), 30)
            ana.close()
        assert heard["c-ion"] == ["No power", REPLY["ro"], over["c-ion"]]
        assert heard["c-eva"] == ["No power", REPLY["en"], over["c-eva"]]
        assert heard["c-tom"] == ["No power"]
