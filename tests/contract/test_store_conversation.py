"""A conversation's row, markers, erasure and pages, on both databases."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from chat_core.contract.payloads import (
    EventKind,
    LastWords,
    Marker,
    Origin,
    Priority,
    Rating,
    Said,
    SaidKind,
    Status,
    encode,
)
from chat_core.domain.conversation import Event
from chat_core.store import Store
from chat_core.store.results import Glance
from tests.contract.stores import (
    AGENT,
    CLIENT,
    T0,
    StoreUnderTest,
    committed,
    put,
    row_of,
    said,
    say,
    say_in,
    texts,
)


def test_an_event_without_an_id(store: Store) -> None:
    """An event without an id is named by its seq: a name that no message can have."""
    say(store, "m1", "before it")
    with committed(store) as tx:
        entry = tx.append(CLIENT, CLIENT, Event(EventKind.REOPENED, CLIENT), T0)
    assert (entry.seq, entry.id) == (3, "e-3")
    with pytest.raises(ValidationError):
        say(store, "e-4", "named like an event")


def test_a_deleted_entry_keeps_its_seq(store: Store) -> None:
    """A deleted entry keeps seq, id, sender and time, and has no words; the row's last words follow."""
    say(store, "m1", "secret")
    with committed(store) as tx:
        gone = tx.amend(CLIENT, 2, None)
        assert gone is not None and gone.deleted and gone.text is None
    shown = store.log.page(CLIENT).entries[1]
    assert shown == {"seq": 2, "id": "m1", "from": CLIENT, "at": T0, "kind": "text", "deleted": True}
    summary = row_of(store)
    assert summary.rev == 2 and summary.last == gone


def test_the_row_shows_the_question_that_waits(store: Store) -> None:
    """A bot's answer and an assignment leave the client's waiting words in the row; an agent's do not."""
    say(store, "m1", "No power since noon")
    say(store, "auto-2", "Look at the main switch.", sender="b-rules")
    with committed(store) as tx:
        tx.append(CLIENT, AGENT, Event(EventKind.ASSIGNED, AGENT, to=AGENT), T0)
    summary = row_of(store)
    assert summary.last is not None and summary.last.text == "No power since noon"
    with committed(store) as tx:
        tx.amend(CLIENT, summary.last.seq, "No power since ten")
    changed = row_of(store)
    assert changed.last is not None and changed.last.text == "No power since ten"
    say(store, "r1", "We look at it.", sender=AGENT)
    answered = row_of(store)
    assert answered.last is not None and answered.last.text == "We look at it."
    assert answered.question is not None and answered.question.text == "No power since ten"


def test_the_row_keeps_the_clients_last_words(store: Store) -> None:
    """A row names the client's last words, shortened, whoever spoke since, until the client speaks again."""
    say(store, "m1", "w" * 300)
    say(store, "r1", "One", sender=AGENT, at=T0 + 1)
    say(store, "r2", "Two", sender=AGENT, at=T0 + 2)
    with committed(store) as tx:
        tx.append(CLIENT, AGENT, Event(EventKind.RESOLVED, AGENT), T0 + 3)
        rating = Said(id="m2", kind=SaidKind.RATING, rating=Rating(score=5), sent=T0)
        tx.append(CLIENT, CLIENT, rating, T0 + 4)
        tx.append(CLIENT, AGENT, Event(EventKind.REOPENED, AGENT), T0 + 5)
    summary = row_of(store)
    assert summary.answered == T0 + 2
    assert summary.question == LastWords(seq=2, at=T0, kind=SaidKind.TEXT, text="w" * 200)
    with committed(store) as tx:
        put(tx, area="mill-street", lang="ro", team="t-north")
    assert [encode(row) for row in store.inbox.page().summaries] == [encode(row_of(store))]
    say(store, "m3", "And now?", at=T0 + 6)
    asks = row_of(store)
    assert (asks.question, asks.answered, asks.area, asks.lang) == (
        None,
        None,
        "mill-street",
        "ro",
    )


def test_rev_rises_once_a_transaction(store: Store) -> None:
    """rev rises by one for each transaction that changes the row, and by none for one that does not."""
    say(store, "m1")
    with committed(store) as tx:
        say_in(tx, "m2")
        say_in(tx, "m3")
        put(tx, priority=Priority.HIGH)
        put(tx, priority=Priority.HIGH)
        assert [summary.rev for summary in tx.summaries()] == [2]
    with committed(store) as tx:
        tx.put(tx.conversation(CLIENT))
        assert say_in(tx, "m3").seq == 4 and tx.summaries() == []
    assert row_of(store).rev == 2


