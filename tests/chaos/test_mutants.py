"""The suite shown to fail: a bridge that breaks one promise is found out by the invariant that speaks of it."""

from pathlib import Path

import pytest

from tests.chaos.crowd import CrowdLoad
from tests.chaos.fault_rounds import Told, play
from tests.chaos.network_faults import system_behind_proxy
from tests.chaos.systems import small_system

SEED = 7
LOAD = CrowdLoad(script_per_s=60)  # so that the script has something on the way at every moment
KILLS = 12  # at most: a mutant is found with the first kill in its weak moment


def found(data: Path, bridge: str, *, kills: int = KILLS) -> set[str]:
    return {verdict.invariant for verdict in told_of(data, bridge, kills=kills).broken}


def told_of(data: Path, bridge: str, *, kills: int) -> Told:
    with small_system(data, {"WATTLINE_RATE": "off"}, f"tests.chaos.mutants.{bridge}") as system:
        return play(system, ["bridge"] * kills, SEED, url=None, load=LOAD)


def test_acknowledgement_before_commit_is_found(tmp_path: Path) -> None:
    """A bridge that acknowledges before COMMIT loses what a script has said, and that is seen."""
    assert "taken by the broker and lost" in found(tmp_path / "data", "acks_first")


def test_tick_before_commit_is_found(tmp_path: Path) -> None:
    """A bridge that announces before COMMIT ticks what is not there, and that is seen."""
    broken = found(tmp_path / "data", "tells_first")
    assert broken & {"ticked and absent (lost)", "changed under the same seq"}


def test_reader_that_does_not_catch_up_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A participant that goes on from what it hears after it was away has a hole, and that is seen."""
    monkeypatch.setattr(
        "tests.chaos.participant.moving_api", lambda *_: None
    )  # nobody to ask: it jumps over what is missing
    with system_behind_proxy(tmp_path / "data", {"WATTLINE_RATE": "off"}) as system:
        told = play(system, ["partner away"] * 3, SEED, url=system.url)
    assert "hole in what a reader has" in {verdict.invariant for verdict in told.broken}


@pytest.mark.chaos
def test_forgotten_id_is_found(tmp_path: Path) -> None:
    """A bridge and a database that do not know an id again store a repeat twice, and that is seen."""
    assert "stored twice (doubled)" in found(tmp_path / "data", "forgets_ids")


@pytest.mark.chaos
def test_pause_alone_breaks_nothing(tmp_path: Path) -> None:
    """The same pause as the mutants', where a kill must do no harm, breaks nothing: it is the promise that counts."""
    assert found(tmp_path / "data", "slow") == set()
