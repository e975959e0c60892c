"""Energy used, from what registers showed."""

from bisect import bisect_left, insort
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_core.domain.meter_registers import AROUND, Stand, change, segments, shares, used
from tests.histories import HOUR_MS, T0, History, histories

ZONE = ZoneInfo("Europe/Bucharest")


def add(kept: list[Stand], stand: Stand, sums: Counter[tuple[bool, int]]) -> None:
    place = bisect_left(kept, stand)
    gone, come = change(kept[max(0, place - AROUND) : place], stand, kept[place : place + AROUND])
    for between, sign in ((gone, -1), (come, 1)):
        for segment in between:
            for share in shares(segment, ZONE):
                sums[share.is_day, share.begin] += sign * share.wh
    insort(kept, stand)


@settings(max_examples=200, deadline=None)
@given(histories())
def test_energy_is_conserved(history: History) -> None:
    """Late, repeated, reordered and reset readings give the energy used, to the Wh."""
    kept: list[Stand] = []
    sums: Counter[tuple[bool, int]] = Counter()
    for stand in history.told:
        if stand not in kept:
            add(kept, stand, sums)
            assert min(sums.values(), default=0) >= 0
    assert kept == history.stands
    assert sum(wh for (is_day, _), wh in sums.items() if not is_day) == history.known_wh
    assert sum(sums.values()) == history.wh


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10**10), st.integers(0, 10**12) | st.integers(0, 3_000)),
        max_size=25,
        unique_by=lambda one: one[0],
    ),
    st.randoms(use_true_random=False),
)
def test_nonsense_is_never_negative(readings: list[tuple[int, int]], order: object) -> None:
    """No meter makes a negative interval, and the order of arrival does not matter."""
    stands = [Stand(*one) for one in readings]
    kept: list[Stand] = []
    sums: Counter[tuple[bool, int]] = Counter()
    for stand in stands:
        add(kept, stand, sums)
        assert min(sums.values(), default=0) >= 0
    whole: Counter[tuple[bool, int]] = Counter()
    for segment in segments(kept):
        for share in shares(segment, ZONE):
            whole[share.is_day, share.begin] += share.wh
    assert +sums == +whole


@pytest.mark.parametrize(
    ("shown", "energy"),
    [
        ((50_000, 50_000, 50_010), 10),  # repeats
        ((50_000, 0, 7, 12), 12),  # began again from zero
        ((50_000_000, 0, 50_000_010), 10),  # a zero while it starts up
        ((50_000, 9_000_000_000, 50_010), 10),  # one wild value
        ((50_000, 49_998, 50_010), 10),  # a dip
        ((50_000, 50_010, 9_000_000, 9_000_020), 30),  # another meter that stood higher
        ((9_000_000, 9_000_010, 5_000_000, 5_000_005), 15),  # another meter that stood lower
        ((41_000, 42_000, 43_000), 2_000),  # a register of whole kWh
        ((7,), 0),
        ((), 0),
    ],
)
def test_a_register_by_the_minute(shown: tuple[int, ...], energy: int) -> None:
    """Each way in which a register may move means the energy that a person would say."""
    stands = [Stand(T0 + minute * 60_000, wh) for minute, wh in enumerate(shown)]
    assert sum(used(*segment) or 0 for segment in segments(stands)) == energy


def test_energy_is_spread_evenly() -> None:
    """Between two readings an hour apart each quarter has its part; what does not divide is not lost."""
    begin = T0 - T0 % HOUR_MS
    parts = list(shares((Stand(begin + 450_000, 100), Stand(begin + HOUR_MS, 203)), ZONE))
    assert [(share.begin - begin, share.wh) for share in parts] == [
        (0, 14),
        (900_000, 30),
        (1_800_000, 29),
        (2_700_000, 30),
    ]


def test_a_long_silence_is_known_by_days() -> None:
    """After more than two days without a reading only the days are told, each by its length."""
    begin = 1_729_890_000_000  # 2024-10-26 00:00 in Bucharest; the 27th has 25 hours
    parts = list(shares((Stand(begin, 0), Stand(begin + 73 * HOUR_MS, 7_300)), ZONE))
    assert [(share.wh, share.is_day) for share in parts] == [(2_400, True), (2_500, True), (2_400, True)]
