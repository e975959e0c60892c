"""Agents at the board: two on one chat, a hand on the keyboard, what they find and what they send."""

import re
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from playwright.sync_api import Browser, FloatRect, Locator, expect

from tests.e2e.people import AgentScreen, ClientScreen, close, everybody_agrees, hire, with_ana
from tests.real.chromium import ARGS, find_chromium
from tests.real.wattline import Wattline
from tests.waiting import wait_until

OFFLINE_WITHIN_S = 30


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wattline]:
    with with_ana(tmp_path_factory.mktemp("board") / "data", "--demo", admin=True) as running:
        hire(running, "a-radu", "Radu")
        yield running


def test_two_agents_answer_at_the_same_second(system: Wattline, chromium: Browser) -> None:
    """Two agents see each other look and write; both answers are stored once, in one order; one is assigned."""
    guest = ClientScreen.opened(chromium.new_context(), system, "guest")
    guest.say_stored("Is anybody there?")
    ana, radu = AgentScreen(chromium.new_context(), system), AgentScreen(chromium.new_context(), system, "a-radu")
    client = ""
    for agent in (ana, radu):
        agent.show("all")
        row = agent.page.get_by_test_id("row").filter(has_text="Is anybody there?")
        row.click()
        client = agent.page.get_by_test_id("client-id").get_attribute("title") or ""
    # A window that is not in front is not looked at; both are, as on two desks.
    for agent, other in ((ana, "Radu"), (radu, "Ana")):
        expect(agent.page.get_by_test_id("colleagues")).to_contain_text(f"{other} is also viewing")
    ana.field.press_sequentially("Yes, here I am")
    expect(radu.page.get_by_test_id("colleagues")).to_contain_text("Ana is also writing")
    radu.field.press_sequentially("Yes, at your service")
    expect(ana.page.get_by_test_id("colleagues")).to_contain_text("Radu is also writing")

    for agent in (ana, radu):
        # Both keys are down before either answer can have come back.
        agent.page.evaluate("setTimeout(() => document.querySelector('.wl-composer').requestSubmit(), 200)")
    said = ["Yes, here I am", "Yes, at your service"]
    for text in said:
        guest.sees(text)
    order = [text for text in guest.texts() if text in said]
    everybody_agrees([guest, ana, radu], order, wait_until)

    def events_of_all_entries() -> list[str] | None:
        # Who took it is read by REST, after the messages are there.
        events = [event.split(" · ")[0] for event in radu.page.locator(".wl-event").all_inner_texts()]
        return events if len(events) + len(radu.texts()) == radu.seqs()[-1] else None

    events = wait_until(events_of_all_entries)
    took = [event for event in events if "took this conversation" in event]
    assert len(took) == 1, events
    assert len([event for event in events if "joined" in event]) == 1, events
    owner = "Ana" if order[0] == said[0] else "Radu"
    for agent in (ana, radu):
        expect(agent.row(client).or_(agent.page.locator(".wl-head-actions"))).to_contain_text([owner])

    second = radu if owner == "Ana" else ana
    second.page.get_by_role("button", name="Take over").click()
    expect(second.field).to_be_focused()  # the button is gone
    for agent in (ana, radu):
        expect(agent.page.locator(".wl-event").last).to_contain_text("took this conversation")
    close(guest, ana, radu)


def clear_desk(ana: AgentScreen) -> None:
    status = ana.page.get_by_test_id("status")
    for client in ("c-maria", "c-ion", "c-elena"):
        ana.page.goto(f"{ana.system.url}/board#/{client}")
        expect(ana.page.get_by_test_id("client-id")).to_have_attribute("title", client)
        expect(status).to_have_text(re.compile("open|assigned|resolved"))
        if status.inner_text() != "resolved":
            ana.page.locator("body").press("e")
            # The next one opens.
            expect(ana.page.locator(f"[data-testid=client-id][title={client}]")).to_have_count(0)
            ana.page.goto(f"{ana.system.url}/board#/{client}")
            expect(ana.page.get_by_test_id("client-id")).to_have_attribute("title", client)
        expect(status).to_have_text("resolved")
    ana.page.goto(f"{ana.system.url}/board#/")


