"""A participant hears each entry once, in order, and asks again for a page that failed."""

import json
from typing import Any

import pytest

from bridge.mqtt.link import Arrived, Login
from bridge.participant import Participant, markers
from bridge.participant.log_reader import AGAIN_MS, CONVERSATIONS, ENTRIES_IN_ALL, LogReader
from bridge.participant.newest import Newest
from bridge.participant.outboxes import FAILED_AT_MOST, Outboxes
from bridge.participant.rest import Api, Page
from chat_core.contract import topics
from chat_core.contract.errors import Unavailable
from chat_core.contract.payloads import Entry, Refusal, Said, SaidKind, encode


def entry(seq: int) -> Entry:
    return Entry.model_validate(
        {"seq": seq, "id": f"m{seq}", "from": "c-1", "at": seq, "kind": SaidKind.TEXT, "text": f"words {seq}"}
    )


class Shaky:
    """A log of five entries that is not to be had the first times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked: list[int] = []

    def page_after(self, _client: str, seq: int) -> Page:
        self.asked.append(seq)
        if len(self.asked) <= self.failures:
            raise Unavailable("not now")
        return Page(entries=[entry(n) for n in range(seq + 1, 6)], last=5, first=1, epoch="e")


def following(api: Any) -> tuple[LogReader, list[int]]:
    shown: list[int] = []
    return LogReader(api, lambda _client, entry: shown.append(entry.seq)), shown


def test_page_that_could_not_be_had_is_asked_for_again() -> None:
    """After a pause, again and again, without waiting for the next entry or the next connect."""
    api = Shaky(failures=3)
    reader, shown = following(api)
    reader.catch_up("c-1")
    assert (api.asked, shown) == ([0], [])
    now_ms = 1_000
    for _ in range(3):
        reader.tick(now_ms)  # takes note
        reader.tick(now_ms + AGAIN_MS - 1)
        now_ms += AGAIN_MS
        reader.tick(now_ms)
    assert (api.asked, shown) == ([0, 0, 0, 0], [1, 2, 3, 4, 5])
    reader.tick(now_ms + AGAIN_MS)
    assert len(api.asked) == 4


def test_gap_is_asked_for_again() -> None:
    """A gap whose page could not be had is filled, in order, when it can be."""
    api = Shaky(failures=1)
    reader, shown = following(api)
    reader.hear("c-1", entry(1))
    reader.hear("c-1", entry(4))
    assert shown == [1]
    reader.tick(0)
    reader.tick(AGAIN_MS)
    assert shown == [1, 2, 3, 4, 5]


def test_tick_waits_for_no_gap() -> None:
    """One's own words are ticked as they are heard, while the page that fills a gap before them cannot be had."""
    nowhere = Login("127.0.0.1", 1, "c-1", "", "c-1:x")
    maria = Participant("c-1", lambda: nowhere, api=Api("http://127.0.0.1:1", lambda: ""))
    for seq in (1, 3):
        maria._outboxes.announce(f"m{seq}")
        maria._hear(Arrived(topics.log("c-1"), encode(entry(seq)), 1, False, seq, 1))
    assert maria.pending == ()
    assert [shown.seq for shown in maria.entries()] == [1]
    maria.close()


def heard(
    participant: Participant, seq: int, *, id: str | None = None, kind: str = "text", at: int | None = None
) -> None:
    said = {"text": "words"} if kind == "text" else {}
    line = {"seq": seq, "id": id or f"m{seq}", "from": "s-bridge", "at": at or seq, "kind": kind, **said}
    payload = json.dumps(line).encode()
    participant._hear(Arrived(topics.log("c-1"), payload, 1, False, 1, 1))


