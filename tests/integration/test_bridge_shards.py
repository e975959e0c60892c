"""Several bridges leave to shard 0 what is done once, and each works for its own clients."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.background.housekeeping import Housekeeping
from bridge.background.scheduler import ASK_AGAIN_S
from bridge.pipeline.other_shards import OtherShards
from bridge.pipeline.presence import ANSWER_S, GRACE_S
from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import AgentState, Presence, encode
from chat_core.contract.shards import Shard
from chat_core.domain.search_query import Query
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, opened, said, say
from tests.integration.bridge_system import text
from tests.integration.test_bridge_rounds import RoundsBench
from tests.integration.writer_bench import WriterBench
from tests.real.postgres import Postgres

OF_FIRST, OF_SECOND = "c-44", "c-42"  # clients of two shards


@pytest.fixture
def store(tmp_path: Path, postgres: Postgres) -> Iterator[Store]:
    with opened(StoreUnderTest(tmp_path, postgres.fresh_database())) as found:
        for client in (OF_FIRST, OF_SECOND):
            found.registry.ensure_client(client)
        yield found


def test_clients_belong_to_the_shards_of_this_test() -> None:
    """The two clients are in different shards."""
    assert Shard(0, 2).has(OF_FIRST) and Shard(1, 2).has(OF_SECOND)


def test_a_shard_writes_for_its_own_clients(store: Store) -> None:
    """Of a batch that all shards hear, a shard stores its own clients' words, and acknowledges all."""
    bench = RoundsBench(store, OtherShards(Shard(1, 2)))
    batch = [bench.desk.arrived(text(f"m-{client}"), topics.msg(client)) for client in (OF_FIRST, OF_SECOND)]
    bench.desk.writer.write(batch)
    assert [store.log.page(client).last for client in (OF_FIRST, OF_SECOND)] == [0, 2]
    assert [what for what in bench.desk.line.sent if what[0] == "ack"] == [("ack", "1"), ("ack", "2")]


def test_a_roll_for_another_shard(store: Store) -> None:
    """Shard 1 asks for a roll, again while shard 0 is away; whoever does not answer the notice is offline."""
    second = RoundsBench(store, OtherShards(Shard(1, 2)))
    people, client = second.desk.people, OF_SECOND
    people.heard(client, "gone", AgentState.ONLINE)
    second.write(text("m1"), topics.msg(client))
    (asked,) = [payload for topic, payload in _told(second) if topic == topics.DESK_ECHO and b'"roll":true' in payload]
    assert topics.NOTICE_DESK not in dict(_told(second))
    assert any(b'"roll":true' in payload for _, payload in _told(second, ASK_AGAIN_S + 1))
    first = RoundsBench(store, OtherShards(Shard(0, 2)))
    before = dict(_told(first))[topics.NOTICE_DESK]
    first.write(asked, topics.DESK_ECHO)
    after = dict(_told(first, 1))[topics.NOTICE_DESK]
    assert json.loads(after)["roll"] != json.loads(before)["roll"]
    second.write(after, topics.NOTICE_DESK)
    second.go(1)
    assert people.is_online(client)
    second.write(encode(Presence(online=True, conn="here")), topics.presence(OF_FIRST))
    second.go(ANSWER_S + GRACE_S)
    assert not people.is_online(client)


def _told(bench: RoundsBench, after_s: float = 0.0) -> list[tuple[str, bytes]]:
    bench.go(after_s)
    return list(bench.desk.line.payloads)


def test_an_erasure_is_the_shards_own(store: Store) -> None:
    """Each shard takes all changes, and does those of its clients: an erasure is done when all are past it."""
    for client in (OF_FIRST, OF_SECOND):
        say(store, "m1", client=client)
    n = store.registry.changes.announce(ChangeKind.ERASE, {"client": OF_FIRST}, 1)
    second, first = (RoundsBench(store, OtherShards(Shard(k, 2))) for k in (1, 0))
    second.go()
    assert store.log.page(OF_FIRST).last == 2
    assert store.bridge.change_cursor_of(Shard(1, 2)) == n
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
        work = Housekeeping(WriterBench(one, others=OtherShards(Shard(0, 2))).writer, lambda: None)
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
