"""Of several slots each message has one that handles it."""

import json

import pytest

from bridge.meters import Mapped
from bridge.mqtt.link import Arrived
from bridge.pipeline.other_slots import OtherSlots
from chat_core.contract import topics
from chat_core.contract.payloads import DeskNotice, encode
from chat_core.contract.shards import Slot

CLIENTS = [f"c-{n}" for n in range(30)]
NATIVE = {f"shellies/{client}/emeter": Mapped(client, "m", "wh") for client in CLIENTS}


def handled_by(topic: str, payload: bytes = b"{}", of: int = 3, *, retained: bool = False) -> list[int]:
    arrived = Arrived(topic, payload, 1, retained, 1, 1)
    return [n for n in range(of) if not OtherSlots(Slot.even(n, of)).handle(arrived, NATIVE)]


def command(client: str, **more: object) -> bytes:
    return json.dumps({"id": "k", "do": "resolve", "client": client, **more}).encode()


def test_what_names_a_client() -> None:
    """All that names a client is handled by one slot, the same for a client's topics; all slots have some."""
    found = set()
    for client in CLIENTS:
        (own,) = handled_by(topics.msg(client))
        found.add(own)
        for topic, payload in (
            (topics.msg(client, "a-ana"), b"{}"),
            (topics.typing(client), b"{}"),
            (topics.read(client, "a-ana"), b"{}"),
            (topics.presence(client), b"{}"),
            (topics.display_ack(client), b"seen"),
            (topics.meter_reading(client, "main"), b"{}"),
            (f"shellies/{client}/emeter", b"1"),
            (f"support/{client}/unknown", b""),
            (topics.desk_do("a-ana"), command(client)),
        ):
            assert handled_by(topic, payload) == [own], topic
    assert found == {0, 1, 2}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (topics.desk_presence("a-ana"), b"{}"),
        (topics.outage("iasi"), b"{}"),
        (topics.desk_do("a-ana"), b"no JSON"),
        (topics.desk_do("a-ana"), b'{"id": "k", "do": "notice", "areas": ["iasi"], "text": {"en": "x"}}'),
        (topics.DESK_ECHO, b"no JSON"),
        (topics.DESK_ECHO, b'{"probe": "p"}'),
        (topics.DESK_ECHO, b'{"slot": 2, "roll": true}'),
        ("elsewhere/x", b""),
    ],
)
def test_what_names_none(topic: str, payload: bytes) -> None:
    """Slot 0 handles what names no client, also what cannot be read, and another slot's wish for a roll."""
    assert handled_by(topic, payload) == [0]


def test_echoes_come_back_to_their_slot() -> None:
    """A slot handles its own probe and fence."""
    assert handled_by(topics.DESK_ECHO, b'{"slot": 2, "probe": "p"}') == [2]


def test_rolls_of_the_desk() -> None:
    """A live notice with another name than before is a new roll; a retained or a repeated one is none."""
    others, rolls = OtherSlots(Slot.even(1, 2)), []
    for name, retained in (("r1", True), ("r1", False), ("r2", False), ("r3", True), ("r3", False), ("r4", False)):
        notice = encode(DeskNotice(open=True, online=0, agents=[], next=None, roll=name))
        assert others.handle(Arrived(topics.NOTICE_DESK, notice, 1, retained, 1, 1), {})
        rolls.append(others.roll)
    assert rolls == ["", "", "r2", "r2", "r2", "r4"]
    assert others.handle(Arrived(topics.NOTICE_DESK, b"no JSON", 1, False, 1, 1), {})
