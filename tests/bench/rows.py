"""Fill a database with millions of messages, spread so that pages of one log lie far apart."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from chat_core.contract.ids import new_message_id
from chat_core.contract.payloads import Said, SaidKind
from chat_core.store import Store
from tests.contract.stores import committed

IN_EACH: Final = 600  # entries of a conversation
AT_ONCE: Final = 6  # said in a row, before another conversation goes on
BEGUN_WITH: Final = 1  # entries that the store itself wrote
GROWN_TO: Final = 2_000_000  # with more rows, indexes are built at the end: grown, they would take an hour
T0: Final = 1_700_000_000_000
WORDS: Final = "why did we use forty kilowatt hours yesterday, when nobody was at home and the heating was off? " * 2
COMMON: Final = "why"
CASES: Final = 1_000  # words of which each entry has one

_SERIES: Final = {
    "sqlite": "WITH RECURSIVE turn(t) AS (SELECT 0 UNION ALL SELECT t + 1 FROM turn WHERE t + 1 < ?) ",
    "postgres": "WITH turn AS (SELECT generate_series(0, CAST(? AS integer) - 1) AS t) ",
}
_ID: Final = {"sqlite": "lower(hex(randomblob(13)))", "postgres": "substr(md5(random()::text), 1, 26)"}
_INSERT: Final = """
    INSERT INTO entry (conversation, seq, id, sender, at, kind, body)
    $series
    SELECT c.num, ? + turn.t, $id, c.client, ? + 1000 * turn.t, 'text', '{"text":"' || substr(
        'case' || CAST((c.num * 31 + turn.t * 7 + ?) % $cases AS TEXT) || ' ' || ?,
        1, 40 + CAST((c.num * 7919 + turn.t * 104729 + ?) % 120 AS INTEGER)) || '"}'
    FROM conversation c, turn ORDER BY c.num, turn.t"""
_TAKEN: Final = {  # what `take_in` would write of them
    "sqlite": """
        INSERT INTO search (rowid, words, who)
        SELECT e.num, json_extract(e.body, '$.text'), replace(replace(e.sender, 'z', 'zz'), '-', 'zd') || ' roleclient'
        FROM entry e ORDER BY e.num""",
    "postgres": """
        INSERT INTO search (num, words)
        SELECT e.num, trim(regexp_replace(lower(e.body::json ->> 'text'), '[^a-z0-9]+', ' ', 'g')) || ' @'
          || replace(replace(e.sender, 'z', 'zz'), '-', 'zd') || ' @roleclient'
        FROM entry e ORDER BY e.num""",
}
_INDEXES: Final = {  # how each is dropped, and made again
    "sqlite": """
        SELECT 'DROP INDEX ' || name, sql FROM sqlite_master
        WHERE type = 'index' AND tbl_name = $table AND sql IS NOT NULL""",
    "postgres": """
        SELECT 'DROP INDEX ' || indexname, indexdef FROM pg_indexes
        WHERE tablename = $table AND indexname NOT IN (SELECT conname FROM pg_constraint)
        UNION ALL
        SELECT 'ALTER TABLE ' || $table || ' DROP CONSTRAINT ' || conname,
          'ALTER TABLE ' || $table || ' ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE conrelid = $table::regclass AND contype IN ('u', 'x')""",
}


@dataclass(frozen=True)
class Filled:
    rows: int
    body_bytes: int  # of the texts alone, all together
    each_bytes: float  # on the disk, with all indexes but that of searches
    found_bytes: float  # of that one

    @property
    def clients(self) -> list[str]:
        return _clients(self.rows)


def _clients(rows: int) -> list[str]:
    return [f"c-r{number}" for number in range(max(1, rows // IN_EACH))]


def fill(connection: Any, kind: str, rows: int) -> int:
    """Insert entries after `begin`; return the bytes of their texts. Args: connection: the driver's own."""
    with _indexes_at_the_end(connection, kind, "entry", rows):
        sql = _spoken(
            _INSERT.replace("$id", _ID[kind]).replace("$series", _SERIES[kind]).replace("$cases", str(CASES)), kind
        )
        for done in range(BEGUN_WITH, IN_EACH, AT_ONCE):
            turns = min(AT_ONCE, IN_EACH - done)
            connection.execute(sql, (turns, done + 1, T0 + 60_000 * done, done * 11, WORDS, done))
    connection.execute(f"UPDATE conversation SET last_seq = {IN_EACH}, rev = {IN_EACH}")
    _settle(connection, kind)
    (total,) = connection.execute("SELECT sum(length(body) - 11) FROM entry WHERE seq <= 60").fetchone()
    return int(total) * IN_EACH // 60


def take_in(connection: Any, kind: str, rows: int) -> None:
    with _indexes_at_the_end(connection, kind, "search", rows):
        connection.execute(_TAKEN[kind])
    connection.execute("INSERT INTO state (key, value) SELECT 'search', max(num) FROM entry")
    _settle(connection, kind)


def _settle(connection: Any, kind: str) -> None:
    """Do what the database does by itself after a while. SQLite looks at some rows of each index, as advised."""
    for statement in ("VACUUM ANALYZE",) if kind == "postgres" else ("PRAGMA analysis_limit = 1000", "ANALYZE"):
        connection.execute(statement)


def _spoken(sql: str, kind: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s") if kind == "postgres" else sql


@contextmanager
def _indexes_at_the_end(connection: Any, kind: str, table: str, rows: int) -> Iterator[None]:
    found = connection.execute(_INDEXES[kind].replace("$table", f"'{table}'")).fetchall() if rows > GROWN_TO else []
    for drop, _ in found:
        connection.execute(drop)
    yield
    for _, make in found:
        connection.execute(make)


def begin(store: Store, rows: int) -> int:
    """The conversations of about so many entries are begun, by the store itself; returns how many entries that is."""
    clients = _clients(rows)
    for start in range(0, len(clients), 1_000):
        with committed(store) as tx:
            for client in clients[start : start + 1_000]:
                said = Said(
                    id=new_message_id(T0, secrets.token_bytes(10)), kind=SaidKind.TEXT, text=WORDS[:99], sent=T0
                )
                tx.append(client, client, said, T0)
                tx.put(tx.conversation(client)._replace(unread=1, waiting=T0 + start))
    return len(clients) * IN_EACH


@contextmanager
def sqlite_of(file: Path, *, filling: bool = False) -> Iterator[sqlite3.Connection]:
    """The file, as a bare script opens it. Args: filling: as fast as it goes, alone, and lost if this were to fail."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        if filling:
            pragmas = ("locking_mode = exclusive", "journal_mode = off", "synchronous = off", "secure_delete = off")
            for pragma in (*pragmas, "cache_size = -2000000"):
                connection.execute(f"PRAGMA {pragma}")
        yield connection
    finally:
        connection.close()


@contextmanager
def postgres_of(dsn: str, *, filling: bool = False) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The database, as a bare script opens it. Args: filling: as fast as the server goes, keys unchecked."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        if filling:
            for setting in ("synchronous_commit = off", "session_replication_role = replica"):
                connection.execute(f"SET {setting}".encode())
            connection.execute(b"SET maintenance_work_mem = '1GB'")
            _serve_filling(connection, b"ALTER SYSTEM SET max_wal_size = '16GB'", b"ALTER SYSTEM SET autovacuum = off")
        yield connection
        if filling:
            _serve_filling(connection, b"ALTER SYSTEM RESET ALL")


def _serve_filling(connection: psycopg.Connection[tuple[object, ...]], *settings: bytes) -> None:
    for setting in (*settings, b"SELECT pg_reload_conf()"):
        connection.execute(setting)
