"""A move from one database into another: nothing is lost, a kill is gone on from, and a difference is told."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from chat_core import store as stores
from chat_core.cli.commands import commands
from chat_core.cli.up import only_one
from chat_core.contract.errors import Refused, StoreDown
from chat_core.contract.payloads import Marker
from chat_core.domain.search_query import Query
from chat_core.runtime import config
from chat_core.store import Store, database_move
from tests.contract.stores import T0, StoreUnderTest, say, say_in, sqlite_at, take_in_all
from tests.real.parts import REPOSITORY
from tests.real.postgres import Postgres

OTHERS = 40


@pytest.fixture
def source(tmp_path: Path) -> StoreUnderTest:
    """A SQLite database with conversations, names, markers, a parked message, an agent and an index."""
    place = sqlite_at(tmp_path / "source")
    with Store.open(place, migrate=True) as store:
        store.registry.add_agent("a-ana", "Ana", admin=True)
        with store.begin() as tx:
            for number in range(OTHERS):
                say_in(tx, "m1", f"word {number} 'quoted' é\n", client=f"c-{number}")
                for reader in (f"c-{number}", "a-ana", "a-dan"):
                    tx.move_marker(f"c-{number}", reader, Marker(delivered=2, read=1))
            tx.park("support/c-1/msg", b"\xff\0{", "not JSON", T0)
            tx.commit()
        say(store, "m1", "Why 40 kWh yesterday?")
        say(store, "m2", "It was the heater.")
        take_in_all(store)
    return place


@pytest.fixture(params=["postgres", "sqlite"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> StoreUnderTest:
    """An empty place for each kind of database."""
    place = sqlite_at(tmp_path / "target")
    if request.param == "sqlite":
        return place
    postgres: Postgres = request.getfixturevalue("postgres")
    return replace(place, db=postgres.fresh_database())


def rows_of(place: StoreUnderTest) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables that a move copies."""
    with Store.open(place) as store:
        databases = {"chats": store.chats, "web": store.web}
        return {
            table.name: sorted((row for rows in table.read(databases[part]) for row in rows), key=repr)
            for part, table in database_move.TABLES
        }


def test_a_move_copies_everything(source: StoreUnderTest, target: StoreUnderTest) -> None:
    """Every row of every table arrives, the source stays as it was, and the target is written and searched on."""
    before = rows_of(source)
    moved = stores.move(source, target, lambda _: None)
    assert rows_of(target) == before == rows_of(source)
    assert moved == sum(len(rows) for rows in before.values()) > 2 * OTHERS
    with Store.open(target) as store:
        assert say(store, "m3", "and on").seq == 4  # behind "opened" and two messages
        take_in_all(store)
        assert [hit.text for hit in store.search.page(Query((("heater",),))).hits] == ["It was the heater."]
        assert say(store, "m1", "again").seq == 2  # a repeat is known


def test_a_move_goes_on_after_a_kill(
    source: StoreUnderTest, target: StoreUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move that ended in the middle of a table goes on behind its last row; meanwhile nothing opens the target."""
    for _, table in database_move.TABLES:
        monkeypatch.setattr(table, "limit", 7)
    written: list[int] = []

    class KilledHalfway(BaseException): ...

    write = database_move.TableCopy.write

    def write_a_little(self: database_move.TableCopy, database: object, rows: list[tuple[object, ...]]) -> None:
        write(self, database, rows)  # type: ignore[arg-type]  # passed on as it came
        written.append(len(rows))
        if len(written) == 9:
            raise KilledHalfway

    with monkeypatch.context() as broken:
        broken.setattr(database_move.TableCopy, "write", write_a_little)
        with pytest.raises(KilledHalfway):
            stores.move(source, target, lambda _: None)
    with pytest.raises(StoreDown, match="wattline move"):
        Store.open(target)
    told: list[str] = []
    stores.move(source, target, told.append)
    assert told[0] == "going on with the move that was interrupted"
    assert rows_of(target) == rows_of(source)


def test_a_difference_is_told(source: StoreUnderTest, target: StoreUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that changes while it is copied ends the move with the table's name, and the target stays closed."""
    copy = database_move.Move._copy

    def copy_and_change(self: database_move.Move, table: database_move.TableCopy, *databases: object) -> None:
        copy(self, table, *databases)  # type: ignore[arg-type]  # passed on as it came
        if table.name == "entry":
            self._source["chats"].execute("UPDATE entry SET at = at + 1 WHERE num = 1")

    monkeypatch.setattr(database_move.Move, "_copy", copy_and_change)
    with pytest.raises(Refused, match="Table entry differs"):
        stores.move(source, target, lambda _: None)
    with pytest.raises(StoreDown, match="wattline move"):
        Store.open(target)


def test_the_documented_command(source: StoreUnderTest, postgres: Postgres) -> None:
    """The command of docs/operating.md moves a data folder's database, and refuses while `wattline up` runs."""
    typed = re.search(r"^wattline (move .*)$", (REPOSITORY / "docs" / "operating.md").read_text(), re.MULTILINE)
    assert typed is not None
    target = replace(source, db=postgres.fresh_database())
    words = [{"sqlite:///data/chats.db": source.db}.get(word, word) for word in typed[1].split()]
    words[-1] = target.db
    env = {"WATTLINE_DATA": str(source.data), "WATTLINE_TZ": source.tz, "PATH": os.environ["PATH"]}
    with only_one(config.load(env)):
        refused = CliRunner().invoke(commands, words, env=env)
        assert refused.exit_code == 1 and "wattline up" in refused.stderr
    done = CliRunner().invoke(commands, words, env=env, catch_exceptions=False)
    assert done.exit_code == 0 and "Set WATTLINE_DB" in done.stdout, done.stderr
    assert rows_of(target) == rows_of(source)


def test_what_cannot_be_moved(source: StoreUnderTest, target: StoreUnderTest, tmp_path: Path) -> None:
    """A target with rows, a missing source, one database twice and a running bridge are refused with the cause."""
    with Store.open(target, migrate=True) as store:
        say(store, "m1", client="c-other")
    with pytest.raises(Refused, match="table conversation"):
        stores.move(source, target, lambda _: None)
    with pytest.raises(Refused, match="no database at"):
        stores.move(sqlite_at(tmp_path / "nothing"), target, lambda _: None)
    with pytest.raises(Refused, match="the same database"):
        stores.move(source, source, lambda _: None)
    with Store.open(source) as store, store.hold_bridge_lock(), pytest.raises(Refused, match="Stop Wattline"):
        stores.move(source, sqlite_at(tmp_path / "new"), lambda _: None)
