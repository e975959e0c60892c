"""
A database with millions of messages: conversations begun through the store, the rest made by the database itself.

Messages lie as life lays them: some of one conversation, then some of the next, so that pages of one log are far apart.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import psycopg

from chat_core.ids import new_message_id
from chat_core.payloads import Said, SaidKind
from chat_core.store import Store

IN_EACH: Final = 600  # entries of a conversation
AT_ONCE: Final = 6  # said in a row, before another conversation goes on
BEGUN_WITH: Final = 1  # entries that the store itself wrote
T0: Final = 1_700_000_000_000
WORDS: Final = "Why did we use forty kilowatt hours yesterday, when nobody was at home and the heating was off? " * 2
LENGTHS: Final = (40, 160)  # characters of a text

_SERIES: Final = {
    "sqlite": "WITH RECURSIVE turn(t) AS (SELECT 0 UNION ALL SELECT t + 1 FROM turn WHERE t + 1 < ?) ",
    "postgres": "WITH turn AS (SELECT generate_series(0, CAST(? AS integer) - 1) AS t) ",
}
_ID: Final = {"sqlite": "lower(hex(randomblob(13)))", "postgres": "substr(md5(random()::text), 1, 26)"}
_INSERT: Final = """
    INSERT INTO entry (conversation, seq, id, sender, at, kind, body)
    $series
    SELECT c.num, ? + turn.t, $id, c.client, ? + 1000 * turn.t, 'text',
      '{"text":"' || substr(?, 1, 40 + CAST((c.num * 7919 + turn.t * 104729 + ?) % 120 AS INTEGER)) || '"}'
    FROM conversation c, turn ORDER BY c.num, turn.t"""


class Asks(Protocol):
    """What both drivers' connections have."""

    def execute(self, sql: str, parameters: tuple[object, ...] = ..., /) -> object: ...


@dataclass(frozen=True)
class Filled:
    """What lies there."""

    clients: list[str]
    rows: int
    body_bytes: int  # of the texts alone, all together


def fill(store: Store, connection: Asks, kind: str, rows: int) -> Filled:
    """So many entries lie in the store. Args: connection: the driver's own, committing by itself."""
    clients = [f"c-r{number}" for number in range(max(1, rows // IN_EACH))]
    for start in range(0, len(clients), 1_000):
        with store.begin() as tx:
            for client in clients[start : start + 1_000]:
                said = Said(
                    id=new_message_id(T0, secrets.token_bytes(10)), kind=SaidKind.TEXT, text=WORDS[:99], sent=T0
                )
                tx.append(client, client, said, T0)
                tx.put(tx.conversation(client)._replace(unread=1, waiting=T0 + start))
            tx.commit()
    sql = _INSERT.replace("$id", _ID[kind])
    sql = sql.replace("$series", _SERIES[kind])
    if kind == "postgres":
        sql = sql.replace("%", "%%").replace("?", "%s")
    for done in range(BEGUN_WITH, IN_EACH, AT_ONCE):
        turns = min(AT_ONCE, IN_EACH - done)
        connection.execute(sql, (turns, done + 1, T0 + 60_000 * done, WORDS, done))
    connection.execute(f"UPDATE conversation SET last_seq = {IN_EACH}, rev = {IN_EACH}")
    connection.execute("ANALYZE")
    bodies = connection.execute("SELECT sum(length(body) - 11) FROM entry WHERE seq <= 60")
    total = bodies.fetchone()[0]  # type: ignore[attr-defined]  # either driver's cursor
    return Filled(clients, len(clients) * IN_EACH, int(total) * IN_EACH // 60)


@contextmanager
def sqlite_of(file: Path, *, filling: bool = False) -> Iterator[sqlite3.Connection]:
    """The file, as a bare script opens it."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        if filling:
            for pragma in ("synchronous = off", "cache_size = -2000000", "wal_autocheckpoint = 100000"):
                connection.execute(f"PRAGMA {pragma}")
        yield connection
    finally:
        connection.close()


@contextmanager
def postgres_of(dsn: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The database, as a bare script opens it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        yield connection
