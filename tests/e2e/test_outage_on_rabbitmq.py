"""RabbitMQ sends what is retained to exact names only: a board, which hears of all areas, knows their outages still."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, expect

from chat_core.contract.payloads import OutageNotice
from chat_core.store import Store
from tests.contract.stores import committed
from tests.e2e.people import AgentScreen, hire
from tests.real.rabbitmq import Ports, RabbitMQ, rendered, settings_of
from tests.real.wattline import Wattline, config_of
from tests.waiting import wait_until


@dataclass(frozen=True)
class RabbitProduct:
    """The product beside a RabbitMQ, which has the broker's ports."""

    system: Wattline
    url: str

    def cli(self, *arguments: str, stdin: str = "") -> str:
        return self.system.cli(*arguments, stdin=stdin)


def test_a_board_that_opens_during_an_outage_sees_it(tmp_path: Path, chromium: Browser) -> None:
    """The outage that stood in the client's area before the board came is beside the client's chat, and on its page."""
    data = tmp_path / "data"
    data.mkdir()
    settings: dict[str, str] = {}

    def render(directory: Path, chosen: Ports) -> Path:
        settings.update(settings_of(chosen))
        return rendered(data, directory, settings)

    broker = RabbitMQ(render)
    try:
        with Wattline(data, settings=settings, at_once=True) as system:
            found = wait_until(lambda: re.search(r"Portal:\s+(http\S+)/", system.log()), 40, system.log)
            place = RabbitProduct(system, found[1])
            hire(place, "a-ana", "Ana", "--admin")
            with Store.open(config_of(data, settings)) as store:
                store.registry.ensure_client("c-ion", name="Ion", area="north")
                with committed(store) as tx:
                    text = {"en": "A cable is broken.", "ro": "Un cablu este rupt."}
                    tx.put_notice("north", OutageNotice(id="n-1", text=text), int(time.time() * 1000))
            ana = AgentScreen(chromium.new_context(), place)
            ana.page.goto(f"{place.url}/board#/c-ion/client")
            expect(ana.page.get_by_test_id("outage-here")).to_contain_text("A cable is broken.")
            ana.page.goto(f"{place.url}/board#/settings/outage")
            expect(ana.page.get_by_test_id("outage")).to_contain_text("North")
            ana.close()
    finally:
        broker.close()
