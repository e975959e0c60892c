"""Three bridges share the clients: whatever becomes of one of them, nothing is lost, doubled or out of order."""

import os
from pathlib import Path

import pytest

from tests.chaos.crowd import CrowdLoad
from tests.chaos.fault_rounds import play, shuffled
from tests.chaos.several_bridges import several_bridges
from tests.chaos.test_chaos import SECONDS_A_KILL, seed, settings_of
from tests.real.postgres import Postgres

LOAD = CrowdLoad(clients=12, client_per_s=3)  # some of each slot
SHORT = {"bridge killed": 2, "bridge stopped": 1, "bridge joins": 1, "bridge leaves": 1, "slots changed": 2}
MOVED = {"giver killed": 1, "taker killed": 1, "slots changed": 1}
MANY = int(os.environ.get("CHAOS_BLOWS", "15"))  # of each kind


def rounds(data: Path, postgres: Postgres, blows: dict[str, int], broker: str) -> None:
    settings = settings_of(broker=broker, rate="off", slots="3", db=postgres.fresh_database())
    number = seed()
    with several_bridges(data, settings, 3) as system:
        told = play(system, shuffled(blows, number), number, url=None, load=LOAD)
        assert told.broken == [], f"seed {number}\n{told}\n{system.log()[-8_000:]}"
        assert told.blows == blows


@pytest.mark.timeout(SECONDS_A_KILL * sum(SHORT.values()))
def test_any_of_three(tmp_path: Path, postgres: Postgres) -> None:
    """Kills, a bridge that wakes up late, one that joins, one that ends and another number of slots break nothing."""
    rounds(tmp_path / "data", postgres, SHORT, "mosquitto")


@pytest.mark.chaos
@pytest.mark.timeout(SECONDS_A_KILL * MANY * len(SHORT | MOVED))
def test_any_of_three_again_and_again(tmp_path: Path, postgres: Postgres) -> None:
    """A hundred blows on the bridges break no invariant."""
    rounds(tmp_path / "data", postgres, dict.fromkeys(SHORT | MOVED, MANY), "mosquitto")
