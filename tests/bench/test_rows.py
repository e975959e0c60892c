"""
Pages out of BENCH_ROWS stored messages (100,000; the document has 10,000,000), beside the bare SQL and a Flask hello.

The same is measured with 100,000 first: what a page costs must not grow with what lies around it. Prints.
"""

import os
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from waitress.server import create_server
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.bench.houses import machine
from tests.bench.rows import Filled, fill, postgres_of, sqlite_of
from tests.bench.table import Table, Times
from tests.integration.web_house import House, web_house
from tests.real.postgres import Postgres

ROWS: Final = int(os.environ.get("BENCH_ROWS", "100000"))
FEW: Final = 100_000
TIMES: Final = 400  # that each page is asked for
TURNS: Final = 1_000  # over HTTP
AGENT: Final = "a-ana"

LATEST: Final = "SELECT seq, id, sender, at, kind, body FROM entry WHERE conversation = {} ORDER BY seq DESC LIMIT 50"
AFTER: Final = (
    "SELECT seq, id, sender, at, kind, body FROM entry WHERE conversation = {} AND seq > 50 ORDER BY seq LIMIT 500"
)
INBOX: Final = "SELECT * FROM conversation WHERE shelf = 0 ORDER BY place, num LIMIT 50"

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7_200)]


def timed(ask: Callable[[int], object], many: int) -> Times:
    """Each of so many things asked for at random; seconds of the processor and the disk, by the wall clock."""
    chance, times = random.Random(4), []
    for _ in range(TIMES):
        number = chance.randrange(many)
        began_s = time.perf_counter()
        ask(number)
        times.append(time.perf_counter() - began_s)
    return Times.of(times)


def route(app: Flask, path: str, headers: dict[str, str]) -> Callable[[], bytes]:
    """What one GET costs the application, without a socket."""
    where, _, query = path.partition("?")
    given = EnvironBuilder(path=where, query_string=query, headers=list(headers.items())).get_environ()

    def ask() -> bytes:
        told, status, _ = run_wsgi_app(app.wsgi_app, dict(given))
        body = b"".join(told)
        assert status == "200 OK", body
        return body

    return ask


def measure(house: House, bare: Any, filled: Filled, table: Table) -> None:
    """The pages, from the bare statement to the whole route."""
    headers = house.bearer(AGENT)
    many = len(filled.clients)
    first = bare.execute("SELECT min(num) FROM conversation").fetchone()[0]
    pages = {"latest 50": (LATEST, "limit=50", {"limit": 50}), "catch-up 500": (AFTER, "after=50", {"after": 50})}
    for name, (sql, query, asked) in pages.items():
        routes = [route(house.app, f"/api/clients/{client}/log?{query}", headers) for client in filled.clients[:500]]
        _compare(
            table,
            f"{name}, {filled.rows:,} stored",
            timed(lambda n, sql=sql: bare.execute(sql.format(first + n)).fetchall(), many),  # type: ignore[misc]
            timed(lambda n, asked=asked: house.store.log(filled.clients[n], **asked).to_json(), many),  # type: ignore[misc]
            timed(lambda n, routes=routes: routes[n](), len(routes)),  # type: ignore[misc]
        )
    inbox = route(house.app, "/api/inbox", headers)
    _compare(
        table,
        f"inbox top 50, {filled.rows:,} stored",
        timed(lambda _: bare.execute(INBOX).fetchall(), many),
        timed(lambda _: house.store.inbox(limit=50), many),
        timed(lambda _: inbox(), many),
    )


def _compare(table: Table, name: str, bare: Times, store: Times, whole: Times) -> None:
    table.add(name, bare.p50, bare.p99, store.p50, store.p99, whole.p50, whole.p99, whole.p50 / bare.p50)


@contextmanager
def served(app: Flask) -> Iterator[HTTPConnection]:
    """The application behind waitress, as it runs in production, and a kept connection to it."""
    bound = socket.create_server(("127.0.0.1", 0))
    server = create_server(app, sockets=[bound], threads=2)
    thread = threading.Thread(target=server.run)
    thread.start()
    connection = HTTPConnection("127.0.0.1", bound.getsockname()[1])
    try:
        yield connection
    finally:
        connection.close()
        server.close()
        thread.join()


def beside_hello(house: House, filled: Filled, table: Table) -> None:
    """Pages over HTTP, and the least that Flask can say: asked in turn, so that all see the same machine."""
    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    headers = house.bearer(AGENT)
    with served(hello) as least, served(house.app) as ours:
        ways = {
            "hello": partial(_get, least, "/", {}),
            "a page": partial(_get, ours, f"/api/clients/{filled.clients[-1]}/log?limit=50", headers),
            "the inbox": partial(_get, ours, "/api/inbox", headers),
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(TURNS):
            for name, ask in ways.items():
                began_s = time.perf_counter()
                ask()
                if turn:  # the first one connects
                    taken[name].append(time.perf_counter() - began_s)
    basis, *pages = ((name, Times.of(seconds)) for name, seconds in taken.items())
    for name, times in pages:
        part = f"{basis[1].p50 / times.p50:.2f} of it"
        table.add(f"over HTTP: a Flask hello; {name}", basis[1].p50, basis[1].p99, "", "", times.p50, times.p99, part)


def _get(connection: HTTPConnection, path: str, headers: dict[str, str]) -> None:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    assert answer.read() and answer.status == 200


HEAD: Final = ("ms", "SQL p50", "p99", "store p50", "p99", "route p50", "p99", "route / SQL")


def test_rows_sqlite(tmp_path: Path) -> None:
    """On SQLite, with what a message takes on the disk."""
    table = Table(f"SQLite; {machine()}", HEAD)
    for rows in sorted({FEW, ROWS}):
        with web_house(tmp_path / str(rows)) as house:
            file = house.config.data / house.config.db.removeprefix("sqlite:///")
            empty = file.stat().st_size
            with sqlite_of(file, filling=True) as filling:
                began_s = time.perf_counter()
                filled = fill(house.store, filling, "sqlite", rows)
                filling.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                took_s = time.perf_counter() - began_s
            with sqlite_of(file) as bare:
                _finish(house, bare, filled, table, (file.stat().st_size - empty) / filled.rows, took_s)
    sys.stdout.write(f"\n{table}\n")


def test_rows_postgres(tmp_path: Path) -> None:
    """On PostgreSQL, with what a message takes on the disk."""
    table = Table(f"PostgreSQL; {machine()}", HEAD)
    with Postgres(syncs=True) as server:
        for rows in sorted({FEW, ROWS}):
            dsn = server.fresh_database()
            opened: AbstractContextManager[House] = web_house(tmp_path / str(rows), db=dsn)
            with opened as house, postgres_of(dsn) as bare:
                began_s = time.perf_counter()
                filled = fill(house.store, bare, "postgres", rows)
                took_s = time.perf_counter() - began_s
                (size,) = bare.execute("SELECT pg_total_relation_size('entry')").fetchone() or (0,)
                _finish(house, bare, filled, table, int(str(size)) / filled.rows, took_s)
    sys.stdout.write(f"\n{table}\n")


def _finish(house: House, bare: Any, filled: Filled, table: Table, each: float, took_s: float) -> None:
    measure(house, bare, filled, table)
    beside_hello(house, filled, table)
    body = filled.body_bytes / filled.rows
    sys.stdout.write(
        f"\n{filled.rows:,} messages in {len(filled.clients):,} conversations, filled in {took_s:.0f} s;"
        f" {each:.0f} bytes each, {body:.0f} of text: {each / body:.2f} x\n"
    )
