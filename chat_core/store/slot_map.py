"""
Store which slot has which shards, and how many slots there are to be. Touches the database.

A shard goes from one slot to another by a change of its row, which the slot that has it makes, while the other one
says in its lease's row that it waits (bridge/background/shard_moves.py).
"""

from typing import Final, NamedTuple

from peewee import SQL, fn

from chat_core.contract.shards import SHARDS, Slot, bits_of, shards_in
from chat_core.store import bridge_state
from chat_core.store.database import Database
from chat_core.store.models.chats import BeatRow, ShardRow, SlotLeaseRow, SlotRow, StateRow

SLOTS: Final = "slots"  # a key of `state`: how many there are to be; without it 1


class Wait(NamedTuple):
    """Hold a wait's name, which no other one has, and the shards that are waited for."""

    name: int
    shards: frozenset[int]


NO_WAIT: Final = Wait(0, frozenset())


class SlotMap(NamedTuple):
    """Hold how many slots there are to be, the slot of each shard, which slots wait, and which are at work."""

    of: int
    slots: tuple[int, ...]
    waits: dict[int, Wait]
    at_work: frozenset[int]

    def shards_of(self, n: int) -> frozenset[int]:
        """Return the slot's shards."""
        return frozenset(shard for shard, slot in enumerate(self.slots) if slot == n)


class SlotMaps:
    """Read and change the map."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def number(self) -> int:
        """Return how many slots there are to be."""
        found = self._db.find(StateRow.select(StateRow.value).where(StateRow.key == SLOTS))
        return 1 if found is None else int(found[0])

    def are_several(self) -> bool:
        """Return whether there is, or is to be, a slot besides slot 0."""
        return self.number() > 1 or bool(self._db.select(SlotRow.select(SlotRow.n).where(SlotRow.n > 0).limit(1)))

    def wish(self, of: int) -> None:
        """Say how many slots there are to be. The bridges at work follow."""
        with self._db.writing():
            bridge_state.put(self._db, {SLOTS: of})
            done = StateRow.select(fn.MIN(StateRow.value)).where(bridge_state.IS_CURSOR)
            cursor = self._db.select(done)[0][0] or 0
            for n in range(1, of):
                self._db.change(SlotLeaseRow.insert(n=n, owner="", epoch=0, until=0).on_conflict_ignore())
                made = StateRow.insert(key=bridge_state.cursor_key(n), value=cursor)
                self._db.change(made.on_conflict_ignore())

    def look(self) -> SlotMap:
        """Return the map as it is now."""
        slots = [0] * SHARDS
        for shard, slot in self._db.select(ShardRow.select(ShardRow.n, ShardRow.slot)):
            slots[shard] = slot
        lease = SlotLeaseRow
        is_live = lease.until > SQL(self._db.dialect.now_ms)
        found = self._db.select(lease.select(lease.n, lease.waits, lease.coming, is_live))
        waits = {n: Wait(name, shards_in(coming)) for n, name, coming, _ in found if name}
        return SlotMap(self.number(), tuple(slots), waits, frozenset(n for n, *_, live in found if live))

    def slot(self, n: int) -> Slot:
        """Return the slot with its shards."""
        now = self.look()
        return Slot(n, now.of, now.shards_of(n))

    def shards_of(self, n: int) -> frozenset[int]:
        """Return the shards that the slot has now."""
        return self.look().shards_of(n)

    def shards_after_giving(self, giver: int, taker: int) -> frozenset[int]:
        """Return the shards that the giver has, once its earlier transaction with this taker has ended."""
        with self._db.writing():
            self._db.select(SlotLeaseRow.select(SlotLeaseRow.n).where(SlotLeaseRow.n == taker).for_update())
            return self.shards_of(giver)

    def wait(self, n: int, wait: Wait) -> None:
        """Say that the slot waits, and handles no message meanwhile."""
        change = {SlotLeaseRow.waits: wait.name, SlotLeaseRow.coming: bits_of(wait.shards)}
        self._db.change(SlotLeaseRow.update(change).where(SlotLeaseRow.n == n))

    def end_wait(self, n: int) -> frozenset[int]:
        """End the slot's wait; return the shards that it has. From here on it gets none."""
        self.wait(n, NO_WAIT)
        return self.shards_of(n)

    def give(self, giver: int, taker: int, wait: Wait) -> bool:
        """
        Give those of the shards that the giver has to the taker, if that still waits so; return whether it does.

        It gets none before both have done the same of what web and the CLI ask: nothing is done twice or not at all.
        Raises: StoreDown, from which nobody knows whether it has them.
        """
        lease, state = SlotLeaseRow, StateRow
        with self._db.writing():
            its = lease.select(lease.waits, lease.coming).where(lease.n == taker)
            if self._db.select(its.for_update()) != [(wait.name, bits_of(wait.shards))]:
                return False
            cursors = [bridge_state.cursor_key(slot) for slot in (giver, taker)]
            done: dict[str, int] = dict(
                self._db.select(state.select(state.key, state.value).where(state.key.in_(cursors)))
            )
            if len({done.get(key, 0) for key in cursors}) > 1:
                return False
            for shard in sorted(wait.shards & self.shards_of(giver)):
                row = ShardRow.insert(n=shard, slot=taker)
                self._db.change(row.on_conflict(conflict_target=[ShardRow.n], preserve=[ShardRow.slot]))
        return True

    def leave(self, n: int) -> bool:
        """Forget a slot that has no shards and is to be no more; return whether it is still so."""
        with self._db.writing():
            number = self._db.select(StateRow.select(StateRow.value).where(StateRow.key == SLOTS).for_update())
            if not number or n < number[0][0] or self.shards_of(n):
                return False
            self._db.change(SlotRow.delete().where(SlotRow.n == n))
            self._db.change(BeatRow.delete().where(BeatRow.num == n + 1))
            self._db.change(StateRow.delete().where(StateRow.key == bridge_state.cursor_key(n)))
        return True