def by_clicks(ana: AgentScreen, row: Locator) -> None:
    row.click()
    ana.field.click()


def by_keys(ana: AgentScreen, _row: Locator) -> None:
    """One key: where nothing is open, r answers whoever has waited longest. The second, Enter, will send."""
    ana.page.keyboard.press("r")


@pytest.mark.parametrize("hand", [by_clicks, by_keys])
def test_from_a_first_word_to_the_answer(
    system: Wattline, chromium: Browser, hand: Callable[[AgentScreen, Locator], None]
) -> None:
    """A board that stands on its list answers a new client with 2 clicks, or with 2 keys, beside the words."""
    ana, guest = AgentScreen(chromium.new_context(), system), ClientScreen(chromium.new_context(), system, "guest")
    question, answer = f"Who answers {hand.__name__}?", f"I do, {hand.__name__}."
    clear_desk(ana)
    ana.show("unassigned")
    guest.open_chat()
    guest.say(question)
    row = ana.page.get_by_test_id("row").filter(has_text=question)
    expect(row).to_be_visible()
    hand(ana, row)
    ana.page.keyboard.type(answer)
    ana.page.keyboard.press("Enter")
    guest.sees(answer)
    close(guest, ana)


def test_taken_and_put_off_by_hand(system: Wattline, chromium: Browser) -> None:
    """The keys `a` and Enter take a chat, `s` and Enter snooze it until the client writes again."""
    guest = ClientScreen(chromium.new_context(), system, "guest")
    ana, radu = AgentScreen(chromium.new_context(), system), AgentScreen(chromium.new_context(), system, "a-radu")
    guest.open_chat()
    guest.say("Whenever you have time")
    radu.show("all")
    radu.page.get_by_test_id("row").filter(has_text="Whenever you have time").click()
    client = radu.page.get_by_test_id("client-id").get_attribute("title") or ""
    ana.open_chat(client)

    ana.page.locator("body").press("a")
    expect(ana.page.get_by_role("menuitemradio", name="To me")).to_be_focused()
    ana.page.keyboard.press("Enter")
    for agent in (ana, radu):
        expect(agent.page.locator(".wl-event").last).to_contain_text("took this conversation")
    expect(radu.page.get_by_test_id("owner")).to_contain_text("Ana")

    ana.page.locator("body").press("s")
    expect(ana.page.get_by_role("menuitem").first).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(radu.page.get_by_test_id("status")).to_contain_text("Snoozed until")
    ana.show("snoozed")
    expect(ana.row(client)).to_be_visible()
    guest.say("Now I have time myself")
    expect(ana.row(client)).to_have_count(0)
    ana.show("mine")
    expect(ana.row(client)).to_contain_text("Now I have time myself")
    close(guest, ana, radu)


@pytest.mark.chaos
def test_a_closed_laptop_is_offline(system: Wattline, chromium: Browser) -> None:
    """An agent whose machine sleeps, without a word, is no longer shown as here within 30 s."""
    guest = ClientScreen.opened(chromium.new_context(), system, "guest")
    before = set(psutil.Process().children(recursive=True))
    laptop = chromium.browser_type.launch(executable_path=find_chromium(), args=ARGS)
    machine = [process for process in psutil.Process().children(recursive=True) if process not in before]
    AgentScreen(laptop.new_context(), system, "a-radu")
    here = guest.page.get_by_text(re.compile("Radu.* here"))
    expect(here).to_be_visible()
    machine += [process for process in psutil.Process().children(recursive=True) if process not in {*before, *machine}]
    began_s = time.monotonic()
    for process in machine:
        process.suspend()
    try:
        expect(here).to_be_hidden(timeout=OFFLINE_WITHIN_S * 1000)
        print(f"offline after {time.monotonic() - began_s:.1f} s")  # noqa: T201 - the number, for who wants it
    finally:
        for process in machine:
            process.resume()
    laptop.close()
    guest.close()


