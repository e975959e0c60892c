"""Deliveries to a board follow its team, however many agents are online."""

from pathlib import Path

from tests.bench.fan_out import CLIENTS, OURS, SECONDS, SIZES, WORDS_PER_S, run


def test_fan_out_follows_the_team(tmp_path: Path) -> None:
    """A board receives its team's rows alone, and no more of them when more agents of other teams are online."""
    found = [run(tmp_path / str(agents), agents, OURS) for agents in SIZES]
    share = WORDS_PER_S * SECONDS * OURS / CLIENTS
    for board in found:
        assert len(board.last) <= board.deliveries <= share  # words stored together may share a row
    whole = run(tmp_path / "whole", SIZES[0], CLIENTS)
    assert len(whole.last) <= whole.deliveries <= WORDS_PER_S * SECONDS
    assert whole.bytes < 450 * whole.deliveries  # a row of a text of 80 characters
