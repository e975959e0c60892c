"""Real firmware's connection sequences, as tests/vectors/firmware.json has them, spoken byte by byte."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance import frames
from tests.conformance.brokers import SignIn
from tests.conformance.frames import PUBACK, PUBLISH, SUBACK, Frame, GivenWill, RawClient

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "vectors" / "firmware.json").read_text("utf-8"))


@dataclass(frozen=True)
class FirmwareDevice:
    """One device of the vectors, with the name that its owner gave it."""

    written: dict[str, Any]
    name: str

    def _fill(self, text: Any, client_id: str = "") -> bytes:
        filled = text if isinstance(text, str) else json.dumps(text)
        return filled.replace("{name}", self.name).replace("{id}", client_id).encode()

    @property
    def forms(self) -> dict[str, str]:
        return {self._fill(topic).decode(): form for topic, form in self.written["topics"].items()}

    @property
    def will_topic(self) -> str:
        return self._fill(self.written["will"][0]).decode()

    def connect(self, client: RawClient, who: SignIn) -> None:
        """Sign in and do everything that the firmware does by itself; each step is answered as it must be."""
        fixed = self.written["client_id"]
        client_id = self._fill(fixed).decode() if fixed else who.client_id
        topic, payload, qos, retained = self.written["will"]
        will = GivenWill(self._fill(topic).decode(), self._fill(payload), qos, retained)
        keep_alive_s = self.written["keep_alive_s"]
        client.sign_in(frames.connect(client_id, who.username, who.password, keep_alive_s=keep_alive_s, will=will))
        self.speak(client, client_id)

    def speak(self, client: RawClient, client_id: str) -> None:
        for number, (action, topic, *more) in enumerate(self.written["steps"], start=1):
            filled = self._fill(topic, client_id).decode()
            if action == "subscribe":
                client.send(frames.subscribe(filled, qos=more[0], packet_id=number))
                assert expect(client, SUBACK).body[2:] == bytes(more), filled
                continue
            payload, qos, retained = more
            said = self._fill(payload, client_id)
            client.send(frames.publish(filled, said, qos=qos, packet_id=number, retain=retained))
            if qos:
                expect(client, PUBACK)


def expect(client: RawClient, kind: int) -> Frame:
    """The next packet of this kind, after what a Tasmota asks of itself: its own POWER."""
    while True:
        frame = client.next()
        assert frame is not None, f"no packet of kind {kind}"
        if frame.kind != PUBLISH or not frame.topic.startswith("cmnd/"):
            assert frame.kind == kind, frame
            return frame


def devices(name: str) -> list[FirmwareDevice]:
    return [FirmwareDevice(written, name) for written in VECTORS["devices"]]
