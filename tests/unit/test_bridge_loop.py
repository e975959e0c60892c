"""The bridge's outermost loop: what it says of itself."""

import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from bridge import loop
from bridge.background.scheduler import Scheduler
from bridge.loop import Loop
from bridge.mqtt.link import Link
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.row_pace import RowPace
from chat_core.contract.payloads import Status, Summary


class LoopParts:
    """Link, writer and rounds in one: nothing arrives, and each turn's rounds do what the test says."""

    crowded = False
    waiting = unconfirmed = 0
    read_s = None

    def __init__(self, rounds: Callable[[], None]) -> None:
        self._rounds = rounds
        self.failing: set[str] = set()
        self.pace = RowPace()
        self.revs_told: list[int] = []

    def turn(self, _: float) -> None:
        """No byte comes or goes."""

    def close(self) -> None:
        """It holds nothing."""

    def take(self, _: int) -> list[Any]:
        return []

    def go(self, _: float) -> None:
        self._rounds()

    def tell_held_rows(self, now_s: float) -> None:
        self.revs_told += [row.rev for row in self.pace.due(now_s)]


def run(turns: list[Callable[[], None]]) -> tuple[list[set[str]], int]:
    """Return what each turn's heartbeat would tell, and how often the watcher heard a beat."""
    stop, told, beats = threading.Event(), [], []

    def one_turn() -> None:
        if turns:
            told.append(set(writer.failing))
            turns.pop(0)()

    def beat() -> None:
        beats.append(1)
        if not turns:
            stop.set()

    link = rounds = LoopParts(one_turn)
    writer = LoopParts(one_turn)
    both = cast(Link, link), cast(Writer, writer), cast(Scheduler, rounds)
    Loop(*both, lambda: None, beat).run(stop)
    return [*told, set(writer.failing)], len(beats)


def fault() -> None:
    raise ArithmeticError


def test_fault_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that no duty has caught is told by the next heartbeats, so that /readyz names it; then no more."""
    monkeypatch.setattr(loop, "PAUSES_S", (0,))
    told, beats = run([lambda: None, fault, lambda: None])
    assert told == [set(), set(), {"turn"}, {"turn"}]
    monkeypatch.setattr(loop, "SHOWN_S", 0)
    told, beats = run([fault, lambda: None])
    assert told == [set(), {"turn"}, set()]
    assert beats >= 3


def test_held_rows_are_told_at_the_end() -> None:
    """A bridge that is told to stop tells the rows that it holds back."""
    parts, stop = LoopParts(lambda: None), threading.Event()
    rows = [Summary(client="c-42", rev=rev, status=Status.OPEN) for rev in (1, 2, 3)]
    parts.pace.choose(rows, frozenset(), time.monotonic())
    stop.set()
    Loop(cast(Link, parts), cast(Writer, parts), cast(Scheduler, parts), lambda: None).run(stop)
    assert parts.revs_told == [3]
