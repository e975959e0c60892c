"""A device's firmware rights, derived from the topics that it was given."""

import pytest

from chat_core.contract import policy
from chat_core.contract.policy import Action, Identity
from chat_core.domain import firmware
from tests.conformance.firmware import VECTORS, FirmwareDevice, devices

NAME = "hall"


@pytest.mark.parametrize("device", devices(NAME), ids=lambda device: device.written["kind"])
def test_all_that_it_does(device: FirmwareDevice) -> None:
    """Each step of the sequences is its firmware's, or one of its own topics, and never the policy's."""
    identity = Identity("d-1", "c-1", tuple(device.forms))
    for action, topic, *_ in [["publish", device.will_topic], *device.written["steps"]]:
        filled = topic.replace("{name}", NAME).replace("{id}", "d-1:x")
        if action == "subscribe":
            assert firmware.hears(identity, filled), filled
            assert not policy.allows(identity, Action.SUBSCRIBE, filled)
        elif filled not in device.forms:
            assert firmware.publishes(identity, filled), filled
            assert not policy.allows(identity, Action.PUBLISH, filled)


@pytest.mark.parametrize("device", devices(NAME), ids=lambda device: device.written["kind"])
def test_its_kind(device: FirmwareDevice) -> None:
    """A Tasmota and the Shellys of both generations are known by their topics."""
    assert firmware.find_kind(device.forms) == device.written["kind"].split()[0].lower()
    assert firmware.find_kind(["main/energy"]) is None


def test_nothing_that_it_hears_is_said_by_another() -> None:
    """No topic that one device's firmware publishes is heard by another device's, whatever its kind."""
    ours = [Identity("d-1", "c-1", tuple(one.forms)) for one in devices("one")]
    theirs = [Identity("d-2", "c-2", tuple(one.forms)) for one in devices("two")]
    heard = [f for one in theirs for each in firmware.firmwares_of(one) for f in each.hears]
    for one in ours:
        for published in [f for each in firmware.firmwares_of(one) for f in each.publishes]:
            assert not [f for f in heard if _may_meet(f.split("/"), published.split("/"))], published


def _may_meet(first: list[str], second: list[str]) -> bool:
    if "#" in (first[:1] + second[:1]) or not (first or second):
        return True
    if not first or not second or (first[0] != second[0] and "+" not in (first[0], second[0])):
        return False
    return _may_meet(first[1:], second[1:])


@pytest.mark.parametrize(
    "topic",
    [
        "tele/tasmotas/SENSOR",
        "tele/x_fb/SENSOR",
        "tele/plug",
        "tele/plug/x/SENSOR",
        "shellies/announce",
        "shellies/command/x",
        "zigbee2mqtt/plug",
        "esp/sensor/power/state",
        "status/em:0",
        "x/status/em",
        "cmnd/status/em:0",
        "stat/status/em:0",
    ],
)
def test_no_firmware(topic: str) -> None:
    """Of groups, of other forms, and of what nobody knows there is no firmware, and nothing is let in for it."""
    assert firmware.find_firmware(topic) is None


def test_devices_alone() -> None:
    """Nobody but a device has firmware, not even a service that hears all devices' topics."""
    own = ("tele/hall/SENSOR", "shellies/em/emeter/0/power")
    assert firmware.roots_of(own) == {"tele/hall", "shellies/em"}
    assert firmware.firmwares_of(Identity("s-bridge", topics=own)) == ()
    device = Identity("d-1", "c-1", own)
    assert firmware.connects_as(device, "em") and not firmware.connects_as(device, "hall")
    assert not firmware.publishes(device, "tele/hall/#") and not firmware.hears(device, "cmnd/#/x")


def test_vectors_are_the_matrix() -> None:
    """Of the vectors' topics and filters the device of the matrix has exactly those that stand there."""
    hall = Identity("d-hall", "c-42", ("tele/hall/SENSOR",))
    assert [one for one in VECTORS["topics"] if firmware.publishes(hall, one)] == VECTORS["taken"]
    assert [one for one in VECTORS["filters"] if firmware.hears(hall, one)] == VECTORS["granted"]
