"""A cached bearer never outlives what makes it good. Real signatures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat_core.contract.errors import NotAllowed
from chat_core.runtime import tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from web.fast_bearers import AT_MOST, BearerCache

NOW_S = 1_732_430_000


@contextmanager
def refused(why: str) -> Iterator[None]:
    with pytest.raises(NotAllowed) as found:
        yield
    assert found.value.why == why


def test_remembered(tmp_path: Path) -> None:
    """A second look finds the same, and says no from the second on at which the bearer ends."""
    keys, bearers = Keys.open(tmp_path), BearerCache()
    token = tokens.mint(Audience.API, keys, Holder("c-42", 3), 600, NOW_S)
    first = bearers.verify(keys, token, NOW_S)
    assert (first.sub, first.gen, first.exp) == ("c-42", 3, NOW_S + 600)
    assert bearers.verify(keys, token, NOW_S + 599) is first
    with refused("expired"):
        bearers.verify(keys, token, NOW_S + 600)


def test_other_keys_count_at_once(tmp_path: Path) -> None:
    """A token cached under one key ring is nothing to another one."""
    keys, others, bearers = Keys.open(tmp_path / "one"), Keys.open(tmp_path / "two"), BearerCache()
    token = tokens.mint(Audience.API, keys, Holder("c-42", 1), 600, NOW_S)
    assert bearers.verify(keys, token, NOW_S).sub == "c-42"
    with refused("bad_token"):
        bearers.verify(others, token, NOW_S)
    assert bearers.verify(keys, token, NOW_S).sub == "c-42"


def test_refused_stays_refused(tmp_path: Path) -> None:
    """A forged one, and one for another use, are refused again and again beside the good one."""
    keys, bearers = Keys.open(tmp_path), BearerCache()
    good = tokens.mint(Audience.API, keys, Holder("c-42", 1), 600, NOW_S)
    bearers.verify(keys, good, NOW_S)
    for bad in (
        good[:-4] + "AAAA",
        good + "\udc80",
        tokens.mint(Audience.DOWNLOAD, keys, Holder("c-42", 1), 600, NOW_S),
    ):
        for _ in range(2):
            with refused("bad_token"):
                bearers.verify(keys, bad, NOW_S)


def test_memory_is_bounded(tmp_path: Path) -> None:
    """The cache is bounded; every bearer counts, cached or not."""
    keys, bearers = Keys.open(tmp_path), BearerCache()
    for number in range(AT_MOST + 2):
        token = tokens.mint(Audience.API, keys, Holder(f"c-{number}", 1), 600, NOW_S)
        assert bearers.verify(keys, token, NOW_S).sub == f"c-{number}"
    assert len(bearers._found[1]) == 2
