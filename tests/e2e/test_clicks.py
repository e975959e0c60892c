"""The clicks and keys of docs/comparison.md are those that the product takes."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from chat_core.contract.payloads import Said, SaidKind
from chat_core.domain.conversation import do_say
from chat_core.store import Store
from tests.e2e.people import AgentScreen, taking_part, with_ana
from tests.real.parts import REPOSITORY
from tests.real.wattline import Wattline, config_of

CONVERSATIONS = 22
# What a person does: real clicks, and keys that are no text of a field.
COUNTER = """
if (!window.done) {
  addEventListener("click", event => { if (event.isTrusted && event.detail) done.clicks += 1; }, true);
  addEventListener("keydown", event => {
    const isText = event.key.length === 1 && event.target.matches("input, textarea");
    if (event.isTrusted && !isText) done.keys.push(event.key);
  }, true);
}
window.done = { clicks: 0, keys: [] };
"""


def seed(data: Path) -> None:
    now_ms = int(time.time() * 1000)
    with Store.open(config_of(data), migrate=True) as store, store.begin() as tx:
        for number in range(CONVERSATIONS):
            client, at_ms = f"c-{number}", now_ms - number * 1_000
            change = do_say(tx.conversation(client), client, at_ms)
            tx.put(change.conversation._replace(name=f"Client {number}"))
            for event in change.events:
                tx.append(client, event.sender, event, at_ms)
            tx.append(client, client, Said(id="q", kind=SaidKind.TEXT, text=f"Question {number}", sent=at_ms), at_ms)
            store.registry.ensure_client(client, name=f"Client {number}", area="north")
        tx.commit()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wattline]:
    data = tmp_path_factory.mktemp("clicks")
    seed(data)
    with with_ana(data, admin=True) as running:
        yield running


def promised(task: str) -> str:
    """Return what docs/comparison.md says that Wattline takes for the task."""
    for line in (REPOSITORY / "docs" / "comparison.md").read_text().splitlines():
        cells = [cell.strip().strip("*") for cell in line.split("|")]
        if len(cells) > 2 and cells[1] == task:
            return cells[2]
    raise AssertionError(f"no row {task}")


@pytest.fixture
def ana(system: Wattline, chromium: Browser) -> Iterator[AgentScreen]:
    screen = AgentScreen(chromium.new_context(), system)
    screen.show("all")
    expect(screen.page.get_by_test_id("row").first).to_be_visible()
    yield screen
    screen.close()


def took(page: Page, task: Callable[[], None]) -> tuple[int, list[str]]:
    """Do it; return how many clicks and which keys that took."""
    page.evaluate(COUNTER)
    task()
    done = page.evaluate("window.done")
    return done["clicks"], done["keys"]


def test_an_agents_keys(ana: AgentScreen) -> None:
    """Resolve and next is one key, Undo another, a first message three; 20 are assigned by two clicks and two keys."""
    page = ana.page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    first = page.get_by_test_id("client-id").get_attribute("title") or ""

    def resolve_and_next() -> None:
        page.keyboard.press("e")
        expect(page.get_by_test_id("client-id")).not_to_have_attribute("title", first)

    page.locator(".wl-log").focus()
    assert took(page, resolve_and_next) == (0, ["e"]) and promised("resolve and open the next").startswith("`e`")

    def undo() -> None:
        page.keyboard.press("z")
        expect(page.get_by_test_id("undo")).to_have_count(0)

    assert took(page, undo) == (0, ["z"]) and promised("undo the resolve").startswith("`z`")

    def assign_all() -> None:
        page.get_by_role("button", name="Select several").click()
        every = page.get_by_role("button", name=re.compile(r"^Select all \d+$"))
        count = every.inner_text().removeprefix("Select all ")  # one more, once the test of taking one has run here
        every.click()
        page.keyboard.press("a")
        expect(page.locator("[role^='menuitem']").first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("tab-mine")).to_contain_text(count)

    assert took(page, assign_all) == (2, ["a", "Enter"]) and promised("assign 20 to oneself") == "2 clicks + `a` Enter"

    def start() -> None:
        page.keyboard.press("c")
        page.keyboard.type("Client 7")
        expect(page.get_by_role("option", name="Client 7")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("client-id")).to_have_attribute("title", "c-7")
        page.keyboard.type("Your meter is back.")
        page.keyboard.press("Enter")
        ana.sees("Your meter is back.")

    page.locator(".wl-log").focus()
    assert took(page, start) == (0, ["c", "Enter", "Enter"])
    assert promised("write to a client first") == "`c`, Enter, Enter"


def test_taking_putting_off_and_answering(system: Wattline, ana: AgentScreen) -> None:
    """To take one is 1 click, to snooze until tomorrow 2 clicks or 2 keys; `j` `r` answers another conversation."""
    page = ana.page
    log, status = page.locator(".wl-log"), page.get_by_test_id("status")
    with taking_part(system, "c-new") as client:
        client.wait_stored(client.say("Who takes this?"))

    def open_new() -> None:
        page.evaluate("location.hash = '#/c-new'")
        expect(page.get_by_test_id("client-id")).to_have_attribute("title", "c-new")

    def take() -> None:
        page.get_by_test_id("assign-me").click()
        expect(status).to_have_text("assigned to you")

    open_new()
    assert took(page, take) == (1, []) and promised("assign to oneself").startswith("1 click;")

    def is_put_off() -> None:
        expect(page.get_by_test_id("toast")).to_contain_text("Snoozed")
        expect(page.get_by_test_id("client-id")).not_to_have_attribute("title", "c-new")

    def back_again() -> None:
        page.get_by_test_id("undo").click()
        open_new()
        log.focus()

    def snooze_by_hand() -> None:
        page.get_by_role("button", name="Snooze", exact=True).click()
        page.get_by_role("menuitem", name="Until tomorrow").click()
        is_put_off()

    def snooze_by_keys() -> None:
        page.keyboard.press("s")
        page.keyboard.press("3")
        is_put_off()

    assert took(page, snooze_by_hand) == (2, [])
    back_again()
    assert took(page, snooze_by_keys) == (0, ["s", "3"]) and promised("snooze until tomorrow") == "2 clicks; `s` `3`"
    back_again()
    page.get_by_test_id("row").first.focus()

    def answer_another() -> None:
        page.keyboard.press("j")
        page.keyboard.press("r")
        page.keyboard.type("I have moved on.")
        page.keyboard.press("Enter")
        ana.sees("I have moved on.")
        expect(page.get_by_test_id("client-id")).not_to_have_attribute("title", "c-new")

    assert took(page, answer_another) == (0, ["j", "r", "Enter"])
    assert promised("… in another conversation") == "`j` `r` + Enter"


def test_an_administrators_clicks(system: Wattline, ana: AgentScreen) -> None:
    """From the inbox, an outage is published by 4 clicks, the widget branded by 4, a device added by 5."""
    page = ana.page

    def publish() -> None:
        page.get_by_role("link", name="Outages").click()
        page.get_by_test_id("area-north").click()
        page.get_by_test_id("outage-en").fill("A cable is broken.")
        page.get_by_role("button", name="Publish …").click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("^Publish to")).click()
        expect(page.get_by_test_id("outage")).to_be_visible()

    def brand() -> None:
        page.get_by_role("link", name="Settings").click()
        page.get_by_role("link", name="Branding").click()
        page.get_by_role("button", name="#1c56b0").click()
        page.get_by_test_id("branding-name").fill("Riverside Energy")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved", exact=True)).to_be_visible()

    def add_device() -> None:
        page.get_by_role("link", name="Settings").click()
        page.get_by_role("link", name="Devices").click()
        page.get_by_role("button", name="Add a device").click()
        page.get_by_test_id("kind-esphome").click()
        page.get_by_test_id("device-id").fill("hall")
        page.get_by_test_id("device-client").fill("c-1")
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("device-once")).to_be_visible()

    tasks = {"publish an outage of an area": publish, "brand the widget": brand, "add a device": add_device}
    for name, task in tasks.items():
        page.goto(f"{system.url}/board#/")
        clicks, keys = took(page, task)
        assert promised(name) == f"{clicks} clicks" + "".join(f" + {key}" for key in keys)
