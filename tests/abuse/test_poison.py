"""
Extreme values in every field of a payload: each is stored or refused by its form and causes no fault, on both databases
and in the search index.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest

from bridge.meters import Mapped
from chat_core.contract import topics
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, opened, take_in_all
from tests.integration.writer_bench import WriterBench

AGENT: Final = "a-ana"
SAY, REPLY, ORDER = topics.msg("c-42"), topics.msg("c-42", AGENT), topics.desk_do(AGENT)
FAR: Final = 2**53 - 1
# Written as JSON escapes: a script can send them, valid text or not.
TEXTS: Final = (
    "\x00",
    "a\x00b",
    "\x01\x7f\x85",
    "\ud800",
    "\udfff\ud800",
    "\u2028\ufeff\ufffe\uffff\U0010ffff\U0001fffe",
    "\u200e\u202e",
    "\ufdfa" * 4_000,  # 18 characters each, decomposed
    "\U0001f600" * 4_000,
    "\u0345" * 4_000,
    "ﬃ" * 4_000,
    "ș" * 4_000,
    "a" * 4_000,
    "\\" * 4_000,
    '"' * 4_000,
    "\t" * 4_000,
    "\n",
    "' OR 1; -- %s $1 ? \\N \\. \\x00",
    " ".join(chr(0x4E00 + n) for n in range(2_000)),
    " ".join(chr(0x20000 + n) for n in range(2_000)),
)
NUMBERS: Final = (0, -1, 1, 2**31, FAR, FAR + 1, 2**63, 2**64, 10**300, 0.5, 1e400, float("nan"))
RAW: Final = (
    b"",
    b"1" * 60_000,
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"id":"deep","kind":"text","text":"x","sent":1,"z":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"id":"n1","kind":"text","text":"\xed\xa0\x80","sent":1}',
    b'{"id":"a\\u0000","kind":"text","text":"x","sent":1}',
    b'{"id":"a\\n","kind":"text","text":"x","sent":1}',
    b'{"id":"n5","kind":"text","text":"x","sent":' + b"1" * 4_000 + b"}",
)
METERS: Final = (
    '{"ENERGY":{"Total":1e12,"Power":1e9}}',
    '{"ENERGY":{"Total":1e999999999}}',
    '{"ENERGY":{"Total":"1e9999999"}}',
    '{"ENERGY":{"Total":"sNaN"}}',
    '{"ENERGY":{"Total":"1e-99999999999999","Power":"-0"}}',
    '{"Time":"0001-01-01T00:00:00+14:00","ENERGY":{"Total":1}}',
    '{"Time":"9999-12-31T23:59:59-14:00","ENERGY":{"Total":1}}',
    '{"Time":1e18,"ENERGY":{"Total":1}}',
    '{"electricity_delivered_1":1e12,"electricity_delivered_2":1e12,"electricity_currently_returned":-1e9}',
    "1e9999999",
    "-1e9999999",
    "sNaN",
    "1e-9999999",
    "1e99999999999999999999",
    "1_0",
)
FORMS: Final = ("json", "kwh", "wh", "kw", "w")


def words(text: str, n: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a message for every field that holds a text."""
    yield SAY, {"id": f"s{n}", "kind": "text", "text": text, "sent": 1}
    yield REPLY, {"id": f"r{n}", "kind": "text", "text": "x", "replies": [text[:40]], "sent": 1}
    yield SAY, {"id": f"f{n}", "kind": "file", "file": {"file": "f", "name": text[:200], "type": "t", "size": 1}}
    yield SAY, {"id": text[:36], "kind": "text", "text": "x", "sent": 1}
    yield ORDER, {"id": f"n{n}", "do": "note", "client": "c-42", "text": text}
    yield ORDER, {"id": f"t{n}", "do": "tag", "client": "c-42", "add": [text[:32]], "remove": ["x", text[1:33]]}
    yield ORDER, {"id": f"u{n}", "do": "tag", "client": "c-42", "remove": [text[:32]]}
    yield ORDER, {"id": f"o{n}", "do": "notice", "areas": ["north"], "text": {"en": text, "ro": text}}
    yield ORDER, {"id": f"e{n}", "do": "edit", "client": "c-42", "of": 3, "text": text}
    yield ORDER, {"id": f"d{n}", "do": "resolve", "client": "c-42"}
    yield SAY, {"id": f"g{n}", "kind": "rating", "rating": {"score": 5, "text": text}, "sent": 1}


