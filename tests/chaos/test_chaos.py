"""
Faults at random moments while people talk: nothing ticked is lost, doubled, reordered or changed.

The short rounds are part of every test run, the long ones are `make chaos`: CHAOS_BRIDGE, CHAOS_BROKER, CHAOS_WEB,
CHAOS_SUPERVISOR, CHAOS_POSTGRES and CHAOS_TORN count the faults, CHAOS_SEED repeats a run.
"""

import os
import secrets
from pathlib import Path

import pytest

from tests.chaos.clock import own_clock
from tests.chaos.crowd import CrowdLoad
from tests.chaos.fault_rounds import Told, play, shuffled
from tests.chaos.network_faults import system_behind_proxy
from tests.chaos.participant import Url
from tests.chaos.systems import FaultTarget, whole_system
from tests.real.postgres import Postgres

SHORT = {"bridge": 3, "broker": 1, "web": 1, "postgres": 1, "supervisor": 1}
SHORT_TORN = {"lines reset": 1, "lines stalled": 1, "partner away": 1, "bridge stopped": 1, "broker stopped": 1}
TORN_SLOWLY = ("lines half-open", "queue overrun")  # a quarter of a minute each
LONG = {
    "bridge": int(os.environ.get("CHAOS_BRIDGE", "40")),
    "broker": int(os.environ.get("CHAOS_BROKER", "20")),
    "web": int(os.environ.get("CHAOS_WEB", "10")),
    "supervisor": int(os.environ.get("CHAOS_SUPERVISOR", "4")),
}
POSTGRES = int(os.environ.get("CHAOS_POSTGRES", "20"))
TORN = int(os.environ.get("CHAOS_TORN", "5"))  # of each kind
SECONDS_A_KILL = 30  # far more than one takes; a system that hangs is ended


def seed() -> int:
    return int(os.environ.get("CHAOS_SEED") or secrets.randbelow(1_000_000))


def settings_of(**settings: str) -> dict[str, str]:
    return {f"WATTLINE_{name.upper()}": value for name, value in settings.items()}


def rounds_in(system: FaultTarget, url: Url, blows: dict[str, int], load: CrowdLoad = CrowdLoad()) -> Told:
    number = seed()
    told = play(system, shuffled(blows, number), number, url=url, load=load)
    assert told.broken == [], f"seed {number}\n{told}\n{system.log()[-4_000:]}"
    assert told.blows == {blow: count for blow, count in blows.items() if count}
    assert all(verdict.looked for verdict in told.verdicts), told
    return told


def in_system_on(postgres: Postgres, data: Path, blows: dict[str, int], broker: str = "embedded") -> None:
    settings = settings_of(broker=broker, rate="off", db=postgres.fresh_database())
    with whole_system(data, settings, postgres) as system:
        rounds_in(system, system.url, blows)


def in_system(data: Path, blows: dict[str, int], load: CrowdLoad = CrowdLoad(), **settings: str) -> None:
    with whole_system(data, settings_of(**settings)) as system:
        rounds_in(system, system.url, blows, load)


@pytest.mark.timeout(SECONDS_A_KILL * sum(SHORT.values()))
def test_killed_while_people_talk(tmp_path: Path) -> None:
    """Three kills of the bridge, one each of broker, web, PostgreSQL and the supervisor: no invariant breaks."""
    with Postgres() as postgres:
        in_system_on(postgres, tmp_path / "data", SHORT)


@pytest.mark.timeout(SECONDS_A_KILL * sum(SHORT_TORN.values()))
def test_road_torn_up(tmp_path: Path) -> None:
    """Resets, stalls, a cut connection and processes stopped for seconds break no invariant."""
    with system_behind_proxy(tmp_path / "data", settings_of(broker="embedded", rate="off")) as system:
        rounds_in(system, system.url, SHORT_TORN)


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS_A_KILL * sum(LONG.values()))
@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_killed_again_and_again(tmp_path: Path, broker: str) -> None:
    """Kill after kill, on SQLite: no invariant breaks."""
    in_system(tmp_path / "data", LONG, broker=broker, rate="off")


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS_A_KILL * (sum(LONG.values()) + POSTGRES))
@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_killed_on_postgresql(tmp_path: Path, broker: str) -> None:
    """Kill after kill, of PostgreSQL too, breaks no invariant."""
    half = {process: (count + 1) // 2 for process, count in LONG.items()}
    with Postgres() as postgres:
        in_system_on(postgres, tmp_path / "data", half | {"postgres": POSTGRES}, broker)


@pytest.mark.chaos
@pytest.mark.timeout(2 * SECONDS_A_KILL * TORN * (len(SHORT_TORN) + 4))
@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_road_torn_up_again_and_again(tmp_path: Path, broker: str) -> None:
    """Each network fault again and again, on both brokers, with kills between, breaks no invariant."""
    blows = dict.fromkeys((*SHORT_TORN, *TORN_SLOWLY, "bridge", "broker"), TORN)
    if broker == "mosquitto":
        del blows["queue overrun"]  # its queue is ten times as long
    with system_behind_proxy(tmp_path / "data", settings_of(broker=broker, rate="off")) as system:
        rounds_in(system, system.url, blows)


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS_A_KILL * 7)
def test_clock_set_while_people_talk(tmp_path: Path) -> None:
    """The system's clock set forward and back by three days, and the bridge killed in another time: nothing breaks."""
    settings = settings_of(broker="embedded", rate="off") | own_clock(tmp_path / "clock")
    blows = ["clock set forward", "bridge", "clock set right", "clock set back", "bridge", "broker", "clock set right"]
    with whole_system(tmp_path / "data", settings) as system:
        number = seed()
        told = play(system, blows, number, url=system.url)
        assert told.broken == [], f"seed {number}\n{told}\n{system.log()[-4_000:]}"


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS_A_KILL * sum(LONG.values()))
def test_killed_while_senders_are_slowed(tmp_path: Path) -> None:
    """With the rate limit on, senders above it are refused for a while; through kills, no invariant breaks."""
    some = {process: (count + 3) // 4 for process, count in LONG.items()}
    in_system(
        tmp_path / "data", some, CrowdLoad(clients=3, client_per_s=15, bulk_per_s=15, script_per_s=5), broker="embedded"
    )
