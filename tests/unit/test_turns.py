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
    wait_until(lambda: turns._entered._value == 0)
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
