"""Time of a message between two browsers."""

import statistics
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import Report
from tests.e2e.people import AgentScreen, ClientScreen, close, with_ana
from tests.real.wattline import Wattline
from tests.waiting import wait_until

MESSAGES = 100
# Promised are 50 ms. Measured were 23 and 32 on a host with time, 34 to 51 on the same one when others had it.
WITHIN_MS = 100

pytestmark = pytest.mark.alone
MEASURE = """
    (texts) => new Promise((done) => {
      const seen = {};
      const host = [...document.querySelectorAll('*')].find((element) => element.shadowRoot);
      const root = document.querySelector('#board') ?? host.shadowRoot;
      const look = () => {
        for (const element of root.querySelectorAll('[data-testid="message"]')) {
          const text = element.querySelector('.wl-bubble')?.textContent?.trim();
          if (!text || !text.startsWith('probe ')) continue;
          const now = performance.timeOrigin + performance.now();
          const own = (seen[text] ??= { shown: now });
          if (element.dataset.tick && element.dataset.tick !== 'sending') own.ticked ??= now;
        }
      };
      window.wlSeen = seen;
      const all = { subtree: true, childList: true, attributes: true, characterData: true };
      new MutationObserver(look).observe(root, all);
      look();
      done(true);
    })
"""


def test_nobody_waits(tmp_path: Path, chromium: Browser, report: Report) -> None:
    """A message reaches the other browser, and its ✓ comes back, within 100 ms: medians of 100 on loopback."""
    with with_ana(tmp_path / "data", "--demo", settings={"WATTLINE_RATE": "off"}) as system:
        reached, ticked = _measured(system, chromium)
    for what, times_ms in (("reaches the other browser", reached), ("its tick is back", ticked)):
        report(f"{what}: {_summed_up(times_ms)}")
        assert statistics.median(times_ms) < WITHIN_MS


def _summed_up(times_ms: list[float]) -> str:
    ordered = sorted(times_ms)
    p95 = ordered[int(0.95 * len(ordered))]
    return f"p50 {statistics.median(ordered):.1f} ms, p95 {p95:.1f} ms, largest {ordered[-1]:.1f} ms"


def _measured(system: Wattline, chromium: Browser) -> tuple[list[float], list[float]]:
    maria, ana = ClientScreen.opened(chromium.new_context(), system), AgentScreen(chromium.new_context(), system)
    maria.say("warm up")
    ana.open_chat("c-maria")
    ana.sees("warm up")
    for screen in (maria, ana):
        screen.page.evaluate(MEASURE, [])
    started: dict[str, float] = {}
    for number in range(MESSAGES):
        text = f"probe {number}"
        maria.field.fill(text)
        started[text] = maria.page.evaluate("performance.timeOrigin + performance.now()")
        maria.field.press("Enter")
        maria.page.wait_for_function("text => window.wlSeen[text]?.ticked", arg=text, polling="raf")
    wait_until(lambda: len(ana.page.evaluate("window.wlSeen")) >= MESSAGES)
    at_maria, at_ana = maria.page.evaluate("window.wlSeen"), ana.page.evaluate("window.wlSeen")
    reached = [at_ana[text]["shown"] - start for text, start in started.items()]
    ticked = [at_maria[text]["ticked"] - start for text, start in started.items()]
    close(maria, ana)
    return reached, ticked
