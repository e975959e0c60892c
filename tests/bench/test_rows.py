"""
Print what pages out of BENCH_ROWS stored messages (100,000) cost, beside the bare SQL and a Flask hello.

BENCH_FILLED=folder keeps what was filled for the next run (10,000,000: 3 GB on SQLite, 9 GB on PostgreSQL, whose user
must reach the folder).
"""

import gc
import json
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from waitress.server import create_server
from werkzeug.test import EnvironBuilder

from bridge.background.repeats import ENTRIES
from chat_core.domain.search_query import parse_query
from chat_core.store import Store
from chat_core.store.results import Reader
from tests.bench.rows import CASES, COMMON, IN_EACH, Filled, begin, fill, postgres_of, sqlite_of, take_in
from tests.bench.table import ResultTable, Times
from tests.bench.targets import machine
from tests.integration.web_under_test import WebUnderTest, web_under_test
from tests.real.postgres import Postgres

ROWS: Final = int(os.environ.get("BENCH_ROWS", "100000"))
FILLED: Final = os.environ.get("BENCH_FILLED")
FEW: Final = 100_000
MEMORY: Final = "4GB"  # a sixth of the machine's; docs/operating.md advises a quarter
GROWN: Final = min(ROWS, 1_000_000)
SEARCHED: Final = (
    "why ",
    "why",
    "case{case} ",
    "why client:{client}",
    "whhy ",
    "zebrra ",
)  # the last two: no such word
TIMES: Final = int(os.environ.get("BENCH_TIMES", "1000"))  # that each page is asked for
WARM: Final = 50  # not counted: statements are prepared, an idle processor wakes
TURNS: Final = 1_000  # over HTTP
STARTS: Final = 5
AGENT: Final = "a-ana"

LATEST: Final = "SELECT seq, id, sender, at, kind, body FROM entry WHERE conversation = {} ORDER BY seq DESC LIMIT 50"
AFTER: Final = (
    "SELECT seq, id, sender, at, kind, body FROM entry WHERE conversation = {} AND seq > 50 ORDER BY seq LIMIT 500"
)
VECTOR: Final = "array_to_tsvector(string_to_array(words, ' '))"
FOUND: Final = {  # what is newest of a word: how it is asked for, by the index alone, with what an entry says
    "sqlite": (
        'words : "{}"',
        "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT 50",
        "SELECT e.conversation, e.seq, e.sender, e.at, e.kind, e.body FROM search s JOIN entry e ON e.num = s.rowid"
        " WHERE search MATCH ? ORDER BY s.rowid DESC LIMIT 50",
    ),
    "postgres": (
        "'{}'",
        f"SELECT num FROM search WHERE {VECTOR} @@ %s::tsquery ORDER BY num DESC LIMIT 50",
        "SELECT e.conversation, e.seq, e.sender, e.at, e.kind, e.body FROM search s JOIN entry e ON e.num = s.num"
        f" WHERE {VECTOR} @@ %s::tsquery ORDER BY s.num DESC LIMIT 50",
    ),
}
IN_MEMORY: Final = (
    b"SELECT sum(pg_prewarm(oid)) FROM pg_class WHERE relname ~ '^(entry|conversation)' AND relkind IN ('r', 'i')"
)
INBOX: Final = "SELECT * FROM conversation WHERE shelf = 0 ORDER BY place, num LIMIT 50"

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7_200)]


def in_turn(*asks: Callable[[int], object], many: int, turns: int = TIMES) -> list[Times]:
    """Ask for random things in every way in turn, so that all ways meet the same machine; times are wall-clock."""
    chance, taken = random.Random(4), [list[float]() for _ in asks]
    for turn in range(turns + WARM):
        number = chance.randrange(many)
        for ask, times in zip(asks, taken, strict=True):
            began_s = time.perf_counter()
            ask(number)
            if turn >= WARM:
                times.append(time.perf_counter() - began_s)
    return [Times.of(times) for times in taken]


