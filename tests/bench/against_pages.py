"""
Measure this checkout's pages against another's, in turn: `python -m tests.bench.against_pages OTHER_CHECKOUT [PAIRS]`.

Both run `wattline up` on the embedded broker with 20 conversations. A browser opens the board, switches between them,
types, and opens a bare page with the widget. Print each figure's ratio, this / other.
"""

import asyncio
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, CDPSession, Page

from chat_core.contract import topics
from chat_core.contract.payloads import Said, SaidKind, encode
from chat_core.runtime import clock
from tests.bench.against import AGENT, PASSWORD, PEOPLE, Figures, RunningCheckout, compare, fill
from tests.real.chromium import running_chromium

KEYS: Final = "The meter stood still at noon"
LOADS: Final = 5
SWITCHES: Final = 10
SETTLED_MS: Final = 1_500  # what a page does by itself, has been done
WIDGET: Final = (
    '<!doctype html><title>Portal</title><p>Words.</p><script src="/widget.js" data-lang="en" async></script>'
)
FIRST_ROW: Final = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('[data-testid="row"]')) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.firstRow = performance.now(); }));
}).observe(document, { subtree: true, childList: true });
"""
SWITCH: Final = """(row) => new Promise((done) => {
  const began = performance.now();
  const client = row.dataset.client;
  const look = () => {
    const id = document.querySelector('[data-testid="client-id"]');
    const shown = (id?.title || id?.textContent) === client;
    if (shown && document.querySelector('[data-testid="message"]')) done(performance.now() - began);
    else requestAnimationFrame(look);
  };
  row.click();
  requestAnimationFrame(look);
})"""


def busy_s(cdp: CDPSession) -> float:
    """Return for how long the page's main thread has worked."""
    return next(
        each["value"] for each in cdp.send("Performance.getMetrics")["metrics"] if each["name"] == "TaskDuration"
    )


def board_figures(page: Page, cdp: CDPSession, url: str) -> Figures:
    """Return the times, in seconds, of a signed-in agent's board."""
    rows = page.locator('[data-testid="row"]')

    def first_rows_s() -> float:
        page.goto(f"{url}/board")
        # To look for the row meanwhile would run 10 ms of Playwright's script before it.
        page.wait_for_timeout(SETTLED_MS)
        rows.first.wait_for()
        shown_ms: float = page.evaluate("window.firstRow")
        return shown_ms / 1e3

    opened_s = []
    for _ in range(LOADS):
        page.goto("about:blank")
        opened_s.append(first_rows_s())
    again_s = [first_rows_s() for _ in range(LOADS)]
    rows.nth(SWITCHES).wait_for()
    page.wait_for_timeout(SETTLED_MS)
    times = []
    for number in range(SWITCHES + 1):
        times.append(rows.nth(number).evaluate(SWITCH) / 1e3)
        page.wait_for_timeout(50)
    field = page.locator("textarea:visible").first
    field.focus()
    page.wait_for_timeout(SETTLED_MS)
    began_s = busy_s(cdp)
    page.keyboard.type(KEYS, delay=20)
    typing_s = (busy_s(cdp) - began_s) / len(KEYS)
    field.fill("")
    return {
        "first rows of an opened tab": statistics.median(opened_s),
        "first rows of a reloaded tab": statistics.median(again_s),
        "switching": statistics.median(times[1:]),
        "typing, main thread a key": typing_s,
    }


def prepare(product: RunningCheckout) -> None:
    """Let the people write, and the agent answer, whose conversations they are then."""
    fill(product)

    async def answer() -> None:
        acknowledged = asyncio.Semaphore(0)
        target = product.mqtt
        hello = target.hello(AGENT)
        line = await target.line.open(target.address, hello, [], lambda *_: None, lambda _: acknowledged.release())
        for number, client in enumerate(PEOPLE):
            said = Said(id=f"m-{number}", kind=SaidKind.TEXT, text="Hello", sent=clock.now_ms())
            line.publish(topics.msg(client, AGENT).encode(), encode(said))
        for _ in PEOPLE:
            await acknowledged.acquire()
        line.close()

    asyncio.run(answer())


class PageMeasurer:
    """Measure products' pages, each product's in two tabs: the board's, and that of a page with the widget."""

    def __init__(self, running: ExitStack) -> None:
        """Args: running: ends the browser, which starts with the first measurement."""
        self._running = running
        self._browser: Browser | None = None
        self._pages: dict[int, tuple[Page, Page]] = {}

    def __call__(self, product: RunningCheckout) -> Figures:
        url = f"http://127.0.0.1:{product.http_port}"
        board, portal = self._pages.get(product.http_port) or self._signed_in(url, product.http_port)
        with _metrics_of(board) as cdp:
            figures = board_figures(board, cdp, url)
        board.goto("about:blank")
        with _metrics_of(portal) as cdp:
            began_s = busy_s(cdp)
            portal.goto(f"{url}/bench.html")
            portal.wait_for_timeout(SETTLED_MS)
            figures["page with the widget, main thread"] = busy_s(cdp) - began_s
        portal.goto("about:blank")
        return figures

    def _signed_in(self, url: str, port: int) -> tuple[Page, Page]:
        self._browser = self._browser or self._running.enter_context(running_chromium())
        context = self._browser.new_context(viewport={"width": 1440, "height": 900})
        board = context.new_page()
        board.add_init_script(FIRST_ROW)
        board.goto(f"{url}/login")
        board.get_by_label("Your id").fill(AGENT)
        board.get_by_label("Password", exact=True).fill(PASSWORD)
        board.get_by_role("button", name="Sign in").click()
        board.get_by_test_id("tab-all").wait_for()
        # A tab with a route of ours has no HTTP cache (Playwright's documentation of page.route): the board's keeps it.
        portal = context.new_page()
        portal.route("**/bench.html", lambda route: route.fulfill(body=WIDGET, content_type="text/html"))
        self._pages[port] = (board, portal)
        return board, portal


@contextmanager
def _metrics_of(page: Page) -> Iterator[CDPSession]:
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    yield cdp
    cdp.detach()


if __name__ == "__main__":
    with ExitStack() as running:
        compare(
            Path(sys.argv[1]).resolve(),
            int(sys.argv[2]) if len(sys.argv) > 2 else 20,
            "embedded",
            prepare,
            PageMeasurer(running),
        )
