"""A home's own Mosquitto, linked by what `wattline device add --for homeassistant` prints, to each kind of broker."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from chat_core.contract import topics
from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.real.mosquitto import OPEN_TO_ALL, Mosquitto, with_text
from tests.real.wattline import run_cli
from tests.waiting import wait_until

system = system_fixture("embedded", "mosquitto", "rabbitmq", scope="function")


@contextmanager
def home_of(system: BridgeSystem, client: str) -> Iterator[Mosquitto]:
    add = ("device", "add", f"d-home{client[2:]}", "--client", client, "--for", "homeassistant")
    lines = run_cli(system.data, *add, settings=system.settings)
    with with_text(OPEN_TO_ALL + lines) as home:
        yield home


def retained(home: Mosquitto, topic: str) -> str:
    """Return the retained message that a new subscriber gets, as Home Assistant does after its restart."""
    asked = f"mosquitto_sub -h 127.0.0.1 -p {home.port} -t {topic} --retained-only -C 1 -W 1".split()
    return subprocess.run(asked, capture_output=True, text=True, timeout=10).stdout.strip()


def test_the_newest_line_is_retained_at_home(system: BridgeSystem) -> None:
    """A line that changed while the home was linked is retained there: who comes later sees the newest."""
    client = system.new_client()

    def shows(home: Mosquitto, unread: str, words: str) -> None:
        wait_until(lambda: retained(home, topics.display_unread(client)) == unread, 30, home.log)
        wait_until(lambda: retained(home, topics.display_text(client)) == words, 10, home.log)

    with home_of(system, client) as home:
        shows(home, "0", "")
        ana = system.person("a-ana")
        for count, text in enumerate(("It was the heater.", "Turn it down."), start=1):
            ana.wait_stored(ana.say(text, client))
            shows(home, str(count), f"Ana: {text}")
        seen = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(home.port), "-q", "1"]
        subprocess.run([*seen, "-t", topics.display_ack(client), "-m", "seen"], check=True, timeout=10)
        shows(home, "0", "Ana: Turn it down.")
