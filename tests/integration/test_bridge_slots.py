"""Several bridges leave to slot 0 what is done once, and each works for its own clients."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.background import repeats
from bridge.background.housekeeping import Housekeeping
from bridge.background.meter_alarms import SPEAKER
from bridge.background.scheduler import ASK_AGAIN_S
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import do_describe, store_words
from bridge.pipeline.other_slots import OtherSlots
from bridge.pipeline.presence import ANSWER_S, GRACE_S
from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import AgentState, Presence, Said, SaidKind, encode
from chat_core.contract.shards import Slot
from chat_core.domain.search_query import Query
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, opened, said, say
from tests.integration.bridge_system import text
from tests.integration.test_bridge_rounds import RoundsBench
from tests.integration.writer_bench import WriterBench
from tests.real.postgres import Postgres

OF_FIRST, OF_SECOND = "c-44", "c-42"  # clients of two slots


@pytest.fixture
def store(tmp_path: Path, postgres: Postgres) -> Iterator[Store]:
    with opened(StoreUnderTest(tmp_path, postgres.fresh_database())) as found:
        for client in (OF_FIRST, OF_SECOND):
            found.registry.ensure_client(client)
        yield found


def test_clients_belong_to_two_slots() -> None:
    """The two clients are in different slots."""
    assert Slot.even(0, 2).has(OF_FIRST) and Slot.even(1, 2).has(OF_SECOND)


def test_a_slot_writes_for_its_own_clients(store: Store) -> None:
    """Of a batch that all slots hear, a slot stores its own clients' words, and acknowledges all."""
    bench = RoundsBench(store, OtherSlots(Slot.even(1, 2)))
    batch = [bench.desk.arrived(text(f"m-{client}"), topics.msg(client)) for client in (OF_FIRST, OF_SECOND)]
    bench.desk.writer.write(batch)
    assert [store.log.page(client).last for client in (OF_FIRST, OF_SECOND)] == [0, 2]
    assert [what for what in bench.desk.line.sent if what[0] == "ack"] == [("ack", "1"), ("ack", "2")]


def test_a_roll_for_another_slot(store: Store) -> None:
    """Slot 1 asks for a roll, again while slot 0 is away; whoever does not answer the notice is offline."""
    second = RoundsBench(store, OtherSlots(Slot.even(1, 2)))
    people, client = second.desk.people, OF_SECOND
    people.heard(client, "gone", AgentState.ONLINE)
    second.write(text("m1"), topics.msg(client))
    (asked,) = [payload for topic, payload in _told(second) if topic == topics.DESK_ECHO and b'"roll":true' in payload]
    assert topics.NOTICE_DESK not in dict(_told(second))
    assert any(b'"roll":true' in payload for _, payload in _told(second, ASK_AGAIN_S + 1))
    first = RoundsBench(store, OtherSlots(Slot.even(0, 2)))
    before = dict(_told(first))[topics.NOTICE_DESK]
    first.write(asked, topics.DESK_ECHO)
    after = dict(_told(first, 1))[topics.NOTICE_DESK]
    assert json.loads(after)["roll"] != json.loads(before)["roll"]
    second.write(before, topics.NOTICE_DESK)
    second.go(1)
    second.write(after, topics.NOTICE_DESK)
    second.go(ANSWER_S)
    assert people.is_online(client)
    second.write(encode(Presence(online=True, conn="here")), topics.presence(OF_FIRST))
    second.go(GRACE_S + 1)
    assert people.is_online(client)  # the second roll, for whichever slot it was, began later
    second.go(ANSWER_S)
    assert not people.is_online(client)


def test_a_live_notice_without_a_new_roll(store: Store) -> None:
    """A notice of the desk that calls no new roll does not answer a slot's request for one."""
    second, first = (RoundsBench(store, OtherSlots(Slot.even(n, 2))) for n in (1, 0))
    second.desk.people.heard(OF_SECOND, "here", AgentState.ONLINE)
    before = dict(_told(first))[topics.NOTICE_DESK]
    second.desk.writer.write([second.desk.arrived(before, topics.NOTICE_DESK)._replace(retained=True)])
    second.go()
    second.write(before, topics.NOTICE_DESK)
    for _ in range(2):
        second.go(ANSWER_S + GRACE_S + 1)
    assert second.desk.people.is_online(OF_SECOND)


