"""The conversation's state machine, held to the cases that the front end shares."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_core.contract import payloads
from chat_core.contract.errors import NotAllowed, WattlineError, WrongState
from chat_core.contract.payloads import AgentState, Command, Do, Entry, EventKind, Marker, Priority, SaidKind, Status
from chat_core.domain import conversation as core
from chat_core.domain.conversation import Connections, Conversation, Event, Log
from tests.unit import vectors


def entry(given: int | dict[str, Any]) -> Entry:
    """Return an entry from its short form in the vectors: a seq, or seq with kind and id."""
    short: dict[str, Any] = {"seq": given} if isinstance(given, int) else given
    kind = EventKind(short["kind"]) if "kind" in short else SaidKind.TEXT
    text = "x" if kind is SaidKind.TEXT else None
    return Entry(seq=short["seq"], id=short.get("id", f"m{short['seq']}"), sender="c-42", at=1, kind=kind, text=text)


@pytest.mark.parametrize("case", vectors.load("merge")["cases"], ids=vectors.promise_of)
def test_merging(case: dict[str, Any]) -> None:
    """Each seq is taken once and shown in order; a gap asks; a new epoch drops."""
    start = case["start"]
    log = Log(start["last"], start["epoch"], {}, start.get("erased"))
    for step in case["steps"]:
        if "live" in step:
            merged = core.merge_live(log, entry(step["live"]))
        else:
            page = step["page"]
            entries = [entry(each) for each in page["entries"]]
            merged = core.merge_page(log, page["epoch"], page["first"], page["last"], entries)
        log = merged.log
        assert {
            "shown": [each.seq for each in merged.shown],
            "last": log.last,
            "fetch_after": merged.fetch_after,
            "dropped": merged.dropped,
        } == step["expect"]


@given(st.permutations(range(1, 13)), st.lists(st.integers(0, 11), max_size=8))
def test_the_law_of_catching_up(order: list[int], fetched_after: list[int]) -> None:
    """Live entries and pages in any order give the list of a reader who arrives later."""
    log, shown = Log(), list[int]()
    pages = list(fetched_after)
    for seq in order:
        merged = core.merge_live(log, entry(seq))
        log, shown = merged.log, shown + [each.seq for each in merged.shown]
        if pages:
            after = pages.pop()
            merged = core.merge_page(log, "e1", 1, 12, [entry(each) for each in range(after + 1, 13)])
            log, shown = merged.log, shown + [each.seq for each in merged.shown]
    assert shown == list(range(1, 13))


MARKERS = vectors.load("markers")
MARKER = st.builds(Marker, delivered=st.integers(0, 20), read=st.integers(0, 20))


@pytest.mark.parametrize("case", MARKERS["raised"])
def test_a_marker_only_rises(case: dict[str, Any]) -> None:
    """Order and repeats of markers do no harm."""
    assert core.raised(Marker(**case["have"]), Marker(**case["said"])) == Marker(**case["expect"])


@given(st.lists(MARKER), st.randoms(use_true_random=False))
def test_markers_in_any_order_end_the_same(markers: list[Marker], random: Any) -> None:
    """The maximum does not depend on the order, and repeats change nothing."""

    def folded(items: list[Marker]) -> Marker:
        highest = core.NOTHING_SEEN
        for item in items:
            highest = core.raised(highest, item)
        return highest

    shuffled = markers * 2
    random.shuffle(shuffled)
    assert folded(markers) == folded(shuffled)


@pytest.mark.parametrize("case", MARKERS["storable"])
def test_a_marker_is_stored_within_what_exists(case: dict[str, Any]) -> None:
    """Nobody has seen what is not there, nor read what was not delivered."""
    assert core.storable(Marker(**case["said"]), case["last"]) == Marker(**case["expect"])


@pytest.mark.parametrize("case", MARKERS["desk"])
def test_what_the_clients_ticks_show(case: dict[str, Any]) -> None:
    """The client sees the maximum over the agents; a bot's marker makes no tick."""
    markers = {reader: Marker(**marker) for reader, marker in case["markers"].items()}
    assert core.seen_by_desk(markers) == Marker(**case["expect"])


@pytest.mark.parametrize("case", vectors.load("presence")["cases"], ids=vectors.promise_of)
def test_presence(case: dict[str, Any]) -> None:
    """Somebody is there while one of their connections is, and after a roll only if one answered."""
    connections: Connections[str] = Connections()
    for step in case["steps"]:
        if "heard" in step:
            conn, state = step["heard"]
            connections = connections.heard(conn, AgentState(state))
        elif "roll" in step:
            connections = connections.rolled()
        else:
            connections = connections.roll_ended()
        assert connections.state == step["expect"]


def started(fields: dict[str, Any]) -> Conversation:
    typed = dict(fields)
    if "status" in typed:
        typed["status"] = Status(typed["status"])
    if "tags" in typed:
        typed["tags"] = tuple(typed["tags"])
    return Conversation("c-42", **typed)


