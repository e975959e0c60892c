"""A client's chat beside writing: files, a day, quick replies, rating, a name, sounds."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, ViewportSize, expect

from bridge.participant import Participant
from chat_core.contract.payloads import Command, Do, Said, SaidKind
from tests.e2e.people import AgentScreen, ClientScreen, close, hire, photo, taking_part
from tests.e2e.test_clicks import promised, took
from tests.real.wattline import Wattline
from tests.waiting import wait_until

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
LISTEN = """
  window.rung = 0;
  window.notified = [];
  AudioContext = class extends AudioContext { constructor() { super(); window.rung += 1; } };
  Notification = class extends Notification {
    constructor(title, rest) { super(title, rest); window.notified.push(title); }
  };
"""
DROP_FILM = """panel => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([new Uint8Array(10 * 1024 * 1024 + 1)], "film.pdf"));
  panel.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""
# Texts and bars of the page's charts that the preview or the launcher covers, while it is shown.
COVERED = """
() => {
  const { shadowRoot } = document.querySelector('wattline-chat');
  const shown = [...shadowRoot.querySelectorAll('[data-testid=peek], [data-testid=launcher]')]
    .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }));
  const texts = '#outage p, #tile-today p, main :is(svg text, svg .wl-chart-bar, .wl-legend li, .wl-chart-line)';
  return shown.flatMap((over) => {
    const own = over.getBoundingClientRect();
    return [...document.querySelectorAll(texts)]
      .filter((each) => {
        const { left, right, top, bottom } = each.getBoundingClientRect();
        return left < own.right && right > own.left && top < own.bottom && bottom > own.top;
      })
      .map((each) => `${over.dataset.testid}: ${each.textContent || each.getAttribute('class')}`);
  });
}
"""
# Lines below the page's charts that reach into the launcher's column.
UNDER_LAUNCHER = """
() => {
  const launcher = document.querySelector('wattline-chat').shadowRoot.querySelector('[data-testid=launcher]');
  const { left } = launcher.getBoundingClientRect();
  const words = document.createRange();
  return [...document.querySelectorAll('main .wl-legend li, main .wl-chart-line')]
    .filter((each) => {
      words.selectNodeContents(each);
      return words.getBoundingClientRect().right > left;
    })
    .map((each) => each.textContent);
}
"""
# Buttons and fields of the chart's head that lie over another.
OVER_EACH_OTHER = """
() => {
  const all = [...document.querySelectorAll('.wl-energy-tools :is(button, input)')];
  const shown = all.filter((each) => each.offsetWidth > 0);
  const boxes = shown.map((each) => each.getBoundingClientRect());
  return shown.filter((_, place) => boxes.slice(0, place).some(({ left, right, top, bottom }) => {
    const own = boxes[place];
    return left < own.right && right > own.left && top < own.bottom && bottom > own.top;
  })).map((each) => each.textContent);
}
"""
# Charts that end before their cards do.
NARROWER_THAN_CARD = """
() => [...document.querySelectorAll('.wl-chart')].filter((each) => {
  const { paddingLeft, paddingRight } = getComputedStyle(each.parentElement);
  return each.offsetWidth < each.parentElement.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - 1;
}).map((each) => `${each.parentElement.id}: ${each.offsetWidth}`)
"""
# The words of those messages that stand whole in the visible part of the log.
WHOLE = """
() => {
  const { shadowRoot } = document.querySelector('wattline-chat');
  const log = shadowRoot.querySelector('.wl-log').getBoundingClientRect();
  return [...shadowRoot.querySelectorAll('.wl-bubble')]
    .filter((bubble) => {
      const { top, bottom } = bubble.getBoundingClientRect();
      return top >= log.top && bottom <= log.bottom;
    })
    .map((bubble) => bubble.textContent);
}
"""
FILES = re.compile(r"/api/clients/[^/]+/files")