def route(app: Flask, path: str, headers: dict[str, str]) -> Callable[[], bytes]:
    """Return what GETs the path from the application, without a socket and without a test client's cost."""
    where, _, query = path.partition("?")
    given = EnvironBuilder(path=where, query_string=query, headers=list(headers.items())).get_environ()

    def ask() -> bytes:
        told: list[str] = []
        answer = app.wsgi_app(dict(given), lambda status, *_: told.append(status))  # type: ignore[arg-type]
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()  # as PEP 3333 asks of a server
        assert told == ["200 OK"], body
        return body

    return ask


def pages(system: WebUnderTest, bare: Any, filled: Filled, table: ResultTable) -> None:
    """The pages, from the bare statement to the whole route, and the least that Flask costs any route."""
    headers = system.bearer(AGENT)
    clients = filled.clients[: 500 if filled.rows > FEW else None]
    first = bare.execute("SELECT min(num) FROM conversation").fetchone()[0]
    hello = route(hello_app(), "/", {})
    logs = {"latest 50": (LATEST, "limit=50", {"limit": 50}), "catch-up 500": (AFTER, "after=50", {"after": 50})}
    for name, (sql, query, asked) in logs.items():
        routes = [route(system.app, f"/api/clients/{client}/log?{query}", headers) for client in clients]
        ways = in_turn(
            lambda n, sql=sql: bare.execute(sql.format(first + n)).fetchall(),  # type: ignore[misc]
            lambda n, asked=asked: system.store.log.page(clients[n], **asked, reader=Reader(AGENT)).to_json(),  # type: ignore[misc]
            lambda n, routes=routes: routes[n](),  # type: ignore[misc]
            lambda _: hello(),
            many=len(clients),
        )
        _compare(table, f"{name}, {filled.rows:,} stored", *ways)
    inbox = route(system.app, "/api/inbox", headers)
    ways = in_turn(
        lambda _: bare.execute(INBOX).fetchall(),
        lambda _: system.store.inbox.page(limit=50, me=AGENT, reader=Reader(AGENT)).to_json(AGENT),
        lambda _: inbox(),
        lambda _: hello(),
        many=len(clients),
    )
    _compare(table, f"inbox top 50, {filled.rows:,} stored", *ways)


def searches(system: WebUnderTest, bare: Any, kind: str, filled: Filled, table: ResultTable) -> None:
    """The newest 50 that have a word, one that few have and one that all have, beside the bare index asked for it."""
    headers = system.bearer(AGENT)
    hello = route(hello_app(), "/", {})
    for name, words in (("one of 1,000 words", [f"case{n}" for n in range(0, CASES, 20)]), ("a common word", [COMMON])):
        match, *bases = FOUND[kind]
        found = [match.format(word) for word in words]
        asked = [parse_query(f"{word} ", "UTC", AGENT) for word in words]
        routes = [route(system.app, f"/api/search?q={word}+&limit=50", headers) for word in words]
        index, entries, *ways = in_turn(
            *(lambda n, sql=sql, found=found: bare.execute(sql, (found[n],)).fetchall() for sql in bases),
            lambda n, asked=asked: system.store.search.page(asked[n], limit=50),  # type: ignore[misc]
            lambda n, routes=routes: routes[n](),  # type: ignore[misc]
            lambda _: hello(),
            many=len(words),
        )
        _compare(table, f"search newest 50, {name}, {filled.rows:,} stored; the index alone", index, *ways)
        _compare(table, f"search newest 50, {name}, {filled.rows:,} stored; with entries", entries, *ways)


def _compare(table: ResultTable, name: str, bare: Times, store: Times, whole: Times, hello: Times) -> None:
    table.add(
        name,
        bare.p50,
        bare.p99,
        store.p50,
        store.p99,
        whole.p50,
        whole.p99,
        hello.p50,
        whole.p50 / bare.p50,
        whole.p99 / bare.p99,
    )


def hello_app() -> Flask:
    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    return hello


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


