"""
Divide the clients into shards, which the bridges' slots share (docs/scale.md#several-bridges). Touches nothing.

A shard is a part of the clients. A slot is an MQTT session of the bridges, which has some of the shards.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self
from zlib import crc32

SHARDS: Final = 64
MOST_SLOTS: Final = 16  # each hears all messages


def shard_key(client: str | bytes) -> int:
    """Return the number by which a client belongs to a shard: this modulo SHARDS. Bytes are UTF-8."""
    return crc32(client if isinstance(client, bytes) else client.encode())


def bits_of(shards: Iterable[int]) -> int:
    """Return the shards as the bits of a signed number of 64 bits."""
    bits = sum(1 << shard for shard in shards)
    return bits - (1 << SHARDS) if bits >> (SHARDS - 1) else bits


def shards_in(bits: int) -> frozenset[int]:
    """Return what `bits_of` was given."""
    return frozenset(shard for shard in range(SHARDS) if bits >> shard & 1)


class Slot:
    """Hold which shards a slot has. Slot 0 also does what belongs to no client."""

    def __init__(self, n: int, of: int, shards: Iterable[int]) -> None:
        """Args: n: its number; of: how many slots there are to be."""
        self.n: Final = n
        self.of = of
        self.shards = frozenset(shards)
        self.coming: frozenset[int] = frozenset()  # shards whose messages are kept for when it has them

    @classmethod
    def even(cls, n: int, of: int) -> Self:
        """Return the slot with every shard whose number has the remainder n."""
        return cls(n, of, range(n, SHARDS, of))

    def __repr__(self) -> str:
        return f"slot {self.n} of {self.of}"

    @property
    def is_alone(self) -> bool:
        """Return whether no other slot writes."""
        return self.of == 1 and len(self.shards) == SHARDS

    def has(self, client: str | bytes) -> bool:
        """Return whether the client belongs to one of the slot's shards."""
        return len(self.shards) == SHARDS or shard_key(client) % SHARDS in self.shards

    def keeps(self, client: str | bytes) -> bool:
        """Return whether the slot handles the client's messages, or will."""
        if len(self.shards) == SHARDS:
            return True
        shard = shard_key(client) % SHARDS
        return shard in self.shards or shard in self.coming


ALL: Final = Slot.even(0, 1)  # of one bridge alone


class ShardMove(NamedTuple):
    """Hold one shard, the slot that has it, and the slot that is to have it."""

    shard: int
    giver: int
    taker: int


def moves(slots: Sequence[int], of: int) -> list[ShardMove]:
    """
    Return the moves after which each of the slots has as many shards as another, or one more.

    Doing some of them leaves the others as they are, so that all bridges find the same ones.
    Args: slots: of each shard; of: how many slots there are to be; those from this number on give all away.
    """
    most = [SHARDS // of + (n < SHARDS % of) for n in range(of)]
    left: list[tuple[int, int]] = []  # shard and giver
    for shard, slot in enumerate(slots):
        if slot < of and most[slot]:
            most[slot] -= 1
        else:
            left.append((shard, slot))
    takers = [n for n, lacking in enumerate(most) for _ in range(lacking)]
    return [ShardMove(shard, giver, taker) for (shard, giver), taker in zip(left, takers, strict=True)]
