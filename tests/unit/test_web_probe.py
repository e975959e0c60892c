"""/readyz's question to the database: an answer, or a refusal in time."""

import threading
import time
from collections.abc import Iterator

import pytest

from chat_core.contract.errors import StoreDown
from web import probe
from web.probe import BoundedQuestion


def test_it_returns_what_the_database_says() -> None:
    """The answer, a fault of the database and a defect reach whoever asks, and the next question is asked anew."""
    answers: Iterator[int | Exception] = iter([7, StoreDown("The disk is full."), KeyError("a defect"), 8])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    question = BoundedQuestion(ask)
    assert question.answer() == 7
    with pytest.raises(StoreDown, match="disk is full"):
        question.answer()
    with pytest.raises(KeyError):
        question.answer()
    assert question.answer() == 8


def test_a_silent_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is silent everybody is refused within the limit, and only one question waits for it."""
    monkeypatch.setattr(probe, "PATIENCE_S", 0.1)
    goes_on, asked = threading.Event(), []

    def ask() -> str:
        asked.append(threading.current_thread())
        goes_on.wait(20)
        return "ready"

    question = BoundedQuestion(ask)
    began_s = time.monotonic()
    for _ in range(50):
        with pytest.raises(StoreDown, match="does not answer"):
            question.answer()
    assert time.monotonic() - began_s < 2  # if each waited for itself it would take 5 s
    assert len(asked) == 1
    goes_on.set()
    monkeypatch.setattr(probe, "PATIENCE_S", 20.0)
    assert question.answer() == "ready"
