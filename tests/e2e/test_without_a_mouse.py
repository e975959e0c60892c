"""A whole conversation, from both sides, for those who do not use a mouse and those who hear the screen."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from bridge.participant import Participant
from chat_core.contract.payloads import Said, SaidKind
from tests.e2e.people import AgentScreen, ClientScreen, close
from tests.real.wattline import Wattline
from tests.waiting import wait_until

EAR = Path(__file__).with_name("ear.js").read_text(encoding="utf-8")
MOST_TABS = 80
pytestmark = pytest.mark.timeout(300)  # each Tab is asked for: 106 s at a load of 15 on two cores, over 120 at 22


def _context(chromium: Browser) -> BrowserContext:
    context = chromium.new_context()
    context.add_init_script(EAR)
    return context


def _has_focus(where: Locator) -> bool:
    return where.count() == 1 and bool(where.evaluate("element => element.getRootNode().activeElement === element"))


def _tab_to(page: Page, where: Locator, *, backwards: bool = False) -> None:
    for _ in range(MOST_TABS):
        if _has_focus(where):
            return
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    pytest.fail(f"the keyboard does not reach {where}")


def _tabbed_out_of(page: Page, frame: Locator) -> bool:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if not frame.evaluate("frame => frame.contains(frame.getRootNode().activeElement)"):
            return True
    return False


def _heard(page: Page, pattern: str) -> list[str]:
    return [told for told in page.evaluate("window.heard") if re.search(pattern, told)]


def _hears_once(page: Page, pattern: str) -> None:
    """It is announced, and only once: the ear is asked again when everything else has come."""
    wait_until(lambda: len(_heard(page, pattern)) >= 1, 20, why=lambda: str(page.evaluate("window.heard")))
    assert len(_heard(page, pattern)) == 1, page.evaluate("window.heard")


def test_by_keyboard_alone(system: Wattline, chromium: Browser, bot: Participant) -> None:
    """A whole conversation works by keyboard from both sides; the focus is never lost or trapped."""
    maria, ana = ClientScreen(_context(chromium), system), AgentScreen(_context(chromium), system)
    page, board = maria.page, ana.page
    launcher, panel = page.get_by_test_id("launcher"), page.get_by_test_id("panel")
    _tab_to(page, launcher)
    page.keyboard.press("Enter")
    expect(maria.field).to_be_focused()
    page.keyboard.type("Why so much, by keyboard?")
    page.keyboard.press("Enter")
    maria.sees_tick("Why so much, by keyboard?", "stored", "delivered", "read")
    expect(maria.field).to_be_focused()

    # The demo may still be sending its readings, and what is shared is read once.
    expect(page.get_by_role("img", name=re.compile("^Bar chart: Energy per day, "))).to_be_visible()
    _tab_to(page, panel.get_by_role("button", name="Share a period"))
    page.keyboard.press("Enter")
    days = page.get_by_test_id("days").get_by_role("listitem").get_by_role("button")
    expect(days.last).to_be_visible()
    _tab_to(page, days.last)
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_test_id("days").get_by_role("button", name="to the message"))
    page.keyboard.press("Enter")
    expect(maria.field).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("img", name=re.compile("^Bar chart: Consumption")).last).to_be_visible()
    _tab_to(page, page.get_by_role("button", name="More"), backwards=True)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("more")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("more")).to_have_count(0)
    _tab_to(page, maria.field)
    _tab_to(board, board.get_by_test_id("tab-all"))
    board.keyboard.press("Enter")
    _tab_to(board, ana.row("c-maria"))
    board.keyboard.press("Enter")
    ana.sees("Why so much, by keyboard?")
    board.keyboard.press("r")
    expect(ana.field).to_be_focused()
    board.keyboard.type("I look, by keyboard.")
    board.keyboard.press("Enter")
    maria.sees("I look, by keyboard.")

    bot.say_this(
        Said(id="ask-1", kind=SaidKind.TEXT, text="Oven or boiler?", replies=["Oven", "Boiler"], sent=1), "c-maria"
    )
    boiler = panel.get_by_role("group", name="Suggested answers").get_by_role("button", name="Boiler")
    expect(boiler).to_be_visible()
    _tab_to(page, boiler, backwards=True)
    page.keyboard.press("Enter")
    maria.sees_tick("Boiler", "stored", "delivered", "read")
    expect(maria.field).to_be_focused()

    ana.sees("Boiler")
    board.keyboard.press("Escape")  # leaves the field: the board's keys work again
    board.keyboard.press("n")
    expect(ana.field).to_be_focused()
    board.keyboard.type("Boiler, I think")
    board.keyboard.press("Enter")
    expect(board.get_by_test_id("note")).to_contain_text("Boiler, I think")
    board.keyboard.press("Escape")
    board.keyboard.press("e")
    expect(board.get_by_test_id("toast")).to_contain_text("Resolved: Maria Pop")
    board.goto(f"{system.url}/board#/c-maria")
    expect(board.get_by_test_id("status")).to_have_text("resolved")
    log = board.get_by_role("log")
    _tab_to(board, log)
    assert _tabbed_out_of(board, board.locator(".wl-pane-conversation"))

    good = page.get_by_role("button", name="Good", exact=True)
    expect(good).to_be_visible()  # the resolve waits for the time of Undo
    _tab_to(page, good, backwards=True)
    page.keyboard.press("Enter")
    words = page.get_by_label("Comment (optional)")
    expect(words).to_be_visible()
    _tab_to(page, words)
    page.keyboard.type("Quick")
    page.keyboard.press("Enter")
    expect(words).to_have_count(0)
    expect(maria.field).to_be_focused()
    page.keyboard.type("One thing more, by keyboard")
    page.keyboard.press("Enter")
    ana.sees("One thing more, by keyboard")

    assert _tabbed_out_of(page, panel)
    _tab_to(page, maria.field, backwards=True)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(launcher).to_be_focused()
    close(maria, ana)


def test_by_ear(system: Wattline, chromium: Browser, bot: Participant) -> None:
    """Every step has a role and a name; each new message is announced once, with sender and words, on both sides."""
    elena, ana = ClientScreen(_context(chromium), system, "c-elena"), AgentScreen(_context(chromium), system)
    page, board = elena.page, ana.page
    page.get_by_role("button", name="Open the chat with support").press("Enter")
    dialog = page.get_by_role("dialog", name="Riverside Energy")
    log = dialog.get_by_role("log", name="Messages with Riverside Energy")
    dialog.get_by_role("textbox", name="Write a message").fill("Does it hear me?")
    dialog.get_by_role("button", name="Send").press("Enter")
    elena.sees_tick("Does it hear me?", "stored", "delivered", "read")

    ana.show("all")
    inbox = board.get_by_role("navigation", name="Inbox")
    inbox.get_by_role("link", name=re.compile("c-elena")).or_(
        inbox.get_by_role("button", name=re.compile("c-elena"))
    ).press("Enter")
    desk = board.get_by_role("log", name=re.compile("Messages with Elena"))
    expect(desk).to_contain_text("Does it hear me?")
    assert re.search(r"Elena Lazăr, \d\d:\d\d: Does it hear me\?", desk.aria_snapshot())

    reply = board.get_by_role("textbox", name=re.compile("Reply to Elena"))
    reply.press_sequentially("It hears")
    _hears_once(page, r"^Ana is typing$")
    reply.press("Enter")
    elena.sees("It hears")
    _hears_once(page, r"^Ana, \d\d:\d\d: It hears$")
    elena.field.press_sequentially("Good")
    _hears_once(board, r"^Elena.* is typing$")
    elena.field.press("Enter")
    ana.sees("Good")
    _hears_once(board, r"^Elena Lazăr, \d\d:\d\d: Good$")
    elena.sees_tick("Good", "read")
    ana.sees_tick("It hears", "read")
    for tree, said in ((log.aria_snapshot(), "read: Good"), (desk.aria_snapshot(), r"read \d\d:\d\d: It hears")):
        assert re.search(rf"You, \d\d:\d\d, {said}", tree), tree
    assert len(_heard(page, r"Good$")) == 1, "its ticks are not announced"

    bot.say_this(Said(id="ear-1", kind=SaidKind.TEXT, text="Louder?", replies=["Yes", "No"], sent=1), "c-elena")
    _hears_once(page, r"Automatic answer, \d\d:\d\d: Louder\?$")
    _hears_once(page, r"^Suggested answers: Yes, No$")
    dialog.get_by_role("group", name="Suggested answers").get_by_role("button", name="Yes").press("Enter")
    expect(board.get_by_role("list", name="Buttons that the client sees")).to_have_count(0)
    _hears_once(board, r"^Elena Lazăr, \d\d:\d\d: Yes$")

    board.get_by_role("group", name="Reply or note").get_by_role("button", name="Note").press("Enter")
    note = board.get_by_role("textbox", name=re.compile("Note on Elena.*only agents see this"))
    note.fill("Hears well")
    note.press("Enter")
    _hears_once(board, r"Internal note · Ana · \d\d:\d\d\s*Hears well")
    board.get_by_role("button", name="Resolve").press("Enter")
    _hears_once(page, r"^Ana resolved this conversation")

    board.goto(f"{system.url}/board#/c-elena")  # the resolve opened the next conversation
    expect(desk).to_contain_text("Does it hear me?")

    _hears_once(page, r"^How was our help\?$")
    faces = dialog.get_by_role("group", name="How was our help?")
    faces.get_by_role("button", name="Great").press("Space")
    _hears_once(page, r"^Thank you!$")
    _hears_once(board, r"^Rated 5 of 5 · \d\d:\d\d$")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open the chat with support")).to_be_focused()
    assert _heard(page, "Hears well") == []
    # What was said before comes in silently, and draws nothing of the new words a second time.
    assert len(_heard(page, r"Does it hear me\?$")) <= 1
    assert _heard(page, "Factura de luna") == _heard(board, "Factura de luna") == _heard(board, "Does it hear me") == []
    close(elena, ana)
