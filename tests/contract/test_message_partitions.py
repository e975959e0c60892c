"""Messages divided by hash of their conversation: the store's promises hold, and one part is looked at."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chat_core import store as stores
from chat_core.cli.commands import commands
from chat_core.contract.errors import Refused
from chat_core.domain.search_query import Query
from chat_core.store import Store, StoreFault
from tests.contract.stores import (
    AGENT,
    StoreUnderTest,
    committed,
    erase_all,
    opened,
    said,
    say,
    say_in,
    sqlite_at,
    take_in_all,
    texts,
)
from tests.real.postgres import Postgres

PARTS = 4
CLIENTS = [f"c-{n}" for n in range(12)]


@pytest.fixture
def place(tmp_path: Path, postgres: Postgres) -> StoreUnderTest:
    """An empty database that was divided by the documented command."""
    place = replace(sqlite_at(tmp_path), db=postgres.fresh_database())
    for _ in range(2):
        done = migrate(place)
        assert done.exit_code == 0, done.output
    return place


def migrate(place: StoreUnderTest) -> Result:
    env = {"WATTLINE_DATA": str(place.data), "WATTLINE_DB": place.db}
    return CliRunner().invoke(commands, ["migrate", f"--message-partitions={PARTS}"], env=env)


@pytest.fixture
def store(place: StoreUnderTest) -> Iterator[Store]:
    with opened(place) as store:
        for client in CLIENTS:
            say(store, "m1", f"Why {client}?", client=client)
        yield store


def test_ids_stay_unique(store: Store) -> None:
    """A repeat gives the stored entry, alone and in a batch; the database itself refuses a second one."""
    parts = store.chats.fetch("SELECT count(DISTINCT tableoid) FROM entry")
    assert parts[0][0] > 1
    assert say(store, "m1", "again", client="c-3").text == "Why c-3?"
    with committed(store) as tx:
        tx.look_ahead([(client, client, "m1") for client in CLIENTS])
        assert [say_in(tx, "m1", client=client).seq for client in CLIENTS] == [2] * len(CLIENTS)
        tx.append("c-5", AGENT, said("m1", "an agent's own"), 1)
    assert texts(store, "c-5") == ["Why c-5?", "an agent's own"]
    copied = "INSERT INTO entry (conversation, seq, id, sender, at, kind, body) SELECT conversation, seq + 90, id,"
    with pytest.raises(StoreFault), store.chats.writing():
        store.chats.execute(f"{copied} sender, at, kind, body FROM entry WHERE sender = 'c-3'")


def test_entries_are_found_changed_and_erased(store: Store) -> None:
    """Order of commit, search, an edit and an erasure work over all parts."""
    recent = [client for client, entry in store.log.entries_of(store.log.recent_nums()) if entry.id == "m1"]
    assert recent == CLIENTS
    take_in_all(store)
    with committed(store) as tx:
        tx.amend("c-7", 2, "heater")
    erase_all(store, "c-8")
    hits = store.search.page(Query((("why",),))).hits
    assert [hit.client for hit in hits] == [client for client in reversed(CLIENTS) if client not in ("c-7", "c-8")]
    assert [hit.client for hit in store.search.page(Query((("heater",),))).hits] == ["c-7"]


def test_one_part_is_looked_at(store: Store) -> None:
    """PostgreSQL opens the conversation's part alone, where a message is met and its repeat is looked for."""
    dialect = store.chats.dialect
    ((num,),) = store.chats.fetch("SELECT num FROM conversation WHERE client = 'c-3'")
    for sql, asked in (
        (dialect.meet, ("c-3/m1", "c-3")),
        (dialect.meet_again, ("c-3/m1", num, "c-3", 1)),
    ):
        plan = [row[0] for row in store.chats.fetch(f"EXPLAIN ANALYZE {sql}", asked)]
        looked = [line for line in plan if re.search(r" on entry_p\d+ e", line) and "never executed" not in line]
        assert len(looked) == 1, plan


def test_a_move_into_parts(place: StoreUnderTest, tmp_path: Path) -> None:
    """`wattline move` fills divided messages from a whole table, and the copy is written on."""
    source = sqlite_at(tmp_path / "source")
    with Store.open(source, migrate=True) as older:
        for client in CLIENTS:
            say(older, "m1", client=client)
    stores.move(source, place, lambda _: None)
    with Store.open(place) as store:
        assert [say(store, id, client="c-3").seq for id in ("m1", "m2")] == [2, 3]


def test_what_cannot_be_divided(store: Store, place: StoreUnderTest, tmp_path: Path, postgres: Postgres) -> None:
    """Other parts than there are, a database with messages and SQLite are refused with the cause."""
    with pytest.raises(Refused, match=f"into {PARTS} already"):
        store.divide_messages(PARTS + 1)
    with opened(replace(place, db=postgres.fresh_database())) as whole:
        say(whole, "m1")
        with pytest.raises(Refused, match="wattline move"):
            whole.divide_messages(PARTS)
    with opened(sqlite_at(tmp_path / "sqlite")) as one, pytest.raises(Refused, match="Only PostgreSQL"):
        one.divide_messages(PARTS)
