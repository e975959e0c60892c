"""The demo: three clients who take part like anybody else."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.demo.clients import CLIENTS, ION, MARIA
from bridge.demo.demo import THANKS
from tests.integration.bridge_system import BridgeSystem, bridge_system
from tests.real.wattline import ProductProcess
from tests.waiting import wait_until


@pytest.fixture
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BridgeSystem]:
    with bridge_system(tmp_path / "data", broker=request.param) as started:
        yield started


def readings(system: BridgeSystem, client: str, older_than_days: int = 0) -> int:
    now_ms, day_ms = time.time_ns() // 1_000_000, 86_400_000
    return len(system.store.consumption.reading_times(client, now_ms - 32 * day_ms, now_ms - older_than_days * day_ms))


@pytest.mark.parametrize("system", ["embedded"], indirect=True)
def test_demo_fills_the_board_once(system: BridgeSystem) -> None:
    """On an empty database each client asks something and has live readings; started again, nothing is said twice."""
    with ProductProcess("bridge.demo", system.data, settings=system.settings, at_once=True) as demo:
        wait_until(
            lambda: all(len(system.words(client.id)) == len(client.says) for client in CLIENTS), 40, why=demo.log
        )
        wait_until(
            lambda: all(system.store.consumption.last_reading(client.id) for client in CLIENTS), 40, why=demo.log
        )
        wait_until(lambda: readings(system, MARIA.id) > 5, 40)
        wait_until(lambda: not (system.store.inbox.summary(MARIA.id) or pytest.fail("no row")).online)
        demo.restart()
        wait_until(lambda: demo.log().count("demo.readings") == 2, 40, why=demo.log)
        assert {client.id: system.words(client.id) for client in CLIENTS} == {c.id: list(c.says) for c in CLIENTS}
        wait_until(lambda: readings(system, MARIA.id, older_than_days=3) > 50, 40)


@pytest.mark.parametrize("system", ["mosquitto"], indirect=True)
def test_ion_thanks_once(system: BridgeSystem) -> None:
    """Ion types, and thanks once, for an agent's answer; Maria leaves answers to the person at the portal."""
    composing: list[str] = []
    with ProductProcess("bridge.demo", system.data, settings=system.settings, at_once=True) as demo:
        wait_until(lambda: system.words(ION.id) and system.words(MARIA.id), 40, why=demo.log)
        ana = system.person("a-ana", lambda ana: setattr(ana, "on_typing", lambda _c, who, _on: composing.append(who)))
        ana.wait_stored(ana.say("You may read it yourself.", ION.id))
        ana.wait_stored(ana.say("It was the heater.", MARIA.id))
        wait_until(lambda: THANKS in system.words(ION.id), 40, why=demo.log)
        assert set(composing) == {ION.id}
        ana.wait_stored(ana.say("Good bye!", ION.id))
        ana.wait_stored(ana.say("Anything else?", MARIA.id))
    assert system.words(ION.id).count(THANKS) == 1
    assert system.words(MARIA.id) == [*MARIA.says, "It was the heater.", "Anything else?"]
