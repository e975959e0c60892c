"""The bridge ends an outage notice whose time has come: on both databases, with its own writer."""

from collections.abc import Iterator

import pytest

from bridge.background.notice_expiry import NoticeExpiry, end_notice
from bridge.background.outage_ends import OutageEnds
from bridge.background.power_back import PowerBack
from bridge.pipeline.effects import Effects
from bridge.pipeline.handlers import store_words
from bridge.texts import TEXTS
from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, OutageNotice, Refusal, Said, SaidKind, decode, encode
from chat_core.runtime import clock
from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, committed, opened, take_in_all
from tests.integration.writer_bench import WriterBench

AREAS = ("mill-street", "old-mill")
HOUR = 3_600_000


class ExpiryBench:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.desk = WriterBench(store)
        self.now_ms = clock.now_ms()
        self.ends = self.now_ms + HOUR
        store.registry.add_agent("a-ana", "Ana", admin=True)

    def order(
        self,
        id: str,
        text: dict[str, str] | None,
        *,
        began: int | None = None,
        until: int | None = None,
        ends: int | None = None,
    ) -> None:
        order = Command(id=id, do=Do.NOTICE, areas=[*AREAS], text=text, began=began, until=until, ends=ends)
        self.desk.writer.write([self.desk.arrived(encode(order), topics.desk_do("a-ana"))])

    def go(self, now_ms: int) -> Effects:
        """End what is due, as a bridge that has just started."""
        return NoticeExpiry(self.store, self.desk.writer).go(now_ms)

    def told(self) -> list[str]:
        """Return what was told of the first area since the last look."""
        found = [
            (decode(OutageNotice, payload).id if payload else "cleared")
            for topic, payload in self.desk.line.payloads
            if topic == topics.outage(AREAS[0])
        ]
        self.desk.line.payloads.clear()
        return found

    def words(self, client: str) -> list[str]:
        return [entry["text"] for entry in self.store.log.page(client).entries if entry["kind"] == "text"]


@pytest.fixture
def bench(place: StoreUnderTest) -> Iterator[ExpiryBench]:
    with opened(place) as store:
        yield ExpiryBench(store)


def test_a_notice_ends_once_at_its_time(bench: ExpiryBench) -> None:
    """
    At `ends`, not before, it ends in its areas as by an order: cleared, and told to who asked since power went and who
    waits. A restarted bridge ends and tells nothing again.
    """
    for client in ("c-1", "c-2"):
        bench.store.registry.ensure_client(client, area=AREAS[0])
    said = Said(id="q", kind=SaidKind.TEXT, text="No power", sent=1)
    bench.desk.writer.change(lambda tx, ctx: store_words(tx, "c-1", "c-1", said, ctx))
    take_in_all(bench.store)
    bench.order("k1", {"en": "Cable"}, began=bench.now_ms - 5 * HOUR, ends=bench.ends)
    bench.store.registry.power_waits.begin("c-2", bench.store.notices.standing()[0][1].since or 0)
    assert bench.told() == ["k1"]
    assert bench.go(bench.ends - 1) == Effects() and bench.told() == []
    bench.go(bench.ends)
    assert bench.told() == ["k1", "cleared"] and bench.store.notices.standing() == []
    assert [one.ended_at for one in bench.store.notices.recent(0)] == [bench.ends] * 2
    assert bench.go(bench.ends + 1) == Effects() and bench.told() == []
    for second in range(3):
        OutageEnds(bench.store, bench.desk.writer).go(0.0, bench.ends + 10_000)
        PowerBack(bench.store, bench.desk.writer).go(float(second))
    assert [bench.words(client) for client in ("c-1", "c-2")] == [
        ["No power", TEXTS["en"].back_on],
        [TEXTS["en"].back_on],
    ]


def test_who_asked_since_power_went_is_told(bench: ExpiryBench) -> None:
    """A question from before the hour that ends with the first notice counts too, where power was away by then."""
    bench.store.registry.ensure_client("c-1", area=AREAS[0])
    said = Said(id="q", kind=SaidKind.TEXT, text="No power", sent=1)
    bench.desk.writer.change(lambda tx, ctx: store_words(tx, "c-1", "c-1", said, ctx))
    take_in_all(bench.store)
    came = bench.now_ms + 3 * HOUR
    for began, words in ((None, ["No power"]), (bench.now_ms - HOUR, ["No power", TEXTS["en"].back_on])):
        with committed(bench.store) as tx:
            tx.put_notice(AREAS[0], OutageNotice(id="k", text={"en": "Cable"}, began=began), came)
            tx.put_notice(AREAS[0], OutageNotice(id="k", text=None), came + 1)
        OutageEnds(bench.store, bench.desk.writer).go(0.0, came + 10_000)
        assert bench.words("c-1") == words
        came += 1_000


def test_a_newer_text_s_end_holds(bench: ExpiryBench) -> None:
    """A text that comes between the look and the end lets the notice stand until its own end, or until a person's."""
    bench.order("k1", {"en": "Cable"}, ends=bench.ends)
    assert bench.store.notices.due(bench.ends) == [*AREAS]
    for id, ends in (("k2", bench.ends + 1), ("k3", None)):
        bench.order(id, {"en": "Still"}, ends=ends)
        bench.told()
        bench.desk.writer.change(lambda tx, ctx: end_notice(tx, ctx, AREAS[0], bench.ends))
        assert bench.told() == [] and bench.store.notices.due(bench.ends) == []
    assert [notice.id for _, notice in bench.store.notices.standing()] == ["k3", "k3"]


def test_ended_by_hand_before(bench: ExpiryBench) -> None:
    """An outage that a person ended keeps that end; nothing is told at the time that its notice had named."""
    bench.order("k1", {"en": "Cable"}, ends=bench.ends)
    bench.order("k2", None)
    before = bench.store.notices.recent(0)
    bench.told()
    bench.desk.writer.change(lambda tx, ctx: end_notice(tx, ctx, AREAS[0], bench.ends))
    assert bench.go(bench.ends) == Effects() and bench.told() == [] and bench.store.notices.recent(0) == before


def test_a_time_that_cannot_be_meant(bench: ExpiryBench) -> None:
    """The order is refused with `bad_time`, and nothing is published."""
    bench.order("k1", {"en": "Cable"}, began=bench.now_ms + HOUR)
    bench.order("k2", {"en": "Cable"}, until=bench.ends + 1, ends=bench.ends)
    topic = topics.desk_refused("a-ana")
    refusals = [decode(Refusal, payload) for name, payload in bench.desk.line.payloads if name == topic]
    assert [(one.id, one.why) for one in refusals] == [("k1", "bad_time"), ("k2", "bad_time")]
    assert bench.store.notices.standing() == []
