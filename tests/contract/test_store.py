"""The store's conversations, on SQLite and on a real PostgreSQL."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playhouse.schema_diff import diff_models
from pydantic import ValidationError

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import (
    Delayed,
    Do,
    Entry,
    EventKind,
    LastWords,
    Marker,
    Mention,
    Origin,
    OutageNotice,
    Priority,
    Rating,
    Said,
    SaidKind,
    Status,
    encode,
)
from chat_core.contract.shards import ALL, Shard
from chat_core.domain.conversation import Event
from chat_core.domain.search_query import parse_query
from chat_core.domain.team_choice import OfTeams
from chat_core.store import Store, StoreFault, inbox, migrate
from chat_core.store import migrations as scripts
from chat_core.store.models.chats import CHATS
from chat_core.store.models.web import WEB
from chat_core.store.results import Glance, InboxFilter, Reader
from tests.contract.stores import (
    AGENT,
    CLIENT,
    T0,
    StoreUnderTest,
    committed,
    move_beat,
    opened,
    put,
    row_of,
    said,
    say,
    say_in,
    take_in_all,
    texts,
)

# Indexes in a form that models cannot name.
OTHERWISE: dict[str, list[object]] = {
    "sqlite": ["conversation_due", "conversation_mentions", "conversation_online"],
    "postgresql": [
        ("conversation", "sender", "id"),
        "conversation_due",
        "conversation_mentions",
        "conversation_online",
        "entry_said_once",
    ],
}
MIGRATIONS = [
    f"{part}/{script.stem}"
    for part in ("chats", "web")
    for script in sorted((Path(scripts.__file__).parent / part).glob("0*.py"))
]


# Opening


@pytest.fixture
def empty_place(request: pytest.FixtureRequest, place: StoreUnderTest) -> StoreUnderTest:
    """Name a new database of each kind without tables."""
    return place if place.db.startswith("sqlite") else replace(place, db=request.getfixturevalue("postgres_dsn"))


def test_a_database_without_tables_is_not_opened(empty_place: StoreUnderTest) -> None:
    """Opening a database whose tables are not up to date says so, and what to do."""
    with pytest.raises(StoreDown, match="wattline migrate"):
        Store.open(empty_place)


def test_migrating_twice(empty_place: StoreUnderTest) -> None:
    """Migrating applies each migration once, and a migrated database opens."""
    assert migrate(empty_place) == MIGRATIONS
    assert migrate(empty_place) == []
    Store.open(empty_place).close()


def test_a_newer_database_is_refused(place: StoreUnderTest) -> None:
    """A database that a newer version migrated is neither opened nor migrated, and the sentence says why."""
    with opened(place) as store:
        for part, database in (("chats", store.chats), ("web", store.web)):
            with database.writing():
                sql = f"INSERT INTO migration_{part} (name, applied) VALUES (?, ?)"
                database.execute(sql, ("9999_of_tomorrow", "2030-01-01 00:00:00"))
            with pytest.raises(StoreDown, match=f"newer Wattline .*{part}/9999_of_tomorrow"):
                Store.open(place)
            with pytest.raises(StoreDown, match="newer Wattline"):
                migrate(place)
            with database.writing():
                database.execute(f"DELETE FROM migration_{part} WHERE name = '9999_of_tomorrow'")


def test_two_processes_migrate_at_once(empty_place: StoreUnderTest) -> None:
    """Several processes may migrate at once: each migration is applied by one of them."""
    with ThreadPoolExecutor(4) as pool:
        applied = [name for names in pool.map(migrate, [empty_place] * 4) for name in names]
    assert sorted(applied) == MIGRATIONS


def test_migrations_make_what_models_say(store: Store, place: StoreUnderTest) -> None:
    """The migrations make the tables, columns and indexes that the models name."""
    otherwise = OTHERWISE[place.db.partition(":")[0]]
    for database, models, indexes_only in ((store.chats, CHATS, otherwise), (store.web, WEB, ["client_power_wait"])):
        unlike = diff_models(database.peewee, list(models))
        indexes = [index.name or index.columns for index in (*unlike.add_indexes, *unlike.drop_indexes)]
        assert indexes == indexes_only, str(unlike)
        assert not any((unlike.create_tables, unlike.add_columns, unlike.drop_columns)), str(unlike)


def test_a_closed_store(place: StoreUnderTest) -> None:
    """A closed store answers StoreDown, from every thread."""
    with opened(place) as store:
        say(store, "m1")
    with pytest.raises(StoreDown):
        store.log.page(CLIENT)
    with ThreadPoolExecutor(1) as pool, pytest.raises(StoreDown):
        pool.submit(store.log.page, CLIENT).result()


# All or nothing


@pytest.mark.parametrize("fault", [None, RuntimeError])
def test_leaving_without_commit(store: Store, fault: type[Exception] | None) -> None:
    """A transaction that is left without a commit, or by an exception, leaves nothing."""
    with suppress(RuntimeError), store.begin() as tx:
        say_in(tx, "m1")
        if fault is not None:
            raise fault
    assert store.log.page(CLIENT).entries == []
    assert store.inbox.summary(CLIENT) is None


def test_nobody_sees_what_is_not_committed(store: Store) -> None:
    """Snapshots show what is committed, and nothing before."""
    with committed(store) as tx:
        say_in(tx, "m1")
        tx.entry(CLIENT, 1)  # makes it write
        assert store_in_thread(store) == 0
    assert store_in_thread(store) == 2


def test_a_finished_transaction_is_over(store: Store) -> None:
    """After commit nothing more can be done in a transaction."""
    with store.begin() as tx:
        say_in(tx, "m1")
        tx.commit()
        with pytest.raises(StoreFault):
            tx.append(CLIENT, CLIENT, said("m2"), T0)
    with pytest.raises(StoreFault):
        tx.commit()


def test_a_savepoint_undoes_its_inside(store: Store) -> None:
    """An exception inside a savepoint undoes what was done inside, and the rest is committed."""
    with committed(store) as tx:
        say_in(tx, "m1", "first")
        with pytest.raises(RuntimeError), tx.savepoint():
            say_in(tx, "m2", "second")
            tx.move_marker(CLIENT, AGENT, Marker(delivered=2, read=2))
            raise RuntimeError
        with tx.savepoint():
            say_in(tx, "m3", "third")
    assert texts(store) == ["first", "third"]
    assert store.log.page(CLIENT).last == 3
    assert store.log.page(CLIENT).markers == {}


def test_a_savepoint_undoes_what_was_written(store: Store) -> None:
    """A savepoint undoes also what was written at once: notes, parked messages, erasures, new conversations."""
    say(store, "m1", "stays")
    with committed(store) as tx:
        say_in(tx, "m2", "stays too")
        with pytest.raises(RuntimeError), tx.savepoint():
            say_in(tx, "m3", "goes")
            tx.add_note(CLIENT, AGENT, "n1", "a note", T0)
            tx.park("support/c-42/msg", b"?", "bad_json", T0)
            tx.add_reading(CLIENT, "m-1", T0, 5, None)
            tx.record_command(AGENT, "k1", CLIENT, T0)
            tx.erase(CLIENT, T0)
            say_in(tx, "m1", client="c-new")
            raise RuntimeError
        say_in(tx, "m4", "last")
    assert texts(store) == ["stays", "stays too", "last"]
    assert (
        store.log.notes(CLIENT) == [] and store.bridge.parked() == [] and store.consumption.last_reading(CLIENT) is None
    )
    assert store.log.page("c-new").last == 0
    with store.begin() as tx:
        assert tx.command_known(AGENT, "k1") is None


def test_a_failing_statement_in_a_savepoint(store: Store) -> None:
    """A statement that the database refuses costs its savepoint, not the transaction."""
    with committed(store) as tx:
        say_in(tx, "m1", "before")
        with pytest.raises(StoreFault), tx.savepoint():
            say_in(tx, "m2", "inside")
            tx.park("t", b"", None, T0)  # type: ignore[arg-type]  # NOT NULL: the fault
        say_in(tx, "m3", "after")
    assert texts(store) == ["before", "after"]


def test_what_is_refused_at_a_savepoints_end(store: Store) -> None:
    """A write that the database refuses costs its savepoint alone, with all that was done in it."""
    with committed(store) as tx:
        with tx.savepoint():
            say_in(tx, "m1", "before")
            tx.add_reading(CLIENT, "m-1", T0, 5, None)
        with pytest.raises((StoreFault, OverflowError)), tx.savepoint():
            tx.move_marker(CLIENT, AGENT, Marker(delivered=1, read=1))
            tx.add_reading(CLIENT, "m-1", T0 + 60_000, 50, None)
            put(tx, priority=Priority.HIGH)
            tx.append(CLIENT, CLIENT, said("bad"), 2**70)  # later than a column can hold
        with tx.savepoint():
            say_in(tx, "m2", "after")
            tx.add_reading(CLIENT, "m-1", T0 + 120_000, 500, None)
        say_in(tx, "m3", "last")
    assert texts(store) == ["before", "after", "last"]
    assert store.log.page(CLIENT).last == 4 and store.log.page(CLIENT).markers == {}
    summary = row_of(store)
    assert (summary.rev, summary.unread, summary.priority) == (1, 3, Priority.NORMAL)
    days = store.consumption.intervals(CLIENT, T0, T0 + 1, "day", "Europe/Bucharest")
    assert [day.wh for day in days] == [495]


def test_savepoints_do_not_nest(store: Store) -> None:
    """A savepoint within a savepoint is our own mistake, and is called one."""
    with store.begin() as tx, pytest.raises(StoreFault), tx.savepoint(), tx.savepoint():
        pass


# A repeat


def test_same_message_twice(store: Store) -> None:
    """An id appended twice is stored once, and both calls return the same entry."""
    first = say(store, "m1", "once")
    again = say(store, "m1", "once")
    assert again == first
    with committed(store) as tx:
        assert tx.append(CLIENT, CLIENT, said("m1", "another text"), T0 + 5) == first
    assert texts(store) == ["once"]


def test_looking_ahead_changes_nothing(store: Store) -> None:
    """A batch that was looked ahead for finds what is stored and what is not, like any other."""
    stored = {id: say(store, id, id) for id in ("m1", "m2", "m3")}
    with committed(store) as tx:
        tx.look_ahead([(CLIENT, CLIENT, f"m{n}") for n in range(700)] + [("c-new", "c-new", "m1")])
        assert tx.find_entry(CLIENT, CLIENT, "m2") == stored["m2"]
        assert tx.find_entry(CLIENT, CLIENT, "m9") is None
        assert tx.find_entry("c-new", "c-new", "m1") is None
        assert say_in(tx, "m4").seq == 5


def test_entries_come_back_as_they_went(store: Store) -> None:
    """Words with quotes, newlines and other scripts, and events, come back as they went."""
    drafts: list[Said | Event] = [
        Said(id="t", kind=SaidKind.TEXT, sent=1, text='„Bună” "quoted" \\ back\nnew\ttab 🙂 ?%s {}'),
        Event(EventKind.OPENED, CLIENT, was="g-1"),
        Event(EventKind.ASSIGNED, AGENT, "k1", to=AGENT),
    ]
    with committed(store) as tx:
        went = [tx.append(CLIENT, CLIENT, draft, T0 + n) for n, draft in enumerate(drafts)]
    page = store.log.page(CLIENT)
    assert [Entry.model_validate_json(json.dumps(entry)) for entry in page.entries] == went
    with store.begin() as tx:
        assert [tx.entry(CLIENT, n + 1) for n in range(len(drafts))] == went


# Numbers


def test_concurrent_writers(store: Store) -> None:
    """Four writers at once leave no gap and no double, in new conversations too."""

    def write(writer: int) -> None:
        for n in range(15):
            say(store, f"w{writer}-{n}", client=f"c-{n % 3}")
            say(store, f"shared-{n}", client=f"c-{n % 3}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    for client in ("c-0", "c-1", "c-2"):
        page = store.log.page(client, after=0, limit=1000)
        ids = [entry["id"] for entry in page.entries]
        assert [entry["seq"] for entry in page.entries] == list(range(1, page.last + 1))
        assert len(ids) == len(set(ids)) == 1 + 4 * 5 + 5


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


# The row


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
    recent = [(client, entry.id) for client, entry in store.log.recent_entries(3)]
    assert recent == [("c-7", "e-1"), ("c-7", "m1"), (CLIENT, "m2")]
    of_one = store.log.recent_entries(2, lambda client: client == "c-7")
    assert [(client, entry.id) for client, entry in of_one] == recent[:2]


# The inbox


def test_the_inboxs_order(store: Store) -> None:
    """The longest wait comes first, then the newest of the others; pages follow without loss."""
    for n, client in enumerate(("c-1", "c-2", "c-3", "c-4", "c-5")):
        say(store, "m1", client=client, at=T0 + n)
    say(store, "r1", sender=AGENT, client="c-2", at=T0 + 10)
    say(store, "r1", sender=AGENT, client="c-1", at=T0 + 20)
    say(store, "m2", client="c-3", at=T0 + 30)
    order = ["c-3", "c-4", "c-5", "c-1", "c-2"]
    assert [summary.client for summary in store.inbox.page().summaries] == order
    paged: list[str] = []
    cursor = None
    while True:
        page = store.inbox.page(limit=2, cursor=cursor)
        paged += [summary.client for summary in page.summaries]
        cursor = page.cursor
        if cursor is None:
            break
    assert paged == order


def test_the_inboxs_rows_are_summaries(store: Store) -> None:
    """A row that the database made is the Summary of that conversation, whatever it holds; its desk is named."""
    store.registry.add_agent(AGENT, "Ana")
    store.registry.add_agent("a-radu", "Radu")
    full: dict[str, Any] = {
        "status": Status.SNOOZED,
        "assignee": AGENT,
        "until": T0 + 50,
        "tags": ('a "b"', "șase"),
        "name": 'O\'Neil "Țuțu" \\ \t\u2028\x1f 😀 %s ?',
        "online": True,
        "notes": 3,
        "delayed": (Delayed(agent=AGENT, id="k", do=Do.ASSIGN, at=T0, to="a-radu"),),
        "answered": T0 + 9,
        "area": "mill-street",
        "lang": "ro",
        "mentions": (Mention(agent=AGENT, by="a-radu", id="n1"),),
    }
    say(store, "m1", client="c-1")
    say(store, "r1", sender="a-radu", client="c-1")
    say(store, "m1", client="c-2")
    with committed(store) as tx:
        put(tx, "c-1", **full)
    rows = [*store.inbox.page().summaries, *(page := store.inbox.page(InboxFilter(status="snoozed"))).summaries]
    assert [row.client for row in rows] == ["c-2", "c-1"] and rows[1].name == full["name"]
    assert [encode(row) for row in rows] == [encode(store.inbox.summaries([client])[0]) for client in ("c-2", "c-1")]
    assert page.names == {AGENT: "Ana", "a-radu": "Radu"} and store.inbox.page().names == {}
    for shown in (page, store.inbox.page()):
        sent = json.loads(shown.to_json(AGENT))["summaries"]
        for part in (row[name] for row in sent for name in ("last", "question") if name in row):
            if part.get("kind") == "text":
                del part["kind"]  # which a row leaves out
        assert sent == [json.loads(row.model_dump_json()) for row in shown.summaries]


def test_the_inboxs_tabs(store: Store) -> None:
    """Each tab shows its conversations and counts them."""
    store.registry.add_agent(AGENT, "Ana")
    states: dict[str, dict[str, Any]] = {
        "c-1": {},
        "c-2": {"status": Status.ASSIGNED, "assignee": AGENT},
        "c-3": {"status": Status.ASSIGNED, "assignee": "a-radu"},
        "c-4": {"status": Status.SNOOZED, "assignee": AGENT, "until": T0 + 50},
        "c-5": {"status": Status.RESOLVED},
    }
    for client, fields in states.items():
        say(store, "m1", client=client)
        with committed(store) as tx:
            put(tx, client, **fields)
    clients = lambda **tab: sorted(summary.client for summary in store.inbox.page(InboxFilter(**tab)).summaries)  # noqa: E731
    assert clients() == ["c-1", "c-2", "c-3"]
    assert clients(assignee=AGENT) == ["c-2"]
    assert clients(assignee="none") == clients(status="open") == ["c-1"]
    assert clients(status="assigned") == ["c-2", "c-3"]
    assert clients(status="snoozed") == ["c-4"]
    assert clients(status="resolved") == ["c-5"]
    page = store.inbox.page(me=AGENT)
    assert page.counts == {"mine": 1, "unassigned": 1, "all": 3, "snoozed": 1, "resolved": 1}
    assert page.names == {AGENT: "Ana"}
    north = InboxFilter(teams=OfTeams(("t-north",)), concerns=AGENT)
    with committed(store) as tx:
        put(tx, "c-1", team="t-north")
    page = store.inbox.page(north, me=AGENT)  # c-2 and c-4 are another team's, and assigned to the agent
    assert page.counts == {"mine": 1, "unassigned": 1, "all": 2, "snoozed": 1, "resolved": 0}
    assert len(page.summaries) == page.counts["all"]
    with store.begin() as tx:
        assert tx.due_snoozed(T0 + 49) == [] and tx.due_snoozed(T0 + 50) == ["c-4"]


def test_long_lists_are_counted_once_a_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of a hundred or more is told as it was counted a moment ago; shorter ones are counted at each page."""
    monkeypatch.setattr(inbox, "COUNTED_FOR_S", 3_600)  # a moment that no slow machine outlasts
    for n in range(99):
        say(store, "m1", client=f"c-{n}")
    counted = lambda me: store.inbox.page(limit=1, me=me).counts["all"]  # noqa: E731
    assert counted(AGENT) == 99
    say(store, "m1", client="c-99")
    assert counted(AGENT) == 100
    say(store, "m1", client="c-100")
    assert (counted(AGENT), counted("a-radu")) == (100, 101)
    monkeypatch.setattr(inbox, "COUNTED_FOR_S", 0)
    assert counted("a-ion") == 101
    say(store, "m1", client="c-101")
    assert counted("a-ion") == 102


