"""The widget on pages that are not ours: of another origin, with an API for their scripts, and hostile in many ways."""

import json
import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from chat_core.contract.payloads import Command, Do
from tests.e2e.people import ClientScreen, deaf_broker, taking_part, with_ana
from tests.real.parts import REPOSITORY
from tests.real.portal import PORTAL_KEY, PortalServer, identity_of, running_portal
from tests.real.wattline import Wattline
from tests.waiting import wait_until

EXAMPLE = REPOSITORY / "examples" / "portal"

RESETS = """
  * { all: unset !important; box-sizing: content-box !important; }
  * { transform: rotate(3deg) !important; filter: blur(2px) !important; opacity: 0.2 !important; }
  * { position: static !important; float: left !important; overflow: hidden !important; visibility: hidden !important; }
  * { font: italic 40px/3 fantasy !important; letter-spacing: 1em !important; color: red !important; }
  html, body { display: block !important; max-width: 100px !important; }
  button, textarea, div, section { display: none !important; }
"""
# What the browser stores of c-maria: names of keys, of both kinds.
STORED = """async () => {
  const texts = [...Object.entries(localStorage), ...Object.entries(sessionStorage)].map((each) => each.join());
  const open = indexedDB.open("wattline");
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const store = db.transaction("wattline").objectStore("wattline");
  const read = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
  const [names, values] = [await read(store.getAllKeys()), await read(store.getAll())];
  db.close();
  texts.push(...names.map((name, at) => name + JSON.stringify(values[at])));
  return texts.filter((text) => /c-maria|draft|secret|not sent/i.test(text) && text !== "outbox/c-maria[]");
}"""
# Tells when the page has named its person to the chat.
IDENTIFIED = """() => {
  const { push } = Wattline;
  window.identified = new Promise((done) => {
    Wattline.push = (call) => {
      push(call);
      if (call[0] === "identify") done();
    };
  });
}"""
PANEL = (388, 712)  # where the window is large enough
FROZEN = """
  "use strict";
  for (const made of [Object, Array, Function, String, Number, Boolean, Symbol, Promise, Map, Set, WeakMap, Error,
                      TypeError, RegExp, Date, Uint8Array, URL, EventTarget, Node, Element, HTMLElement, Event]) {
    Object.freeze(made.prototype);
    Object.freeze(made);
  }
"""


@dataclass(frozen=True)
class Hostility:
    style: str = ""
    script: str = ""
    root: str = ""
    strict: bool = False
    size: tuple[int, int] = (1280, 900)
    scale: float = 1


HOSTILE = {
    "resets": Hostility(style=RESETS),
    "strict policy": Hostility(strict=True),
    "frozen prototypes": Hostility(script=FROZEN),
    "tiny root": Hostility(style="html { font-size: 62.5%; }"),
    "right to left": Hostility(root='dir="rtl" lang="ar"'),
    "zoom 400 %": Hostility(size=(320, 256), scale=4),
    "all at once": Hostility(style=RESETS, script=FROZEN, root='dir="rtl" lang="ar"', strict=True),
}


@dataclass
class ProductAndPortal:
    system: Wattline
    portal: PortalServer

    def page(self, hostility: Hostility) -> str:
        head = '<link rel="stylesheet" href="/page.css"><script src="/page.js"></script>'
        self.portal.files = {
            "/": (
                "text/html",
                f"<!doctype html><html {hostility.root}><head><title>Portal</title>{head}"
                f'<script src="{self.system.url}/widget.js" data-lang="en" async></script></head>'
                '<body><p id="unread">The portal\'s own words.</p></body></html>',
            ),
            "/page.css": ("text/css", hostility.style),
            "/page.js": ("text/javascript", hostility.script),
        }
        chat, port = self.system.url, self.system.ports()["ws"]
        self.portal.policy = (
            f"default-src 'none'; script-src 'self' {chat}; style-src 'self'; "
            f"connect-src 'self' {chat} ws://localhost:{port}; img-src {chat}"
            if hostility.strict
            else ""
        )
        return f"{self.portal.origin}/"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductAndPortal]:
    data = tmp_path_factory.mktemp("host") / "data"
    with running_portal() as portal:
        settings = {
            "WATTLINE_PORTAL_ORIGINS": portal.origin,
            "WATTLINE_PORTAL_KEY": PORTAL_KEY,
            "WATTLINE_PORTAL_ALG": "HS256",
        }
        with with_ana(data, "--demo", settings=settings) as system:
            yield ProductAndPortal(system, portal)