def test_each_conversation_keeps_its_place(system: Wattline, chromium: Browser) -> None:
    """
    A conversation that the agent had scrolled up in is there again, with what came since counted; a saved view comes
    back after a reload, by two keys.
    """
    ana, maria = AgentScreen(chromium.new_context(), system), ClientScreen(chromium.new_context(), system)
    maria.open_chat()
    maria.say_stored("Are you there?")
    ana.open_chat("c-maria")
    lines = [f"Line {n}: " + "read me slowly. " * 40 for n in range(12)]
    for line in lines:
        ana.say(line)
    ana.sees_tick(lines[-1].strip(), "read")  # nothing moves any more
    log = ana.page.get_by_test_id("messages")
    log.evaluate("log => log.scrollBy(0, -600)")  # a wheel's scrolling is animated
    expect(ana.page.get_by_role("button", name="To the newest message")).to_be_visible()
    place = "log => [...log.querySelectorAll('[data-seq]')].map(one => Math.round(one.getBoundingClientRect().top))"
    before = log.evaluate(place)
    ana.page.evaluate("location.hash = '#/c-ion'")
    expect(ana.page.locator("#wl-conversation-title")).to_have_text("Ion Dumitru")
    maria.say_stored("Since then I waited")
    ana.page.evaluate("location.hash = '#/c-maria'")
    # The demo's bot may answer too.
    expect(ana.page.get_by_role("button", name=re.compile(r"[12] new message"))).to_be_visible()
    after = log.evaluate(place)
    assert max(abs(one - other) for one, other in zip(before, after, strict=False)) <= 2

    page = ana.page
    page.goto(f"{system.url}/board#/")
    ana.show("all")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("menuitemradio", name="Unread").click()
    page.get_by_role("button", name="Save view").click()
    page.get_by_test_id("view-name").fill("To read")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("tab-more")).to_have_text("To read")
    page.reload()
    ana.row("c-maria").first.focus()
    page.keyboard.press("v")
    expect(page.get_by_role("menuitemradio", name="To read")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_test_id("tab-more")).to_have_text("To read")
    close(maria, ana)


def test_a_picker_opens_at_the_message_field(system: Wattline, chromium: Browser) -> None:
    """A picker opens above the field, at a phone's bottom, where the field is one line; then that has the focus."""
    ana = AgentScreen(chromium.new_context(), system)
    page = ana.page
    page.goto(f"{system.url}/board#/c-ion")
    page.get_by_test_id("mode-note").click()
    ana.field.press_sequentially("Ask @")
    people = page.get_by_test_id("mention-picker")
    expect(people.get_by_role("option").first).to_be_visible()
    field, opened = box_of(page.locator(".wl-composer-box")), box_of(people)
    assert abs(opened["x"] - field["x"]) <= 1
    assert 0 <= field["y"] - (opened["y"] + opened["height"]) <= 16
    page.keyboard.press("Escape")
    expect(people).to_have_count(0)
    expect(ana.field).to_be_focused()
    ana.field.press("Backspace")
    ana.field.press("@")
    people.get_by_role("combobox").fill("rad")
    page.keyboard.press("Enter")
    expect(ana.field).to_have_value("Ask @Radu ")
    expect(ana.field).to_be_focused()

    page.set_viewport_size({"width": 390, "height": 780})
    page.get_by_test_id("mode-reply").click()
    assert box_of(page.locator(".wl-composer-box"))["height"] <= 56  # one line: its plus has the rest
    expect(page.get_by_test_id("mode-note")).to_be_hidden()
    page.get_by_role("button", name="Add to the reply").click()
    for more in ("Attach a file", "Saved reply", "More ways to send"):
        expect(page.get_by_role("button", name=more)).to_be_visible()
    ana.field.press_sequentially(";")
    replies = page.get_by_test_id("canned-picker")
    expect(replies).to_be_visible()
    sheet = box_of(replies)
    assert (sheet["x"], sheet["width"], sheet["y"] + sheet["height"]) == (0, 390, 780)
    page.keyboard.press("Escape")
    expect(ana.field).to_be_focused()
    ana.field.fill("")
    close(ana)