def test_the_row_comes_back_as_it_went(store: Store) -> None:
    """Every field of a conversation comes back as it was put; the store's own are not taken from outside."""
    say(store, "m1")
    fields: dict[str, Any] = {
        "status": Status.SNOOZED,
        "assignee": AGENT,
        "priority": Priority.LOW,
        "tags": ("Căldură", 'a"b'),
        "unread": 7,
        "waiting": T0 + 1,
        "until": T0 + 9,
        "name": "Maria Pop",
        "online": True,
        "members": frozenset({AGENT, "b-rules"}),
    }
    with committed(store) as tx:
        put(tx, CLIENT, **fields, last_seq=99, notes=99)
    with store.begin() as tx:
        conversation = tx.conversation(CLIENT)
    assert {name: getattr(conversation, name) for name in fields} == fields
    assert (conversation.last_seq, conversation.notes) == (2, 0)


def test_what_another_writer_did_is_seen(store: Store, place: StoreUnderTest) -> None:
    """A store that has just written a conversation still goes by the database: another may have written since."""
    with Store.open(place) as other:
        say(store, "m1")
        say(store, "m2")
        of_others = say(other, "m3", sender=AGENT)
        assert say(store, "m3", "other words", sender=AGENT) == of_others
        assert say(store, "m4").seq == of_others.seq + 1
        before = row_of(store)
        assert (before.assignee, before.unread, before.rev) == (AGENT, 3, 4)
        with committed(other) as tx:
            tx.erase(CLIENT, T0)
        assert say(store, "m1").seq == 3, "after `erased` and `reopened`"
        after = row_of(store)
        assert (after.assignee, after.unread, after.rev) == (None, 1, 6)


def test_what_was_not_committed_is_not_remembered(store: Store, place: StoreUnderTest) -> None:
    """A store goes by what was committed last, whatever it had begun to write after that."""
    say(store, "m1")
    with store.begin() as tx:
        tx.look_ahead([(CLIENT, CLIENT, "m2")])
        say_in(tx, "m2")
        put(tx, priority=Priority.HIGH)
    with Store.open(place) as other:
        say(other, "m3")  # another's transaction has the rev that this one's would have had
    entry = say(store, "m4")
    summary = row_of(store)
    assert (entry.seq, summary.priority, summary.rev) == (4, Priority.NORMAL, 3)


def test_what_a_transaction_told_is_what_stands(store: Store) -> None:
    """The summaries that a transaction told are those that snapshots show after it."""
    with committed(store) as tx:
        say_in(tx, "m1")
        say_in(tx, "m1", client="c-7")
        told = tx.summaries()
    assert store.inbox.summaries([CLIENT, "c-7", "c-nobody"]) == told


def test_reading_makes_no_row(store: Store) -> None:
    """A client without a conversation gets none by being looked at."""
    with committed(store) as tx:
        assert tx.conversation(CLIENT).last_seq == 0
        assert tx.move_marker(CLIENT, AGENT, Marker(delivered=5, read=5)) is None
    assert store.inbox.summary(CLIENT) is None and store.inbox.page().summaries == []


def test_did_names_this_revs_commands(store: Store) -> None:
    """did names the commands of the transaction that made this rev, and no earlier ones."""
    say(store, "m1")
    with committed(store) as tx:
        assert tx.command_known(AGENT, "k1") is None
        tx.record_command(AGENT, "k1", CLIENT, T0)
        tx.record_command(AGENT, "k2", CLIENT, T0)
        tx.record_command(AGENT, "k3", None, T0)
        assert tx.command_known(AGENT, "k1") == CLIENT and tx.command_known(AGENT, "k3") == ""
    summary = row_of(store)
    assert summary.did == ["a-ana/k1", "a-ana/k2"] and summary.rev == 2
    say(store, "m2")
    assert row_of(store).did == []


# Markers


def test_a_marker_is_a_maximum(store: Store) -> None:
    """A marker never goes back, is at most the last seq, and read is at most delivered."""
    say(store, "m1")
    say(store, "m2")
    with committed(store) as tx:
        assert tx.move_marker(CLIENT, CLIENT, Marker(delivered=2, read=1)) == Marker(delivered=2, read=1)
        assert tx.move_marker(CLIENT, CLIENT, Marker(delivered=1, read=1)) is None
        assert tx.move_marker(CLIENT, CLIENT, Marker(delivered=99, read=99)) == Marker(delivered=3, read=3)
        assert tx.move_marker(CLIENT, "b-rules", Marker(delivered=1, read=3)) == Marker(delivered=1, read=1)
    with store.begin() as tx:
        assert tx.move_marker(CLIENT, CLIENT, Marker(delivered=3, read=3)) is None
        assert tx.markers(CLIENT)[CLIENT] == Marker(delivered=3, read=3)
    expected = {"b-rules": {"delivered": 1, "read": 1}, CLIENT: {"delivered": 3, "read": 3}}
    assert store.log.page(CLIENT).markers == expected