def short(event: Event) -> list[str]:
    return [event.kind.value, event.sender, *([event.to] if event.to else [])]


def command(given: dict[str, Any]) -> Command:
    return payloads.decode(Command, json.dumps(given).encode())


@pytest.mark.parametrize("case", vectors.load("status")["cases"], ids=vectors.promise_of)
def test_status(case: dict[str, Any]) -> None:
    """Words and commands change a conversation, and give events, as the vectors say."""
    now = started(case["start"])
    for step in case["steps"]:
        events: tuple[Event, ...] = ()
        if "say" in step:
            change = core.do_say(now, step["say"], step["at"])
            now, events = change.conversation._replace(last_seq=max(now.last_seq, 1)), change.events
        elif "wake" in step:
            now = core.do_wake(now)
        elif "refused" in step:
            with pytest.raises(WattlineError) as refused:
                order = command(step["do"])
                core.check_command(now, step["by"], order, step["at"] + (order.delay_ms or 0), None)
            assert refused.value.code == step["refused"]
            continue
        else:
            order = command(step["do"])
            at_ms = step["at"] + (order.delay_ms or 0)
            core.check_command(now, step["by"], order, at_ms, None)
            if order.delay_ms:
                now = core.do_delay(now, step["by"], order, at_ms)
            else:
                change = core.do_command(now, step["by"], order)
                now, events = change.conversation, change.events
        expected = dict(step["expect"])
        assert [short(event) for event in events] == expected.pop("events")
        if "delayed" in expected:
            assert [f"{each.do} {each.id} {each.at}" for each in now.delayed] == expected.pop("delayed")
        for field, value in expected.items():
            held = getattr(now, field)
            assert (list(held) if isinstance(held, tuple) else held) == value, field


@pytest.mark.parametrize("case", vectors.load("delayed")["cases"], ids=vectors.promise_of)
def test_what_delayed_commands_will_make(case: dict[str, Any]) -> None:
    """A row after its delayed commands is what boards show before."""
    now = started({"last_seq": 2, **case["start"]})
    for n, order in enumerate(case["delayed"]):
        now = core.do_command(now, "a-ana", command({"id": f"k{n}", "client": "c-42", **order})).conversation
    assert {field: getattr(now, field) for field in case["expect"]} == case["expect"]


WORDS = Entry(seq=3, id="m", sender="a-ana", at=1, kind=SaidKind.TEXT, text="x")


@pytest.mark.parametrize(
    ("by", "target", "fault"),
    [
        ("a-radu", WORDS, NotAllowed),
        ("a-ana", None, WrongState),
        ("a-ana", WORDS.model_copy(update={"deleted": True}), WrongState),
        ("a-ana", Entry(seq=1, id="e-1", sender="a-ana", at=1, kind=EventKind.OPENED), WrongState),
    ],
)
def test_only_own_words_that_are_there_can_be_changed(
    by: str, target: Entry | None, fault: type[WattlineError]
) -> None:
    """Nobody edits or deletes another's words, an event, or what is gone."""
    order = Command(id="k", do=Do.EDIT, client="c-42", of=3, text="new")
    with pytest.raises(fault):
        core.check_command(Conversation("c-42", last_seq=3), by, order, 1, target)


@pytest.mark.parametrize(
    ("sender", "status", "last_kind", "fault"),
    [
        ("c-42", Status.RESOLVED, "resolved", None),
        ("c-42", Status.RESOLVED, "rating", None),
        ("c-42", Status.OPEN, "rating", WrongState),
        ("c-42", Status.RESOLVED, "erased", WrongState),
        ("c-42", Status.RESOLVED, None, WrongState),
        ("c-42", Status.OPEN, "resolved", WrongState),
        ("c-42", Status.SNOOZED, None, WrongState),
        ("a-ana", Status.RESOLVED, "resolved", NotAllowed),
        ("b-rules", Status.RESOLVED, "resolved", NotAllowed),
    ],
)
def test_a_rating_is_the_clients_once_it_is_over(
    sender: str, status: Status, last_kind: str | None, fault: type[WattlineError] | None
) -> None:
    """The client rates a resolved conversation and may change the rating, and nobody else ever does."""
    now = Conversation("c-42", last_seq=3, status=status)
    if fault is None:
        core.check_rating(now, sender, last_kind)
        return
    with pytest.raises(fault):
        core.check_rating(now, sender, last_kind)


def test_deciding_touches_nothing_and_own_words_can_be_changed() -> None:
    """check_command of an allowed edit returns, and do_command says it as an event of its own."""
    before = Conversation("c-42", last_seq=3, priority=Priority.HIGH)
    order = Command(id="k", do=Do.EDIT, client="c-42", of=3, text="new")
    core.check_command(before, "a-ana", order, 1, WORDS)
    change = core.do_command(before, "a-ana", order)
    assert change.conversation == before
    assert change.events == (Event(EventKind.EDITED, "a-ana", "k", of=3),)
