"""Waiting for a fact with a deadline, the one way tests let time pass."""

import inspect
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# No promise: what must be quick is timed by its test. At a load of 13 on two cores seven mails, each read by a process
# of its own, took over 10 s, and so did a message behind a bridge that was started anew.
WITHIN_S = 30
EVERY_S = 0.02  # how often a fact is looked at: short against 50 ms promises, cheap on two cores


def wait_until(
    predicate: Callable[[], T | None], within_s: float = WITHIN_S, why: str | Callable[[], object] = ""
) -> T:
    """
    Return the first truthy value of the predicate.

    Args: predicate: looked at at least twice; its AssertionError or OSError counts as "not yet"; why: what to say at
        the deadline, or a function that tells it (a log, what was heard).
    Raises: AssertionError at the deadline: names the predicate, its last value or error, and `why`.
    """
    pause = threading.Event()
    deadline = time.monotonic() + within_s
    last_look = False
    while True:
        seen: object
        try:
            value = predicate()
            if value:
                return value
            seen = value
        except (AssertionError, OSError) as problem:
            seen = problem
        if last_look:
            break
        pause.wait(EVERY_S)
        last_look = time.monotonic() >= deadline
    told = why() if callable(why) else why
    raise AssertionError(
        f"not within {within_s:g} s: {_source(predicate)}\nlast seen: {seen!r}" + (f"\n{told}" if told else "")
    )


def _source(predicate: Callable[[], object]) -> str:
    try:
        return inspect.getsource(predicate).strip()
    except (OSError, TypeError):
        return repr(predicate)