def beside_hello(system: WebUnderTest, filled: Filled, table: ResultTable) -> None:
    """Pages over HTTP, and the least that Flask can say: asked in turn, so that all see the same machine."""
    headers = system.bearer(AGENT)
    with served(hello_app()) as least, served(system.app) as ours:
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
        table.add(
            f"over HTTP: a Flask hello; {name}", basis[1].p50, basis[1].p99, "", "", times.p50, times.p99, "", part, ""
        )


def _get(connection: HTTPConnection, path: str, headers: dict[str, str]) -> None:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    assert answer.read() and answer.status == 200


HEAD: Final = (
    "ms",
    "SQL p50",
    "p99",
    "store p50",
    "p99",
    "route p50",
    "p99",
    "empty route",
    "route / SQL p50",
    "p99",
)


def _place(tmp_path: Path, name: str) -> Path:
    return (Path(FILLED) if FILLED else tmp_path) / name


def test_rows_sqlite(tmp_path: Path) -> None:
    """On SQLite, with what a message takes on the disk, and what a starting bridge asks with and without statistics."""
    table = ResultTable(f"SQLite; {machine()}", HEAD)
    start = ResultTable("What a starting bridge asks; ms", ("rows", "statistics", "p50", "largest"))
    for rows in sorted({FEW, ROWS}):
        folder = _place(tmp_path, f"sqlite-{rows}")
        file = folder / "data" / "chats.db"
        filled = _filled(folder, "sqlite", rows, partial(sqlite_of, file, filling=True), SIZE_SQLITE)
        with web_under_test(folder) as system, sqlite_of(file) as bare:
            _measure_all(system, bare, "sqlite", filled, table)
        for statistics in ("with", "without"):
            with sqlite_of(file) as bare:
                bare.execute("ANALYZE" if statistics == "with" else "DELETE FROM sqlite_stat1")
            with web_under_test(folder) as system:
                times = Times.of([_seconds(partial(_start, system.store)) for _ in range(STARTS)])
            start.add(f"{rows:,}", statistics, times.p50, times.most)
    sys.stdout.write(f"\n{table}\n{start}\n")


def _start(store: Store) -> None:
    recent = store.log.entries_of(store.log.recent_nums(ENTRIES))
    store.inbox.summaries({client for client, _ in recent})
    store.inbox.online_clients()
    store.notices.standing()