def test_unread_follows_agents_markers(store: Store) -> None:
    """unread counts the client's own words above the highest agent's marker, whatever others read."""
    for n in range(1, 4):
        say(store, f"m{n}")
    say(store, "r1", sender=AGENT)
    for reader, read, unread in (
        (CLIENT, 9, 3),
        ("b-rules", 9, 3),
        (AGENT, 3, 1),
        ("a-radu", 2, 1),
        ("a-radu", 9, 0),
    ):
        with committed(store) as tx:
            tx.move_marker(CLIENT, reader, Marker(delivered=read, read=read))
        assert row_of(store).unread == unread, reader


def test_unread_counts_words_of_the_same_transaction(store: Store) -> None:
    """A marker that comes in one batch with the words it does not cover leaves those unread."""
    with committed(store) as tx:
        say_in(tx, "m1")
        say_in(tx, "m2")
        tx.move_marker(CLIENT, AGENT, Marker(delivered=2, read=2))
        say_in(tx, "m3")
    assert row_of(store).unread == 2


# Erasure


def test_erasure_leaves_one_entry(store: Store) -> None:
    """Erasure leaves one entry, seq 1 `erased`, in a new epoch; rev goes on rising; other clients keep all."""
    say(store, "m1", "secret words")
    say(store, "m1", "kept words", client="c-7")
    with committed(store) as tx:
        tx.put(tx.conversation(CLIENT)._replace(name="Secret Name", tags=("secret",), assignee=AGENT))
        tx.add_note(CLIENT, AGENT, "n1", "a secret note", T0)
        tx.move_marker(CLIENT, AGENT, Marker(delivered=2, read=2))
        tx.add_reading(CLIENT, "m-1", T0, 100, 5)
        tx.park("support/c-42/msg", b"secret", "bad_json", T0)
        tx.park("support/c-42/msg/nonsense/more", b"secret", "bad_topic", T0)
        tx.park("support/c-7/msg", b"kept", "bad_json", T0)
    before, summary_before = store.log.page(CLIENT), store.inbox.summary(CLIENT)
    with committed(store) as tx:
        erased = tx.erase(CLIENT, T0 + 5)
    page, summary = store.log.page(CLIENT), store.inbox.summary(CLIENT)
    assert [(entry["seq"], entry["kind"], entry["from"]) for entry in page.entries] == [(1, "erased", "s-bridge")]
    assert (page.last, page.first, page.markers) == (1, 1, {}) and page.epoch not in ("", before.epoch)
    assert summary is not None and summary_before is not None
    assert summary.rev == summary_before.rev + 1 and summary.last == erased
    assert (summary.unread, summary.notes, summary.waiting, summary.status) == (0, 0, None, Status.RESOLVED)
    assert "ecret" in summary_before.model_dump_json() and "ecret" not in summary.model_dump_json()
    assert (summary.name, summary.tags, summary.assignee) == (None, [], None)
    assert store.log.notes(CLIENT) == [] and store.consumption.last_reading(CLIENT) is None
    assert [parked.payload for parked in store.bridge.parked()] == [b"kept"]
    assert texts(store, "c-7") == ["kept words"]


def test_life_goes_on_after_erasure(store: Store) -> None:
    """After an erasure an old id is new again, and seq goes on from 2; a second erasure has another name."""
    say(store, "m1", "old")
    with committed(store) as tx:
        first = tx.erase(CLIENT, T0)
        assert tx.find_entry(CLIENT, CLIENT, "m1") is None
        say_in(tx, "m1", "new")
    assert texts(store) == ["new"]
    assert [entry["seq"] for entry in store.log.page(CLIENT).entries] == [1, 2, 3]
    with committed(store) as tx:
        assert tx.erase(CLIENT, T0).id != first.id


# Log pages