def marks_of(participant: Participant, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    said: list[int] = []

    def publish(topic: str, payload: bytes, *_: Any) -> None:
        if topic == topics.read("c-1"):
            said.append(json.loads(payload)["delivered"])

    monkeypatch.setattr(participant._link, "publish", publish)
    monkeypatch.setattr(markers, "EVERY_MS", 0)
    return said


def test_an_erasure_begins_markers_anew_and_drops_what_is_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an erasure low numbers are marked again, what was written before is not sent; an old one is no other."""
    participant = Participant("c-1", lambda: Login("127.0.0.1", 1, "c-1", "", "c-1:x"))
    marks = marks_of(participant, monkeypatch)
    heard(participant, 10)
    participant._outboxes.announce("w1")
    participant._outboxes.write(Said(id="w1", kind=SaidKind.TEXT, text="before", sent=1), "c-1", 1)
    heard(participant, 1, id="x0", kind="erased", at=5)  # of long ago, as a bridge repeats it when it comes
    assert participant.pending == ("w1",)
    heard(participant, 11)
    heard(participant, 1, id="x1", kind="erased", at=99)
    heard(participant, 2, at=100)
    assert marks[-2:] == [1, 2] and participant.pending == ()


def test_a_restore_begins_markers_anew_and_keeps_what_is_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another entry under a known number means a restored backup: markers begin anew."""
    participant = Participant("c-1", lambda: Login("127.0.0.1", 1, "c-1", "", "c-1:x"))
    marks = marks_of(participant, monkeypatch)
    for seq in (8, 9, 10):
        heard(participant, seq)
    participant._outboxes.announce("w1")
    participant._outboxes.write(Said(id="w1", kind=SaidKind.TEXT, text="before", sent=1), "c-1", 1)
    heard(participant, 9)  # a repeat
    heard(participant, 9, id="other", at=99)
    assert marks == [8, 9, 10, 9] and participant.pending == ("w1",)


def test_memory_is_of_who_talked_last() -> None:
    """Of conversations without end a reader keeps the newest entries of those heard last, so many in all."""
    reader, shown = following(None)
    for n in range(3 * CONVERSATIONS):
        reader.hear(f"c-{n}", entry(7))
    assert len(reader.clients) == CONVERSATIONS and reader.entries("c-0") == []
    assert [one.seq for one in reader.entries(f"c-{3 * CONVERSATIONS - 1}")] == [7]
    for n in range(2 * ENTRIES_IN_ALL):
        reader.hear(f"c-loud{n % 100}", entry(n // 100 + 1))
    assert sum(len(reader.entries(client)) for client in reader.clients) <= ENTRIES_IN_ALL
    before = len(shown)
    reader.hear("c-loud0", entry(2 * ENTRIES_IN_ALL // 100 + 1))
    assert len(shown) == before + 1


def test_a_turn_costs_what_waits() -> None:
    """A sender keeps no outbox in which nothing waits; what was not sent is remembered, the newest of it."""
    published: list[str] = []
    sending = Outboxes("b-rules", True, 1, lambda topic, _: published.append(topic))
    sending.up(0)
    for n in range(FAILED_AT_MOST + 10):
        for id in (f"good{n}", f"bad{n}"):
            sending.announce(id)
            sending.write(Said(id=id, kind=SaidKind.TEXT, text="x", sent=1), f"c-{n}", n)
        sending.stored(f"good{n}", f"c-{n}", n)
        sending.refused(Refusal(id=f"bad{n}", why="not_found", text="no"), n)
    assert len(published) == 2 * (FAILED_AT_MOST + 10)
    assert len(list(sending._each())) == 1 and sending.wakes_ms() == [] and sending.pending == ()
    assert len(sending.failed) == FAILED_AT_MOST and "bad0" not in sending.failed
    sending.stored(f"bad{FAILED_AT_MOST}", f"c-{FAILED_AT_MOST}", 1)
    assert f"bad{FAILED_AT_MOST}" not in sending.failed


def test_only_the_newest_are_kept() -> None:
    """The last keys set stay, and a key set again is the newest."""
    kept: Newest[str, int] = Newest(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        kept[key] = value
    assert kept == {"a": 3, "c": 4}
