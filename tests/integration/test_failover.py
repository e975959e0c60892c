"""The running product while PostgreSQL's primary is lost and its synchronous standby promoted."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from bridge.participant import Participant
from tests.integration.bridge_system import bridge_system
from tests.real.composed import status
from tests.real.parts import REPOSITORY
from tests.real.postgres import USER, Postgres
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until

OPERATING = (REPOSITORY / "docs" / "operating.md").read_text(encoding="utf-8")
BEFORE, AFTER = 120, 60  # messages of each speaker until the primary is lost, and from then on
IN_FLIGHT = 8
BACK_WITHIN_S = 30.0  # the bridge's pauses between tries, and connecting


@dataclass
class Pair:
    """A primary, its synchronous standby, and the URL that names both."""

    primary: Postgres
    standby: Postgres
    url: str

    def promote(self) -> None:
        with psycopg.connect(self.standby.dsn("postgres"), autocommit=True) as server:
            server.execute("SELECT pg_promote()")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Postgres() as primary:
        name = primary.fresh_database().rpartition("/")[2]
        with primary.standby() as standby:
            [command] = re.findall(r"^ {4}(psql -c .*synchronous_standby_names.*)$", OPERATING, re.MULTILINE)
            server_at = {"PGHOST": "127.0.0.1", "PGPORT": str(primary.port), "PGUSER": USER, "PGDATABASE": "postgres"}
            environ = {**server_at, "PATH": f"{primary.programs}:{os.environ['PATH']}"}
            subprocess.run(["sh", "-ec", command], env=environ, check=True, capture_output=True)
            with psycopg.connect(primary.dsn("postgres"), autocommit=True) as server:
                is_sync = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
                wait_until(lambda: server.execute(is_sync).fetchone() == (1,), 20)
            hosts = f"127.0.0.1:{standby.port},127.0.0.1:{primary.port}"  # the standby first: it takes no writes
            yield Pair(primary, standby, f"postgresql://{USER}@{hosts}/{name}")


def say_all(speakers: list[Participant], words: list[str]) -> None:
    """Each says each of the words, with some messages on their way at a time."""
    for word in words:
        wait_until(lambda: max(len(speaker.pending) for speaker in speakers) < IN_FLIGHT, BACK_WITHIN_S)
        for speaker in speakers:
            speaker.say(word)


@pytest.mark.timeout(180)
def test_a_promoted_standby_takes_over_under_load(pair: Pair, tmp_path: Path) -> None:
    """
    Bridge, web and CLI go on by themselves at a promoted standby. Nothing that had its tick is lost, nothing is stored
    twice, and each sender's order holds.
    """
    before, after = ([f"{when} {n}" for n in range(many)] for when, many in (("before", BEFORE), ("after", AFTER)))
    with (
        bridge_system(tmp_path / "data", broker="embedded", rate="off", db=pair.url) as system,
        ProductProcess("web", system.data, settings=system.settings, at_once=True) as web,
    ):
        url = f"http://localhost:{web.port('http')}"
        wait_until(lambda: status(f"{url}/readyz") == 200, 30, why=web.log)
        speakers = [system.person(client) for client in ("c-42", "c-43")]
        say_all(speakers, before)
        pair.primary.kill()
        lost_s = time.monotonic()
        pair.promote()
        say_all(speakers, after)
        wait_until(lambda: not any(speaker.pending for speaker in speakers), BACK_WITHIN_S, why=system.bridge.log)
        stored_s = time.monotonic() - lost_s
        wait_until(lambda: status(f"{url}/readyz") == 200, BACK_WITHIN_S, why=web.log)
        assert [system.words(client) for client in ("c-42", "c-43")] == [before + after] * 2
        assert web.child.is_running()
        assert "/setup/" in run_cli(system.data, "agent", "add", "a-new", "--name", "New", settings=system.settings)
        sys.stdout.write(f"\nthe last message is stored {stored_s:.1f} s after the primary was lost\n")


@pytest.mark.timeout(120)
def test_a_tick_waits_for_the_standby(pair: Pair, tmp_path: Path) -> None:
    """With a synchronous standby a message has no tick before the standby has it."""
    with bridge_system(tmp_path / "data", broker="embedded", rate="off", db=pair.url) as system:
        maria = system.person("c-42")
        maria.wait_stored(maria.say("with a standby"))
        pair.standby.kill()
        id = maria.say("without one")
        is_waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        with psycopg.connect(pair.primary.dsn("postgres"), autocommit=True) as server:
            wait_until(lambda: (server.execute(is_waiting).fetchone() or (0,))[0] > 0, 20, why=system.bridge.log)
        assert maria.pending == (id,)
        pair.standby.restart()
        maria.wait_stored(id, within_s=BACK_WITHIN_S)
        assert system.words() == ["with a standby", "without one"]