def _seconds(work: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


def test_rows_postgres(tmp_path: Path) -> None:
    """On PostgreSQL, with what a message takes on the disk."""
    table = ResultTable(f"PostgreSQL; {machine()}", HEAD)
    with Postgres(syncs=True, data=_place(tmp_path, "postgres") if FILLED else None) as server:
        for rows in sorted({FEW, ROWS}):
            folder, dsn = _place(tmp_path, f"postgres-{rows}"), server.database(f"rows_{rows}")
            filled = _filled(folder, "postgres", rows, partial(postgres_of, dsn, filling=True), SIZE_POSTGRES, db=dsn)
            with web_under_test(folder, db=dsn) as system, postgres_of(dsn) as bare:
                _measure_all(system, bare, "postgres", filled, table)
    sys.stdout.write(f"\n{table}\n")


@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
def test_growth(tmp_path: Path, kind: str) -> None:
    """Pages and searches out of BENCH_ROWS rows (1,000,000 at most) and of ten times as many are asked for in turn."""
    head = ("ms", "p50", "p99", "p50, ten times the rows", "p99", "largest", "p50 / p50", "p99 / p99")
    table = ResultTable(f"{kind}; {machine()}", head)
    with ExitStack() as opened:
        server = None
        if kind == "postgres":
            server = opened.enter_context(Postgres(syncs=True, data=_place(tmp_path, kind) if FILLED else None))
            with postgres_of(server.dsn("postgres")) as bare:
                bare.execute(f"ALTER SYSTEM SET shared_buffers = '{MEMORY}'".encode())
            server.restart()
        asks = [_asks(opened, _place(tmp_path, f"{kind}-{rows}"), rows, server) for rows in (GROWN, 10 * GROWN)]
        gc.collect()
        gc.freeze()
        for name, before in asks[0].items():
            few, many = in_turn(before, asks[1][name], many=GROWN // IN_EACH, turns=400)
            ratios = many.p50 / few.p50, many.p99 / few.p99
            table.add(name, few.p50, few.p99, many.p50, many.p99, many.most, *ratios)
        gc.unfreeze()
    sys.stdout.write(f"\n{table}\n")


def _asks(opened: ExitStack, folder: Path, rows: int, server: Postgres | None) -> dict[str, Callable[[int], object]]:
    """Fill the database where it is not; return what asks its store, by name."""
    if server is None:
        opening, settings = partial(sqlite_of, folder / "data" / "chats.db", filling=True), dict[str, str]()
        filled = _filled(folder, "sqlite", rows, opening, SIZE_SQLITE)
    else:
        dsn = server.database(f"rows_{rows}")
        settings = {"db": dsn}
        filled = _filled(folder, "postgres", rows, partial(postgres_of, dsn, filling=True), SIZE_POSTGRES, db=dsn)
        with postgres_of(dsn) as bare:  # after the restart, else the larger one is read from the disk
            bare.execute(b"CREATE EXTENSION IF NOT EXISTS pg_prewarm")
            bare.execute(IN_MEMORY)
    store = opened.enter_context(web_under_test(folder, **settings)).store
    clients = random.Random(5).sample(filled.clients, GROWN // IN_EACH)
    reader = Reader(AGENT)

    def find(text: str) -> Callable[[int], object]:
        def ask(number: int) -> object:
            said = text.format(case=number % CASES, client=clients[number])
            return store.search.page(parse_query(said, "UTC", AGENT), limit=50)

        return ask

    return {
        "latest 50": lambda n: store.log.page(clients[n], limit=50, reader=reader).to_json(),
        "catch-up 500": lambda n: store.log.page(clients[n], after=50, reader=reader).to_json(),
        "inbox": lambda _: store.inbox.page(limit=50, me=AGENT, reader=reader).to_json(AGENT),
        **{f"search: {text}": find(text) for text in SEARCHED},
    }


SIZE_SQLITE: Final = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
SIZE_POSTGRES: Final = "SELECT pg_total_relation_size('entry') + pg_total_relation_size('search')"


def _filled(
    folder: Path, kind: str, rows: int, opened: Callable[[], AbstractContextManager[Any]], size: str, **settings: str
) -> Filled:
    """The rows are there and can be found; says how long that took and what they take."""
    note, began_s = folder / "filled.json", time.perf_counter()
    if note.exists():
        return Filled(**json.loads(note.read_text()))
    with web_under_test(folder, **settings) as system:
        rows = begin(system.store, rows)
    with opened() as filling:
        empty = filling.execute(size).fetchone()[0]
        body_bytes = fill(filling, kind, rows)
        full, filled_s = filling.execute(size).fetchone()[0], time.perf_counter()
        take_in(filling, kind, rows)
        found = filling.execute(size).fetchone()[0]
    filled = Filled(rows, body_bytes, (full - empty) / rows, (found - full) / rows)
    note.write_text(json.dumps(asdict(filled)))
    body = body_bytes / rows
    sys.stdout.write(
        f"\n{kind}: {rows:,} messages in {len(filled.clients):,} conversations, filled in {filled_s - began_s:.0f} s"
        f" and taken in in {time.perf_counter() - filled_s:.0f} s; {filled.each_bytes:.0f} bytes each and"
        f" {filled.found_bytes:.0f} for search, {body:.0f} of text: {filled.each_bytes / body:.2f} x\n"
    )
    return filled


def _measure_all(system: WebUnderTest, bare: Any, kind: str, filled: Filled, table: ResultTable) -> None:
    gc.collect()
    gc.freeze()  # as web does when it starts
    pages(system, bare, filled, table)
    searches(system, bare, kind, filled, table)
    beside_hello(system, filled, table)
    gc.unfreeze()
