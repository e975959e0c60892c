"""Everybody can use every page: axe finds nothing in either theme."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.people import AgentScreen, ClientScreen
from tests.real.wattline import Wattline

pytestmark = pytest.mark.timeout(300)  # axe looks ten times: over 120 s at a load of 22 on two cores


# One template makes each operation and each object of the reference: axe would look at all of them for half a minute.
REPEATED = {"exclude": [[f"main > {each}:nth-of-type(n + 12)"] for each in ("article", "section")]}


def nothing_found(page: Page) -> None:
    """Ask axe everything in the light, and what a theme changes in the dark: the contrast of colours."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = Axe().run(page, context=REPEATED)
    assert found.violations_count == 0, found.generate_report()
    page.emulate_media(color_scheme="dark")
    found = Axe().run(page, context=REPEATED, options={"runOnly": ["color-contrast"]})
    assert found.violations_count == 0, found.generate_report()


def test_the_clients_page(system: Wattline, chromium: Browser) -> None:
    """The portal, its launcher and the open chat with a conversation in it."""
    maria = ClientScreen(chromium.new_context(), system)
    nothing_found(maria.page)
    maria.open_chat()
    maria.say_stored("Is this readable?")
    nothing_found(maria.page)
    maria.close()


def test_the_agents_pages(system: Wattline, chromium: Browser) -> None:
    """The sign-in page, the reference, the board without a chat, with one, and with the keys' help."""
    context = chromium.new_context()
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
