"""The store's transactions: opened, all or nothing, repeats and numbers, on SQLite and on a real PostgreSQL."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from playhouse.schema_diff import diff_models

from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import Entry, EventKind, Marker, Priority, Said, SaidKind
from chat_core.domain.conversation import Event
from chat_core.store import Store, StoreFault, migrate
from chat_core.store import migrations as scripts
from chat_core.store.models.chats import CHATS
from chat_core.store.models.web import WEB
from tests.contract.stores import (
    AGENT,
    CLIENT,
    T0,
    StoreUnderTest,
    committed,
    opened,
    put,
    row_of,
    said,
    say,
    say_in,
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


def store_in_thread(store: Store) -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: store.log.page(CLIENT).last).result()
