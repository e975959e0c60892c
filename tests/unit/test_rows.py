"""Entries and summaries that are made without pydantic's checks are what pydantic would have made of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_core.contract.payloads import (
    Card,
    Delayed,
    Do,
    Entry,
    EventKind,
    File,
    LastWords,
    Mention,
    Priority,
    Rating,
    Said,
    SaidKind,
    Status,
    Summary,
    decode_row,
    encode,
    encode_row,
)
from chat_core.domain.conversation import Conversation, Event
from chat_core.store import rows
from tests.unit import vectors

SENT, AT = 1_732_430_000_000, 1_732_430_000_123
DRAFTS: list[Said | Event] = [
    Said(id="m1", kind=SaidKind.TEXT, text='"Why" \\ 40 kWh?\n\t\u2028 é 😀 </script>', sent=SENT),
    Said(id="m2", kind=SaidKind.TEXT, text="choose", replies=["yes", 'n"o'], sent=SENT),
    Said(id="m3", kind=SaidKind.CARD, card=Card(meter="m-1", start=1, end=2), sent=SENT),
    Said(id="m4", kind=SaidKind.RATING, rating=Rating(score=5, text="fine"), sent=SENT),
    Said(id="m5", kind=SaidKind.FILE, file=File(file="f1", name="a.png", type="image/png", size=3, width=1), sent=SENT),
    Event(EventKind.OPENED, "c-42", was="g-7"),
    Event(EventKind.ASSIGNED, "a-ana", "k1", to="a-ana"),
    Event(EventKind.EDITED, "a-ana", "k2", of=3),
]


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: str(draft.kind))
def test_made_as_pydantic_would(draft: Said | Event) -> None:
    """The entry of what was said is what its JSON decodes to, in the row and on the wire, and may be copied."""
    entry = rows.entry_of(draft, 7, "c-42", AT)
    assert json.loads(rows.stored(entry).line) == json.loads(encode(entry))
    assert entry == Entry.model_validate_json(encode(entry))
    assert entry == rows.entry_from(rows.stored(entry).line)
    after = entry.model_copy(update={"text": "other", "edited": True})
    assert (after.text, after.edited, after.seq) == ("other", True, 7)
    assert "edited" not in rows.entry_of(DRAFTS[0], 8, "c-42", AT).model_fields_set


def test_a_summary_is_made_as_pydantic_would() -> None:
    """The summary of a row has every field of the contract, each as its JSON decodes to it."""
    entry = rows.entry_of(DRAFTS[0], 7, "c-42", AT)
    delayed = Delayed(agent="a-ana", id="k2", do=Do.SNOOZE, at=AT, to="a-ana", until=AT)
    now = Conversation("c-42", last_seq=7, unread=2, waiting=AT, name="Ana", tags=("gas",), delayed=(delayed,))
    mentions = (Mention(agent="a-radu", by="a-ana", id="n1"),)
    now = now._replace(answered=AT, area="mill-street", lang="ro", mentions=mentions, team="t-north", until=AT, notes=1)
    now = now._replace(assignee="a-ana", priority=Priority.HIGH, online=True)
    question = LastWords(seq=5, at=AT, kind=SaidKind.TEXT, text="Why?").model_dump_json()
    state = rows.ConversationState(now, num=1, stored_rev=4, did=("a-ana/k1",), last=entry, question=question)
    summary = rows.summary_of(state)
    assert list(json.loads(encode(summary))) == list(Summary.model_fields)
    assert encode(Summary.model_validate_json(encode(summary))) == encode(summary)


def test_a_summary_has_no_field_with_its_default() -> None:
    """The JSON of a row leaves out what has its default, and decodes to the row; a busy row is short."""
    said = Said(id="01JDXQ4M7Z9V8K3R5T6W2Y1B0C", kind=SaidKind.TEXT, text="x" * 40, sent=SENT)
    bare = rows.ConversationState(Conversation("c-42"), num=1, stored_rev=4)
    assert json.loads(encode_row(rows.summary_of(bare))).keys() == {"rev", "status"}
    now = Conversation("c-100042", unread=2, waiting=AT, name="Maria Popescu", online=True, assignee="a-ana")
    now = now._replace(status=Status.ASSIGNED, area="mill-street", lang="ro", team="t-north")
    busy = rows.summary_of(
        rows.ConversationState(now, num=1, stored_rev=1_200, last=rows.entry_of(said, 120, "c-100042", AT))
    )
    assert encode_row(decode_row(encode_row(busy), "c-100042", "t-north")) == encode_row(busy)
    assert len(encode_row(busy)) < 250


@pytest.mark.parametrize("case", vectors.load("rows")["cases"], ids=vectors.promise_of)
def test_a_row_leaves_out_what_its_topic_says(case: dict[str, Any]) -> None:
    """On its team's inbox topic a row has neither client nor team nor its entry's id, and reads as the whole row."""
    whole = Summary.model_validate_json(json.dumps(case["row"]))
    assert json.loads(encode_row(whole)) == case["wire"]
    read = decode_row(json.dumps(case["wire"]).encode(), case["client"], case["team"])
    assert read == whole.model_copy(update={"last": whole.last and whole.last.model_copy(update={"id": None})})


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50))
def test_any_words_are_the_same_on_line_and_wire(words: str) -> None:
    """Any words read the same from the row and from the wire, in UTF-8."""
    entry = rows.entry_of(Said(id="m1", kind=SaidKind.TEXT, text=words, sent=SENT), 7, "c-42", AT)
    assert Entry.model_validate_json(rows.stored(entry).line.encode()) == entry
