"""Query plans scan no large table; on SQLite whatever statistics an `ANALYZE` left behind."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from chat_core.contract.payloads import EventKind, Marker
from chat_core.domain.conversation import Event
from chat_core.domain.search_query import Query
from chat_core.store import Store
from chat_core.store.results import InboxFilter
from tests.contract.stores import (
    AGENT,
    CLIENT,
    T0,
    StoreUnderTest,
    committed,
    opened,
    say,
    sqlite_at,
    take_in_all,
)
from tests.real.postgres import Postgres

BIG = (
    "conversation",
    "entry",
    "marker",
    "note",
    "episode",
    "reading",
    "usage",
    "meter",
    "alarm",
    "command",
    "file_use",
)
ROWS = 1_000_000
ALIKE = (500_000, 1)  # rows that share the first columns of an index, as an `ANALYZE` finds them


def _mislead(path: Path, alike: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("ANALYZE")
        database.execute("DELETE FROM sqlite_stat1")
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for _, name, unique, *_ in database.execute(f"PRAGMA index_list({table})").fetchall():
                columns = len(database.execute(f"PRAGMA index_info({name})").fetchall())
                shared = [alike] * (columns - 1) + [1 if unique else alike]
                database.execute(
                    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
                    (table, name, " ".join(map(str, [ROWS, *shared]))),
                )


def _work(store: Store) -> None:
    """Ask what the bridge asks at its start and while it runs, and what web asks for its pages."""
    say(store, "m2")
    say(store, "a1", sender=AGENT)
    with committed(store) as tx:
        tx.look_ahead([(CLIENT, CLIENT, f"x{n}") for n in range(3)])
        tx.append(CLIENT, CLIENT, Event(EventKind.RESOLVED, CLIENT), T0)
        tx.move_marker(CLIENT, AGENT, Marker(delivered=2, read=2))
        tx.add_note(CLIENT, AGENT, "n1", "note", T0)
        tx.command_known(AGENT, "c1")
        tx.record_command(AGENT, "c1", CLIENT, T0)
        tx.forget_commands(T0, 10)
        tx.due_snoozed(T0)
        tx.due_delayed(T0)
        tx.entry(CLIENT, 1)
        tx.last_kind(CLIENT, ["text"])
        tx.add_reading(CLIENT, "m-1", T0, 1, 1)
        tx.add_reading(CLIENT, "m-1", T0 + 1, 2, 1)
        tx.forget_readings(0, T0, 2, 10)
        tx.alarms.find_all([1], "silent")
        tx.find_notice("x")
        tx.beat(T0)
    take_in_all(store)
    store.log.entries_of(store.log.recent_nums())
    store.inbox.online_clients()
    store.inbox.summaries([CLIENT])
    store.notices.standing()
    store.bridge.beat()
    store.log.glance(CLIENT)
    store.log.calls([CLIENT, "c-7"])
    store.notices.of_area("x")
    store.consumption.meters_above(0, 20)
    store.consumption.hours_before({1: T0}, 1)
    store.consumption.hours_of(1, [T0])
    store.answer_times.usual_ms(T0, T0 + 1)
    store.consumption.last_reading(CLIENT)
    store.consumption.newest_of([CLIENT, "c-7"])
    store.log.page(CLIENT, after=0)
    store.log.page(CLIENT, before=9)
    store.inbox.page(me=AGENT)
    store.inbox.page(InboxFilter(status="resolved"))
    store.inbox.clients(InboxFilter(), 9, "1.1")
    store.log.notes(CLIENT)
    store.consumption.intervals(CLIENT, T0, T0 + 1, "hour", store.tz)
    store.consumption.intervals(CLIENT, T0, T0 + 1, "minute", store.tz)
    store.search.page(Query((("why",),)))
    store.log.files_in_use(["f"])


CROWD = 20_000
_CROWD = (
    "INSERT INTO conversation (client, epoch, first, last_seq, rev, shelf, status, priority, tags, unread, notes,"
    " online, members, did, place, folded)"
    " SELECT 'c-' || n, 'e', 1, 1, 1, n % 2, 'open', 'normal', '[]', 0, 0, FALSE, '[]', '[]', n * 7919 % 20011,"
    " repeat('x', 200) FROM generate_series(1, {n}) AS n",
    "INSERT INTO client_attribute (client, name, value) SELECT 'c-' || n, 'plan', '\"p' || n % 10 || '\"'"
    " FROM generate_series(1, {n}) AS n",
    "VACUUM ANALYZE conversation, client_attribute",
)


def test_a_frequent_attribute_is_read_from_indexes_alone(tmp_path: Path, postgres: Postgres) -> None:
    """PostgreSQL finds a page's clients of two thousand with a value by two index-only scans, in the list's order."""
    dsn = postgres.migrated_database()
    with psycopg.connect(dsn, autocommit=True) as server:
        for statement in _CROWD:
            server.execute(statement.format(n=CROWD).encode())
        name = dsn.rpartition("/")[2]
        for setting in ("session_preload_libraries = auto_explain", "auto_explain.log_min_duration = 0"):
            server.execute(f'ALTER DATABASE "{name}" SET {setting}'.encode())
    told = len(postgres.child.log())
    with opened(StoreUnderTest(tmp_path, dsn)) as store:
        page = store.inbox.page(InboxFilter(attribute="plan:p4"))
        assert len(page.summaries) == 50 and page.cursor
        store.inbox.page(InboxFilter(attribute="plan:p4"), cursor=page.cursor)
    plans = postgres.child.log()[told:]
    scans = re.findall(
        r"(?:->|plan:|^)\s*([\w ]*Scan)(?: using (\w+))? on (conversation|client_attribute)", plans, re.M
    )
    assert ("Index Only Scan", "client_attribute_name_value_client", "client_attribute") in scans
    assert scans.count(("Index Only Scan", "conversation_shelf_place_num_client", "conversation")) >= 2
    assert "Seq Scan" not in {kind.strip() for kind, _, _ in scans}


@pytest.mark.parametrize("alike", ALIKE)
def test_statistics_change_no_plan(tmp_path: Path, alike: int) -> None:
    """After an `ANALYZE` no question of start or chat goes through a whole table."""
    with opened(sqlite_at(tmp_path)) as store:
        say(store, "m1")
    _mislead(tmp_path / "chats.db", alike)
    asked: list[str] = []
    with opened(sqlite_at(tmp_path)) as store:
        store.chats.connection().set_trace_callback(asked.append)
        _work(store)
        store.chats.connection().set_trace_callback(None)
        found = [(sql, step) for sql in dict.fromkeys(asked) for step in _scans(store.chats.connection().execute, sql)]
    assert found == []


def _scans(execute: Callable[[str], sqlite3.Cursor], sql: str) -> list[str]:
    """The steps of the statement's plan that go through a whole big table, but for the newest rows by number."""
    if re.search(r"ORDER BY e\.num DESC LIMIT|WHERE online ORDER BY num", sql):
        return [
            row[3]
            for row in execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
            if "TEMP B-TREE" in row[3] or row[3] == "SCAN conversation"
        ]
    if not re.match(r"(SELECT|UPDATE|DELETE|INSERT)\b", sql.strip()):
        return []
    names = dict(re.findall(r"(?:FROM|JOIN)\s+\W?(\w+)\W?\s+(?:AS\s+)?\W?(\w+)", sql))
    aliases = {alias: table for table, alias in names.items()}
    steps = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    scanned = [(step, re.match(r"SCAN (\w+)", step)) for step in steps]
    return [step for step, match in scanned if match and aliases.get(match[1], match[1]) in BIG]