# A question, a helper's answer, and so on, and two suggested answers: each of at most two lines on 320 pixels.
ZOOMED = {
    "en": (
        "Why is my bill twice as high as last month?",
        "That looks like a water heater without its timer. What does its switch say?",
        "It is on manual since the plumber came.",
        "Then turn it to auto, please. It heats when power is cheap.",
        "It is on manual",
        "I do not know that",
    ),
    "de": (
        "Warum ist meine Rechnung doppelt so hoch wie im letzten Monat?",
        "Ist es ein Boiler ohne Zeitschaltuhr? Was zeigt sein Schalter?",
        "Er steht seit dem Besuch des Klempners auf manuell.",
        "Stellen Sie ihn bitte auf Automatik. Dann heizt er nur nachts.",
        "Er steht auf manuell",
        "Das weiß ich nicht",
    ),
    "ro": (
        "Bună ziua! Factura de luna trecută e dublă. De ce?",
        "Pare un boiler fără programator orar. Ce arată comutatorul lui?",
        "Este pe manual de când a venit instalatorul.",
        "Atunci puneți-l pe automat, vă rog. Încălzește doar noaptea.",
        "Este pe manual",
        "Nu știu",
    ),
}


def _paper(name: str = "bill.pdf", content: bytes = PDF) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


class WidgetUser(ClientScreen):
    def attach(self, *files: FilePayload) -> None:
        self.page.locator("input[type=file]").set_input_files(files)

    def kinds(self) -> list[str]:
        """Return the log's bubbles in order: a file's name, or words."""
        found: list[str] = self.page.get_by_test_id("message").evaluate_all(
            """all => all.map(each => each.querySelector('img')?.alt.replace(/^.*: /, '')
                 ?? each.querySelector('.wl-file > span')?.firstChild.data
                 ?? each.querySelector('.wl-bubble')?.innerText)"""
        )
        return found


def test_files_go_in_their_order_and_survive_a_bad_line(system: Wattline, chromium: Browser) -> None:
    """A file attached while uploads fail waits, through a reload, in its place before later words."""
    context = chromium.new_context()
    elena = WidgetUser.opened(context, system, "c-elena")
    elena.say_stored("Here is my meter")
    elena.attach(photo())
    elena.page.get_by_role("button", name="Send photo").click()
    picture = elena.page.get_by_test_id("messages").locator("img")
    expect(picture).to_have_attribute("alt", "File: meter.jpg")
    wait_until(lambda: picture.evaluate("image => image.complete && image.naturalWidth > 0"), 10)

    context.route(FILES, lambda route: route.abort())
    elena.attach(_paper())
    elena.say("and here the bill")
    elena.sees_tick("and here the bill", "sending")
    expect(elena.page.get_by_role("progressbar", name="Uploading bill.pdf")).to_be_visible()
    elena.page.reload()
    elena.open_chat()
    expect(elena.page.get_by_role("progressbar", name="Uploading bill.pdf")).to_be_visible()
    context.unroute(FILES)
    elena.sees_tick("and here the bill", "stored", "delivered", "read")
    assert elena.kinds()[-4:] == ["Here is my meter", "meter.jpg", "bill.pdf", "and here the bill"]
    elena.close()


def test_a_file_that_cannot_be_sent_says_why(system: Wattline, chromium: Browser) -> None:
    """A file that is too large is not sent; a refused one shows its reason and can be deleted."""
    elena = WidgetUser.opened(chromium.new_context(), system, "c-elena")
    elena.say_stored("Two more")
    elena.page.get_by_test_id("panel").evaluate(DROP_FILM)
    expect(elena.page.get_by_text("film.pdf is larger than 10 MB")).to_be_visible()
    elena.attach(_paper("program.pdf", b"MZ" + bytes(200)))
    refused = elena.page.get_by_test_id("message").filter(has_text="office files can be sent")
    expect(refused).to_be_visible()
    refused.get_by_role("button", name="Delete").click()
    expect(refused).to_have_count(0)
    elena.close()


