"""
Kill -9 of every room at random moments, while people talk: nothing ticked is lost, doubled, out of order or changed.

The short rounds are part of every test run. The long ones are `make chaos`; CHAOS_BRIDGE, CHAOS_BROKER and CHAOS_WEB
say how many kills each house takes, CHAOS_SEED when they fall. Every failure prints its seed.
"""

import os
import secrets
from pathlib import Path

import pytest

from tests.chaos.crowd import Load
from tests.chaos.houses import whole_house
from tests.chaos.rounds import Told, play, shuffled
from tests.real.postgres import Postgres

SHORT = {"bridge": 6, "broker": 3, "web": 1}
LONG = {
    "bridge": int(os.environ.get("CHAOS_BRIDGE", "40")),
    "broker": int(os.environ.get("CHAOS_BROKER", "20")),
    "web": int(os.environ.get("CHAOS_WEB", "10")),
}
SECONDS_A_KILL = 30  # far more than one takes; a house that hangs is ended


def seed() -> int:
    """The given one, or a new one each time."""
    return int(os.environ.get("CHAOS_SEED") or secrets.randbelow(1_000_000))


def in_house(data: Path, kills: dict[str, int], load: Load = Load(), **settings: str) -> Told:
    """What these kills did to a house with these settings (WATTLINE_… without the prefix, in lower case)."""
    kept = {f"WATTLINE_{name.upper()}": value for name, value in settings.items()}
    number = seed()
    with whole_house(data, kept) as house:
        told = play(house, shuffled(kills, number), number, url=house.url, load=load)
        assert told.broken == [], f"seed {number}\n{told}\n{house.log()[-4_000:]}"
    assert told.kills == {room: count for room, count in kills.items() if count}
    assert all(verdict.looked for verdict in told.verdicts), told
    return told


@pytest.mark.alone
def test_killed_while_people_talk(tmp_path: Path) -> None:
    """Six kills of the bridge, three of the broker, one of web: no invariant breaks."""
    in_house(tmp_path / "data", SHORT, broker="embedded", rate="off")


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS_A_KILL * sum(LONG.values()))
@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_killed_again_and_again(tmp_path: Path, broker: str) -> None:
    """Kill after kill, on SQLite: no invariant breaks."""
    in_house(tmp_path / "data", LONG, broker=broker, rate="off")


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS_A_KILL * sum(LONG.values()))
@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_killed_on_postgresql(tmp_path: Path, postgres: Postgres, broker: str) -> None:
    """Kill after kill, on PostgreSQL, half as many: no invariant breaks."""
    half = {room: (count + 1) // 2 for room, count in LONG.items()}
    in_house(tmp_path / "data", half, broker=broker, rate="off", db=postgres.fresh_database())


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS_A_KILL * sum(LONG.values()))
def test_killed_while_senders_are_slowed(tmp_path: Path) -> None:
    """With the rate limit on, senders above it are refused for a while; through kills, no invariant breaks."""
    some = {room: (count + 3) // 4 for room, count in LONG.items()}
    in_house(
        tmp_path / "data", some, Load(clients=3, client_per_s=15, bulk_per_s=15, script_per_s=5), broker="embedded"
    )
