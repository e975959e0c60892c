"""Few at a time, few who wait, and the rest sent away."""

import threading
import time

import pytest

from chat_core.contract.errors import TooFast
from tests.waiting import wait_until
from web.turns import Turns


def test_who_is_beyond_those_who_wait_is_sent_away_at_once() -> None:
    """One is in turn, one waits and gets the next turn, and a third is refused without waiting."""
    turns = Turns(lambda: TooFast("Later."), at_once=1, waiting=1, wait_s=30)
    leave, had_turn = threading.Event(), []

    def take(name: str) -> None:
        with turns.turn():
            had_turn.append(name)
            leave.wait(30)

    threads = [threading.Thread(target=take, args=(name,)) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(had_turn) == 1 and len(turns._waiting) == 1)
    began = time.monotonic()
    with pytest.raises(TooFast), turns.turn():
        pass
    assert time.monotonic() - began < 10 and len(had_turn) == 1
    leave.set()
    for thread in threads:
        thread.join(30)
    assert sorted(had_turn) == ["first", "second"]
    with turns.turn():  # and everything is given back
        pass


def test_who_had_fewer_turns_takes_the_place_of_one_who_waits() -> None:
    """Two who ask again and again leave a third its turn: one of them is sent away for it."""
    turns = Turns(lambda: TooFast("Later."), at_once=1, waiting=1, wait_s=30)
    done: list[str] = []

    def take(name: str) -> None:
        try:
            with turns.turn(name):
                done.append(name)
        except TooFast:
            done.append(f"{name} sent away")

    with turns.turn("greedy"):
        waiting = threading.Thread(target=take, args=("greedy",))
        waiting.start()
        wait_until(lambda: len(turns._waiting) == 1)
        other = threading.Thread(target=take, args=("other",))
        other.start()
        waiting.join(30)
        assert done == ["greedy sent away"]
    other.join(30)
    assert done[1:] == ["other"]
