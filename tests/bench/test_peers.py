"""
Print Wattline's stored tick beside other chats, at 60 messages a second by 20 talkers of 300 bytes, in turn.

Each has a database that syncs at every commit; the two simple chats run with default and with Wattline's SQLite
settings. What counts as stored stands in `peers/*_talk.py`. Synapse is asked at 10 a second too: at 60 its times may be
those of its queue.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import psycopg
import pytest

from tests.bench import generator
from tests.bench.generator import SIZE_BYTES, LoadTarget, talkers
from tests.bench.peers import synapse_server
from tests.bench.peers.ejabberd_server import archived, ejabberd
from tests.bench.peers.ejabberd_talk import XmppInbox, lines, on_ejabberd
from tests.bench.peers.websockets_talk import on_websockets
from tests.bench.table import ResultTable, Times
from tests.bench.targets import machine, real_bridge
from tests.real.parts import REPOSITORY, Child, free_port, missing
from tests.real.postgres import Postgres
from tests.waiting import wait_until

SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "8"))
PER_S: Final = 60
SLOW_PER_S: Final = 10
TURNS: Final = 3
TURN_S: Final = SECONDS / TURNS
PEOPLE: Final = [f"c-b{number}" for number in range(20)]
CHATS: Final = REPOSITORY / "tests" / "bench" / "peers"
SOCKETIO: Final = REPOSITORY / ".venv" / "peers" / "socketio" / "bin" / "python"
OURS: Final = "Wattline, Mosquitto"

Found = Mapping[tuple[str, str], list[float]]  # (who, which moment) → seconds
Talk = Callable[[], Found]

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


@contextmanager
def wattline(folder: Path) -> Iterator[Talk]:
    settings = {"WATTLINE_RATE": "off", "WATTLINE_BROKER": "mosquitto"}

    async def ticks(target: LoadTarget) -> list[float]:
        async with talkers(target, PEOPLE) as people:
            return await generator.paced(people, PER_S, TURN_S)

    def talk() -> Found:
        return {
            (OURS, "stored"): asyncio.run(ticks(tcp)),
            ("Wattline over WebSocket", "stored"): asyncio.run(ticks(tcp.over_websocket())),
        }

    with real_bridge(folder / "real", settings, PEOPLE) as (_, tcp):
        yield talk


@contextmanager
def websockets_chat(how: Sequence[str], folder: Path) -> Iterator[Talk]:
    name = " ".join(("websockets", *how))
    arguments = [sys.executable, str(CHATS / "websockets_chat.py"), str(folder / f"{name}.db"), *how]
    with Child(arguments, log=folder / f"{name}.out") as chat:
        port = int(wait_until(lambda: chat.log().strip(), 15, why=chat.log))
        yield lambda: {
            (name, "stored"): asyncio.run(on_websockets(port, PEOPLE, PER_S, TURN_S, SIZE_BYTES)),
        }


@contextmanager
def socketio_chat(how: Sequence[str], folder: Path) -> Iterator[Talk]:
    if not SOCKETIO.exists():
        missing("Flask-SocketIO", "Flask-SocketIO from PyPI; `make bench` does")
    port, name = free_port(), " ".join(("Flask-SocketIO", *how))

    def talk() -> Found:
        asked = [port, len(PEOPLE), PER_S, TURN_S, SIZE_BYTES]
        command = [str(SOCKETIO), str(CHATS / "socketio_talk.py"), *map(str, asked)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return {(name, "stored"): json.loads(done.stdout)}

    arguments = [str(SOCKETIO), str(CHATS / "socketio_chat.py"), str(folder / f"{name}.db"), str(port), *how]
    with Child(arguments, log=folder / f"{name}.out") as chat:
        assert chat.wait_for_port(port), chat.log()
        yield talk


@contextmanager
def ejabberd_chat(folder: Path) -> Iterator[Talk]:
    said = 0

    def talk() -> Found:
        nonlocal said
        heard = asyncio.run(on_ejabberd(port, PEOPLE, PER_S, TURN_S, SIZE_BYTES))
        said += len(heard.stored)
        return {("ejabberd", "stored"): heard.stored, ("ejabberd", "delivered"): heard.delivered}

    with Postgres(syncs=True) as postgres:
        dsn = postgres.fresh_database()
        with ejabberd(folder / "ejabberd", dsn, PEOPLE) as port:
            yield talk
            assert archived(dsn) >= 2 * said


@contextmanager
def synapse_chat(folder: Path) -> Iterator[Talk]:
    said = 0

    def at(per_s: int) -> dict[str, list[float]]:
        nonlocal said
        times = synapse_server.talk(port, folder / "people.json", len(PEOPLE), per_s, TURN_S, SIZE_BYTES)
        said += len(times["stored"])
        return times

    def talk() -> Found:
        rates = {"Synapse": at(PER_S), f"Synapse at {SLOW_PER_S}/s": at(SLOW_PER_S)}
        return {(name, moment): times for name, found in rates.items() for moment, times in found.items()}

    with synapse_server.synapse(folder / "synapse") as port:
        yield talk
        assert synapse_server.stored(folder / "synapse") >= said


CHATS_ASKED: Final = (
    wattline,
    partial(websockets_chat, ()),
    partial(websockets_chat, ("tuned",)),
    partial(socketio_chat, ()),
    partial(socketio_chat, ("tuned",)),
    ejabberd_chat,
    synapse_chat,
)


def test_peers(tmp_path: Path) -> None:
    """From saying a word to hearing that it is stored, in turn."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    head = (f"at {PER_S}/s", "", "p50", "p95", "p99", "largest", "messages")
    with ExitStack() as stack:
        talks = [stack.enter_context(chat(tmp_path)) for chat in CHATS_ASKED]
        table = ResultTable(f"20 talkers, every commit on the disk; {machine()}; ms", head)
        for _ in range(TURNS):
            for talk in talks:
                for row, seconds in talk().items():
                    found[row] += seconds
    rows = {row: Times.of(seconds) for row, seconds in found.items()}
    for (name, moment), times in rows.items():
        table.add_times(name, moment, times)
    ours = rows[OURS, "stored"]
    for (name, moment), peer in rows.items():
        if moment == "stored" and not name.startswith("Wattline"):
            ratios = ours.p50 / peer.p50, ours.p95 / peer.p95, ours.p99 / peer.p99, ours.most / peer.most
            table.add(f"Wattline / {name}", moment, *ratios, "")
    sys.stdout.write(f"\n{table}\n")


def test_what_ejabberd_acknowledges(tmp_path: Path) -> None:
    """While nothing can be written to its archive, ejabberd acknowledges no message; once it can, it does."""
    heard, (one, other) = XmppInbox(), PEOPLE[:2]

    async def ask(port: int, dsn: str) -> None:
        async with lines(port, [one, other], heard) as (line, _):
            with psycopg.connect(dsn) as keeper, psycopg.connect(dsn, autocommit=True) as looker:
                keeper.execute("LOCK TABLE archive IN EXCLUSIVE MODE")
                line.say(other, "held", "x")
                # An answer that did not wait would be here long ago.
                waits = "SELECT 1 FROM pg_locks WHERE waitstart < clock_timestamp() - interval '0.5 s'"
                await asyncio.to_thread(wait_until, lambda: looker.execute(waits).fetchall(), 10)
                assert not heard.stored and not heard.delivered
                keeper.rollback()
            await asyncio.to_thread(wait_until, lambda: heard.stored and heard.delivered, 10)

    with Postgres(syncs=True) as postgres:
        dsn = postgres.fresh_database()
        with ejabberd(tmp_path / "ejabberd", dsn, [one, other]) as port:
            asyncio.run(ask(port, dsn))