def test_a_page_says_which_credentials_are_good(store: Store) -> None:
    """Pages of the log and of the inbox, empty ones too, tell their reader's generation as it is at that moment."""
    store.registry.add_agent(AGENT, "Ana")
    told = lambda reader: {  # noqa: E731
        store.log.page("c-1", reader=reader).generation,
        store.log.page("c-1", after=0, reader=reader).generation,
        store.inbox.page(reader=reader).generation,
        store.search.page(parse_query("m1", "UTC", AGENT), reader=reader).generation,
    }
    ana = Reader(AGENT)
    for _ in range(2):
        assert told(ana) == {store.registry.generation(AGENT)} != {None}
        assert told(None) == told(Reader("a-nobody")) == {None}
        store.registry.raise_generation(AGENT)
        say(store, "m1", client="c-1")
    store.registry.disable(AGENT)
    assert told(ana) == {None}


def test_a_page_says_whether_a_sign_in_is_over(store: Store) -> None:
    """Pages, empty ones too, tell no generation to a reader whose sign-in ended, or was another agent's."""
    for agent in (AGENT, "a-radu"):
        store.registry.add_agent(agent, "Ana")
    first, second = (store.registry.sign_ins.begin(AGENT, T0) for _ in range(2))
    told = lambda reader: {  # noqa: E731
        store.log.page("c-1", reader=reader).generation,
        store.inbox.page(reader=reader).generation,
        store.search.page(parse_query("m1", "UTC", AGENT), reader=reader).generation,
        store.registry.generation(*reader),
    }
    for _ in range(2):
        assert told(Reader(AGENT, first)) == told(Reader(AGENT, second)) == {0}
        assert told(Reader("a-radu", first)) == told(Reader(AGENT, "made-up")) == {None}
        say(store, "m1", client="c-1")
    store.registry.sign_ins.end(first)
    assert told(Reader(AGENT, first)) == {None} and told(Reader(AGENT, second)) == told(Reader(AGENT)) == {0}