class PageVisitor(ClientScreen):
    def __init__(self, context: BrowserContext, place: ProductAndPortal, address: str) -> None:
        super().__init__(context, place.system, "guest", address)


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_page_does_not_break_the_chat(place: ProductAndPortal, chromium: Browser, how: str) -> None:
    """On any hostile page button and panel are whole, a message is ticked, a strict policy suffices."""
    hostility = HOSTILE[how]
    width, height = hostility.size
    context = chromium.new_context(viewport={"width": width, "height": height}, device_scale_factor=hostility.scale)
    guest = PageVisitor(context, place, place.page(hostility))
    launcher = guest.page.get_by_test_id("launcher")
    expect(launcher).to_be_visible()
    box = launcher.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (56, 56)
    assert (box["x"] < width / 2) == ("rtl" in hostility.root)
    guest.open_chat()
    guest.say_stored(f"With {how}")
    look = guest.page.get_by_test_id("panel").evaluate(
        """panel => {
            const style = getComputedStyle(panel.querySelector('.wl-bubble'));
            return [style.fontStyle, style.direction, style.letterSpacing, style.fontSize, style.visibility];
        }"""
    )
    assert look == ["normal", "ltr", "normal", "15px", "visible"]
    panel = guest.page.get_by_test_id("panel").bounding_box()
    assert panel is not None
    assert panel["x"] >= 0 and panel["y"] >= 0
    assert panel["x"] + panel["width"] <= width and panel["y"] + panel["height"] <= height
    if width > PANEL[0]:
        assert (round(panel["width"]), round(panel["height"])) == PANEL
    field = guest.field.bounding_box()
    # Zoomed to 400 %, a field of 44 would leave no room for two messages; 24 are the least (WCAG 2.2, 2.5.8).
    assert field is not None and field["height"] >= (44 if height > 256 else 24)
    words = guest.message(f"With {how}")
    words.scroll_into_view_if_needed()
    expect(words).to_be_in_viewport()
    guest.field.press("Escape")
    expect(launcher).to_be_focused()
    guest.close()


def test_a_page_of_a_foreign_origin(place: ProductAndPortal, chromium: Browser) -> None:
    """Its visitors read that the chat is not available there; its console names the origin and the setting."""
    page = chromium.new_context().new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    address = place.page(Hostility()).replace("localhost", "127.0.0.1")
    page.goto(address)
    page.get_by_test_id("launcher").click()
    expect(page.get_by_role("alert")).to_have_text("The chat is not available here.")
    told = [line for line in said if line.startswith("Wattline:")]
    assert told and address.rstrip("/") in told[0] and "WATTLINE_PORTAL_ORIGINS" in told[0], said
    page.context.close()


def test_nothing_of_the_chat_leaks_into_the_page(place: ProductAndPortal, chromium: Browser) -> None:
    """The page's own elements, styles and globals are as they were, but for one element, `Wattline` and a branding."""
    page = chromium.new_context().new_page()
    globals_of = "() => Object.getOwnPropertyNames(window).filter(name => isNaN(name))"
    address = place.page(Hostility(script="window.before = Object.getOwnPropertyNames(window)"))
    page.goto(address)
    page.get_by_test_id("launcher").click()
    expect(page.get_by_test_id("panel")).to_be_visible()
    came = set(page.evaluate(globals_of)) - set(page.evaluate("window.before")) - {"before"}
    assert came == {"Wattline", "wattlineBrand"}
    assert page.evaluate("document.adoptedStyleSheets.length") == 0
    assert page.evaluate("[...document.body.children].map(each => each.localName)") == ["p", "wattline-chat"]
    origins = {re.match(r"\w+://[^/]+", url)[0] for url in _asked(page, address)}  # type: ignore[index]
    assert origins <= {place.portal.origin, place.system.url}
    page.context.close()


def _asked(page: object, address: str) -> list[str]:
    urls: list[str] = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")  # type: ignore[attr-defined]
    return [address, *urls]


def test_a_portals_script_has_an_api(place: ProductAndPortal, chromium: Browser) -> None:
    """Calls before and after the script loads work: open, close, ask, identify and on; wrong ones throw."""
    early = "window.heard = []; window.Wattline = [['on', 'open', is => heard.push(is)], ['open']];"
    guest = PageVisitor(chromium.new_context(), place, place.page(Hostility(script=early)))
    panel = guest.page.get_by_test_id("panel")
    expect(panel).to_be_visible()
    assert guest.page.evaluate("heard") == [False, True]
    guest.page.evaluate("Wattline.close()")
    expect(panel).not_to_be_visible()

    guest.page.evaluate("jwt => Wattline.identify(jwt)", identity_of("c-maria"))
    guest.page.evaluate("Wattline.ask({meter: 'm-maria', from: 1_760_000_000_000, to: 1_760_086_400_000})")
    expect(guest.page.get_by_test_id("chosen")).to_contain_text("Oct")
    guest.say_stored("What was that?")
    expect(panel.locator(".wl-card").last).to_be_visible()
    entries = guest.page.evaluate("new Promise(done => Wattline.on('unread', done))")
    assert entries == 0
    for wrong in (
        "Wattline.ask({meter: 'm-1', from: 2, to: 1})",
        "Wattline.on('unred', () => {})",
        "Wattline.identify('x')",
    ):
        assert (
            guest.page.evaluate(f"(() => {{ try {{ {wrong} }} catch (e) {{ return e.constructor.name }} }})()")
            == "TypeError"
        )
    guest.page.evaluate("Wattline.identify(null)")
    expect(guest.message("What was that?")).to_have_count(0)
    guest.close()


