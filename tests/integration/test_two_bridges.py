"""Two bridges on one PostgreSQL: one works, the other takes over from one that was killed, stopped or cut off."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.participant import Participant
from tests.integration.bridge_system import BridgeSystem, bridge_system
from tests.integration.test_vanished_host import stored
from tests.real.network import far_postgres
from tests.real.parts import Child
from tests.real.postgres import Postgres
from tests.real.wattline import environment
from tests.waiting import wait_until

KILLED_WITHIN_S = 1.0  # its sessions end
STOPPED_WITHIN_S = 5.0  # the lease ends
SPARE_S = 5.0  # until it is judged: for a slow machine
AHEAD = 30  # messages that the outbox holds when the blow falls


@pytest.fixture(params=["embedded", "mosquitto"])
def system(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> Iterator[BridgeSystem]:
    settings = {"broker": request.param, "rate": "off", "db": postgres.fresh_database()}
    with bridge_system(tmp_path / "data", **settings) as started:
        yield started


@contextmanager
def second_bridge(data: Path, settings: Mapping[str, str]) -> Iterator[Child]:
    """A bridge that waits for its turn."""
    command = [sys.executable, "-m", "bridge"]
    with Child(command, log=data / "second.out", env=environment(data, settings), cwd=data) as second:
        wait_until(lambda: "bridge.asks_for_lock" in second.log(), 20, why=second.log)
        yield second


def silence_s(maria: Participant, within_s: float, said: list[str]) -> float:
    """Return the seconds until the next tick, while more and more is said."""
    began_s = time.monotonic()
    ids = [maria.say(text) for text in said]
    maria.wait_stored(ids[0], within_s + SPARE_S)
    took_s = time.monotonic() - began_s
    maria.wait_stored(ids[-1], 20)
    return took_s


def words(batch: str) -> list[str]:
    return [f"{batch} {n}" for n in range(AHEAD)]


@pytest.mark.alone  # 1 s is measured
def test_killed(system: BridgeSystem) -> None:
    """A bridge killed while people talk is replaced within 1 s; nothing is lost, doubled or out of order."""
    with second_bridge(system.data, system.settings) as second:
        maria = system.person("c-42")
        before, after = words("before"), words("after")
        ids = [maria.say(text) for text in before]
        maria.wait_stored(ids[5], 20)
        system.bridge.kill()
        took_s = silence_s(maria, KILLED_WITHIN_S, after)
        assert system.words() == before + after, second.log()
        assert took_s < KILLED_WITHIN_S


@pytest.mark.alone  # 5 s are measured
@pytest.mark.parametrize("system", ["mosquitto"], indirect=True)  # which keeps the session of the stopped bridge
def test_stopped_and_continued(system: BridgeSystem) -> None:
    """
    A bridge stopped while people talk is replaced within 5 s. When it continues it commits nothing and waits; nothing
    is lost, doubled or out of order.
    """
    with second_bridge(system.data, system.settings) as second:
        maria = system.person("c-42")
        before, during, after = words("before"), words("during"), words("after")
        ids = [maria.say(text) for text in before]
        maria.wait_stored(ids[5], 20)
        os.kill(system.bridge.pid, signal.SIGSTOP)
        took_s = silence_s(maria, STOPPED_WITHIN_S, during)
        os.kill(system.bridge.pid, signal.SIGCONT)
        ids = [maria.say(text) for text in after]
        wait_until(lambda: "bridge.waiting" in system.bridge.log(), 20, why=system.bridge.log)
        maria.wait_stored(ids[-1], 20)
        assert system.words() == before + during + after, second.log()
        assert [entry["seq"] for entry in system.log()] == list(range(1, 3 * AHEAD + 2))
        assert system.bridge.log().count("bridge.has_lock") == 1
        assert took_s < STOPPED_WITHIN_S
        second.kill()
        maria.wait_stored(maria.say("from the first again"), 20)


@pytest.mark.alone  # 5 s are measured
@pytest.mark.timeout(120)
def test_cut_off(tmp_path: Path, postgres: Postgres) -> None:
    """A bridge whose network to the database is cut is replaced within 5 s; when it is mended, the bridge waits."""
    dsn = postgres.fresh_database()
    with far_postgres(postgres, tmp_path) as cable:
        settings = {"broker": "mosquitto", "rate": "off", "db": cable.database(dsn.rpartition("/")[2])}
        with (
            bridge_system(tmp_path / "data", **settings) as system,
            second_bridge(system.data, {**system.settings, "WATTLINE_DB": dsn}) as second,
        ):
            maria = system.person("c-42")
            before, after = words("before"), words("after")
            ids = [maria.say(text) for text in before]
            maria.wait_stored(ids[5], 20)
            cable.cut()
            try:
                took_s = silence_s(maria, STOPPED_WITHIN_S, after)
                wait_until(lambda: "bridge.waiting" in system.bridge.log(), 20, why=system.bridge.log)
            finally:
                cable.mend()
            assert stored(dsn) == before + after, second.log()
            assert took_s < STOPPED_WITHIN_S
            second.kill()
            maria.wait_stored(maria.say("from the first again"), 30)
