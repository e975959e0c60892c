"""A database of each release, as its own program made it: brought up to date with everything in it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from playhouse.schema_diff import diff_models
from structlog.testing import capture_logs

from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import Origin
from chat_core.domain.search_query import Query
from chat_core.store import Store
from chat_core.store.database import Database
from chat_core.store.faults import StoreFault
from chat_core.store.migrations import ddl, release_0_1
from chat_core.store.models.chats import CHATS
from chat_core.store.models.web import WEB
from chat_core.store.postgres import PostgresDatabase
from chat_core.store.results import EpisodeFilter
from chat_core.store.sqlite import SqliteDatabase
from tests.contract.stores import AGENT, CLIENT, T0, StoreUnderTest, erase_all, say, sqlite_at, take_in_all, texts
from tests.real.parts import REPOSITORY
from tests.real.postgres import Postgres
from tests.waiting import wait_until

RELEASES = Path(__file__).parent / "releases"
VERSIONS = ("0.1.0",)
IN_ANOTHER_FORM = {
    "client_power_wait",
    ("conversation", "sender", "id"),
    "conversation_due",
    "conversation_mentions",
    "conversation_online",
    "entry_said_once",
}

_CONVERSATION = (
    "INSERT INTO conversation (num, client, epoch, first, last_seq, rev, shelf, status, priority, tags, unread, notes,"
    " online, members, did, place, folded)"
    " VALUES (?, ?, 'e', 1, ?, 1, 0, 'open', 'normal', '[]', 0, 0, FALSE, '[]', '[]', 0, '')"
)
_ENTRY = "INSERT INTO entry (conversation, seq, id, sender, at, kind, body) VALUES (?, ?, ?, ?, ?, 'text', ?)"
MANY = 40_000  # 10,000 were filled while the test wrote one row on a busy machine
_CROWD = """
    INSERT INTO conversation (num, client, epoch, first, last_seq, rev, shelf, status, priority, tags, unread, notes,
      online, members, did, last, place, folded)
    SELECT n, 'c-x' || n, 'e', 1, 1, 1, 0, 'open', 'normal', '[]', 0, 0, FALSE, '[]', '[]', '{"from":"c"}', 0, ''
    FROM (WITH RECURSIVE t (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM t WHERE n < 999 + ?) SELECT n FROM t) AS t"""
_MIGRATE = """
import sys
from pathlib import Path
from chat_core.store import migrate
from chat_core.store.migrations import ddl
from tests.contract.stores import StoreUnderTest
ddl.SLICE_ROWS = 10
migrate(StoreUnderTest(Path(sys.argv[1]), sys.argv[2]))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, version: str) -> StoreUnderTest:
    here = sqlite_at(tmp_path)
    if request.param == "sqlite":
        for part in ("chats", "web"):
            with closing(sqlite3.connect(tmp_path / f"{part}.db", isolation_level=None)) as database:
                database.executescript((RELEASES / f"{version}-{part}.sqlite.sql").read_text())
        return here
    postgres: Postgres = request.getfixturevalue("postgres")
    dsn = postgres.fresh_database()
    with psycopg.connect(dsn, autocommit=True) as server:
        server.execute((RELEASES / f"{version}.postgres.sql").read_text().encode())
    return replace(here, db=dsn)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_release_s_database(place: StoreUnderTest, version: str) -> None:
    """It migrates to what the models say, tells its progress, keeps what was said, and is written on."""
    with capture_logs() as logs, Store.open(place, migrate=True) as store:
        begun = [line["name"] for line in logs if line["event"] == "migration.begins"]
        assert "chats/0013_beat" in begun and len(begun) == sum(line["event"] == "migration.done" for line in logs)
        for database, models in ((store.chats, CHATS), (store.web, WEB)):
            unlike = diff_models(database.peewee, list(models))
            indexes = {index.name or tuple(index.columns) for index in (*unlike.add_indexes, *unlike.drop_indexes)}
            assert indexes <= IN_ANOTHER_FORM, str(unlike)
            assert not any((unlike.create_tables, unlike.add_columns, unlike.drop_columns)), str(unlike)
        assert texts(store) == ["Why 40 kWh yesterday?", "It was the heater."]
        agent, row = store.registry.find_agent(AGENT), store.inbox.summary(CLIENT)
        assert agent is not None and agent.admin and row is not None and row.status == "resolved"
        senders = store.chats.fetch("SELECT last_sender FROM conversation WHERE client = ?", (CLIENT,))
        assert row.last is not None and senders == [(row.last.sender,)]
        assert [note.text for note in store.log.notes(CLIENT)] == ["called twice"]
        assert [area for area, _ in store.notices.standing()] == ["north"] and len(store.bridge.parked()) == 1
        assert sum(one.wh for one in store.consumption.intervals(CLIENT, T0, T0 + 10**8, "hour", place.tz)) == 350
        assert store.bridge.beat() is None  # of the bridge of before nothing is believed
        (episode,) = store.episodes.page(EpisodeFilter("satisfaction", T0 - 1, T0 + 10**8, score=5)).episodes
        assert (episode.answered or 0) - (episode.asked or 0) == 120_000
        assert store.chats.fetch("SELECT answers, ms FROM answer_time") == [(1, 120_000)]
        assert say(store, "m3", "and on").seq > 3
        take_in_all(store)
        assert [hit.text for hit in store.search.page(Query((("heater",),))).hits] == ["It was the heater."]
        erase_all(store)
        assert texts(store) == []
    with Store.open(place):  # it is up to date
        pass


