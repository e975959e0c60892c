"""Deliveries to a board follow its team, however many agents are online."""

from pathlib import Path

from tests.bench.fan_out import CLIENTS, OURS, SECONDS, SIZES, WORDS_PER_S, run

AT_ONCE = 3  # rows of a busy conversation before it waits, and the one that waited


def test_fan_out_follows_the_team(tmp_path: Path) -> None:
    """A board receives its team's rows alone, no more of them for other teams' agents, a busy one once a second."""
    found = [run(tmp_path / str(agents), agents, OURS) for agents in SIZES]
    share = WORDS_PER_S * SECONDS * OURS / CLIENTS
    for board in found:
        assert len(board.last) <= board.deliveries <= 2 * share  # by chance
    busy = run(tmp_path / "busy", SIZES[0], OURS, only_ours=True)
    assert busy.deliveries <= OURS * (busy.lasted_s + AT_ONCE)
    assert busy.bytes < 10_000 * busy.lasted_s
    whole = run(tmp_path / "whole", SIZES[0], CLIENTS)
    assert len(whole.last) <= whole.deliveries <= WORDS_PER_S * SECONDS
    assert whole.bytes < 100_000 * SECONDS
