"""Shards move between two slots at work: what is said meanwhile is stored once, in order. On a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.background.shard_moves import OVERLAP_S, REST_S, WAIT_S, ShardMoves
from bridge.pipeline.other_slots import OtherSlots
from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import StoreDown
from chat_core.contract.shards import SHARDS
from chat_core.store import Store
from chat_core.store.models.chats import SlotLeaseRow
from tests.contract.stores import StoreUnderTest, opened
from tests.integration.bridge_system import text
from tests.integration.test_bridge_rounds import RoundsBench
from tests.real.postgres import Postgres

CLIENT = "c-42"
STEP_S = 0.06  # longer than the pause between two looks
FAR_MS = 2**60


class SlotBench:
    """A slot at work, whose session brings what a test says."""

    def __init__(self, store: Store, n: int) -> None:
        self.slot = store.slots.slot(n)
        self.rounds = RoundsBench(store, OtherSlots(self.slot))
        link, writer = self.rounds.link, self.rounds.desk.writer
        self.moves = ShardMoves(store.slots, link, writer, self.rounds.rounds.note_shards)  # type: ignore[arg-type]

    def go(self, now_s: float) -> bool:
        return self.moves.go(now_s)

    def hear(self, payload: bytes, topic: str = topics.msg(CLIENT), now_s: float = 0.0) -> None:
        effects = self.rounds.desk.writer.write([self.rounds.desk.arrived(payload, topic)])
        self.moves.heard(effects.fences, now_s)

    def fence(self) -> bytes:
        """Return the fence that it published last."""
        return [payload for topic, payload in self.rounds.desk.line.payloads if topic == topics.DESK_ECHO][-1]


@pytest.fixture
def store(tmp_path: Path, postgres: Postgres) -> Iterator[Store]:
    with opened(StoreUnderTest(tmp_path, postgres.fresh_database())) as found:
        found.registry.ensure_client(CLIENT)
        yield found


@pytest.fixture
def giver(store: Store) -> SlotBench:
    """Slot 0 with all shards, of two slots at work."""
    store.slots.wish(2)
    store.chats.change(SlotLeaseRow.update(until=FAR_MS))
    return SlotBench(store, 0)


@pytest.fixture
def taker(store: Store, giver: SlotBench) -> SlotBench:
    """Slot 1, which has none and is to have the client's."""
    return SlotBench(store, 1)


def give(giver: SlotBench, taker: SlotBench, now_s: float) -> float:
    """Let the taker wait, and the giver do all its steps; return when that was."""
    assert taker.go(now_s)
    giver.go(now_s)
    giver.hear(giver.fence(), topics.DESK_ECHO, now_s)
    giver.go(now_s + OVERLAP_S)
    return now_s + OVERLAP_S


def test_a_move(store: Store, giver: SlotBench, taker: SlotBench) -> None:
    """The giver stores what comes until its fence is long back; the taker what it kept since it waits, each once."""
    taker.hear(text("m1"))  # before it waits: the giver will hear it too
    assert taker.go(1.0)
    giver.go(1.0)
    fence = giver.fence()
    giver.go(60.0)
    assert giver.slot.has(CLIENT)  # it has not heard what came before its fence
    giver.hear(text("m1"))
    giver.hear(text("m2"))
    giver.hear(fence, topics.DESK_ECHO, 61.0)
    giver.go(61.0 + OVERLAP_S - 0.01)
    assert giver.slot.has(CLIENT)
    assert taker.go(1.0 + STEP_S)
    giver.go(61.0 + OVERLAP_S + STEP_S)
    assert not giver.slot.has(CLIENT)
    giver.hear(text("m3"))
    assert not taker.go(1.0 + 2 * STEP_S)
    for name in ("m2", "m3"):  # kept since it waits
        taker.hear(text(name))
    said = [entry["id"] for entry in store.log.page(CLIENT).entries if entry["kind"] == "text"]
    assert said == ["m1", "m2", "m3"]
    assert giver.slot.shards | taker.slot.shards == frozenset(range(SHARDS))
    assert not giver.slot.shards & taker.slot.shards


