"""Small displays' lines, for any words in any script."""

import json
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bridge.background.displays import LINE_BYTES, display_replies, fitting, line_of
from chat_core.contract import topics
from chat_core.contract.fields import MAX_TIME_MS
from chat_core.store.results import AreaNotice, Glance

OUTAGE = {"en": "Power is off in the north.", "ro": "Curent oprit în nord."}
FAMILY = "👨‍👩‍👧‍👦"  # one character to a reader, 25 bytes, seven code points
PIECES = ("a", "é", '"', "\\", " ", "e\u0301", "\u0301", FAMILY, "🇷🇴", "👍🏽", "한", "ᄒ", "ᅡ", "क्षि", "نص", "\u200d")
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=400) | st.lists(
    st.sampled_from(PIECES), max_size=200
).map("".join)
GLANCE = Glance(2, {"seq": 9, "from": "a-ana", "kind": "text", "text": "It was the\nheater.", "at": 500}, None)


def clusters(text: str) -> list[str]:
    return regex.findall(r"\X", text)


@given(WORDS, WORDS, st.integers(0, 10**6), st.integers(0, MAX_TIME_MS))
def test_never_more_than_256_bytes(who: str, text: str, unread: int, at: int) -> None:
    """No name and no text in any script makes a line of more than 256 bytes, or cuts a character in two."""
    line = fitting(unread, who, text, at)
    told = {reply.topic: reply.payload for reply in display_replies("c-42", line)}
    assert all(len(payload) <= LINE_BYTES for payload in told.values())
    shown = json.loads(told[topics.display("c-42")])
    assert (shown["unread"], shown["at"]) == (unread, at)
    for said, cut in ((who, shown["who"]), (text, shown["text"])):
        whole = " ".join(said.split())
        if cut != whole:
            assert cut.endswith("…")
            kept = clusters(cut[:-1])
            assert kept == clusters(whole)[: len(kept)]


@pytest.mark.parametrize("text", ["x" * 300, FAMILY * 30, "ș" * 200, '"' * 200, "नमस्ते " * 40, "مرحبا " * 60])
def test_as_much_as_fits(text: str) -> None:
    """A long text fills the line: one character more would not fit."""
    line = fitting(1, "Ana", text, 1_795_511_607_827)
    size = len(line.model_dump_json().encode())
    longest = max(len(json.dumps(one, ensure_ascii=False).encode()) for one in clusters(text))
    assert LINE_BYTES - longest - 2 <= size <= LINE_BYTES


def test_a_character_longer_than_the_line() -> None:
    """A letter under two hundred accents is not shown in part: the text is an ellipsis."""
    assert fitting(1, "Ana", "e" + "\u0301" * 200, 1).text == "…"
    assert unicodedata.combining("\u0301")


def outage(at: int, ended_at: int | None = None) -> AreaNotice:
    return AreaNotice("north", "n-1", OUTAGE, at, at, ended_at, None, None)


@pytest.mark.parametrize(
    ("glance", "lang", "notice", "who", "text"),
    [
        (Glance(0, None, None), "en", None, "", ""),
        (GLANCE, "en", None, "Ana", "It was the heater."),
        (Glance(2, GLANCE.last, 600), "en", None, "Wattline", "We will call you back."),
        (Glance(0, None, 600), "ro", None, "Wattline", "Vă sunăm înapoi."),
        (GLANCE, "ro", outage(600), "Wattline", OUTAGE["ro"]),
        (GLANCE, None, outage(600), "Wattline", OUTAGE["en"]),
        (GLANCE, "en", outage(400), "Ana", "It was the heater."),
        (GLANCE, "en", outage(400, 700), "Wattline", "The outage in your area is over."),
        (Glance(1, {**(GLANCE.last or {}), "kind": "card"}, None), "en", None, "Ana", "Your consumption, as a chart."),
    ],
)
def test_the_newest_is_shown(glance: Glance, lang: str | None, notice: AreaNotice | None, who: str, text: str) -> None:
    """Of words, an answer to a call, and an outage the newest is shown, in the client's language."""
    line = line_of(glance, {"a-ana": "Ana"}, lang, notice)
    assert (line.unread, line.who, line.text) == (glance.unread, who, text)


def test_nobody_reads_an_id() -> None:
    """A sender without a name is shown by the product's name, never by an id."""
    said = {"kind": "text", "text": "silent", "from": "b-meters", "at": 5}
    line = line_of(Glance(1, said, None), {}, "en")
    assert (line.who, line.text) == ("Wattline", "silent")
