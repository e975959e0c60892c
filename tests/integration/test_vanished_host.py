"""The running product while PostgreSQL's host has vanished: no answer comes any more, and no connection is closed."""

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from bridge.participant import Participant, login_of
from tests.real.network import Cable, far_postgres
from tests.real.postgres import Postgres
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until

TOLD_WITHIN_S = 10.0  # docs/operating.md#health
HELD_S = 16.0  # longer than the time limits of an established connection (6 s) and of a new one (5 s) together
BACK_WITHIN_S = 30.0  # pauses of at most 2 s, connecting, and the bridge's first echo
ALIVE_WITHIN_S = 2.0  # 1 s on a machine with nothing else to do


@dataclass
class Health:
    """Ask web for /healthz again and again, and record how long each answer took."""

    url: str
    took_s: list[float] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Health":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            began_s = time.monotonic()
            status = status_of(f"{self.url}/healthz", 30)
            self.took_s.append(time.monotonic() - began_s if status == 200 else float("inf"))


def status_of(url: str, within_s: float = 15) -> int:
    """Return the HTTP status of a GET; 0 for no answer in time."""
    try:
        with urllib.request.urlopen(url, timeout=within_s) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError:
        return 0


def stored(dsn: str) -> list[str]:
    """Return the texts in the database, in order."""
    with psycopg.connect(dsn) as server:
        rows = server.execute("SELECT body FROM entry WHERE kind = 'text' ORDER BY conversation, seq").fetchall()
    return [json.loads(body)["text"] for (body,) in rows]


@pytest.fixture
def cable(postgres: Postgres, tmp_path: Path) -> Iterator[Cable]:
    """The network to a host on which the server can be reached."""
    with far_postgres(postgres, tmp_path) as cable:
        yield cable


@pytest.mark.timeout(180)
def test_bridge_and_web_recover(cable: Cable, postgres: Postgres, tmp_path: Path) -> None:
    """
    /readyz reports a vanished database host within 10 s and /healthz still answers. No message gets ✓ meanwhile. Later
    both processes go on without a restart, and each message is stored once, in order.
    """
    dsn = postgres.fresh_database()
    data = tmp_path / "data"
    data.mkdir()
    settings = {"WATTLINE_DB": cable.database(dsn.rpartition("/")[2])}
    run_cli(data, "migrate", settings=settings)
    with ExitStack() as parts:
        programs = [parts.enter_context(ProductProcess("broker", data, settings=settings))]
        programs[0].port("mqtt", 40)
        bridge = parts.enter_context(ProductProcess("bridge", data, settings=settings))
        web = parts.enter_context(ProductProcess("web", data, settings=settings))
        programs += [bridge, web]
        url = f"http://127.0.0.1:{web.port('http', 40)}"
        wait_until(lambda: status_of(f"{url}/readyz") == 200, 30, bridge.log)
        credentials = json.loads(run_cli(data, "token", "c-42", settings=settings))
        maria = parts.enter_context(Participant("c-42", lambda: login_of(credentials)))
        maria.wait_stored(maria.say("before"), 20)

        health = parts.enter_context(Health(url))
        cable.cut()
        cut_s = time.monotonic()
        during = [maria.say(f"during {number}") for number in range(5)]
        wait_until(lambda: status_of(f"{url}/readyz") == 503, TOLD_WITHIN_S, web.log)
        told_s = time.monotonic() - cut_s
        wait_until(lambda: time.monotonic() - cut_s > HELD_S, 30)
        assert maria.pending == tuple(during), "a message got its tick while nothing could be stored"
        assert stored(dsn) == ["before"]

        cable.mend()
        mended_s = time.monotonic()
        wait_until(lambda: status_of(f"{url}/readyz") == 200, BACK_WITHIN_S, bridge.log)
        after = maria.say("after")
        maria.wait_stored(after, 20)
        back_s = time.monotonic() - mended_s
        assert stored(dsn) == ["before", *(f"during {number}" for number in range(5)), "after"]
        assert [program.name for program in programs if not program.child.is_running()] == []
        slowest_s = max(health.took_s)
        sys.stdout.write(
            f"\n/readyz after {told_s:.1f} s, back after {back_s:.1f} s, /healthz at most {slowest_s:.2f} s\n"
        )
        assert told_s < TOLD_WITHIN_S
        assert slowest_s < ALIVE_WITHIN_S
