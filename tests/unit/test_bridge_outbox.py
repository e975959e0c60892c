"""The sender's outbox, held to the cases that the browser's is held to."""

from typing import Any

import pytest

from bridge.participant.outbox import LONGEST_PAUSE_MS, SILENCE_MS, Outbox, pause_ms
from chat_core.contract.payloads import Refusal, Said, SaidKind
from tests.unit.vectors import load

ME = "c-42"
VECTORS = load("outbox")


def said(id: str) -> Said:
    return Said(id=id, kind=SaidKind.TEXT, text="x", sent=1)


def play(outbox: Outbox, step: dict[str, Any]) -> list[str]:
    now_ms = step["at"]
    match step:
        case {"say": id}:
            out = outbox.write(said(id), now_ms)
        case {"entry": entry}:
            out = outbox.stored(entry["id"], now_ms) if entry["from"] == ME else []
        case {"refusal": refusal}:
            out = outbox.refused(Refusal.model_validate({"text": "No.", **refusal}), now_ms)
        case {"down": True}:
            outbox.down(now_ms)
            out = []
        case {"roll": True}:
            out = outbox.rolled(now_ms)
        case {"up": True}:
            out = outbox.up(now_ms)
        case _:
            out = outbox.tick(now_ms)
    return [message.id for message in out]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["promise"])
def test_outbox_cases(case: dict[str, Any]) -> None:
    """Every shared case of the outbox holds for the Python sender too."""
    outbox = Outbox(online=case.get("start") != "down")
    for step in case["steps"]:
        published = play(outbox, step)
        expected = step["expect"]
        assert published == expected["pub"], step
        assert list(outbox.pending) == expected["pending"], step
        if "failed" in expected:
            assert list(outbox.failed) == expected["failed"], step


def test_pauses_grow_and_end() -> None:
    """3 s, then doubling with jitter, never beyond a minute and a quarter."""
    assert pause_ms(1, 1.0) == SILENCE_MS
    assert [pause_ms(n, 0) for n in (2, 3, 4, 5, 6, 9)] == [
        6_000,
        12_000,
        24_000,
        48_000,
        LONGEST_PAUSE_MS,
        LONGEST_PAUSE_MS,
    ]
    assert pause_ms(9, 1.0) == 75_000


def test_wider_window_sends_ahead_in_order() -> None:
    """A bulk sender has as many in flight as its window, in the order of writing."""
    outbox = Outbox(window=3)
    for id in ("m1", "m2", "m3", "m4"):
        assert outbox.write(said(id), 0) == []
    assert [message.id for message in outbox.up(1)] == ["m1", "m2", "m3"]
    assert [message.id for message in outbox.stored("m2", 2)] == ["m4"]
    assert outbox.pending == ("m1", "m3", "m4")


def test_it_says_when_it_wants_to_be_asked_again() -> None:
    """The next tick is due when the head's pause ends; never while the line is down."""
    outbox = Outbox()
    outbox.write(said("m1"), 0)
    assert outbox.wakes_ms() is None
    outbox.up(100)
    assert outbox.wakes_ms() == 100 + SILENCE_MS
