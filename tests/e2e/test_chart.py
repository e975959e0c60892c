"""A meter's reading on its way to the chart beside the chat."""

import json
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chat_core.contract import topics
from chat_core.contract.payloads import Reading, encode
from tests.e2e.conftest import Report
from tests.e2e.people import AgentScreen, with_ana
from tests.integration.mqtt_peer import MqttPeer
from tests.real.wattline import Wattline
from tests.real.zones import zone_where_it_is
from tests.waiting import wait_until

CLIENT, METER = "c-vlad", "m-vlad"
PACE_S = 1.1  # a quick meter's; the chart asks at most once a second
REGISTER_WH, USED_WH = 8_000_000, 500  # every two minutes: 15 kW, which a household may draw
SUMS = ("0.50 kWh", "1.0 kWh", "1.5 kWh")
# When each sum beside the period was first there, by the clock that this machine's processes share.
WATCH = """
() => {
  window.wlLines = {};
  const look = () => {
    const line = document.querySelector('aside .wl-period > strong:last-child')?.textContent;
    if (line) window.wlLines[line] ??= performance.timeOrigin + performance.now();
  };
  new MutationObserver(look).observe(document.querySelector('aside'), {
    subtree: true, childList: true, characterData: true,
  });
}
"""


pytestmark = pytest.mark.alone


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Wattline]:
    """The product without its demo: no meter but the test's own, whose readings of three hours are all of one day."""
    with with_ana(tmp_path / "data", settings={"WATTLINE_TZ": zone_where_it_is(12)}) as running:
        yield running


def test_a_reading_is_on_the_chart_within_a_second(system: Wattline, chromium: Browser, report: Report) -> None:
    """An open chart draws each new reading in under 1 s from its publish, median of three."""
    device = json.loads(system.cli("device", "add", "d-vlad", "--client", CLIENT))
    ana = AgentScreen(chromium.new_context(), system)
    ana.page.goto(f"{system.url}/board#/{CLIENT}")
    aside = ana.page.locator("aside")
    # On its first day a month shows the one before.
    aside.get_by_role("button", name="Week").click()
    expect(aside).to_contain_text("No readings, ")
    ana.page.evaluate(WATCH)
    meter = MqttPeer(system.mqtt_port, device["username"], device["password"])
    now_ms = int(time.time() * 1000)
    _read(meter, now_ms - 3 * 3_600_000, REGISTER_WH)

    took_s, next_s = [], 0.0
    for number, line in enumerate(SUMS, start=1):
        _until(next_s)
        next_s, began_s = time.monotonic() + PACE_S, time.time()
        _read(meter, now_ms - 480_000 + number * 120_000, REGISTER_WH + number * USED_WH)
        expect(aside.locator(".wl-period")).to_contain_text(line)
        seen = ana.page.evaluate("window.wlLines")
        took_s.append(min(at for text, at in seen.items() if text == line) / 1000 - began_s)
    expect(aside.get_by_test_id("chart")).to_have_accessible_name(re.compile("Bar chart: .*1.5 kWh"))
    # A period of the chart, chosen with the keyboard, goes into the chat as a card with the same sum.
    chart = aside.get_by_test_id("chart")
    chart.press("ArrowLeft")
    chart.press("Enter")
    expect(ana.page.get_by_test_id("asking")).to_contain_text("1.5 kWh")
    ana.page.get_by_test_id("ask").click()
    expect(ana.page.get_by_test_id("message").locator(".wl-card")).to_contain_text("1.5 kWh")
    report(f"reading to chart: {', '.join(f'{1000 * each:.0f} ms' for each in took_s)}")
    assert statistics.median(took_s) < 1
    meter.close()
    ana.close()


def _read(meter: MqttPeer, at_ms: int, wh: int) -> None:
    meter.say(topics.meter_reading(CLIENT, METER), encode(Reading(at=at_ms, wh=wh, w=420)))


def _until(at_s: float) -> None:
    wait_until(lambda: time.monotonic() >= at_s)