def test_a_day_is_shared_with_two_clicks(system: Wattline, chromium: Browser) -> None:
    """The unusual day is chosen at first and goes with the next words; days are the portal's, in any visitor's zone."""
    maria = WidgetUser(chromium.new_context(timezone_id="America/New_York"), system)
    # Unusual once the days before are known too: the demo sends its readings meanwhile, and the picker asks once.
    row = maria.page.locator("#days tr", has_text="40.2 kWh").filter(has_text="unusual")
    day = row.locator("th").text_content() or "no day"
    maria.open_chat()
    maria.page.get_by_role("button", name="Share a period").click()
    picker = maria.page.get_by_test_id("days")
    expect(picker.get_by_role("button", name="unusual", pressed=True)).to_contain_text(day)
    picker.get_by_role("button", name=re.compile(f"Add {day} to the message")).click()
    expect(maria.page.get_by_test_id("chosen")).to_contain_text(day)
    maria.say_stored("What was on then?")
    card = maria.page.get_by_test_id("message").filter(has=maria.page.locator(".wl-card")).last
    expect(card.get_by_role("img", name=re.compile(f"Consumption.*{day}"))).to_be_visible()
    expect(maria.page.get_by_test_id("chosen")).to_have_count(0)
    maria.close()


def test_a_bots_words_are_marked_and_its_buttons_answer(system: Wattline, chromium: Browser, bot: Participant) -> None:
    """An automatic answer says so, to eye and ear; its quick replies are said with a press, and are gone then."""
    # Not c-ion: the demo's Ion thanks 6 s after an answer, and the quick replies would be gone.
    elena = WidgetUser.opened(chromium.new_context(), system, "c-elena")
    elena.say_stored("Help me, please")
    bot.say_this(Said(id="ask-1", kind=SaidKind.TEXT, text="Is it the bill?", replies=["Yes", "No"], sent=1), "c-elena")
    elena.sees("Is it the bill?")
    said = elena.message("Is it the bill?")
    expect(said).to_contain_text("Automatic answer")
    replies = elena.page.get_by_test_id("replies")
    replies.get_by_role("button", name="Yes").click()
    elena.sees_tick("Yes", "stored", "delivered", "read")
    expect(replies).to_have_count(0)
    elena.close()


def test_the_end_has_faces_and_writing_again_reopens_it(system: Wattline, chromium: Browser) -> None:
    """One press on a face rates a resolved conversation, another changes it, words may follow; writing reopens it."""
    maria, ana = WidgetUser.opened(chromium.new_context(), system), AgentScreen(chromium.new_context(), system)
    maria.say("That is all")
    ana.open_chat("c-maria")
    ana.sees("That is all")
    ana.page.get_by_test_id("resolve").click()
    rate = maria.page.get_by_test_id("rate")
    expect(rate).to_be_visible()  # the resolve waits for the time of Undo
    clicks, keys = took(maria.page, rate.get_by_role("button", name="Good", exact=True).click)
    rated, log = maria.page.get_by_test_id("messages").get_by_test_id("rated"), ana.page.get_by_role("log")
    expect(rated).to_contain_text("Thank you! Good")
    assert (clicks, keys, promised("rate")) == (1, [], "1 click")
    expect(rated.get_by_role("button", name="Change")).to_be_focused()
    rated.get_by_role("button", name="Change").press("Enter")
    rated.get_by_role("button", name="Great").press("Enter")
    expect(rated).to_contain_text("Thank you! Great")
    rated.get_by_label("Comment (optional)").fill("Quick")
    rated.get_by_role("button", name="Send", exact=True).click()
    expect(rated).to_contain_text("Quick")
    assert not any("Rated" in text for text in maria.texts()), "a rating is no bubble"
    ana.show("resolved")
    ana.row("c-maria").click()
    expect(log).to_contain_text("Rated 5 of 5: Quick")
    expect(log).not_to_contain_text("Rated 4 of 5")
    maria.say("One more thing")
    expect(maria.page.get_by_test_id("rated")).to_have_count(0)
    maria.sees_tick("One more thing", "stored", "delivered", "read")
    expect(maria.page.get_by_test_id("messages")).to_contain_text("reopened this conversation")
    close(maria, ana)