@pytest.mark.parametrize("version", VERSIONS)
def test_origins_of_a_release_s_rows(place: StoreUnderTest, version: str) -> None:
    """`migrate` marks what bots and alarms said, by their ids; nothing of a client's, and no person's notice."""
    said = (
        ("auto-2", "b-rules", "answer"),
        ("away-2", "b-rules", "answer"),
        ("hand-2", "b-rules", "handover"),
        ("high-1-5", "b-meters", "alarm"),
        ("echo-2", "b-echo", None),
        ("call-29", "c-700", None),
        ("auto-2", "c-700", None),
        ("hand-2", "a-ana", None),
    )
    older = database_at(place)
    with older.writing():
        older.execute(_CONVERSATION, (700, "c-700", len(said)))
        for seq, (id, sender, _) in enumerate(said, 1):
            older.execute(_ENTRY, (700, seq, id, sender, T0, f'{{"text":"„words“ {seq}"}}'))
        for area, id in (("east", "storm-1"), ("south", "storm-2"), ("west", "k1")):
            words = '{"en":"Off","ro":"Oprit"}'
            older.execute("INSERT INTO notice (area, id, text, at) VALUES (?, ?, ?, ?)", (area, id, words, T0))
        older.execute("INSERT INTO command (agent, id, client, at) VALUES ('a-ana', 'storm-2', '', ?)", (T0,))
    older.close()
    with Store.open(place, migrate=True) as store:
        entries = store.log.page("c-700").entries
        assert [entry.get("origin") for entry in entries] == [origin for _, _, origin in said]
        assert [entry["text"] for entry in entries] == [f"„words“ {seq}" for seq in range(1, len(said) + 1)]
        origins = {area: notice.origin for area, notice in store.notices.standing()}
        west = store.notices.of_area("west")
        assert west is not None and (west.incident, west.since, store.notices.untold()) == ("k1", T0, [])
        assert origins == {"east": Origin.STORM, "north": None, "south": None, "west": None}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_account_that_up_printed_is_disabled(place: StoreUnderTest, version: str) -> None:
    """An installation whose `up` printed a password that could write lets that account in no more; others stay."""
    older = database_at(place, "web.db")
    rows = [(id, 0, False, 0, 0) for id in ("b-listener", "b-other")]
    with older.writing():
        older.execute_many(
            "INSERT INTO identity (id, generation, disabled, created, touched) VALUES (?, ?, ?, ?, ?)", rows
        )
    older.close()
    with Store.open(place, migrate=True) as store:
        assert (store.registry.generation("b-listener"), store.registry.generation("b-other")) == (None, 0)


def database_at(place: StoreUnderTest, file: str = "chats.db") -> Database:
    postgres = place.db.startswith("postgres")
    return PostgresDatabase(place.db) if postgres else SqliteDatabase(place.data / file)