def test_what_slot_0_did_not_tell_of_other_slots_clients(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words and rows that a killed slot 0 stored for another slot's client are told by its successor."""
    first, second = (RoundsBench(store, OtherSlots(Slot.even(n, 2))) for n in (0, 1))
    first.go()
    alarm = Said(id="k1", kind=SaidKind.TEXT, text="Silent?", sent=1)
    with monkeypatch.context() as killed:
        killed.setattr(Writer, "_tell", lambda *_: None)
        first.desk.writer.change(lambda tx, ctx: store_words(tx, OF_SECOND, SPEAKER, alarm, ctx))
    second.write(text("m1"), topics.msg(OF_SECOND))
    second.desk.writer.change(lambda tx, ctx: do_describe(tx, OF_SECOND, ctx.registry))
    after = dict(_told(RoundsBench(store, OtherSlots(Slot.even(0, 2)))))
    assert {topics.log(OF_SECOND), topics.team_inbox("t-desk", OF_SECOND)} <= after.keys()


def test_a_takeover_at_a_high_rate(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slot's successor tells its own clients' newest entries, however many others were stored since."""
    monkeypatch.setattr(repeats, "ENTRIES", 2)
    say(store, "m1", client=OF_SECOND)
    for number in range(5):
        say(store, f"m{number}", client=OF_FIRST)
    told = _told(RoundsBench(store, OtherSlots(Slot.even(1, 2))))
    assert [topic for topic, _ in told if topic.endswith("/log")] == [topics.log(OF_SECOND)] * 2


def _told(bench: RoundsBench, after_s: float = 0.0) -> list[tuple[str, bytes]]:
    bench.go(after_s)
    return list(bench.desk.line.payloads)


def test_an_erasure_is_the_slots_own(store: Store) -> None:
    """Each slot takes all changes, and does those of its clients: an erasure is done when all are past it."""
    for client in (OF_FIRST, OF_SECOND):
        say(store, "m1", client=client)
    n = store.registry.changes.announce(ChangeKind.ERASE, {"client": OF_FIRST}, 1)
    second, first = (RoundsBench(store, OtherSlots(Slot.even(k, 2))) for k in (1, 0))
    second.go()
    assert store.log.page(OF_FIRST).last == 2
    assert store.bridge.change_cursor_of(Slot.even(1, 2)) == n
    first.go()
    (fence,) = [payload for topic, payload in first.desk.line.payloads if b'"fence":"' in payload]
    first.write(fence, topics.DESK_ECHO)
    first.go()
    assert [entry["kind"] for entry in store.log.page(OF_FIRST).entries] == ["erased"]
    assert store.log.page(OF_SECOND).last == 2
    assert store.bridge.change_cursor() == n


def test_the_index_misses_no_entry(tmp_path: Path, postgres: Postgres) -> None:
    """An entry whose transaction ends after that of a later number is found too."""
    place = StoreUnderTest(tmp_path, postgres.fresh_database())
    with opened(place) as one, opened(place) as other:
        for client in (OF_FIRST, OF_SECOND):
            say(one, "m0", client=client)
        work = Housekeeping(WriterBench(one, others=OtherSlots(Slot.even(0, 2))).writer, lambda: None)
        now_s = 0.0

        def index() -> None:
            nonlocal now_s
            for _ in range(4):
                now_s += 1
                work.note(stored=1)
                work.go(now_s)

        with other.begin() as late:
            late.append(OF_FIRST, OF_FIRST, said("m1", "lemon"), 1)
            with late.savepoint():  # its number is drawn
                say(one, "m2", "melon", client=OF_SECOND)
                index()
            late.commit()
        index()
        assert [len(one.search.page(Query(((words,),))).hits) for words in ("lemon", "melon")] == [1, 1]