@pytest.mark.parametrize("lang", ["en", "de", "ro"])
def test_two_messages_are_readable_at_400_percent(
    system: Wattline, chromium: Browser, bot: Participant, lang: str
) -> None:
    """
    On 320 × 256 pixels, a window zoomed to 400 %, the last two messages are whole, of two lines each.

    So they are beside suggested answers, the question for a name, the one how it was, and the field for a comment.
    """
    bill, heater, manual, tonight, *replies = ZOOMED[lang]
    zoomed = ViewportSize(width=320, height=256)
    guest = WidgetUser(chromium.new_context(viewport=zoomed), system, f"guest&lang={lang}")
    page = guest.page
    field = page.get_by_test_id("panel").locator("textarea").last

    def say(text: str) -> None:
        field.fill(text)
        field.press("Enter")

    def reads(*texts: str) -> None:
        wait_until(lambda: page.evaluate(WHOLE)[-2:] == list(texts), why=lambda: page.evaluate(WHOLE))

    page.get_by_test_id("launcher").click()
    say(bill)
    guest.sees_tick(bill, "stored", "delivered", "read")
    say(manual)
    expect(page.get_by_test_id("naming")).to_be_visible()
    reads(bill, manual)
    client = page.evaluate("JSON.parse(localStorage['wattline/guest']).id")
    said = Said(id=f"zoom-{lang}", kind=SaidKind.TEXT, text=heater, replies=replies, sent=1)
    bot.say_this(said, client)
    expect(page.get_by_test_id("replies")).to_be_visible()
    reads(manual, heater)
    ana = AgentScreen(chromium.new_context(), system)
    ana.open_chat(client)
    ana.say(tonight)
    reads(heater, tonight)
    ana.page.get_by_test_id("resolve").click()
    page.get_by_test_id("rate").locator("button").last.click()  # the resolve waits for the time of Undo
    expect(page.get_by_test_id("rated")).to_be_visible()
    reads(heater, tonight)
    close(guest, ana)


def test_a_guest_is_asked_for_a_name_once_and_may_decline(system: Wattline, chromium: Browser) -> None:
    """The question comes after the first message; a name reaches the desk; a "no" is not asked again."""
    ana = AgentScreen(chromium.new_context(), system)
    guest = WidgetUser(chromium.new_context(), system, "guest")
    naming = guest.page.get_by_test_id("naming")
    guest.open_chat()
    expect(guest.page.get_by_test_id("home").get_by_role("button")).to_have_count(3)
    expect(naming).to_have_count(0)
    guest.say("Hello there, it is me")
    naming.get_by_label("What may we call you?").fill("Vlad Ene")
    naming.get_by_role("button", name="Save").click()
    expect(naming).to_have_count(0)
    ana.show("all")
    row = ana.page.get_by_test_id("row").filter(has_text="Hello there, it is me")
    expect(row).to_contain_text("Vlad Ene")

    shy = WidgetUser.opened(chromium.new_context(), system, "guest")
    shy.say("I stay unnamed")
    declined = shy.page.get_by_test_id("naming")
    declined.get_by_role("button", name="No, thank you").click()
    shy.page.reload()
    shy.open_chat()
    shy.sees("I stay unnamed")
    expect(declined).to_have_count(0)
    close(ana, guest, shy)


def _rung(tabs: list[WidgetUser]) -> int:
    return sum(int(tab.page.evaluate("window.rung")) for tab in tabs)