def schema_of(store: Store) -> dict[str, set[tuple[object, ...]]]:
    """Return all columns, indexes and constraints but for defaults, which our own statements never rely on."""
    if isinstance(store.chats, PostgresDatabase):
        asked = {
            "columns": "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'public'",
            "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "constraints": "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace",
        }
        return {what: set(store.chats.fetch(sql)) for what, sql in asked.items()}
    found: dict[str, set[tuple[object, ...]]] = {}
    for database in (store.chats, store.web):
        for table, sql in database.fetch("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
            columns = database.fetch('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (table,))
            indexes = database.fetch('SELECT name, "unique", partial FROM pragma_index_list(?)', (table,))
            keys = database.fetch('SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)', (table,))
            found[table] = {("clustered", "WITHOUT ROWID" in sql), *columns, *indexes, *keys}
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_release_s_tables_are_the_first_migration_s(place: StoreUnderTest, version: str, tmp_path: Path) -> None:
    """A migrated database has the very columns, indexes and constraints of one that is made today."""
    with Store.open(place, migrate=True) as store:
        migrated = schema_of(store)
    with Store.open(replace(place, db=fresh_like(place, tmp_path)), migrate=True) as store:
        made = schema_of(store)
    differ = {what: migrated.get(what, set()) ^ made.get(what, set()) for what in migrated | made}
    assert [(what, found) for what, found in differ.items() if found] == []


def fresh_like(place: StoreUnderTest, folder: Path) -> str:
    if place.db.startswith("sqlite"):
        return f"sqlite:///{folder}/fresh/chats.db"
    with psycopg.connect(place.db, autocommit=True) as server:
        server.execute("CREATE DATABASE fresh_one")
    return place.db.rpartition("/")[0] + "/fresh_one"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_a_build_since_the_release(place: StoreUnderTest, version: str) -> None:
    """A history that names all of 0.1's migrations gets later ones alone; one that lacks some gets those too."""
    with Store.open(place, migrate=True) as store:
        for database, part in ((store.chats, "chats"), (store.web, "web")):
            with database.writing():
                sql = f"DELETE FROM migration_{part} WHERE name IN ('0001_tables', '0002_last_sender')"
                database.execute(sql)  # the test needs no migration after these
                for n, name in enumerate(sorted(release_0_1.names(part))):
                    sql = f"INSERT INTO migration_{part} (id, name, applied) VALUES (?, ?, '2026-11-29 00:00:00')"
                    database.execute(sql, (100 + n, name))
        with store.chats.writing():
            store.chats.execute("ALTER TABLE conversation DROP COLUMN last_sender")
        assert store.pending() == ["chats/0002_last_sender"]
        with store.chats.writing():
            store.chats.execute("DELETE FROM migration_chats WHERE name = '0016_online'")
            store.chats.execute("DROP INDEX conversation_online")
        assert store.pending() == ["chats/0016_online", "chats/0002_last_sender"]
        assert store.migrate() == ["chats/0016_online", "chats/0002_last_sender"]
        names = store.chats.fetch("SELECT name FROM migration_chats ORDER BY name")
        assert names[:2] == [("0001_tables",), ("0002_last_sender",)]
        assert texts(store) == ["Why 40 kWh yesterday?", "It was the heater."]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_killed_migration_goes_on(place: StoreUnderTest, version: str) -> None:
    """Rows are filled in slices, beside which others write; what kill -9 left is done by the next `migrate` alone."""
    older = database_at(place)
    with older.writing():
        older.execute(_CROWD, (MANY,))
    migrating = subprocess.Popen([sys.executable, "-c", _MIGRATE, str(place.data), place.db], cwd=REPOSITORY)
    wait_until(lambda: 0 < _filled(older) < MANY, 60)
    with older.writing():  # the row of a slice to come
        older.execute("UPDATE conversation SET unread = 7 WHERE num = ?", (MANY,))
    migrating.kill()
    migrating.wait()
    before = _filled(older)
    assert 0 < before < MANY
    with pytest.raises(StoreDown, match="Run `wattline migrate`"):
        Store.open(place)
    with Store.open(place, migrate=True) as store:
        assert store.pending() == []
        assert store.chats.fetch("SELECT count(*), min(last_sender) FROM conversation WHERE num > 999") == [(MANY, "c")]
        assert store.chats.fetch("SELECT last_sender, unread FROM conversation WHERE num = ?", (MANY,)) == [("c", 7)]
    older.close()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_migration_beside_a_backup(place: StoreUnderTest, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits only briefly for the locks that a backup holds, then says so, and goes on when called again."""
    monkeypatch.setattr(ddl, "LOCK_WAIT_MS", 50)
    monkeypatch.setattr(ddl, "LOCK_REST_S", 0.05)
    monkeypatch.setattr(ddl, "LOCK_TRIES", 2)
    with psycopg.connect(place.db) as backup, capture_logs() as logs:
        backup.execute("LOCK TABLE reading IN ACCESS SHARE MODE")
        with pytest.raises(StoreDown, match="such as a backup"):
            Store.open(place, migrate=True)
    assert [line["tries_left"] for line in logs if line["event"] == "migration.waits"] == [1]
    with Store.open(place, migrate=True) as store:
        assert store.pending() == []


def _filled(database: Database) -> int:
    try:
        ((count,),) = database.fetch("SELECT count(*) FROM conversation WHERE num > 999 AND last_sender IS NOT NULL")
    except StoreFault:  # there is no such column yet
        return 0
    return int(count)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_from_before_the_release(place: StoreUnderTest, version: str) -> None:
    """A history older than the release is refused by a sentence that says what to do."""
    with Store.open(place, migrate=True) as store, store.chats.writing():
        store.chats.execute("DELETE FROM migration_chats WHERE name <> '0001_tables'")
        store.chats.execute("UPDATE migration_chats SET name = '0001_initial'")
    for migrate in (False, True):
        with pytest.raises(StoreDown, match=r"run `wattline migrate` of 0\.1\.0"):
            Store.open(place, migrate=migrate)