def numbers(number: float, n: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a message for every field that holds a number."""
    yield SAY, {"id": f"ns{n}", "kind": "text", "text": "x", "sent": number}
    yield SAY, {"id": f"nc{n}", "kind": "card", "card": {"meter": "m-1", "from": 0, "to": number}, "sent": 1}
    yield SAY, {"id": f"nf{n}", "kind": "file", "file": {"file": "f", "name": "n", "type": "t", "size": number}}
    yield SAY, {"id": f"nr{n}", "kind": "rating", "rating": {"score": number}, "sent": 1}
    yield topics.read("c-42"), {"delivered": number, "read": number}
    yield topics.read("c-42", AGENT), {"delivered": number, "read": 1}
    for do in ("edit", "delete"):
        yield ORDER, {"id": f"n{do}{n}", "do": do, "client": "c-42", "of": number, "text": "x"}
    yield ORDER, {"id": f"nz{n}", "do": "snooze", "client": "c-42", "until": number}
    now_ms = time.time_ns() // 1_000_000
    for at in (0, 1, now_ms - 1_000 - n, number):
        yield topics.meter_reading("c-42", "m-1"), {"at": at, "wh": number, "w": number, "tamper": True}
        yield topics.meter_reading("c-42", "m-2"), {"at": at, "wh": number}


def everything() -> Iterator[tuple[str, bytes]]:
    """Yield all messages as they are on the wire."""
    for n, text in enumerate(TEXTS):
        yield from ((topic, json.dumps(payload).encode()) for topic, payload in words(text, n))
    for n, number in enumerate(NUMBERS):
        yield from ((topic, json.dumps(payload).encode()) for topic, payload in numbers(number, n))
    for raw in (*RAW, *(payload.encode() for payload in METERS)):
        for topic in (SAY, ORDER, topics.read("c-42"), topics.presence("c-42"), topics.desk_presence(AGENT)):
            yield topic, raw
        yield topics.display_ack("c-42"), raw
        yield topics.meter_reading("c-42", "m-3"), raw
        yield from ((f"native/{form}", raw) for form in FORMS)
    yield from ((topic, b"{}") for topic in ("x", "support/\ufffd/msg", "support/c-42/msg/\x00", "a/" * 30_000))


@pytest.fixture
def store(place: StoreUnderTest) -> Iterator[Store]:
    with opened(place) as made:
        made.registry.ensure_client("c-42", name="Maria")
        made.registry.add_agent(AGENT, "Ana", admin=True)
        yield made


def test_nothing_is_a_fault_of_ours(store: Store) -> None:
    """Each message is stored or refused with its reason; all are acknowledged, and stored texts can be found."""
    desk = WriterBench(store)
    desk.writer.native = {f"native/{form}": Mapped("c-42", "m-4", form) for form in FORMS}
    desk.writer.write([desk.arrived(json.dumps({"id": "m1", "kind": "text", "text": "x", "sent": 1}).encode())])
    desk.writer.write([desk.arrived(json.dumps({"id": "m3", "kind": "text", "text": "x", "sent": 1}).encode(), REPLY)])
    batch = [desk.arrived(payload, topic) for topic, payload in everything()]
    for start in range(0, len(batch), 100):
        desk.writer.write(batch[start : start + 100])
        take_in_all(store)
    ours = [(parked.topic, parked.payload[:80]) for parked in store.bridge.parked(10_000) if parked.why == "internal"]
    assert ours == []
    assert [what for kind, what in desk.line.sent if kind == "ack"] == [str(n + 1) for n in range(len(batch) + 2)]
    entries = store.log.page("c-42", limit=1_000).entries
    assert len(entries) > len(TEXTS) and [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
