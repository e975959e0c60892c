"""A database of each release, as its own program made it: brought up to date with everything in it."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from playhouse.schema_diff import diff_models
from structlog.testing import capture_logs

from chat_core.domain.search_query import Query
from chat_core.store import Store
from chat_core.store.models.chats import CHATS
from chat_core.store.models.web import WEB
from tests.contract.stores import AGENT, CLIENT, T0, Place, erase_all, say, sqlite_at, take_in_all, texts
from tests.real.postgres import Postgres

RELEASES = Path(__file__).parent / "releases"
VERSIONS = ("0.1.0",)
IN_ANOTHER_FORM = {("conversation", "sender", "id"), "conversation_online", "entry_said_once"}


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, version: str) -> Place:
    """A database as the release left it."""
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
def test_a_release_s_database(place: Place, version: str) -> None:
    """It migrates to what the models say, tells its progress, keeps what was said, and is written on."""
    with capture_logs() as logs, Store.open(place, migrate=True) as store:
        begun = [line["name"] for line in logs if line["event"] == "migration.begins"]
        assert "chats/0013_beat" in begun and len(begun) == sum(line["event"] == "migration.done" for line in logs)
        for database, models in ((store._chats, CHATS), (store._web, WEB)):
            unlike = diff_models(database.peewee, list(models))
            indexes = {index.name or tuple(index.columns) for index in (*unlike.add_indexes, *unlike.drop_indexes)}
            assert indexes <= IN_ANOTHER_FORM, str(unlike)
            assert not any((unlike.create_tables, unlike.add_columns, unlike.drop_columns)), str(unlike)
        assert texts(store) == ["Why 40 kWh yesterday?", "It was the heater."]
        agent, row = store.registry.find_agent(AGENT), store.summary(CLIENT)
        assert agent is not None and agent.admin and row is not None and row.status == "resolved"
        assert [note.text for note in store.notes(CLIENT)] == ["called twice"]
        assert [area for area, _ in store.notices()] == ["north"] and store.parked_count() == 1
        assert sum(one.wh for one in store.consumption(CLIENT, T0, T0 + 10**8, "hour", place.tz)) == 350
        assert store.beat() is None  # of the bridge of before nothing is believed
        found = store.overview(T0 - 1, T0 + 10**8, late_ms=1, now_ms=T0)
        assert (found.first_answer.n, found.first_answer.p50_ms, found.scores[5]) == (1, 120_000, 1)
        assert store._chats.fetch("SELECT answers, ms FROM answer_time") == [(1, 120_000)]
        assert say(store, "m3", "and on").seq > 3
        take_in_all(store)
        assert [hit.text for hit in store.search(Query((("heater",),))).hits] == ["It was the heater."]
        erase_all(store)
        assert texts(store) == []
