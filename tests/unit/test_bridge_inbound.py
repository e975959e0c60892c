"""Arrived messages, typed or parked."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.meters import read_meter
from bridge.pipeline.inbound import (
    Echo,
    Ignored,
    Passing,
    Press,
    Received,
    RetainedNotice,
    Stray,
    Unreadable,
    understand,
)
from chat_core.contract import topics
from chat_core.contract.errors import BadPayload
from chat_core.contract.payloads import AgentPresence, Command, Marker, Presence, Reading, Said

NOW_MS = 1_732_430_000_000
SAID = {"id": "m1", "kind": "text", "text": "hi", "sent": 1}


def heard(topic: str, payload: object, *, retained: bool = False) -> object:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return understand(topic, raw, retained=retained, now_ms=NOW_MS)


@pytest.mark.parametrize(
    ("topic", "payload", "sender", "kind"),
    [
        (topics.msg("c-42"), SAID, "c-42", Said),
        (topics.msg("c-42", "a-ana"), SAID, "a-ana", Said),
        (topics.msg("c-42", "b-rules"), SAID, "b-rules", Said),
        (topics.read("c-42"), {"delivered": 2, "read": 1}, "c-42", Marker),
        (topics.read("c-42", "a-ana"), {"delivered": 2, "read": 1}, "a-ana", Marker),
        (topics.presence("g-1"), {"online": True, "conn": "x"}, "g-1", Presence),
        (topics.desk_presence("a-ana"), {"state": "away", "conn": "x", "viewing": "c-42"}, "a-ana", AgentPresence),
        (topics.desk_do("a-ana"), {"id": "k", "do": "resolve", "client": "c-42"}, "a-ana", Command),
        (topics.meter_reading("c-42", "m-1"), {"at": NOW_MS, "wh": 2, "w": 3}, "c-42", Reading),
        (topics.display_ack("c-42"), b"seen", "c-42", Press),
        (topics.display_ack("c-42"), b'"call"\n', "c-42", Press),
        (topics.DESK_ECHO, {}, "", Echo),
    ],
)
def test_sender_is_the_topics(topic: str, payload: object, sender: str, kind: type) -> None:
    """Each topic gives its payload's type, and the sender that the broker verified."""
    found = heard(topic, payload)
    assert isinstance(found, Received)
    assert (found.sender, type(found.message)) == (sender, kind)


def test_sender_in_the_payload_is_ignored() -> None:
    """The topic names the sender, whatever the payload claims."""
    found = heard(topics.msg("c-42"), {**SAID, "from": "a-ana", "sender": "a-ana", "seq": 7})
    assert isinstance(found, Received)
    assert found.sender == "c-42"


def test_refusal_names_the_message_where_it_can() -> None:
    """A refused message is named by its id if that can be read, else by nothing."""
    long = heard(topics.msg("c-42"), {**SAID, "text": "x" * 4001})
    junk = heard(topics.msg("c-42"), b"\xff\x00")
    assert isinstance(long, Unreadable) and isinstance(junk, Unreadable)
    assert (long.refusal.id, long.why, long.sender) == ("m1", "too_long", "c-42")
    assert (junk.refusal.id, junk.why) == (None, "bad_json")


def test_notices_that_a_broker_retains() -> None:
    """A retained outage notice is looked at, a live one is the bridge's own."""
    topic = topics.outage("north")
    assert heard(topic, {"id": "n1", "text": None}, retained=True) == RetainedNotice(topic, "north")
    assert isinstance(heard(topic, b"", retained=False), Ignored)


def test_retained_is_never_a_message() -> None:
    """A retained message is stray, whatever it says."""
    assert heard(topics.msg("c-42"), SAID, retained=True) == Stray(topics.msg("c-42"))


def test_typing_passes() -> None:
    """Composing is no message that is stored."""
    assert isinstance(heard(topics.typing("c-42"), {"on": True}), Passing)


@pytest.mark.parametrize(
    "topic",
    ["support/c-42/msg/x/y", "support/a-ana/msg", "meter/c-42", "support/c-42/log", "\N{REPLACEMENT CHARACTER}"],
)
def test_foreign_topics_are_parked(topic: str) -> None:
    """A topic that does not parse exactly, or is not for the bridge to hear, is nobody's message."""
    found = heard(topic, SAID)
    assert isinstance(found, Unreadable)
    assert found.why == "bad_topic"


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [topics.msg("c-42"), topics.desk_do("a-ana"), topics.meter_reading("c-4", "m"), topics.read("c-1")]
    ),
)
def test_any_bytes_are_survived(payload: bytes, topic: str) -> None:
    """No payload whatsoever raises."""
    assert isinstance(heard(topic, payload), Received | Unreadable | Ignored)


@pytest.mark.parametrize(
    ("payload", "at", "wh", "w"),
    [
        ({"at": NOW_MS - 5, "wh": 10, "w": 3}, NOW_MS - 5, 10, 3),
        ({"at": NOW_MS, "wh": 10}, NOW_MS, 10, None),
        (
            {"Time": "2024-11-24T08:30:00+02:00", "ENERGY": {"Total": 12.345, "Power": 480}},
            NOW_MS - 200_000,
            12_345,
            480,
        ),
        ({"Time": "2024-11-24T10:00:00", "ENERGY": {"TotalStartTime": "x", "Total": 0.001}}, NOW_MS, 1, None),
    ],
)
def test_meters_speak_their_own_language(payload: dict[str, object], at: int, wh: int, w: int | None) -> None:
    """Our own reading and Tasmota's give whole Wh and W; without a time of known zone, now."""
    found = read_meter(json.dumps(payload).encode(), NOW_MS)
    assert found == Reading(at=at, wh=wh, w=w)


@pytest.mark.parametrize(
    "payload", [b"{}", b"7", b'{"ENERGY":{"Total":-1}}', b'{"ENERGY":{"Total":1e400}}', b'{"aenergy":{}}', b"nope"]
)
def test_other_meters_are_refused(payload: bytes) -> None:
    """An unknown meter's payload is refused, not guessed at."""
    with pytest.raises(BadPayload):
        read_meter(payload, NOW_MS)


@pytest.mark.parametrize(
    ("at", "stored_at"),
    [(NOW_MS, NOW_MS), (0, NOW_MS), (NOW_MS + 599_000, NOW_MS + 599_000), (NOW_MS - 10**10, NOW_MS - 10**10)],
)
def test_a_meter_with_a_clock_or_without(at: int, stored_at: int) -> None:
    """A meter's own time counts, a little ahead or years back; one without a clock says 0 and gets ours."""
    assert read_meter(json.dumps({"at": at, "wh": 5}).encode(), NOW_MS).at == stored_at


@pytest.mark.parametrize("at", [1, NOW_MS + 3_600_000, NOW_MS - 10**11, 2**53 - 1])
def test_a_meter_with_a_wrong_clock(at: int) -> None:
    """A time that cannot be is refused, or it would stand as the newest reading for ever."""
    with pytest.raises(BadPayload, match="clock") as refused:
        read_meter(json.dumps({"at": at, "wh": 5}).encode(), NOW_MS)
    assert refused.value.why == "clock"
