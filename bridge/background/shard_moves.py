"""
Move shards between slots at work, so that nothing is lost, doubled or out of order. Touches database and link.

1. The taker handles nothing more and says in the table that it waits. What its session brings from here on it keeps,
   unacknowledged; of what came before, the giver has the same.
2. The giver goes on until a fence of its own comes back, and OVERLAP_S longer. So it has handled all that came before.
   It changes the table and acknowledges the shards' messages unread from then on.
3. The taker sees that, and handles what it kept: what the giver did too is a repeat, known by its id.

A slot that is to be no more gives all it has, and ends its session with the broker.
"""

import math
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import Counter

from bridge import metrics
from bridge.mqtt.link import Link
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.inbound import Echo
from chat_core.contract import topics
from chat_core.contract.payloads import encode
from chat_core.contract.shards import Slot, moves
from chat_core.store import SlotMap, SlotMaps, Wait

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0
SOON_S: Final = 0.05  # while shards are to move
# A fence tells what one session had. Nodes of a cluster pass a message on to two sessions at moments some ms apart.
OVERLAP_S: Final = 0.5
WAIT_S: Final = 3.0  # the longest time for which a taker handles nothing
REST_S: Final = 5.0  # before it waits again, where it got none
MOVED: Final = Counter("wattline_shards_taken", "Shards that a slot of this process took from another")


class AloneWatch:
    """Tell once there are to be several slots."""

    def __init__(self, slots: SlotMaps) -> None:
        self._slots = slots
        self._look_s = 0.0

    def go(self, now_s: float) -> bool:
        """Look once a second; return whether there are. Raises: StoreDown."""
        if now_s < self._look_s:
            return False
        self._look_s = now_s + LOOK_EVERY_S
        return self._slots.number() > 1


@dataclass
class _Fence:
    wait: Wait
    name: str
    passed_s: float | None = None


class ShardMoves:
    """Give shards away and take others', as `moves` says. Each step may raise StoreDown; then it is due again."""

    def __init__(self, slots: SlotMaps, link: Link, writer: Writer, changed: Callable[[], None]) -> None:
        """Args: changed: called when the slot has other shards than before."""
        self._slots = slots
        self._slot: Slot = writer.slot
        self._link = link
        self._writer = writer
        self._changed = changed
        self._look_s = 0.0
        self._rest_until_s = 0.0
        self._fences: dict[int, _Fence] = {}  # by taker
        self._wait: Wait | None = None
        self._wait_until_s = 0.0
        self._gave_to: int | None = None  # in a transaction whose end is not known
        self.is_active = False
        self.is_over = False

    @property
    def may_handle(self) -> bool:
        """Return whether messages may be handled: whether it is known which ones are the slot's."""
        return self._wait is None and self._gave_to is None

    def heard(self, fences: Collection[str], now_s: float) -> None:
        """Note which fences came back; names of others are ignored."""
        for each in self._fences.values():
            if each.name in fences and each.passed_s is None:
                each.passed_s = now_s

    def go(self, now_s: float) -> bool:
        """Do the next step; return whether the slot may handle nothing now."""
        if self._gave_to is not None:
            self._have(self._slots.shards_after_giving(self._slot.n, self._gave_to))
            self._gave_to = None
        if now_s >= self._look_s and self._link.ready:
            self._look_s = now_s + SOON_S
            if self._wait is not None:
                self._go_on_waiting(self._wait, now_s)
            else:
                self._look(now_s)
        return self.is_over or not self.may_handle

    def _look(self, now_s: float) -> None:
        now = self._slots.look()
        self._slot.of = now.of
        todo = moves(now.slots, now.of)
        takers = {move.taker for move in todo if move.giver == self._slot.n}
        mine = [move for move in todo if move.taker == self._slot.n]
        self.is_active = bool(takers or mine)
        if not self.is_active:
            self._look_s = now_s + LOOK_EVERY_S
            self.is_over = self._slot.n >= now.of and not self._slot.shards
        self._fences = {taker: fence for taker, fence in self._fences.items() if taker in takers}
        for taker in takers:
            self._give(taker, now, now_s)
        if mine and now_s >= self._rest_until_s and now.at_work.issuperset(move.giver for move in mine):
            self._begin_to_wait(Wait(secrets.randbits(62) + 1, frozenset(move.shard for move in mine)), now_s)

    # The giver

    def _give(self, taker: int, now: SlotMap, now_s: float) -> None:
        wait, fence = now.waits.get(taker), self._fences.get(taker)
        if wait is None:
            return
        if fence is None or fence.wait != wait:
            self._fences[taker] = fence = _Fence(wait, secrets.token_hex(8))
            self._link.publish(topics.DESK_ECHO, encode(Echo(slot=self._slot.n, fence=fence.name)))
        elif fence.passed_s is not None and now_s - fence.passed_s >= OVERLAP_S:
            self._writer.tell_held_rows(math.inf)
            self._gave_to = taker
            given = self._slots.give(self._slot.n, taker, wait)
            self._gave_to = None
            if given:
                self._have(self._slot.shards - wait.shards)
                log.info("shards.given", slot=self._slot.n, to=taker, left=len(self._slot.shards))
            else:
                log.info("shards.not_given_yet", slot=self._slot.n, to=taker)

    # The taker

    def _begin_to_wait(self, wait: Wait, now_s: float) -> None:
        self._slot.coming = wait.shards
        self._wait, self._wait_until_s = wait, now_s + WAIT_S  # before the COMMIT, of which nobody may know
        self._slots.wait(self._slot.n, wait)

    def _go_on_waiting(self, wait: Wait, now_s: float) -> None:
        if not wait.shards <= self._slots.shards_of(self._slot.n) and now_s < self._wait_until_s:
            return
        before = len(self._slot.shards)
        self._have(self._slots.end_wait(self._slot.n))
        self._wait, self._slot.coming = None, frozenset()
        taken = len(self._slot.shards) - before
        if not taken:
            self._rest_until_s = now_s + REST_S
            log.info("shards.not_given", slot=self._slot.n, shards=len(wait.shards))
            return
        MOVED.inc(taken)
        log.info("shards.taken", slot=self._slot.n, shards=taken, now=len(self._slot.shards))

    def _have(self, shards: frozenset[int]) -> None:
        if shards != self._slot.shards:
            self._slot.shards = shards
            metrics.SHARDS.labels(self._slot.n).set(len(shards))
            self._changed()