def test_pages_of_the_log(store: Store) -> None:
    """A page is ascending: the lowest above `after`, or the highest below `before`, or the newest."""
    for n in range(9):
        say(store, f"m{n}")
    seqs = lambda **range: [entry["seq"] for entry in store.log.page(CLIENT, **range).entries]  # noqa: E731
    assert seqs(after=0, limit=3) == [1, 2, 3]
    assert seqs(after=8, limit=500) == [9, 10]
    assert seqs(after=10) == []
    assert seqs(before=5, limit=2) == [3, 4]
    assert seqs(before=1) == []
    assert seqs(before=1_000, limit=2) == seqs(limit=2)
    assert seqs(limit=4) == [7, 8, 9, 10]
    assert seqs(limit=0) == [10] and len(seqs(limit=10**9)) == 10
    page = store.log.page(CLIENT, after=0, limit=3)
    assert (page.last, page.first) == (10, 1)


def test_the_page_as_the_route_sends_it(store: Store) -> None:
    """A page's JSON has entries, ends, epoch, markers and the names of the desk's people in it."""
    store.registry.add_agent(AGENT, "Ana")
    store.registry.add_agent("a-radu", "Radu")
    say(store, "m1", 'Not names: "from":"a-radu"')
    say(store, "r1", "Hello!", sender=AGENT)
    page = store.log.page(CLIENT)
    assert json.loads(page.to_json()) == {
        "entries": page.entries,
        "last": 4,
        "first": 1,
        "epoch": page.epoch,
        "markers": {},
        "names": {AGENT: "Ana"},
    }
    assert json.loads(store.log.page("c-nobody").to_json()) == {
        "entries": [],
        "last": 0,
        "first": 1,
        "epoch": "",
        "markers": {},
        "names": {},
    }


def test_recent_entries(store: Store) -> None:
    """The newest entries come in the order of their commit, with their clients."""
    say(store, "m1")
    say(store, "m1", client="c-7")
    say(store, "m2")
    log = store.log
    recent = [(client, entry.id) for client, entry in log.entries_of(log.recent_nums(3))]
    assert recent == [("c-7", "e-1"), ("c-7", "m1"), (CLIENT, "m2")]
    of_one = log.entries_of(log.recent_nums(2, lambda client: client == "c-7"))
    assert [(client, entry.id) for client, entry in of_one] == recent[:2]
    assert log.entries_of([]) == []


def test_notes_have_no_seq(store: Store) -> None:
    """A note is kept beside the log, counted in the row, and stored once by (agent, id)."""
    say(store, "m1")
    for _ in range(2):
        with committed(store) as tx:
            note = tx.add_note(CLIENT, AGENT, "n1", "heater timer", T0)
    assert store.log.notes(CLIENT) == [note] and store.log.notes("c-7") == []
    assert row_of(store).notes == 1 and store.log.page(CLIENT).last == 2


def test_a_glance(store: Store) -> None:
    """
    A display's unread number and last words are right in a log of any length, with deletions and markers; its last call
    is known after an answer too.
    """
    assert store.log.glance(CLIENT) == Glance(0, None, None)
    say(store, "m1", client="c-7")
    first = say(store, "m1", "Why?")
    for n in range(60):
        last = say(store, f"r{n}", f"answer {n}", sender=AGENT)
    with committed(store) as tx:
        call = said("m").model_copy(update={"id": "e-call-1", "origin": Origin.CALL})
        tx.append(CLIENT, CLIENT, call, T0 + 5)
    say(store, "call-1", 'no call: "origin":"call"', at=T0 + 6)
    for n in range(60):
        say(store, f"w{n}", "hello?", at=T0 + 6)
    with committed(store) as tx:
        tx.move_marker(CLIENT, CLIENT, Marker(delivered=first.seq + 4, read=first.seq + 4))
        tx.amend(CLIENT, last.seq, None)
    seen = store.log.glance(CLIENT)
    above = [
        entry
        for entry in store.log.page(CLIENT, after=first.seq + 4, limit=1000).entries
        if entry["from"] == AGENT and entry["kind"] == "text" and not entry.get("deleted")
    ]
    assert seen.last is not None and (seen.last["text"], seen.last["from"]) == ("answer 58", AGENT)
    assert (seen.unread, seen.called_at) == (len(above), T0 + 5)
    assert len(above) > 50
    say(store, "r99", 'he said "deleted":true', sender=AGENT)
    seen = store.log.glance(CLIENT)
    assert seen.last is not None and seen.last["id"] == "r99"
    assert (seen.unread, seen.called_at) == (len(above) + 1, None)
    assert store.log.calls([CLIENT, "c-7", "c-none"]) == {CLIENT: T0 + 5}