def box_of(element: Locator) -> FloatRect:
    box = element.bounding_box()
    assert box
    return box


def test_what_a_desk_needs_beside_the_words(system: Wattline, chromium: Browser) -> None:
    """Canned replies, search, the palette, transcripts, printing and figures work at the board."""
    ana, maria = AgentScreen(chromium.new_context(), system), ClientScreen(chromium.new_context(), system)
    page = ana.page
    page.goto(f"{system.url}/board#/settings/canned")
    page.get_by_test_id("canned-add").click()
    page.get_by_label("Title").first.fill("Greeting of the test")  # the new one is the first
    reply = page.get_by_test_id("reply").first
    for lang in ("English", "Română"):
        reply.get_by_role("button", name=lang).click()
        reply.get_by_label("Text", exact=True).fill("Zdravo {name}, it is {agent}.")
    reply.get_by_role("button", name="English").click()
    expect(reply.get_by_label("Text", exact=True)).to_have_value("Zdravo {name}, it is {agent}.")  # a tab loses nothing
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.goto(f"{system.url}/board#/")

    maria.open_chat()
    maria.say_stored("My thermocouple whistles")
    ana.open_chat("c-maria")
    page.locator("body").press(";")
    page.get_by_test_id("canned-picker").get_by_role("combobox").fill("of the test")
    page.keyboard.press("Enter")
    expect(ana.field).to_have_value("Zdravo Maria Pop, it is Ana.")
    ana.field.press("Enter")
    maria.sees("Zdravo Maria Pop, it is Ana.")

    page.emulate_media(media="print")
    expect(page.locator(".wl-log")).to_contain_text("My thermocouple whistles")
    expect(page.locator(".wl-pane-list")).to_be_hidden()
    maria.page.emulate_media(media="print")
    expect(maria.field).to_be_hidden()
    for screen in (ana, maria):
        screen.page.emulate_media(media="screen")

    page.goto(f"{system.url}/board#/")
    page.locator("body").press("/")
    page.keyboard.type("from:client thermocoup")
    hit = page.get_by_test_id("hit")
    expect(hit).to_have_count(1)
    expect(hit.locator("mark")).to_have_text("thermocouple")
    hit.click()
    expect(page.locator("[data-found]")).to_contain_text("My thermocouple whistles")
    assert re.search(r"#/c-maria/at/\d+$", page.url)

    page.keyboard.press("Control+k")
    page.get_by_test_id("palette").get_by_role("combobox").fill("resolve")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("Resolved: Maria Pop")
    page.goto(f"{system.url}/board#/c-maria")
    expect(page.get_by_test_id("status")).to_have_text("resolved")
    expect(page.locator(".wl-event").last).to_contain_text("resolved")  # it waits for the time of Undo
    page.goto(f"{system.url}/board#/c-maria/client")
    expect(page.get_by_test_id("earlier").first).to_be_visible()
    with page.expect_download() as transcript:
        page.get_by_test_id("transcript").click()
    assert "My thermocouple whistles" in transcript.value.path().read_text(encoding="utf-8")

    page.goto(f"{system.url}/board#/reports")
    page.get_by_test_id("figure-resolve").click()
    expect(page.get_by_test_id("episode").filter(has_text="c-maria").first).to_be_visible()
    close(maria, ana)