def test_two_tabs_ring_once(system: Wattline, chromium: Browser, bot: Participant) -> None:
    """An agent's answer rings and notifies once between two tabs, and not where the chat is on the screen."""
    context: BrowserContext = chromium.new_context(permissions=["notifications"])
    context.add_init_script(LISTEN)
    tabs = [WidgetUser(context, system, "c-elena"), WidgetUser(context, system, "c-elena")]
    first, second = tabs
    for tab in tabs:
        tab.open_chat()
    first.say("Does it ring?")
    second.sees("Does it ring?")
    bot.say("Somebody comes.", "c-elena")
    for tab in tabs:
        tab.sees("Somebody comes.")
        tab.page.keyboard.press("Escape")
        expect(tab.page.get_by_test_id("panel")).to_have_count(0)
    ana = AgentScreen(chromium.new_context(), system)
    ana.open_chat("c-elena")
    ana.say("It does.")
    ana.sees_tick("It does.", "stored", "delivered")
    for tab in tabs:
        expect(tab.page.get_by_test_id("launcher")).to_have_accessible_name(re.compile("1 unread message"))
        expect(tab.page).to_have_title(re.compile(r"^\(1\) "))
    wait_until(lambda: _rung(tabs) > 0)
    ana.say("And once.")
    expect(first.page.get_by_test_id("launcher")).to_have_accessible_name(re.compile("2 unread messages"))
    wait_until(lambda: _rung(tabs) >= 2)
    assert _rung(tabs) == 2

    second.open_chat()
    second.sees("And once.")
    ana.say("Seen at once.")
    second.sees("Seen at once.")
    expect(second.page).not_to_have_title(re.compile(r"^\("))
    heard = "localStorage.getItem('wattline/rang/c-elena')"
    seen = second.message("Seen at once.").get_attribute("data-seq")
    wait_until(lambda: second.page.evaluate(heard) == seen)
    assert _rung(tabs) == 2

    second.page.get_by_role("button", name="More").click()
    second.page.get_by_role("button", name="Turn sound off").click()
    second.page.keyboard.press("Escape")
    second.page.keyboard.press("Escape")
    second.page.reload()
    second.page.get_by_test_id("launcher").focus()
    ana.say("Silent.")
    ana.sees_tick("Silent.", "stored", "delivered")
    silent = ana.message("Silent.").get_attribute("data-seq")
    wait_until(lambda: second.page.evaluate(heard) == silent)
    assert second.page.evaluate("window.rung") == 0
    close(first, ana)


@pytest.mark.parametrize("kind", ["page", "text"])
def test_a_conversation_can_be_saved(system: Wattline, chromium: Browser, kind: str) -> None:
    """The menu's links give the conversation as a file, whole, to whoever it belongs to."""
    maria = WidgetUser.opened(chromium.new_context(), system)
    maria.say_stored(f"Worth keeping as {kind}")
    maria.page.get_by_role("button", name="More").click()
    link = maria.page.get_by_role("link", name=f"Save this conversation as {'a ' if kind == 'page' else ''}{kind}")
    answer = maria.context.request.get(system.url + str(link.get_attribute("href")))
    assert answer.status == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert f"Worth keeping as {kind}" in answer.text()
    maria.close()


def test_the_chat_stays_open_over_navigation(system: Wattline, chromium: Browser) -> None:
    """The tab's next page shows the open chat unfocused; another tab, phone or person not. A phone's Back closes it."""
    context = chromium.new_context()
    maria = WidgetUser.opened(context, system, "c-maria")
    panel = maria.page.get_by_test_id("panel")
    maria.page.goto(f"{system.url}/?client=c-maria&page=2")
    expect(panel).to_be_visible()
    assert maria.page.evaluate("document.activeElement === document.body")
    fresh = context.new_page()
    fresh.goto(f"{system.url}/?client=c-maria")
    expect(fresh.get_by_test_id("launcher")).to_be_visible()
    maria.page.set_viewport_size({"width": 390, "height": 800})
    maria.page.goto(f"{system.url}/?client=c-maria")
    expect(maria.page.get_by_test_id("launcher")).to_be_visible()
    here = maria.page.url
    for _ in range(2):  # Back closes a phone's chat, and its page stays
        maria.page.get_by_test_id("launcher").click()
        expect(panel).to_be_visible()
        maria.page.go_back()
        expect(panel).not_to_be_visible()
        assert maria.page.url == here
    maria.page.get_by_test_id("launcher").click()
    expect(panel).to_be_visible()
    maria.page.set_viewport_size({"width": 1280, "height": 800})
    maria.page.goto(f"{system.url}/?client=c-ion")
    expect(maria.page.get_by_test_id("launcher")).to_be_visible()
    for page in (fresh, maria.page):
        page.wait_for_load_state("networkidle")
        expect(page.get_by_test_id("panel")).not_to_be_visible()
    maria.close()


