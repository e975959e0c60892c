"""A new device is given parts that are pasted, or saved as files, as they are."""

import json

import pytest
import yaml

from chat_core.runtime.brokers import BROKERS
from chat_core.runtime.device_setup import KINDS, Flash, topics_of, what_to_flash
from chat_core.runtime.tokens import Credentials
from tests.real.parts import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
CLIENT = "c-42"


def flash_of(kind: str) -> Flash:
    login = Credentials("d-one", "secret", "d-one:1", "mqtts://mqtt.example", "", 0, "")
    return what_to_flash(kind, CLIENT, login, BROKERS["embedded"], "", topics_of(kind, "d-one"), "Maria Pop")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_parts_hold_only_what_is_pasted(kind: str) -> None:
    """A part has no instruction and no placeholder; a whole file is the one of examples/. The login is told first."""
    flash = flash_of(kind)
    examples = {path.name: path.read_text() for path in EXAMPLES.rglob("*") if path.is_file()}
    assert flash.certificate == ""
    assert kind == "nodered" or "secret" in flash.parts[0].text  # its flow keeps user and password itself
    for part in flash.parts:
        if part.name in examples:
            assert part.text == examples[part.name]
            continue
        lines = part.text.splitlines()
        assert not [line for line in lines if line.startswith("# ") or "/CLIENT/" in line]
        assert not part.fields or lines == [f"{label}: {value}" for label, value in part.fields]


def test_tasmotas_rules_are_printed_and_filled_in() -> None:
    """The rules of examples/tasmota follow the first line, for the client and without comments."""
    flash = flash_of("tasmota")
    rules = (EXAMPLES / "tasmota" / "rules.txt").read_text().replace("CLIENT", CLIENT).splitlines()
    assert flash.parts[1].text.splitlines() == [line for line in rules if not line.startswith("#")]
    assert flash.parts[0].text + flash.parts[1].text in flash.printed


def test_home_assistant_is_given_its_discovery_messages_as_yaml() -> None:
    """The YAML for Home Assistant holds what the client's discovery messages hold, without the meter's."""
    given = yaml.safe_load(flash_of("homeassistant").parts[1].text)["mqtt"]
    found = (EXAMPLES / "homeassistant" / "discovery.json").read_text().replace("CLIENT", CLIENT)
    messages = {topic: config for topic, config in json.loads(found).items() if "METER" not in topic}
    assert given == [{topic.split("/")[1]: config} for topic, config in messages.items()]
