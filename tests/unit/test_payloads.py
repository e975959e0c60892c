"""The catalogue of messages: decode, encode, refuse."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chat_core.contract import fast_payloads, payloads
from chat_core.contract.errors import BadPayload
from chat_core.contract.payloads import Entry, EventKind, Payload, Refusal, Said, SaidKind
from tests.unit import vectors

CASES = vectors.load("payloads")["cases"]


def wire_of(case: dict[str, Any]) -> bytes:
    if "make" in case:
        unit, times = case["make"]["repeat"]
        return (case["make"]["before"] + unit * times + case["make"]["after"]).encode("utf-8")
    return str(case["json"]).encode("utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['type']}: {case['promise']}")
def test_the_shared_cases(case: dict[str, Any]) -> None:
    """A payload of the contract decodes; any other is refused with its code, and nothing else is raised."""
    kind: type[Payload] = getattr(payloads, case["type"])
    if case.get("ok"):
        decoded = payloads.decode(kind, wire_of(case))
        assert payloads.decode(kind, payloads.encode(decoded)) == decoded
        return
    with pytest.raises(BadPayload) as refused:
        payloads.decode(kind, wire_of(case))
    assert refused.value.why == case["why"]
    assert refused.value.text


@pytest.mark.parametrize("case", [case for case in CASES if case.get("ok")], ids=vectors.promise_of)
def test_fast_ways_are_pydantics(case: dict[str, Any]) -> None:
    """The fast ways to decode, encode and make a payload give what pydantic's own methods give."""
    kind: type[Payload] = getattr(payloads, case["type"])
    plain = kind.model_validate_json(wire_of(case), extra="ignore")
    assert fast_payloads.from_json(kind, wire_of(case)) == plain
    assert fast_payloads.to_json(plain) == plain.model_dump_json().encode()
    if any(field.default_factory for field in kind.model_fields.values()):
        return  # never made so
    given_fields = {name: getattr(plain, name) for name in plain.model_fields_set}
    made = fast_payloads.construct(kind, given_fields)
    assert (made, made.model_fields_set) == (plain, plain.model_fields_set)
    assert fast_payloads.to_json(made) == fast_payloads.to_json(plain)


@given(st.binary(max_size=200))
def test_no_bytes_crash_a_reader(wire: bytes) -> None:
    """Any bytes are a payload or a BadPayload, for every type of the catalogue."""
    for kind in Payload.__subclasses__():
        try:
            payloads.decode(kind, wire)
        except BadPayload as fault:
            assert fault.why


def test_bytes_that_are_not_utf8_are_refused() -> None:
    """Broken UTF-8 is bad JSON, not mended text."""
    with pytest.raises(BadPayload) as refused:
        payloads.decode(Said, b'{"id":"a","kind":"text","text":"\xff\xfe","sent":1}')
    assert refused.value.why == "bad_json"


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=300)


@given(TEXTS, st.integers(0, 2**53 - 1))
def test_any_text_comes_back_as_it_was_said(text: str, sent: int) -> None:
    """Every script, emoji and newline survives the wire unchanged."""
    said = Said(id="a", kind=SaidKind.TEXT, text=text, sent=sent)
    assert payloads.decode(Said, payloads.encode(said)) == said


def test_no_reader_keeps_what_it_read() -> None:
    """Two messages with the same words share none: nothing of what was read is kept aside for the next one."""
    wire = b'{"id":"01JD","kind":"text","text":"the same words","sent":1}'
    one, other = payloads.decode(Said, wire), payloads.decode(Said, wire)
    assert one == other
    assert one.text is not other.text and one.id is not other.id


def test_the_wire_uses_the_contracts_names() -> None:
    """An entry says `from`, leaves out what it does not have, and a refusal says null for an unknown id."""
    entry = Entry(seq=17, id="01JD", sender="c-42", at=5, kind=SaidKind.TEXT, text="x")
    assert json.loads(payloads.encode(entry)) == {
        "seq": 17,
        "id": "01JD",
        "from": "c-42",
        "at": 5,
        "kind": "text",
        "text": "x",
    }
    assert json.loads(payloads.encode(Refusal(id=None, why="bad_json", text="No."))) == {
        "id": None,
        "why": "bad_json",
        "text": "No.",
    }


def test_what_is_sent_is_strict() -> None:
    """An unknown field in our own code is an error, although a reader would ignore it."""
    with pytest.raises(ValidationError):
        Entry(seq=1, id="e-1", sender="c-42", at=1, kind=EventKind.OPENED, colour="red")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        *((str(case["json"]).encode(), case["id"]) for case in vectors.load("payloads")["named"]),
        (b'{"id":"01JD","text":"\xff"}', "01JD"),
        (b'\xef\xbb\xbf{"id":"01JD"}', "01JD"),
        (b'{"id":"a"' + b" " * 70_000 + b"}", None),
        (b"[" * 10_000, None),
        (b'{"id":' * 5_000, None),
    ],
)
def test_a_refused_message_is_named_where_it_can_be(wire: bytes, expected: str | None) -> None:
    """The refusal carries the sender's own id whenever it can be read, so that the sender can mark the message."""
    assert payloads.find_id(wire) == expected
