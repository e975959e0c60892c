"""An administrator on the board's settings pages, and what becomes of it where a client looks."""

import re
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, expect

from bridge.rules.bot import SETTINGS_S
from tests.e2e.people import PASSWORD, AgentScreen, ClientScreen, close, with_ana
from tests.real.wattline import Wattline
from tests.waiting import wait_until

QUESTION = "When is my bill due?"
PDF: FilePayload = {
    "name": "tariff.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n",
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wattline]:
    with with_ana(
        tmp_path_factory.mktemp("settings") / "data", "--demo", settings={"WATTLINE_RULES": "on"}, admin=True
    ) as running:
        yield running


class AdminBrowser(AgentScreen):
    def turn_to(self, page: str) -> None:
        self.page.goto(f"{self.system.url}/board#/settings/{page}")

    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = self.context.request.get(f"{self.system.url}/api/settings").json()
        return found

    def save(self) -> float:
        form = self.page.locator("form", has=self.page.get_by_role("button", name="Discard"))
        form.get_by_role("button", name="Save").click()
        expect(form).to_have_count(0)
        expect(self.page.get_by_text("Saved", exact=True)).to_be_visible()
        return time.monotonic()


def _row(admin: AdminBrowser, kind: str, id: str) -> Locator:
    return admin.page.locator(f'[data-{kind}="{id}"]')


def _old_enough(saved_s: float) -> None:
    """The bot answers by rules that are a few seconds old at most: by now it has those that were saved."""
    wait_until(lambda: time.monotonic() - saved_s > SETTINGS_S + 0.5, SETTINGS_S + 5)


def test_what_is_set_is_so_for_clients(system: Wattline, chromium: Browser) -> None:
    """Outages, automatic answers, hours and holidays take effect at clients without a reload."""
    ana, maria = AdminBrowser(chromium.new_context(), system), ClientScreen(chromium.new_context(), system)
    unanswered, answered = (ClientScreen(chromium.new_context(), system, "guest") for _ in range(2))
    for client in (maria, unanswered, answered):
        client.open_chat()
    page = ana.page

    rules = ana.settings()["rules"]["value"]
    ana.turn_to("answers")
    page.get_by_role("switch", name="Answer automatically").uncheck()
    off_s = ana.save()
    ana.turn_to("outage")
    page.get_by_test_id("outage-area").fill("north")
    page.get_by_test_id("area-north").check()
    page.get_by_test_id("outage-en").fill("No power until noon.")
    page.get_by_role("button", name="Română").click()
    page.get_by_test_id("outage-ro").fill("Fără curent până la prânz.")
    page.get_by_role("button", name="Publish …").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish to").click()
    told = maria.page.get_by_role("dialog").get_by_text("No power until noon.")
    on_page = maria.page.locator("#outage")
    expect(told).to_be_visible()
    expect(on_page).to_have_text(re.compile(r"^Outage in North No power until noon\. Updated \d\d:\d\d$"))
    # Beside the open chat the page leaves its own card out.
    chat = maria.page.get_by_role("dialog")
    expect(chat.get_by_role("checkbox", name="Tell me when power is back")).to_be_visible()
    late = ClientScreen(chromium.new_context(locale="ro"), system)
    expect(late.page.locator("#outage")).to_have_text(
        re.compile(r"^Întrerupere în zona North Fără curent până la prânz\. Actualizat: \d\d:\d\d$")
    )
    assert (
        "No power until noon." in late.context.request.get(f"{late.address}&lang=en").text()
    )  # before any script has run
    late.close()
    _row(ana, "area", "north").get_by_role("link", name="Open").click()
    page.get_by_role("button", name="End the outage").click()
    page.get_by_role("dialog").get_by_role("button", name="End the outage").click()
    expect(told).to_have_count(0)
    expect(on_page).to_have_text("The outage in your area is over.")
    expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    _old_enough(off_s)
    unanswered.say_stored(QUESTION)

    ana.turn_to("answers")
    page.get_by_role("switch", name="Answer automatically").check()
    on_s = ana.save()
    assert ana.settings()["rules"]["value"] == rules  # a form that is saved loses nothing that it does not show
    ana.turn_to("hours")
    page.get_by_role("checkbox", name="No fixed hours").uncheck()
    for day in range(-1, 2):  # whatever the time here and there, today is one of them
        page.get_by_role("button", name="Add a holiday").click()
        page.get_by_label("Date").last.fill((datetime.now(tz=UTC).date() + timedelta(days=day)).isoformat())
        page.get_by_role("group", name="Holidays").get_by_label("Name").last.fill("Zi liberă")
    ana.save()
    head = maria.page.get_by_test_id("desk")
    expect(head).to_contain_text("Ana is here")
    ana.close()
    expect(head).to_have_text(re.compile(r"^Closed · back .+"))
    _old_enough(on_s)
    answered.say(QUESTION)
    automatic = re.compile("automatic answer", re.IGNORECASE)
    expect(answered.page.get_by_test_id("message").filter(has_text=automatic)).to_have_count(1)
    expect(unanswered.page.get_by_test_id("message").filter(has_text=automatic)).to_have_count(0)
    close(maria, unanswered, answered)


