"""Comparisons beside the bars of a client's consumption, on the board and on the portal."""

import os
import re
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from tests.e2e.people import DEMO_WITHIN_S, AgentScreen, ClientScreen, close, with_ana
from tests.waiting import wait_until

LINES = {
    "week": ("the week before", "[0-9]+% (more|less) than the week before"),
    "standard": ("standard household", r"compared with a standard household of [\d,.]+\skWh a year"),
}


def test_the_week_before_and_a_standard_household_stand_beside_the_bars(tmp_path: Path, chromium: Browser) -> None:
    """An agent and a client compare hours; legend, text, name and table say with what; months have no week."""
    with with_ana(tmp_path / "data", "--demo") as system:
        ana = AgentScreen(chromium.new_context(), system)
        ana.page.goto(f"{system.url}/board#/c-maria")
        maria = ClientScreen(chromium.new_context(), system)
        for name, place, earlier in (
            ("board", ana.page.locator("aside"), "Period before"),
            ("portal", maria.page.locator("#energy"), "Earlier"),
        ):
            # The day before is over, whatever day and hour it is: on a month's first day nothing of it is.
            place.get_by_role("button", name="Day", exact=True).click()
            place.get_by_role("button", name=earlier, exact=True).click()
            expect(place.get_by_test_id("chart")).to_be_visible()
            for value, (legend, words) in LINES.items():
                place.get_by_test_id("compare").select_option(value)
                expect(place.locator(".wl-chart-line")).to_contain_text(re.compile(words, re.I))
                expect(place.get_by_test_id("legend")).to_contain_text(legend)
                expect(place.get_by_test_id("chart")).to_have_accessible_name(re.compile(words, re.I))
                # The demo is still sending its readings: those of the week before take 8 s on a quiet machine.
                wait_until(partial(_most_compared, place), DEMO_WITHIN_S)
                if folder := os.environ.get("WATTLINE_SEE"):
                    place.screenshot(path=Path(folder) / f"{name}-{value}.png")
            place.get_by_test_id("compare").select_option("none")
            for legend, _ in LINES.values():
                expect(place.get_by_test_id("legend")).not_to_contain_text(legend)
        place.get_by_role("button", name="Year").click()
        expect(place.locator("option[value=week]")).to_have_count(0)
        close(ana, maria)


def _most_compared(place: Locator) -> bool:
    """Return whether two thirds of the hours have a value beside them: a clock may change, a meter may be silent."""
    cells = place.locator("table tbody td:last-child").all_text_contents()
    return len(cells) > 20 and 3 * len([cell for cell in cells if cell]) >= 2 * len(cells)
