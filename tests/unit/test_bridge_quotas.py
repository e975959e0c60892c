"""The daily quota of clients' words, in bytes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.pipeline.quotas import DAY_S, HOUR_S, MESSAGE_BYTES, Quotas, size_of
from chat_core.contract.errors import TooFast
from chat_core.contract.payloads import Rating, Said, SaidKind
from chat_core.runtime import config

GUEST, OTHER, CLIENT = "g-1", "g-2", "c-42"


def words(text: str) -> Said:
    return Said(id="m", kind=SaidKind.TEXT, text=text, sent=1)


LONG = words("x" * (1_000 - MESSAGE_BYTES))  # a thousand bytes


def taken(quotas: Quotas, sender: str, now_s: float, tries: int = 1_000, said: Said = LONG) -> int:
    return sum(refusal_of(lambda: quotas.charge(sender, said, now_s)) is None for _ in range(tries))


def refusal_of(charge: Callable[[], None]) -> TooFast | None:
    try:
        charge()
    except TooFast as fault:
        return fault
    return None


def test_a_guest_has_a_bound_of_an_hour_and_of_a_day() -> None:
    """A guest's words are stored up to a quarter of its day at once, and no more than that an hour."""
    quotas = Quotas(guest=40_000)
    assert taken(quotas, GUEST, 0) == 10
    fault = refusal_of(lambda: quotas.charge(GUEST, LONG, 0))
    assert fault is not None and (fault.why, fault.retry_ms) == ("quota", 360_000)
    assert taken(quotas, OTHER, 0) == 10
    assert taken(quotas, GUEST, HOUR_S) == 10
    day = sum(taken(quotas, GUEST, hour * HOUR_S) for hour in range(2, 24))
    assert 20 + day <= 2 * 40


def test_all_guests_together_have_a_bound() -> None:
    """All guests together have a daily bound; clients of the portal are not in it."""
    quotas = Quotas(guest=40_000, guests=50_000)
    assert sum(taken(quotas, f"g-{n}", 0) for n in range(100)) == 50
    assert taken(quotas, CLIENT, 0, 10) == 10


def test_a_client_has_a_bound_of_a_day() -> None:
    """A client of the portal has one too; agents, bots and the bridge have none."""
    quotas = Quotas(client=100_000, guest=1_000, guests=1_000)
    assert taken(quotas, CLIENT, 0) == 100
    assert all(taken(quotas, sender, 0) == 1_000 for sender in ("a-ana", "b-rules", "s-bridge"))


def test_little_free_space_refuses_guests_words_alone() -> None:
    """A nearly full disk refuses guests' words alone, for a while."""
    process = iter([True, True, False])
    quotas = Quotas(is_low=lambda: next(process))
    fault = refusal_of(lambda: quotas.charge(GUEST, LONG, 0))
    assert fault is not None and fault.why == "disk_low" and fault.retry_ms
    assert taken(quotas, CLIENT, 0, 5) == taken(quotas, "a-ana", 0, 5) == 5
    assert [taken(quotas, GUEST, 0, 1) for _ in range(2)] == [0, 1]


def test_short_words_cost_their_rows_too() -> None:
    """A message of one letter costs what it takes on disk, and letters are counted in bytes."""
    assert size_of(words("x")) == MESSAGE_BYTES + 1
    assert size_of(words("ș" * 10)) == MESSAGE_BYTES + 20
    rating = Said(id="m", kind=SaidKind.RATING, rating=Rating(score=5, text="good"), sent=1)
    assert size_of(rating) == MESSAGE_BYTES + 4


def test_rolled_back_is_given_back() -> None:
    """A rolled-back transaction gives its quota back."""
    quotas = Quotas(guest=40_000, guests=100_000)
    quotas.charge(GUEST, LONG, 0)
    quotas.begin()
    assert taken(quotas, GUEST, 0) == 9
    quotas.undo()
    assert taken(quotas, GUEST, 0) == 9


def test_nothing_is_bounded_where_no_rate_is() -> None:
    """WATTLINE_RATE=off takes these bounds away too; by default there are some, and 0 is none."""
    off = Quotas.of(config.load({"WATTLINE_RATE": "off"}), lambda: False)
    assert taken(off, GUEST, 0) == 1_000
    usual = config.load({})
    assert taken(Quotas.of(usual, lambda: False), GUEST, 0) == 100
    none = config.load({"WATTLINE_WORDS_GUEST_KB": "0", "WATTLINE_WORDS_GUESTS_MB": "0"})
    assert taken(Quotas.of(none, lambda: False), GUEST, 0) == 1_000


@given(st.lists(st.tuples(st.floats(0, 7_200), st.integers(1, 3_000)), max_size=60))
def test_nobody_has_more_than_twice_a_day_in_a_day(steps: list[tuple[float, int]]) -> None:
    """No span of a day holds more than twice the bound, at any times and lengths."""
    quotas, now_s = Quotas(guest=40_000), 0.0
    stored: list[tuple[float, int]] = []
    for pause_s, length in steps:
        now_s += pause_s
        quotas.sweep(now_s)
        said = words("x" * length)
        if refusal_of(lambda said=said, now_s=now_s: quotas.charge(GUEST, said, now_s)) is None:  # type: ignore[misc]
            stored.append((now_s, size_of(said)))
    for start_s, _ in stored:
        assert sum(size for at_s, size in stored if start_s <= at_s < start_s + DAY_S) <= 80_000
        assert sum(size for at_s, size in stored if start_s <= at_s < start_s + HOUR_S) <= 20_000


@pytest.mark.parametrize("sender", [GUEST, CLIENT])
def test_larger_than_the_bound_is_taken_when_it_is_full(sender: str) -> None:
    """A bound that is smaller than one message still lets one through at times."""
    quotas = Quotas(client=500, guest=500)
    assert taken(quotas, sender, 0) == 1
    assert taken(quotas, sender, 30 * DAY_S) == 1
