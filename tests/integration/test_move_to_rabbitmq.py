"""Type the move from Mosquitto to RabbitMQ (docs/operating.md#moving-from-mosquitto-to-rabbitmq), on the real two."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from chat_core.contract import topics
from chat_core.runtime import config
from chat_core.store import Store
from tests.integration.bridge_system import text
from tests.integration.mqtt_peer import MqttPeer
from tests.integration.test_rabbitmq import settings_of
from tests.real.parts import REPOSITORY
from tests.real.rabbitmq import Ports, RabbitMQ
from tests.real.wattline import Wattline, environment, say_once, with_command
from tests.waiting import wait_until

PAGE = (REPOSITORY / "docs" / "operating.md").read_text(encoding="utf-8")
MOSQUITTO = {"WATTLINE_BROKER": "mosquitto"}


def steps() -> list[str]:
    section = PAGE.split("## Moving from Mosquitto to RabbitMQ\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


def types(data: Path, script: str, folder: Path, settings: Mapping[str, str]) -> str:
    """Type a step in the folder, which must succeed, and return what it says."""
    env = with_command(environment(data, settings), folder)
    done = subprocess.run(
        ["bash", "-euc", script], env=env, cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def say(system: Wattline, token: Mapping[str, str], words: str) -> int:
    return say_once(token, topics.msg("c-42"), text(f"m-{words}", words))


def wait_for(data: Path, *words: str) -> None:
    with Store.open(config.load({"WATTLINE_DATA": str(data)})) as store:

        def stored() -> list[tuple[int, str]]:
            return [(one["seq"], one["text"]) for one in store.log.page("c-42").entries if one["kind"] == "text"]

        wait_until(lambda: [text for _, text in stored()] == list(words), 30, stored)
        assert [seq for seq, _ in stored()] == list(range(2, 2 + len(words)))  # 1 is `opened`


@pytest.mark.timeout(240)  # four starts: over 120 s at a load of 13 on two cores
def test_move_to_rabbitmq_and_back(tmp_path: Path) -> None:
    """The typed steps, and the way back, keep the conversation and devices' passwords; scripts need new credentials."""
    data = tmp_path / "data"
    check, render, give = steps()
    with Wattline(data, settings=MOSQUITTO, at_once=True) as old:
        wait_until(lambda: old.log().count("Portal:") == 1, 60, old.log)
        device = json.loads(old.cli("device", "add", "d-plug", "--client", "c-42", "--topic", "tele/plug/SENSOR"))
        before = old.token("c-42")
        assert say(old, before, "before") == 0
        wait_for(data, "before")
        assert "FAILED" not in types(data, check, tmp_path, MOSQUITTO)
    settings = dict[str, str]()

    def write(directory: Path, chosen: Ports) -> Path:
        settings.update(settings_of(chosen))
        typed = {
            name: value for name, value in settings.items() if name not in ("WATTLINE_BROKER", "WATTLINE_MQTT_HOST")
        }
        types(data, render, directory, typed)  # the step sets the other two
        return directory / "rabbitmq" / "rabbitmq-env.conf"

    with RabbitMQ(write) as rabbit, Wattline(data, settings=settings, at_once=True) as new:
        wait_until(lambda: new.log().count("Portal:") == 2, 60, new.log)
        said = types(data, give.replace("c-script", "c-42"), tmp_path, settings)
        assert "FAILED" not in said
        token = json.loads(said.splitlines()[-1])
        assert say(new, before | {"url": token["url"]}, "refused") != 0
        assert say(new, token, "after") == 0
        wait_for(data, "before", "after")
        peer = MqttPeer(rabbit.port, "d-plug", device["password"])
        assert peer.accepted
        peer.close()
    with Wattline(data, settings=MOSQUITTO, at_once=True) as back:
        wait_until(lambda: back.log().count("Portal:") == 3, 60, back.log)
        assert say(back, back.token("c-42"), "back") == 0
        wait_for(data, "before", "after", "back")
