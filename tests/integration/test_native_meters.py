"""Meters whose firmware speaks on topics of its own, on two brokers."""

import secrets
from dataclasses import replace

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.ids import new_client_id
from chat_core.domain.firmware import NATIVE_METERS
from chat_core.runtime import brokers
from tests.integration.bridge_system import BarePeer, BridgeSystem, system_fixture
from tests.waiting import wait_until

PASSWORD = "a-password-of-a-device"


system = system_fixture("embedded", "mosquitto")


def test_native_topics_are_read_from_the_moment_they_are_mapped(system: BridgeSystem) -> None:
    """A Tasmota and an ESPHome on their own topics are the client's meter, at once, and nobody else can speak there."""
    client = system.new_client()
    forms = {"tele/plug/SENSOR": "json", "esp/sensor/total/state": "kwh", "esp/sensor/power/state": "w"}
    registry = system.store.registry
    registry.devices.add("d-plug", client, list(forms), brokers.device_hashes(PASSWORD, bytes(16)))
    registry.devices.add("d-other", "c-43", ["tele/other/SENSOR"], brokers.device_hashes(PASSWORD, bytes(16)))
    registry.settings.put(NATIVE_METERS, {"d-plug": {"meter": "m-plug", "forms": forms}})
    registry.changes.announce(ChangeKind.DEVICES, {"device": "d-plug", "client": client}, 1)
    sensor = {"Time": "2026-01-01T00:00:00", "ENERGY": {"Total": 12.5, "Power": 300}}
    with system.wire(client, topics.reading(client)) as screen:

        def live() -> list[int]:
            return [told["w"] for told in screen.on(topics.reading(client))]

        wait_until(lambda: _says(system, "d-plug", "tele/plug/SENSOR", sensor) and 300 in live(), 15)
        _says(system, "d-plug", "esp/sensor/power/state", b"456.7")
        wait_until(lambda: 456 in live())
        _says(system, "d-plug", "esp/sensor/total/state", b"12.75")
        wait_until(lambda: (last := system.store.consumption.last_reading(client)) is not None and last.wh == 12_750)
        _says(system, "d-other", "tele/plug/SENSOR", {"ENERGY": {"Total": 99, "Power": 666}})
        _says(system, "d-other", "tele/other/SENSOR", {"ENERGY": {"Total": 99, "Power": 777}})
        _says(system, "d-plug", "tele/plug/SENSOR", {"ENERGY": {"Total": 13, "Power": 5}})
        wait_until(lambda: live()[-1] == 5)
        assert not {666, 777} & set(live())


def _says(system: BridgeSystem, device: str, topic: str, payload: bytes | dict) -> bool:
    login = replace(
        system.login("a-ana"),
        username=device,
        password=PASSWORD,
        client_id=new_client_id(device, secrets.token_bytes(16)),
    )
    try:
        with BarePeer(login, (topics.NOTICE_DESK,)) as wire:
            wire.publish(topic, payload)
    except (AssertionError, OSError):
        return False
    return True
