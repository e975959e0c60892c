"""A Tasmota and two Shellys from their CONNECT to the display, with the real bridge, on each broker."""

import json

import pytest

from chat_core.contract import topics
from tests.conformance import frames
from tests.conformance.brokers import SignIn
from tests.conformance.firmware import VECTORS, FirmwareDevice, expect
from tests.conformance.frames import PUBLISH, SUBACK, RawClient, TcpPipe
from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.real.wattline import read_ports, run_cli
from tests.waiting import wait_until

system = system_fixture("embedded", "mosquitto", "rabbitmq")


def _add(system: BridgeSystem, client: str, device: FirmwareDevice) -> SignIn:
    options = [part for topic, form in device.forms.items() for part in (f"--{form.replace('json', 'topic')}", topic)]
    added = ("device", "add", f"d-{device.name}", "--client", client, "--meter", "m-plug", *options)
    printed = json.loads(run_cli(system.data, *added, settings=system.settings))
    return SignIn(printed["username"], printed["password"], printed["client_id"])


@pytest.mark.parametrize("written", VECTORS["devices"], ids=lambda written: written["kind"].partition(" (")[0])
def test_from_connect_to_display(system: BridgeSystem, written: dict[str, object]) -> None:
    """The firmware's sequence is taken whole; its readings go live and its display's number comes back."""
    client = system.new_client()
    device = FirmwareDevice(written, f"plug{client[2:]}")
    who, unread = _add(system, client, device), topics.display_unread(client)
    port = system.config.mqtt_port or read_ports(system.data)["mqtt"]
    ana = system.person("a-ana")
    with system.wire(client, topics.reading(client)) as screen, RawClient(TcpPipe("127.0.0.1", port)) as plug:
        device.connect(plug, who)

        def is_read() -> bool:
            device.speak(plug, who.client_id)  # again: the bridge may not have heard of its topics yet
            return written["reads"] in [told["w"] for told in screen.on(topics.reading(client))]

        wait_until(is_read, 15)
        plug.send(frames.subscribe(unread))
        assert expect(plug, SUBACK).body[2:] == b"\x01"
        ana.wait_stored(ana.say("It was the heater.", client))
        shown = b""
        while shown != b"1":
            frame = expect(plug, PUBLISH)
            assert frame.topic == unread
            if frame.qos:
                plug.send(frames.puback(frame.packet_id))
            shown = frame.payload
        plug.send(frames.DISCONNECT)
    system.send_home()
