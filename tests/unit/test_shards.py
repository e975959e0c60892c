"""The clients' shards and their division among slots, as bridges on several hosts compute it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chat_core.contract.shards import ALL, SHARDS, Slot, bits_of, moves, shards_in

SLOTS = st.lists(st.integers(0, 15), min_size=SHARDS, max_size=SHARDS)
NUMBERS = st.integers(1, 16)


@given(SLOTS, NUMBERS)
def test_moves_make_equal_shares(slots: list[int], of: int) -> None:
    """After the moves each slot has as many shards as another or one more, and those above the number have none."""
    after = list(slots)
    for move in moves(slots, of):
        assert after[move.shard] == move.giver
        after[move.shard] = move.taker
    shares = Counter(after)
    assert shares.keys() <= set(range(of))
    assert {shares[n] for n in range(of)} <= {SHARDS // of, SHARDS // of + 1}
    assert moves(after, of) == []


@given(SLOTS, NUMBERS, st.data())
def test_done_moves_change_no_others(slots: list[int], of: int, data: st.DataObject) -> None:
    """A bridge that reads the map once some moves are done finds the others, and no more."""
    todo = moves(slots, of)
    done = data.draw(st.sets(st.sampled_from(todo))) if todo else set()
    after = list(slots)
    for move in done:
        after[move.shard] = move.taker
    assert moves(after, of) == [move for move in todo if move not in done]


@given(SLOTS, NUMBERS)
def test_no_slot_gives_and_takes(slots: list[int], of: int) -> None:
    """A slot that takes shards gives none."""
    todo = moves(slots, of)
    assert not {move.giver for move in todo} & {move.taker for move in todo}


@given(st.frozensets(st.integers(0, SHARDS - 1)))
def test_shards_as_bits(shards: frozenset[int]) -> None:
    """Any shards fit into a signed number of 64 bits, as databases have."""
    bits = bits_of(shards)
    assert -(2**63) <= bits < 2**63
    assert shards_in(bits) == shards


def test_who_is_alone() -> None:
    """A slot is alone with all shards, where no other one is to be."""
    assert ALL.is_alone
    assert not Slot(0, 2, range(SHARDS)).is_alone
    assert not Slot.even(1, 2).is_alone
