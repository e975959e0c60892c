"""examples/homeassistant in a real Home Assistant: `make test-homeassistant`."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.integration.test_home_link import home_of
from tests.real.homeassistant import HomeAssistant
from tests.real.mosquitto import Mosquitto
from tests.real.parts import REPOSITORY
from tests.waiting import wait_until

pytestmark = [pytest.mark.homeassistant, pytest.mark.timeout(300)]
ANNOUNCE = REPOSITORY / "examples" / "homeassistant" / "announce.sh"


system = system_fixture("mosquitto")


@pytest.fixture
def home(system: BridgeSystem, client: str) -> Iterator[Mosquitto]:
    with home_of(system, client) as broker:
        yield broker


@pytest.fixture
def assistant(home: Mosquitto, tmp_path: Path) -> Iterator[HomeAssistant]:
    with HomeAssistant(tmp_path / "config") as started:
        started.add_mqtt(home.port)
        yield started


def test_home_assistant(system: BridgeSystem, client: str, home: Mosquitto, assistant: HomeAssistant) -> None:
    """The entities are found; unread follows the talk, buttons reach Wattline, a meter has energy and power."""
    here = ["-h", "127.0.0.1", "-p", str(home.port)]
    subprocess.run(["sh", str(ANNOUNCE), client, "m-1", *here], check=True, timeout=30)
    unread, words = "sensor.energy_support_unread", "sensor.energy_support_last_words"
    button, notify = "button.energy_support_call_me", "notify.energy_support_answer_the_display"

    def why() -> str:
        return assistant.child.log() + home.log()

    wait_until(lambda: {unread, words, button, notify} <= assistant.states().keys(), 20, assistant.states)
    wait_until(lambda: assistant.state(unread) == "0", 30, why)
    ana = system.person("a-ana")
    ana.wait_stored(ana.say("It was the heater.", client))
    wait_until(lambda: assistant.state(unread) == "1", 10, why)
    wait_until(lambda: assistant.state(words) == "Ana: It was the heater.", 10, why)
    assistant.act("notify.send_message", notify, message="seen")
    wait_until(lambda: assistant.state(unread) == "0", 10, why)
    assistant.act("button.press", button)
    wait_until(lambda: system.words(client)[-1] == "Please call me back.", 10, why)
    wait_until(lambda: assistant.state(words) == "Wattline: We will call you back.", 10, why)
    reading = [
        "mosquitto_pub",
        *here,
        "-q",
        "1",
        "-t",
        f"meter/{client}/m-1/reading",
        "-m",
        '{"at": 0, "wh": 12345, "w": 230}',
    ]
    subprocess.run(reading, check=True, timeout=10)
    energy, power = "sensor.energy_support_m_1_energy", "sensor.energy_support_m_1_power"
    wait_until(lambda: (assistant.state(energy), assistant.state(power)) == ("12.345", "230"), 10, why)
    told = assistant.states()[energy]["attributes"]
    assert (told["device_class"], told["state_class"], told["unit_of_measurement"]) == (
        "energy",
        "total_increasing",
        "kWh",
    )

    subprocess.run(["sh", str(ANNOUNCE), client, "m-1", "remove", *here], check=True, timeout=30)
    wait_until(lambda: not {unread, words, button, notify} & assistant.states().keys(), 10, why)
