"""A client asks about bars of the portal's chart, and sees an answer while the chat is closed."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.people import AgentScreen, ClientScreen, close, with_ana
from tests.real.zones import zone_where_it_is
from tests.waiting import wait_until

# The bars and labels of the chart that the question about selected bars lies over.
COVERED = """
() => {
  const boxes = selector => [...document.querySelectorAll(selector)].map(each => [each, each.getBoundingClientRect()]);
  const asking = boxes('#energy [data-testid=asking] :is(button, span)');
  return boxes('#energy .wl-chart-bar path, #energy .wl-chart text')
    .filter(([, one]) => asking.some(([, other]) => one.left < other.right && other.left < one.right
      && one.top < other.bottom && other.top < one.bottom))
    .map(([each]) => each.outerHTML);
}
"""


# The places of the controls, and of the chart below them.
CONTROLS = """
() => [...document.querySelectorAll('.wl-energy-tools :is(button, input), .wl-compare, #energy [data-testid=chart]')]
  .map(each => each.getBoundingClientRect()).map(({left, top}) => [Math.round(left), Math.round(top)])
"""


def test_selected_bars_and_a_preview_lead_into_the_chat(tmp_path: Path, chromium: Browser) -> None:
    """
    Bars chosen by keyboard go with the next words, told in the platform's hours; the question covers no bar and no
    label. Beside the open chat the controls keep their places from period to period. An answer shows beside the closed
    launcher until put off.
    """
    zone, elsewhere = zone_where_it_is(14), zone_where_it_is(3)
    with with_ana(tmp_path / "data", "--demo", settings={"WATTLINE_TZ": zone}) as system:
        maria = ClientScreen(chromium.new_context(timezone_id=elsewhere), system)
        energy = maria.page.locator("#energy")
        energy.get_by_role("button", name="Earlier").click()
        expect(energy).to_contain_text("40.2 kWh")  # the day before is drawn
        maria.page.route("**/consumption?*", lambda asked: asked.abort())  # the chat knows the zone without it
        chart = energy.get_by_test_id("chart")
        for key in ("ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"):
            chart.press(key)
        expect(energy.get_by_test_id("asking")).to_contain_text("21:00–24:00")
        for width in (1440, 768, 390):
            maria.page.set_viewport_size({"width": width, "height": 900})
            wait_until(lambda: maria.page.evaluate(COVERED) == [], why=lambda: str(maria.page.evaluate(COVERED)))
            assert maria.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        maria.page.set_viewport_size({"width": 1280, "height": 800})  # where the button leaves the sum no room
        chart.press("Enter")
        expect(maria.page.get_by_test_id("chosen")).to_contain_text("21:00–24:00")
        expect(energy.get_by_role("button", name="Ask about")).to_have_count(0)
        asked = energy.get_by_test_id("asking")
        told, clear = asked.get_by_role("status").bounding_box(), asked.get_by_role("button").bounding_box()
        assert told and clear, "the sum and what clears it stand in one line"
        assert abs(told["y"] + told["height"] / 2 - clear["y"] - clear["height"] / 2) < 2, (told, clear)
        maria.say_stored("What was that?")
        expect(maria.page.locator(".wl-card")).to_contain_text(", 21–24")

        maria.page.unroute("**/consumption?*")
        maria.page.set_viewport_size({"width": 1440, "height": 900})
        expect(energy.locator(".wl-energy-more > .wl-button")).to_be_visible()  # as it is beside the chat
        places = maria.page.evaluate(CONTROLS)
        for button in ("Later", "Month", "Year", "Day", "Earlier"):
            energy.get_by_role("button", name=button, exact=True).click()
            expect(chart).to_be_visible()
            wait_until(
                lambda: maria.page.evaluate(CONTROLS) == places, why=lambda: f"{places} {maria.page.evaluate(CONTROLS)}"
            )
        maria.field.press("Escape")
        ana = AgentScreen(chromium.new_context(), system)
        ana.open_chat("c-maria")
        ana.say("The oven, I think")
        peek = maria.page.get_by_test_id("peek")
        expect(peek).to_contain_text("The oven, I think")
        peek.get_by_role("button", name="Later").click()
        expect(peek).to_have_count(0)
        ana.say("Or the boiler")
        expect(peek).to_contain_text("Or the boiler")
        peek.get_by_role("button", name="Answer").click()
        expect(maria.field).to_be_visible()
        expect(peek).to_have_count(0)
        close(maria, ana)
