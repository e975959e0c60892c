"""
Wattline's stored tick beside chats that an afternoon gives, at 60 messages a second, each with one commit a message.

The Socket.IO chat has an environment of its own, BENCH_PEERS (a folder; made with `python -m venv` and filled with
Flask-SocketIO, simple-websocket and python-socketio[client]); without it that chat is left out, and the table says so.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.bench import generator
from tests.bench.generator import SIZE_BYTES, Target, talkers
from tests.bench.houses import machine, real_bridge
from tests.bench.peers.websockets_talk import on_websockets
from tests.bench.table import Table, Times
from tests.real.parts import REPOSITORY, Child, free_port
from tests.waiting import wait_until

SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "8"))
ENVIRONMENT: Final = os.environ.get("BENCH_PEERS", "")
PER_S: Final = 60
TURNS: Final = 3
PEOPLE: Final = [f"c-b{number}" for number in range(20)]
CHATS: Final = REPOSITORY / "tests" / "bench" / "peers"

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


def ours(target: Target) -> list[float]:
    async def run() -> list[float]:
        async with talkers(target, PEOPLE) as people:
            return await generator.paced(people, PER_S, SECONDS / TURNS)

    return asyncio.run(run())


def on_socketio(port: int) -> list[float]:
    python = str(Path(ENVIRONMENT) / "bin" / "python")
    asked = [port, len(PEOPLE), PER_S, SECONDS / TURNS, SIZE_BYTES]
    done = subprocess.run(
        [python, str(CHATS / "socketio_talk.py"), *map(str, asked)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    times: list[float] = json.loads(done.stdout)
    return times


@contextmanager
def websockets_chat(folder: Path) -> Iterator[int]:
    arguments = [sys.executable, str(CHATS / "websockets_chat.py"), str(folder / "websockets.db")]
    with Child(arguments, log=folder / "websockets.out") as chat:
        yield int(wait_until(lambda: chat.log().strip(), 15, why=chat.log))


@contextmanager
def socketio_chat(folder: Path) -> Iterator[int]:
    port = free_port()
    python = str(Path(ENVIRONMENT) / "bin" / "python")
    arguments = [python, str(CHATS / "socketio_chat.py"), str(folder / "socketio.db"), str(port)]
    with Child(arguments, log=folder / "socketio.out") as chat:
        assert chat.wait_for_port(port), chat.log()
        yield port


def test_peers(tmp_path: Path) -> None:
    """From saying a word to hearing that it is stored, in turn."""
    head = (f"at {PER_S}/s", "", "p50", "p95", "p99", "largest", "messages")
    table = Table(f"stored, with COMMIT; {machine()}; ms", head)
    found: dict[str, list[float]] = {"Wattline, Mosquitto": [], "Wattline over WebSocket": [], "websockets": []}
    settings = {"WATTLINE_RATE": "off", "WATTLINE_BROKER": "mosquitto"}
    with real_bridge(tmp_path / "real", settings, PEOPLE) as (_, tcp), websockets_chat(tmp_path) as port:
        for _ in range(TURNS):
            found["Wattline, Mosquitto"] += ours(tcp)
            found["Wattline over WebSocket"] += ours(tcp.over_websocket())
            found["websockets"] += asyncio.run(on_websockets(port, PEOPLE, PER_S, SECONDS / TURNS, SIZE_BYTES))
            if ENVIRONMENT:
                # A fresh chat each time: its ids begin again.
                with socketio_chat(tmp_path) as other:
                    found.setdefault("Flask-SocketIO", []).extend(on_socketio(other))
                (tmp_path / "socketio.db").unlink()
    for name, times in found.items():
        table.add_times(name, "", Times.of(times))
    if not ENVIRONMENT:
        table.add("Flask-SocketIO", "no BENCH_PEERS", "", "", "", "", "")
    sys.stdout.write(f"\n{table}\n")
