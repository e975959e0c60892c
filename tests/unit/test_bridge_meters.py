"""Payloads that devices really send, and their native topics."""

import pytest

from bridge.meters import Mapped, Power, mapped_topics, read_mapped
from bridge.pipeline.inbound import IGNORED, Received, Unreadable, understand_native
from chat_core.contract.errors import BadPayload
from chat_core.contract.payloads import Reading
from chat_core.store.results import Device
from tests.unit.vectors import load

NOW_MS = 1_732_430_000_000
CASES = load("meters")["cases"]
PLUG = Mapped("c-42", "m-plug", "json")
PAYLOAD = b'{"apower":10.7,"aenergy":{"total":46791.262}}'


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['topic']}: {case['payload'][:24]}")
def test_recorded_payloads(case: dict) -> None:
    """Each recorded form is read as its source says; what is none of them is refused, not guessed at."""
    mapped = Mapped("c-42", "m-1", case["form"])
    if case.get("bad"):
        with pytest.raises(BadPayload):
            read_mapped(mapped, case["payload"].encode(), NOW_MS)
        return
    found = read_mapped(mapped, case["payload"].encode(), NOW_MS)
    if "wh" in case:
        assert isinstance(found, Reading) and found.wh == case["wh"]
    else:
        assert isinstance(found, Power)
    assert (found.w, found.at) == (case.get("w"), case.get("at", NOW_MS))


def test_a_native_topic_is_the_meters() -> None:
    """A mapped topic is that meter's; a retained message is ignored, a bad one parked as the client's."""
    heard = understand_native("shelly/status/switch:0", PLUG, PAYLOAD, retained=False, now_ms=NOW_MS)
    assert isinstance(heard, Received)
    assert (heard.sender, heard.address.client, heard.address.meter) == ("c-42", "c-42", "m-plug")
    assert understand_native("shelly/x", PLUG, PAYLOAD, retained=True, now_ms=NOW_MS) == IGNORED
    parked = understand_native("shelly/x", PLUG, b"[", retained=False, now_ms=NOW_MS)
    assert isinstance(parked, Unreadable) and (parked.client, parked.topic) == ("c-42", "shelly/x")


def test_only_granted_topics_of_living_devices_are_read() -> None:
    """A mapping holds for what its device may publish, while it is let in; nonsense in the setting is nothing."""
    alive = Device("d-1", "c-1", ("tele/a/SENSOR", "tele/b/SENSOR"), {}, disabled=False)
    gone = Device("d-2", "c-2", ("tele/c/SENSOR",), {}, disabled=True)
    setting = {
        "d-1": {"meter": "m-1", "forms": {"tele/a/SENSOR": "json", "tele/x/SENSOR": "json"}},
        "d-2": {"meter": "m-2", "forms": {"tele/c/SENSOR": "json"}},
        "d-3": {"meter": "m-3", "forms": {"tele/d/SENSOR": "json"}},
    }
    assert mapped_topics(setting, [alive, gone]) == {"tele/a/SENSOR": Mapped("c-1", "m-1", "json")}
    assert mapped_topics(None, [alive]) == {}