def test_the_real_widget_stands_beside_its_branding(system: Wattline, chromium: Browser) -> None:
    """The frame shows the widget whole, as clients have it, with what was typed: its welcome and a chat, in a theme."""
    ana = AdminBrowser(chromium.new_context(), system)
    ana.turn_to("branding")
    frame = ana.page.frame_locator('[data-testid="branding-preview"]')
    expect(frame.get_by_test_id("home")).to_be_visible()
    expect(frame.get_by_test_id("desk")).to_contain_text("Ana is here")
    expect(frame.get_by_role("heading", name="Hello Maria")).to_be_visible()
    expect(frame.get_by_role("button", name="Attach")).to_be_visible()
    ana.page.get_by_test_id("branding-greeting").fill("Good day, Riverside here")
    expect(frame.get_by_text("Good day, Riverside here")).to_be_visible()
    ana.page.get_by_role("button", name="Dark").click()
    expect(frame.locator('wattline-chat[data-theme="dark"]')).to_be_attached()
    ana.page.get_by_label("Name of automatic answers").fill("Riverside assistant")
    ana.page.get_by_role("group", name="Preview").get_by_role("button", name="Chat").click()
    expect(frame.get_by_test_id("home")).to_have_count(0)
    expect(frame.get_by_role("log")).to_contain_text("Riverside assistant · automatic")
    expect(frame.get_by_role("log")).to_contain_text("Hello Maria, I am looking at your readings.")
    ana.close()


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_no_page_is_higher_than_its_window(system: Wattline, chromium: Browser, size: tuple[int, int]) -> None:
    """On a phone and a small desktop the board's pages scroll in their pane: the navigation stays in the window."""
    width, height = size
    admin = AdminBrowser(chromium.new_context(viewport={"width": width, "height": height}), system)
    heights = {}
    for page in ("reports", *(f"settings/{name}" for name in ("start", "branding", "agents", "alarms", "hours"))):
        admin.page.goto(f"{system.url}/board#/{page}")
        expect(admin.page.locator(".wl-pages-in h1, .wl-pages-in h2").first).to_be_visible()
        expect(admin.page.locator(".wl-pages-in [aria-busy=true]")).to_have_count(0)
        heights[page] = admin.page.evaluate("document.documentElement.scrollHeight")
    assert heights == dict.fromkeys(heights, height)
    admin.close()


def test_people_devices_and_what_is_kept_of_a_client(system: Wattline, chromium: Browser) -> None:
    """
    An administrator adds an agent and a device, sends a file, exports and erases a client.

    Escape leaves the question before a device is removed, and leads back to its menu.
    """
    ana, ion = AdminBrowser(chromium.new_context(), system), ClientScreen(chromium.new_context(), system, "c-ion")
    page = ana.page
    ana.turn_to("agents")
    page.get_by_role("button", name="Add an agent").click()
    page.get_by_test_id("agent-id").fill("a-dan")
    page.get_by_test_id("agent-name").fill("Dan")
    page.get_by_role("button", name="Add an agent").click()
    link = page.get_by_test_id("setup-link")
    expect(link).to_have_value(re.compile("/setup/"))
    dan = chromium.new_context().new_page()
    dan.goto(link.input_value())
    for field in dan.locator("input[type=password]").all():
        field.fill(PASSWORD)
    dan.get_by_role("button", name="Set password").click()
    expect(dan).to_have_url(re.compile("/(login|board)"))
    dan.context.close()
    AgentScreen(chromium.new_context(), system, "a-dan").close()

    ana.turn_to("devices")
    page.get_by_role("button", name="Add a device").click()
    page.get_by_test_id("kind-esphome").click()
    page.get_by_test_id("device-id").fill("hall")
    page.get_by_test_id("device-client").fill("c-ion")
    page.get_by_role("button", name="Next").click()
    shown = page.get_by_test_id("device-once")
    expect(shown).to_have_value(re.compile("mqtt_password"))
    assert 'wattline_client: "c-ion"' in shown.input_value()
    expect(page.get_by_test_id("device-heard")).to_contain_text("Press the device’s button")
    hall = _row(ana, "device", "d-hall")
    expect(hall).to_contain_text("ESPHome")
    asked = page.get_by_role("dialog", name=re.compile(r"^Remove d-hall of Ion.*\?$"))
    for leaves in (True, False):
        hall.get_by_test_id("row-menu").click()
        hall.get_by_role("menuitem", name="Remove").click()
        expect(asked).to_contain_text("Its sign-in ends at once")
        if leaves:
            page.keyboard.press("Escape")
            expect(asked).to_have_count(0)
            expect(hall.get_by_test_id("row-menu")).to_be_focused()
    asked.get_by_role("button", name="Remove d-hall for good").click()
    expect(hall).to_have_count(0)

    page.goto(f"{system.url}/board#/")
    ion.open_chat()
    ion.say_stored("Which tariff do I have here?")
    ana.open_chat("c-ion")
    page.locator("input[type=file]").set_input_files(PDF)
    expect(ion.page.get_by_role("link", name=re.compile("^tariff.pdf"))).to_be_visible()

    page.goto(f"{system.url}/board#/c-ion/client")
    with page.expect_download() as export:
        page.get_by_test_id("export").click()
    with zipfile.ZipFile(export.value.path()) as archive:
        assert "Which tariff do I have here?" in archive.read("entries.json").decode()
        assert PDF["buffer"] in [archive.read(name) for name in archive.namelist() if name.endswith("tariff.pdf")]
    page.get_by_test_id("erase").click()
    page.get_by_test_id("erase-confirm").fill("c-ion")
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    expect(ion.message("Which tariff do I have here?")).to_have_count(0)
    expect(ion.page.get_by_role("link", name=re.compile("tariff.pdf"))).to_have_count(0)
    close(ion, ana)