def test_a_portals_script_shows_fills_and_translates_the_chat(place: ProductAndPortal, chromium: Browser) -> None:
    """The page hides and shows the button, fills an empty field only, and changes language and theme at run time."""
    guest = PageVisitor(chromium.new_context(), place, place.page(Hostility()))
    page, panel, launcher = guest.page, guest.page.get_by_test_id("panel"), guest.page.get_by_test_id("launcher")
    expect(launcher).to_be_visible()
    page.evaluate("Wattline.hide()")
    expect(launcher).not_to_be_visible()
    page.evaluate("Wattline.show()")
    page.evaluate("Wattline.open('About my bill')")
    expect(guest.field).to_have_value("About my bill")
    page.evaluate("Wattline.prefill('About my meter')")
    expect(guest.field).to_have_value("About my meter")
    guest.field.press_sequentially(" m-1")
    page.evaluate("Wattline.open('About my bill')")
    page.evaluate("Wattline.lang('de')")
    german = page.get_by_role("textbox", name="Ihre Nachricht")
    expect(german).to_have_value("About my meter m-1")
    page.evaluate("Wattline.theme('dark')")
    expect(panel).to_have_css("color-scheme", "dark")
    page.evaluate("Wattline.toggle()")
    expect(panel).not_to_be_visible()
    # A router that replaces the whole page.
    page.evaluate("history.pushState({}, '', '/next'); document.body.innerHTML = '<h1>Next</h1>'; Wattline.update()")
    expect(launcher).to_be_visible()
    page.evaluate("Wattline.toggle()")
    expect(german).to_be_visible()
    guest.close()


def test_a_portals_script_hears_messages_and_ratings(place: ProductAndPortal, chromium: Browser) -> None:
    """`message` tells each new answer once, `rated` the rating, `ready` at once; `off` ends it."""
    heard = "window.heard = []; window.hear = value => heard.push(value); window.Wattline = "
    early = "[['on', 'message', hear], ['on', 'rated', hear], ['on', 'ready', hear]];"
    # Not one of the demo's clients: its Ion thanks 6 s after an answer, which reopens the conversation.
    eva = PageVisitor(chromium.new_context(), place, place.page(Hostility(script=heard + early)))
    eva.page.evaluate("jwt => Wattline.identify(jwt)", identity_of("c-eva"))
    eva.open_chat()
    eva.say_stored("Is anybody there?")
    with taking_part(place.system, "b-helper") as bot:
        bot.say("I am.", "c-eva")
        eva.sees("I am.")
        bot.order(Command(id=bot.new_id(), do=Do.RESOLVE, client="c-eva"))
        great = eva.page.get_by_role("button", name="Great")
        expect(great).to_be_attached()
        great.press("Space")
        ready, message, rated = eva.page.evaluate("heard")
        assert ready is True
        assert (message["kind"], message["text"]) == ("text", "I am.")
        assert rated == {"score": 5}
        eva.page.evaluate("Wattline.off('message', hear)")
        bot.say("Goodbye.", "c-eva")
        eva.sees("Goodbye.")
    assert len(eva.page.evaluate("heard")) == 3
    eva.close()


def test_shutdown_leaves_nothing_of_the_person(place: ProductAndPortal, chromium: Browser) -> None:
    """After sign-out: no element, no connection, no draft, no unsent message; the next person starts anew."""
    maria = PageVisitor(chromium.new_context(), place, place.page(Hostility()))
    maria.page.evaluate("jwt => Wattline.identify(jwt)", identity_of("c-maria"))
    maria.open_chat()
    maria.say_stored("My secret")
    with deaf_broker(place.system):
        maria.say("Not sent yet")
        maria.sees("Not sent yet")
        maria.field.fill("A draft")
        maria.page.evaluate("Wattline.shutdown()")
        expect(maria.page.locator("wattline-chat")).to_have_count(0)
        assert maria.page.evaluate(STORED) == []
        maria.page.reload()
        assert maria.page.evaluate(STORED) == []
    maria.page.evaluate("Wattline.shutdown().then(() => Wattline.identify(null))")
    maria.open_chat()
    expect(maria.message("My secret")).to_have_count(0)
    maria.say_stored("Somebody else")
    maria.close()