def test_filtering_by_name(store: Store) -> None:
    """The filter finds words of a name or id, or their beginnings, without case, diacritics and patterns."""
    for client, name in (("c-1", "Elena Lazăr"), ("c-2", "100%_sure"), ("c-3", None)):
        say(store, "m1", client=client)
        with committed(store) as tx:
            put(tx, client, name=name)
    take_in_all(store)
    found = lambda q: sorted(summary.client for summary in store.inbox.page(InboxFilter(q=q)).summaries)  # noqa: E731
    assert found("LAZAR") == found("lazăr") == found("la el") == ["c-1"]
    assert found("100") == found("100%_su") == ["c-2"] and found("%") == found("_") == found("!") == []
    assert found("c-3") == ["c-3"] and found("azar") == [] and found(" ") == ["c-1", "c-2", "c-3"]
    with committed(store) as tx:
        put(tx, "c-1", name="Maria Lazăr")
    assert found("elena") == [] and found("maria") == ["c-1"]


def test_filtering_by_waiting_and_tag(store: Store) -> None:
    """The filter leaves only those who wait, or those with the tag and not with one that is like it."""
    for n, (waiting, tags) in enumerate(((5, ("bill",)), (None, ("bill",)), (7, ("bill2", "bi_l")))):
        say(store, "m1", client=f"c-{n}")
        with committed(store) as tx:
            put(tx, f"c-{n}", waiting=waiting, tags=tags)
    assert [summary.client for summary in store.inbox.page(InboxFilter(waiting=True)).summaries] == ["c-0", "c-2"]
    assert sorted(summary.client for summary in store.inbox.page(InboxFilter(tag="bill")).summaries) == [
        "c-0",
        "c-1",
    ]
    assert [summary.client for summary in store.inbox.page(InboxFilter(tag="bi_l", waiting=True)).summaries] == ["c-2"]


