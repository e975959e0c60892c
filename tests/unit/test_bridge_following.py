"""What a participant has heard: each once, in order, and what could not be had is asked for again."""

from typing import Any

from bridge.following import AGAIN_MS, Following
from bridge.history import Api, Page
from bridge.link import Arrived, Login
from bridge.participant import Participant
from chat_core import topics
from chat_core.errors import Unavailable
from chat_core.payloads import Entry, SaidKind, encode


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


def following(api: Any) -> tuple[Following, list[int]]:
    shown: list[int] = []
    return Following(api, lambda _client, entry: shown.append(entry.seq)), shown


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
        maria._sending.announce(f"m{seq}")
        maria._hear(Arrived(topics.log("c-1"), encode(entry(seq)), 1, False, seq, 1))
    assert maria.pending == ()
    assert [shown.seq for shown in maria.entries()] == [1]
    maria.close()