def test_the_documents_snippets_run(place: ProductAndPortal, chromium: Browser) -> None:
    """The scripts of embedding.md work on a page, typed before the widget's script or after."""
    text = (REPOSITORY / "docs" / "embedding.md").read_text(encoding="utf-8")
    early, routes = (code for code in re.findall(r"^```js\n(.*?)^```", text, re.S | re.M) if "Wattline." in code)
    guest = PageVisitor(chromium.new_context(), place, place.page(Hostility(script=early)))
    guest.page.evaluate(f"jwt => {{ {routes}; onSignIn(jwt); window.onSignOut = onSignOut }}", identity_of("c-maria"))
    guest.open_chat()
    expect(guest.field).to_have_value("I have a question about my bill of October.")
    guest.page.evaluate("onSignOut()")
    expect(guest.page.locator("wattline-chat")).to_have_count(0)
    guest.context.close()


def test_an_app_shows_the_chat_as_a_whole_screen(place: ProductAndPortal, chromium: Browser) -> None:
    """`/chat` signs in by its fragment, fills a tablet's screen too, and works by touch; the token is in no address."""
    context = chromium.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True)
    context.add_init_script("window.told = []; window.WattlineApp = {postMessage: text => told.push(JSON.parse(text))}")
    address = f"{place.system.url}/chat#token={identity_of('c-elena')}&lang=de&theme=dark&draft=Meine+Rechnung"
    app = PageVisitor(context, place, address)
    expect(app.page.get_by_role("textbox", name="Ihre Nachricht")).to_have_value("Meine Rechnung")
    assert app.page.url == f"{place.system.url}/chat"
    panel, whole = app.page.get_by_test_id("panel"), {"x": 0, "y": 0, "width": 820, "height": 1180}
    wait_until(lambda: panel.bounding_box() == whole, why=panel.bounding_box)  # it opens by an animation
    app.page.get_by_role("button", name="Senden", exact=True).tap()
    app.sees_tick("Meine Rechnung", "stored", "delivered", "read")
    app.page.get_by_role("button", name="Schließen").tap()
    told = [(each["type"], each["value"]) for each in app.page.evaluate("told")]
    assert told[-1] == ("open", False) and ("open", True) in told
    app.close()


def test_the_roles_cross_from_wherever_the_page_sets_them(place: ProductAndPortal, chromium: Browser) -> None:
    """`--wl-accent` on :root, or on the element itself, is the chat's accent; what is not set keeps its default."""
    for selector in (":root", "wattline-chat"):
        style = f"{selector} {{ --wl-accent: rgb(122, 31, 162); }}"
        context = chromium.new_context(color_scheme="light")
        guest = PageVisitor(context, place, place.page(Hostility(style=style)))
        launcher = guest.page.get_by_test_id("launcher")
        expect(launcher).to_have_css("background-color", "rgb(122, 31, 162)")
        expect(launcher).to_have_css("color", "rgb(255, 255, 255)")
        guest.open_chat()
        expect(guest.page.get_by_role("button", name="Send")).to_have_css("color", "rgb(95, 107, 99)")
        guest.close()


def test_the_example_portal_works(place: ProductAndPortal, chromium: Browser) -> None:
    """The portal of examples/portal opens and closes the chat, asks, signs in and out, under its own policy."""
    example = runpy.run_path(str(EXAMPLE / "portal.py"))
    place.portal.policy = example["policy"](place.system.url)
    place.portal.files = {
        path: (kind, (EXAMPLE / name).read_text(encoding="utf-8").replace("{{chat}}", place.system.url))
        for path, (name, kind) in example["FILES"].items()
    }
    token = example["identity"]("c-maria", "Maria Pop", PORTAL_KEY)
    place.portal.files["/identity"] = ("application/json", json.dumps({"identity": token}))
    client = PageVisitor(chromium.new_context(), place, f"{place.portal.origin}/")
    client.page.evaluate(IDENTIFIED)
    client.page.get_by_role("button", name="Sign in as Maria").click()
    client.page.evaluate("window.identified")  # what is asked before it was another person's
    client.page.get_by_role("button", name="Ask about it").click()
    expect(client.page.get_by_test_id("chosen")).to_be_visible()
    expect(client.page.locator("#state")).to_have_text("open")
    client.say_stored("Asked from the example")
    client.page.get_by_role("button", name="Close it").click()
    expect(client.page.locator("#state")).to_have_text("closed")
    client.close()