def test_filtering_by_area_and_language(store: Store) -> None:
    """The filter leaves only clients of the area, or of the language, or of both."""
    for n, (area, lang) in enumerate((("north", "ro"), ("north", "en"), ("south", "ro"), (None, None))):
        say(store, "m1", client=f"c-{n}")
        with committed(store) as tx:
            put(tx, f"c-{n}", area=area, lang=lang)
    found = lambda **by: sorted(summary.client for summary in store.inbox.page(InboxFilter(**by)).summaries)  # noqa: E731
    assert (found(area="north"), found(lang="ro")) == (["c-0", "c-1"], ["c-0", "c-2"])
    assert found(area="north", lang="ro") == ["c-0"] and found(area="nor") == []


@pytest.mark.parametrize("few", [10, 2])
def test_filtering_by_an_attribute(store: Store, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Pages hold each client with the value once, in the list's order; also of a value that many have."""
    for name, value in (("FEW", few), ("LOOKED_THROUGH", 3), ("STEPS", 2)):
        monkeypatch.setattr(f"chat_core.store.inbox.{name}", value)
    for n in range(20):
        say(store, "m1", client=f"c-{n}", at=T0 + n)
        if n % 3 == 0:
            store.registry.attributes.change(f"c-{n}", {"plan": "Solar"})
    whole, cursor = [row.client for row in store.inbox.page().summaries], None
    found: list[str] = []
    for _ in range(20):
        page = store.inbox.page(InboxFilter(attribute="plan:Solar"), cursor=cursor, limit=2)
        found += [row.client for row in page.summaries]
        assert len(page.summaries) <= 2
        if (cursor := page.cursor) is None:
            break
    assert found == [client for client in whole if int(client[2:]) % 3 == 0] and cursor is None
    assert store.inbox.page(InboxFilter(attribute="plan:Sol")).summaries == []


# Beside the log


def test_notes_have_no_seq(store: Store) -> None:
    """A note is kept beside the log, counted in the row, and stored once by (agent, id)."""
    say(store, "m1")
    for _ in range(2):
        with committed(store) as tx:
            note = tx.add_note(CLIENT, AGENT, "n1", "heater timer", T0)
    assert store.log.notes(CLIENT) == [note] and store.log.notes("c-7") == []
    assert row_of(store).notes == 1 and store.log.page(CLIENT).last == 2


def test_parked_messages_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first 4 KiB of a parked message come back, newest first; of too many the oldest go: 40 MB at most."""
    monkeypatch.setattr("chat_core.store.bridge_state.PARKED_AT_MOST", 3)
    with committed(store) as tx:
        for n in range(5):
            tx.park(f"bad/\0/{n}", bytes([0, 255, n]), "bad_json", T0 + n)
        tx.park("x" * 70_000, b"y" * 60_000, "bad_topic", T0)
    parked = store.bridge.parked()
    assert [message.payload for message in parked] == [b"y" * 4_096, b"\0\xff\4", b"\0\xff\3"]
    assert parked[1].topic == "bad/\ufffd/4" and parked[1].why == "bad_json" and store.bridge.parked_count() == 3


def test_an_outage_that_is_over(store: Store) -> None:
    """An area's last outage is known after its end, with when it ended; a new one in the area stands again."""
    assert store.notices.of_area("north") is None
    text = {"en": "No power", "ro": "Fără curent"}
    for at, words in ((T0, text), (T0 + 5, None), (T0 + 9, None)):
        with committed(store) as tx:
            tx.put_notice("north", OutageNotice(id=f"k{at}", text=words), at)
    found = store.notices.of_area("north")
    assert found is not None and (found.text, found.at, found.ended_at) == (text, T0, T0 + 5)
    assert store.notices.standing() == []
    with committed(store) as tx:
        tx.put_notice("north", OutageNotice(id="k8", text=text), T0 + 10)
        tx.put_notice("north", OutageNotice(id="k9", text=text), T0 + 10)
    found = store.notices.of_area("north")
    assert found is not None and (found.at, found.ended_at) == (T0 + 10, None)
    assert [notice.id for _, notice in store.notices.standing()] == ["k9"]


def test_past_outages(store: Store) -> None:
    """An area's outages are listed for 14 days after their end, also after another one; a later text is no other."""
    day = 86_400_000
    for at, id, words in (
        (T0, "k1", {"en": "Storm"}),
        (T0 + 5, "k2", {"en": "Still"}),
        (T0 + 10, "k3", None),
        (T0 + day, "k4", {"en": "Cable"}),
        (T0 + day + 5, "k5", None),
        (T0 + 2 * day, "k6", {"en": "Again"}),
    ):
        with committed(store) as tx:
            tx.put_notice("north", OutageNotice(id=id, text=words), at)
    found = [(one.incident, one.text, one.ended_at) for one in store.notices.recent(T0)]
    assert found == [
        ("k6", {"en": "Again"}, None),
        ("k4", {"en": "Cable"}, T0 + day + 5),
        ("k1", {"en": "Still"}, T0 + 10),
    ]
    with committed(store) as tx:
        tx.put_notice("south", OutageNotice(id="k7", text={"en": "Off"}), T0 + 15 * day)
    assert [one.incident for one in store.notices.recent(0)] == ["k7", "k6", "k4"]


def test_a_glance(store: Store) -> None:
    """A display's unread number and last words are right in a log of any length, with deletions and markers."""
    assert store.log.glance(CLIENT) == Glance(0, None, None)
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


def test_the_heartbeat(store: Store) -> None:
    """A heartbeat's age is told by the database's clock, whatever the bridge's clock says, which is named."""
    assert store.bridge.beat() is None
    for ahead_ms, failing in ((0, ()), (3_600_000, ("greeting", "desk"))):
        with committed(store) as tx:
            tx.beat(time.time_ns() // 1_000_000 + ahead_ms, failing)
        beat = store.bridge.beat()
        assert beat is not None and beat.age_ms is not None and 0 <= beat.age_ms < 60_000
        assert abs(beat.skew_ms - ahead_ms) < 60_000 and abs(beat.here_skew_ms) < 60_000
        assert beat.failing == tuple(sorted(failing))
    move_beat(store, -3_000_000)
    beat = store.bridge.beat()
    assert beat is not None and beat.age_ms is not None and 3_000_000 <= beat.age_ms < 3_060_000


def test_a_heartbeat_to_come(store: Store) -> None:
    """A heartbeat in the database's future says nothing: the bridge that said it may be dead for an hour."""
    with committed(store) as tx:
        tx.beat(T0)
    move_beat(store, 3_600_000)
    beat = store.bridge.beat()
    assert beat is not None and beat.age_ms is None


def test_rows_that_may_be_untold(store: Store) -> None:
    """A transaction notes the clients whose rows it changed; an undone one notes nobody."""
    say(store, "m1")
    say(store, "m1", client="c-b")
    for client in (CLIENT, "c-b"):
        with store.begin() as tx:
            assert not tx.changes_rows
            tx.put(tx.conversation(client)._replace(online=True))
            tx.note_untold()
            assert tx.changes_rows
            if client == CLIENT:
                tx.commit()
    assert store.bridge.untold_clients() == [CLIENT]
    with committed(store) as tx:
        tx.forget_untold()
    assert store.bridge.untold_clients() == []


def test_rows_that_each_shard_may_not_have_told(store: Store) -> None:
    """Each shard finds and forgets its own notes; shard 0 finds those of shards that are no more."""
    first, second, of_three = Shard(0, 2), Shard(1, 2), Shard(2, 3)
    for client, shard in ((CLIENT, ALL), ("c-b", first), ("c-c", second), ("c-d", of_three)):
        say(store, "m1", client=client)
        with committed(store) as tx:
            tx.put(tx.conversation(client)._replace(online=True))
            tx.note_untold(shard)
    assert store.bridge.untold_clients(first) == ["c-b", "c-d", CLIENT]
    assert store.bridge.untold_clients(second) == ["c-c"]
    assert store.bridge.untold_clients() == ["c-b", "c-c", "c-d", CLIENT]
    with committed(store) as tx:
        tx.forget_untold(first)
    assert store.bridge.untold_clients() == ["c-c"]


def test_heartbeats_of_several_shards(store: Store) -> None:
    """Readers learn of the oldest heartbeat, the largest skew, and what fails in any shard."""
    now_ms = time.time_ns() // 1_000_000
    with committed(store) as tx:
        tx.beat(now_ms, ("alarms",), Shard(0, 2))
    move_beat(store, -60_000)
    with committed(store) as tx:
        tx.beat(now_ms - 3_600_000, ("turn",), Shard(1, 2))
    beat = store.bridge.beat()
    assert beat is not None and beat.age_ms is not None and beat.age_ms >= 60_000
    assert beat.skew_ms < -3_000_000 and beat.failing == ("alarms", "turn")


def test_the_change_cursor(store: Store) -> None:
    """The bridge knows how far it has done what was asked of it."""
    n = store.registry.changes.announce(ChangeKind.ERASE, {"client": CLIENT}, T0)
    with committed(store) as tx:
        assert store.bridge.change_cursor() == 0
        tx.set_change_cursor(n)
    assert store.registry.changes.after(store.bridge.change_cursor()) == []


# One bridge


def test_one_bridge_at_a_time(store: Store, place: StoreUnderTest) -> None:
    """A second bridge waits until the first lets go, or until it is told to stop waiting."""
    stop, holds = threading.Event(), threading.Event()

    def second(stop: threading.Event | None) -> bool:
        with Store.open(place) as other, other.hold_bridge_lock(stop) as lock:
            if lock is not None:
                holds.set()
            return lock is not None

    with ThreadPoolExecutor(2) as pool:
        with store.hold_bridge_lock() as lock:
            assert lock is not None
            lock.check()
            waiting = pool.submit(second, None)
            gives_up = pool.submit(second, stop)
            stop.set()
            assert gives_up.result(5) is False
            assert not holds.is_set()
        assert waiting.result(5) is True


def store_in_thread(store: Store) -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: store.log.page(CLIENT).last).result()