def test_what_is_kept(giver: SlotBench, taker: SlotBench) -> None:
    """From the moment when it waits the taker's session skips no message of the shards that come."""
    assert not taker.slot.keeps(CLIENT)
    taker.go(1.0)
    assert taker.slot.keeps(CLIENT) and not taker.slot.has(CLIENT)


def test_a_giver_that_does_nothing(store: Store, giver: SlotBench, taker: SlotBench) -> None:
    """After some seconds the taker goes on with what it has; the giver's fence for this wait gives nothing then."""
    assert taker.go(1.0)
    giver.go(1.0)
    giver.hear(giver.fence(), topics.DESK_ECHO, 1.0)
    assert not taker.go(1.0 + WAIT_S)
    assert not taker.slot.keeps(CLIENT)
    giver.go(1.0 + WAIT_S)
    assert giver.slot.has(CLIENT) and store.slots.slot(0).has(CLIENT)
    assert not taker.go(1.1 + WAIT_S)
    assert taker.go(1.1 + WAIT_S + REST_S)
    giver.go(1.1 + WAIT_S + REST_S)  # a new fence
    assert giver.slot.has(CLIENT)


def test_nobody_waits_for_a_slot_without_an_owner(store: Store, giver: SlotBench, taker: SlotBench) -> None:
    """While nobody works for the giver's slot, the taker handles its own messages."""
    store.chats.change(SlotLeaseRow.update(until=0).where(SlotLeaseRow.n == 0))
    assert not taker.go(1.0)


def test_a_change_between_two_cursors(store: Store, giver: SlotBench, taker: SlotBench) -> None:
    """While one slot has done an erasure that the other has not, no shard moves: nothing is erased twice or never."""
    n = store.registry.changes.announce(ChangeKind.ERASE, {"client": CLIENT}, 1)
    with store.begin() as tx:
        tx.set_change_cursor(n, taker.slot)
        tx.commit()
    later_s = give(giver, taker, 1.0)
    assert giver.slot.has(CLIENT)
    with store.begin() as tx:
        tx.set_change_cursor(n, giver.slot)
        tx.commit()
    giver.go(later_s + STEP_S)
    assert not giver.slot.has(CLIENT)


def test_a_commit_of_which_nobody_knows(
    store: Store, giver: SlotBench, taker: SlotBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A giver that does not know whether its COMMIT came through asks before it handles anything."""
    does = store.slots.give

    def lost(*of: object) -> bool:
        does(*of)  # type: ignore[arg-type]
        raise StoreDown("The connection was lost.")

    with monkeypatch.context() as broken:
        broken.setattr(store.slots, "give", lost)
        with pytest.raises(StoreDown):
            give(giver, taker, 1.0)
    assert not giver.go(2.0)
    assert not giver.slot.has(CLIENT)


def test_a_slot_that_is_to_be_no_more(store: Store, giver: SlotBench, taker: SlotBench) -> None:
    """It gives all back, ends its work, and is forgotten with its session."""
    taker.go(give(giver, taker, 1.0))
    store.bridge.keep_mqtt_client_id("s-bridge:1", 1)
    store.slots.wish(1)
    assert not taker.moves.is_over
    taker.go(give(taker, giver, 10.0) + STEP_S)
    giver.go(10.0 + OVERLAP_S + STEP_S)
    assert giver.slot.has(CLIENT) and giver.slot.shards == frozenset(range(SHARDS))
    assert taker.moves.is_over and store.slots.are_several()
    assert store.slots.leave(1)
    assert not store.slots.are_several()


def test_a_slot_that_is_wished_again(store: Store, giver: SlotBench, taker: SlotBench) -> None:
    """A slot that is to be again is not forgotten, nor one that has shards."""
    taker.go(give(giver, taker, 1.0))
    store.slots.wish(1)
    assert not store.slots.leave(1)
    store.slots.wish(2)
    assert not store.slots.leave(1)


def test_the_taker_asks_who_is_there(giver: SlotBench, taker: SlotBench) -> None:
    """Presence stays in memory, so the taker asks for a roll, and takes web's changes for its new clients."""
    taker.go(give(giver, taker, 1.0) + STEP_S)
    assert any(b'"roll":true' in payload for _, payload in taker.rounds.desk.line.payloads)
