"""Tests' way to wait."""

import pytest

from tests.waiting import wait_until


def test_the_first_truthy_value_is_returned() -> None:
    """A wait returns the value that ended it."""
    answers = iter(["", "", "here"])
    assert wait_until(lambda: next(answers)) == "here"


def test_a_missed_deadline_says_what_was_awaited() -> None:
    """A wait that fails names the predicate, the last value and the given reason."""
    heard: list[int] = []
    with pytest.raises(AssertionError, match=r"(?s)not within 0 s.*heard.*last seen: False.*nothing heard"):
        wait_until(lambda: len(heard) > 1, within_s=0, why=lambda: "nothing heard")


def test_a_failed_assertion_counts_as_not_yet() -> None:
    """An assertion inside the predicate is tried again until it holds."""
    tries: list[int] = []

    def third_time() -> bool:
        tries.append(1)
        assert len(tries) == 3
        return True

    assert wait_until(third_time)
