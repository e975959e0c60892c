"""Everybody can use every page: axe finds nothing in either theme."""

from typing import Literal, get_args

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.people import AgentScreen, ClientScreen
from tests.real.wattline import Wattline

Theme = Literal["light", "dark"]
THEMES = get_args(Theme)


def nothing_found(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("theme", THEMES)
def test_the_clients_page(system: Wattline, chromium: Browser, theme: Theme) -> None:
    """The portal, its launcher and the open chat with a conversation in it."""
    maria = ClientScreen(chromium.new_context(color_scheme=theme, reduced_motion="reduce"), system)
    nothing_found(maria.page)
    maria.open_chat()
    maria.say_stored(f"Is this readable in the {theme}?")
    nothing_found(maria.page)
    maria.close()


@pytest.mark.parametrize("theme", THEMES)
def test_the_agents_pages(system: Wattline, chromium: Browser, theme: Theme) -> None:
    """The sign-in page, the reference, the board without a chat, with one, and with the keys' help."""
    context = chromium.new_context(color_scheme=theme, reduced_motion="reduce")
    login = context.new_page()
    for path in ("/login", "/docs", "/docs/errors"):
        login.goto(f"{system.url}{path}")
        nothing_found(login)
    ana = AgentScreen(context, system)
    nothing_found(ana.page)
    ana.open_chat("c-ion")
    nothing_found(ana.page)
    ana.page.locator("body").press("?")
    nothing_found(ana.page)
    ana.close()
