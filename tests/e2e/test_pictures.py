"""The README's pictures, taken of the product as it is. `WATTLINE_PICTURES=docs/images` says where they are kept."""

import os
from pathlib import Path
from typing import Literal, get_args

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.e2e.people import AgentScreen, ClientScreen, Screen, close, with_ana
from tests.real.zones import zone_where_it_is
from tests.waiting import wait_until

SIZE = ViewportSize(width=1440, height=900)
QUESTION = "Why did I use 40 kWh yesterday? I was at work all day."
ANSWER = "Hello Maria! I see the peak between 17 and 20. That looks like the water heater running without its timer."
Theme = Literal["light", "dark"]
THANKS = "Checking now, one moment"


@pytest.mark.parametrize("scheme", get_args(Theme))
def test_board_and_portal_have_their_pictures(tmp_path: Path, chromium: Browser, scheme: Theme) -> None:
    """In either theme the board shows a chat with its consumption, the portal its widget, and both fit the window."""
    place = Path(os.environ.get("WATTLINE_PICTURES", tmp_path))
    place.mkdir(parents=True, exist_ok=True)
    afternoon = zone_where_it_is(14)  # a day that has figures
    with with_ana(tmp_path / "data", "--demo", settings={"WATTLINE_TZ": afternoon}) as system:
        contexts = [chromium.new_context(viewport=SIZE, color_scheme=scheme, timezone_id=afternoon) for _ in range(2)]
        maria, ana = ClientScreen.opened(contexts[0], system), AgentScreen(contexts[1], system)
        maria.say(QUESTION)
        ana.open_chat("c-maria")
        ana.sees(QUESTION)
        ana.say(ANSWER)
        ana.sees_tick(ANSWER, "read")
        maria.say(THANKS)
        ana.sees(THANKS)
        maria.field.press_sequentially("It is on")
        ana.field.fill("Take your time. If it is on manual, turn it to auto.")
        expect(ana.page.get_by_test_id("typing")).to_contain_text("Maria Pop is typing")
        wait_until(lambda: "40.2 kWh" in _text(ana, "aside"), 20)
        wait_until(lambda: "kWh" in _text(maria, "#today-value") and "unusual" in _text(maria, "#days"), 20)
        for screen, name in ((ana, "board"), (maria, "portal")):
            wide = screen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert wide, f"{name} scrolls sideways"
            screen.page.screenshot(path=place / f"{name}-{scheme}.png")
        close(maria, ana)


def _text(screen: Screen, place: str) -> str:
    return screen.page.locator(place).inner_text().replace("\N{NO-BREAK SPACE}", " ")
