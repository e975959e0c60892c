"""The discovery messages of examples/homeassistant, held to what Home Assistant documents of MQTT discovery."""

import json
import re

from tests.real.parts import REPOSITORY

# https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery and the page of each component
COMMON = {
    "name",
    "unique_id",
    "device",
    "icon",
    "qos",
    "availability_topic",
    "payload_available",
    "payload_not_available",
}
OF_COMPONENT = {
    "sensor": {"state_topic", "value_template", "json_attributes_topic", "device_class", "state_class", "expire_after",
               "unit_of_measurement", "suggested_display_precision"},
    "button": {"command_topic", "payload_press"},
    "notify": {"command_topic"},
}  # fmt: skip
NEEDED = {"sensor": "state_topic", "button": "command_topic", "notify": "command_topic"}
CONFIGS = json.loads((REPOSITORY / "examples/homeassistant/discovery.json").read_text())


def test_messages_follow_the_documents() -> None:
    """Each topic is `homeassistant/<component>/<node>/<object>/config`, each key one of its component, each id once."""
    for topic, config in CONFIGS.items():
        found = re.fullmatch(r"homeassistant/(\w+)/[\w-]+/[\w-]+/config", topic)
        assert found, topic
        assert config.keys() <= COMMON | OF_COMPONENT[found[1]] and NEEDED[found[1]] in config
    assert len({config["unique_id"] for config in CONFIGS.values()}) == len(CONFIGS)


def test_the_energy_dashboard_takes_the_meter() -> None:
    """
    The meter's energy is a total in kWh that only rises, its power is a measurement in W; both end without readings.

    Source: developers.home-assistant.io, Sensor entity: device classes, state classes, long-term statistics.
    """
    energy, power = (each for topic, each in CONFIGS.items() if "METER" in topic)
    told = [(each["device_class"], each["state_class"], each["unit_of_measurement"]) for each in (energy, power)]
    assert told == [("energy", "total_increasing", "kWh"), ("power", "measurement", "W")]
    assert all(each["state_topic"] == "meter/CLIENT/METER/reading" and each["expire_after"] for each in (energy, power))


def test_the_talk_is_unavailable_without_the_link() -> None:
    """Entities of the talk are unavailable while the home's broker is not connected; the meter's are not."""
    for topic, config in CONFIGS.items():
        assert ("METER" in topic) is (config.get("availability_topic") != "wattline/CLIENT/linked")