def test_a_preview_covers_no_chart(system: Wattline, chromium: Browser, bot: Participant) -> None:
    """
    Neither the closed launcher nor an answer beside it covers the portal's charts, wherever the page is scrolled to.

    On a phone their lines of text end beside the launcher.
    """
    sizes = [ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)]
    maria = WidgetUser.opened(chromium.new_context(viewport=sizes[0]), system)
    page, peek = maria.page, maria.page.get_by_test_id("peek")
    maria.say_stored("What draws so much?")
    page.keyboard.press("Escape")
    page.locator("#today-title").click()  # the launcher shows itself while it has the focus
    for chart in ("#energy", "#days"):
        expect(page.locator(f"{chart} svg text").first).to_be_attached()
    bot.say("That looks like a water heater without its timer. What does its switch say?", "c-maria")
    expect(peek).to_be_visible()
    for size in sizes:
        page.set_viewport_size(size)
        end = page.evaluate("document.documentElement.scrollHeight - innerHeight")
        for top in [*range(0, end, 100), end]:
            page.evaluate("top => scrollTo(0, top)", top)
            wait_until(lambda: page.evaluate(COVERED) == [], why=lambda: str(page.evaluate(COVERED)))
        expect(peek).to_be_visible()
        expect(page.get_by_test_id("launcher")).to_have_css("opacity", "1")
    assert page.evaluate(UNDER_LAUNCHER) == []
    maria.close()


def test_the_launcher_is_on_the_first_screen(system: Wattline, chromium: Browser) -> None:
    """
    At the widths of phones, tablets and desktops, high and low, it is to be seen at once and lies over no chart.

    So it is while an outage's notice stands, over none of its words. At 320 pixels the chart's controls stand apart; at
    360 the charts fill their cards.
    """
    maria = WidgetUser(chromium.new_context(), system)
    page, launcher = maria.page, maria.page.get_by_test_id("launcher")
    for chart in ("#energy", "#days"):
        expect(page.locator(f"{chart} svg text").first).to_be_attached()

    def is_seen_at(*sizes: tuple[int, int]) -> None:
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            wait_until(lambda: page.evaluate(COVERED) == [], why=lambda: str(page.evaluate(COVERED)))
            expect(launcher).to_have_css("opacity", "1")

    phones = [(320, 568), (320, 256), (360, 640), (390, 844), (390, 664)]
    is_seen_at(*phones, (768, 1024), (820, 1180), (1024, 768), (1120, 800), (1366, 625))
    page.set_viewport_size({"width": 320, "height": 568})
    assert page.evaluate(OVER_EACH_OTHER) == []
    page.set_viewport_size({"width": 360, "height": 640})
    wait_until(lambda: page.evaluate(NARROWER_THAN_CARD) == [], why=lambda: str(page.evaluate(NARROWER_THAN_CARD)))
    hire(system, "a-nora", "Nora", "--admin")
    with taking_part(system, "a-nora") as nora:
        notice = Command(id=nora.new_id(), do=Do.NOTICE, areas=["north"], text={"en": "A cable is damaged. " * 6})
        nora.order(notice)
        expect(page.locator("#outage")).to_contain_text("A cable is damaged.")
        is_seen_at(*phones, (768, 1024), (1024, 768), (1366, 625))
        nora.order(Command(id=nora.new_id(), do=Do.NOTICE, areas=["north"]))
        expect(page.locator("#outage")).not_to_contain_text("A cable is damaged.")
    maria.close()


def test_links_are_safe_and_bring_no_preview(system: Wattline, chromium: Browser) -> None:
    """A link opens a page of its own that learns nothing of ours; nothing of it is fetched, and no script is a link."""
    ion = WidgetUser(chromium.new_context(), system, "c-ion")
    asked: list[str] = []
    ion.page.on("request", lambda request: asked.append(request.url))
    ion.open_chat()
    words = "See https://example.org/a?b=c. Not javascript:alert(1)"
    ion.say(words)
    link = ion.page.get_by_test_id("messages").get_by_role("link", name="https://example.org/a?b=c")
    expect(link).to_have_attribute("rel", re.compile("noopener noreferrer"))
    expect(link).to_have_attribute("target", "_blank")
    expect(ion.page.get_by_test_id("messages").get_by_role("link", name=re.compile("javascript"))).to_have_count(0)
    ion.sees_tick(words, "stored", "delivered", "read")
    assert [url for url in asked if "example.org" in url] == []
    ion.close()
