"""What the widget costs the page that carries it, and how soon a known conversation stands there."""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from bridge.participant import Participant, login_of
from tests.e2e.people import ClientScreen
from tests.real.portal import Portal, running_portal
from tests.real.wattline import Wattline

pytestmark = pytest.mark.alone

ROUNDS = 5
SLOWER = 4
COST_MS = {"new": 50, "returning": 250}
OPENS_MS = 100
MESSAGES = 120
CLICK = """() => new Promise((done) => {
  const root = document.querySelector('wattline-chat').shadowRoot;
  const launcher = root.querySelector('.wl-launcher');
  let started = 0;
  new MutationObserver(() => {
    if (root.querySelector('[data-testid="message"]')) done(performance.now() - started);
  }).observe(root, { subtree: true, childList: true });
  launcher.addEventListener('click', () => { started = performance.now(); }, { capture: true, once: true });
  launcher.click();
})"""
QUIET = """() => new Promise((done) => {
  // Nothing has been loaded for a while: what the page does by itself is done.
  let before = -1;
  const look = () => {
    const now = performance.getEntriesByType('resource').length;
    if (now === before) return done(now);
    before = now;
    setTimeout(look, 500);
  };
  look();
})"""


@pytest.fixture
def portal() -> Iterator[Portal]:
    """A page of another origin."""
    with running_portal() as running:
        yield running


@pytest.fixture
def house(tmp_path: Path, portal: Portal) -> Iterator[Wattline]:
    """The product, which knows the portal."""
    settings = {"WATTLINE_PORTAL_ORIGINS": portal.origin, "WATTLINE_RATE": "off"}
    with Wattline(tmp_path / "data", "--demo", settings=settings) as running:
        running.ports()
        yield running


def _busy_ms(context: BrowserContext, address: str) -> float:
    """
    How long the page's main thread was busy until it came to rest, on a machine four times slower than this one.

    By the thread's own clock, times four: Chromium's throttle stops the thread by the wall's clock, and so counts what
    else the machine does.
    """
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(address)
    page.evaluate(QUIET)
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    page.close()
    return float(metrics["TaskDuration"]) * 1000 * SLOWER


@pytest.mark.parametrize("who", COST_MS)
def test_the_widget_costs_the_page_little(
    house: Wattline, portal: Portal, chromium: Browser, capsys: pytest.CaptureFixture[str], who: str
) -> None:
    """
    Before the first click the button keeps the main thread of a four times slower machine busy for less than 50 ms.

    The difference between the same page with it and without it, in turn, medians. Whoever has used the chat here before
    is told of answers without a click: for them the whole panel comes in an idle moment, and costs less than 250 ms.
    """
    script = f'<script src="{house.url}/widget.js" data-lang="en" async></script>'
    page = "<!doctype html><title>Portal</title><p>The portal's own words.</p>"
    portal.files = {"/with": ("text/html", page + script), "/without": ("text/html", page)}
    context = chromium.new_context()
    if who == "returning":
        guest = ClientScreen(context, house, "guest", f"{portal.origin}/with")
        guest.open_chat()
        guest.say("Hello")
        guest.sees_tick("Hello", "stored", "delivered", "read")
        guest.page.close()
    found: dict[str, list[float]] = {"/with": [], "/without": []}
    for _ in range(ROUNDS):
        for path, times_ms in found.items():
            times_ms.append(_busy_ms(context, portal.origin + path))
    cost_ms = statistics.median(found["/with"]) - statistics.median(found["/without"])
    with capsys.disabled():
        sys.stdout.write(f"\nthe widget costs a {who} visitor's page {cost_ms:.0f} ms at {SLOWER}x\n")
    context.close()
    assert cost_ms < COST_MS[who]


def test_a_known_conversation_stands_there_at_once(
    house: Wattline, chromium: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    From the click to its messages on the screen it takes less than 100 ms, with a server and without: median of five.

    Without one nothing but the page itself is reached: no REST, no broker.
    """
    token = house.token("c-maria")
    with Participant("c-maria", lambda: login_of(token), window=MESSAGES) as maria:
        ids = [maria.say(f"Said before, number {number}") for number in range(MESSAGES)]
        for id in ids:
            maria.wait_stored(id, 30)
    context = chromium.new_context()
    screen = ClientScreen(context, house)
    screen.open_chat()
    screen.say("The last one")
    screen.sees_tick("The last one", "stored", "delivered", "read")
    for reached in (True, False):
        if not reached:
            context.route("**/api/**", lambda route: route.abort())
            context.route_web_socket("**/*", lambda socket: socket.close())
        times_ms = []
        for _ in range(ROUNDS):
            screen.page.reload()
            screen.page.evaluate(QUIET)
            times_ms.append(float(screen.page.evaluate(CLICK)))
            expect(screen.message("The last one")).to_have_count(1)
        median_ms = statistics.median(times_ms)
        with capsys.disabled():
            where = "with a server" if reached else "offline"
            sys.stdout.write(f"\n{where} it stands there after {median_ms:.0f} ms (largest {max(times_ms):.0f} ms)\n")
        assert median_ms < OPENS_MS
    context.close()
