"""The board shows whom it knows of before it has asked anybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import AgentScreen, taking_part, with_ana
from tests.real.wattline import Wattline


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Wattline]:
    with with_ana(tmp_path / "data", settings={"WATTLINE_RATE": "off"}) as running:
        with taking_part(running, "c-maria") as maria:
            maria.wait_stored(maria.say("Why 40 kWh <yesterday>?"), 10)
        yield running


def test_the_first_rows_need_no_request(system: Wattline, chromium: Browser) -> None:
    """The page itself brings the rows: they stand there where no request is answered and no line comes about."""
    ana = AgentScreen(chromium.new_context(), system)
    ana.context.route("**/api/**", lambda route: route.abort())
    ana.page.reload()
    ana.show("unassigned")
    expect(ana.row("c-maria")).to_contain_text("Why 40 kWh <yesterday>?")
    ana.context.unroute("**/api/**")
    ana.close()
