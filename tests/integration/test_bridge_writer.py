"""Group commit on a real database: what is told, when, and what a failing message costs."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from prometheus_client import REGISTRY
from pydantic import ValidationError

from bridge.pipeline import commands, group_commit, handlers
from bridge.pipeline.effects import Effects
from bridge.pipeline.inbound import Message, Received
from bridge.pipeline.quotas import Quotas
from bridge.pipeline.rate_limits import REFUSALS, Rates
from chat_core.contract import topics
from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import (
    AgentState,
    Command,
    Do,
    Entry,
    Origin,
    Presence,
    Reading,
    Refusal,
    Said,
    SaidKind,
    decode,
    encode,
)
from chat_core.domain.conversation import do_delay
from chat_core.runtime import config as settings_of
from chat_core.runtime.config import Rate
from chat_core.store import Store, Transaction
from tests.contract.stores import committed, store_at
from tests.integration.bridge_system import text
from tests.integration.writer_bench import WriterBench


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_at(settings_of.load({"WATTLINE_DATA": str(tmp_path)})) as opened:
        opened.registry.ensure_client("c-42", name="Maria")
        yield opened


@pytest.fixture
def desk(store: Store) -> WriterBench:
    return WriterBench(store)


def test_commit_then_tell_then_acknowledge(desk: WriterBench) -> None:
    """Everything is on disk before the first word is told; all logs of a batch go before its first acknowledgement."""
    desk.writer.write([desk.arrived(text(f"m{n}")) for n in range(3)])
    assert set(desk.line.on_disk) == {4}
    kinds = [kind for kind, _ in desk.line.sent]
    # "opened" and three texts leave at once; the boards' row follows
    assert kinds == ["publish"] * 4 + ["flush", "publish"] + ["ack"] * 3
    assert [what for kind, what in desk.line.sent if kind == "ack"] == ["1", "2", "3"]
    assert [entry.seq for entry in desk.line.entries()] == [1, 2, 3, 4]
    assert desk.line.payloads[-1][0] == topics.team_inbox("t-desk", "c-42")


def test_failing_message_is_rolled_back_alone(desk: WriterBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message whose handler fails is parked and refused as our fault; the others of its batch are stored and told."""
    honest = handlers.HANDLERS[Said]

    def stumble(tx: Transaction, heard: Received, scene: handlers.Context) -> Effects:
        effects = honest(tx, heard, scene)
        if isinstance(heard.message, Said) and heard.message.id == "bad":
            raise ZeroDivisionError("after it had written")
        return effects

    monkeypatch.setitem(handlers.HANDLERS, Said, stumble)
    batch = [desk.arrived(text("m1", "one")), desk.arrived(text("bad", "two")), desk.arrived(text("m3", "three"))]
    desk.writer.write(batch)
    assert desk.words() == ["one", "three"]
    assert [entry["seq"] for entry in desk.store.log.page("c-42").entries] == [1, 2, 3]
    assert [(refusal.id, refusal.why) for refusal in desk.line.refusals()] == [("bad", "internal")]
    assert [parked.why for parked in desk.store.bridge.parked()] == ["internal"]
    assert [what for kind, what in desk.line.sent if kind == "ack"] == ["1", "2", "3"]


def test_store_down_tells_and_acknowledges_nothing(desk: WriterBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed COMMIT tells, acknowledges and spends nothing; a retry stores each message once."""
    desk.writer.rates = Rates(Rate(1, 2))
    batch = [
        desk.arrived(text("m1")),
        desk.arrived(text("m2")),
        desk.arrived(encode(Presence(online=True, conn="x")), topics.presence("c-42")),
    ]

    def down(self: Transaction) -> None:
        raise StoreDown("No process.")

    with monkeypatch.context() as broken:
        broken.setattr(Transaction, "commit", down)
        with pytest.raises(StoreDown):
            desk.writer.write(batch)
    assert desk.line.sent == []
    assert desk.people.state("c-42") is AgentState.OFFLINE
    desk.writer.write(batch)
    assert desk.words() == ["a text", "a text"]
    assert desk.line.refusals() == []


def test_repeat_in_one_batch(desk: WriterBench) -> None:
    """The same id twice in one batch is one entry."""
    desk.writer.write([desk.arrived(text("m1")), desk.arrived(text("m1"))])
    assert [entry["id"] for entry in desk.store.log.page("c-42").entries if entry["kind"] == "text"] == ["m1"]


def test_same_id_of_two_senders(desk: WriterBench) -> None:
    """Two senders may use the same id; both are stored."""
    desk.writer.write([desk.arrived(text("m1")), desk.arrived(text("m1"), topics.msg("c-42", "a-ana"))])
    assert [entry["from"] for entry in desk.store.log.page("c-42").entries if entry["kind"] == "text"] == [
        "c-42",
        "a-ana",
    ]


def test_refusals_leave_nothing_behind(store: Store) -> None:
    """A message that comes too fast is refused with a time, and stored nowhere; bad input too."""
    desk = WriterBench(store, Rate(1, 2))
    desk.writer.write(
        [desk.arrived(text("m1")), desk.arrived(b"junk"), desk.arrived(text("m2")), desk.arrived(b"junk")]
    )
    assert desk.words() == ["a text"]
    assert len(store.bridge.parked()) == 1
    assert [(refusal.id, refusal.why) for refusal in desk.line.refusals()] == [
        (None, "bad_json"),
        ("m2", "too_fast"),
        (None, "too_fast"),
    ]
    assert all(refusal.retry_ms for refusal in desk.line.refusals() if refusal.why == "too_fast")


def test_typing_costs_no_transaction(desk: WriterBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that leaves nothing behind does not ask the database."""
    monkeypatch.setattr(desk.store, "begin", None)
    desk.writer.write([desk.arrived(b'{"on":true}', topics.typing("c-42")), desk.arrived(b"", topics.typing("c-42"))])
    assert [kind for kind, _ in desk.line.sent] == ["ack", "ack"]


def test_messages_text_is_never_logged(desk: WriterBench, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither words that are stored, nor refused ones, nor parked ones reach the log."""
    desk.writer.write([desk.arrived(text("m1", "secret-words")), desk.arrived(b'{"text":"secret-words"')])
    told = capsys.readouterr()
    assert "parked" in told.out
    assert "secret-words" not in told.out + told.err


def test_every_kind_of_message_has_its_handler() -> None:
    """Nothing that can be heard is without a handler."""
    assert set(get_args(Message)) == set(handlers.HANDLERS)


def test_presence_is_counted_apart(store: Store) -> None:
    """One who makes up connections is refused after some, and its words are taken as before."""
    desk = WriterBench(store, Rate(10, 50))
    comes = [encode(Presence(online=True, conn=f"k{n}")) for n in range(300)]
    desk.writer.write([desk.arrived(one, topics.presence("c-42")) for one in comes])
    assert {refusal.why for refusal in desk.line.refusals()} == {"too_fast"}
    assert len(desk.line.refusals()) == REFUSALS.burst  # the rest is not worth an answer each
    desk.writer.write([desk.arrived(text("m1"))])
    assert desk.words() == ["a text"]


def test_only_the_bridge_and_bots_say_what_made_an_entry(desk: WriterBench) -> None:
    """`origin` counts from the bridge and bots alone; no id makes a display promise a call."""

    def says(id: str, origin: Origin, sender: str | None = None) -> None:
        said = Said(id=id, kind=SaidKind.TEXT, text="x", sent=1, origin=origin)
        desk.writer.write([desk.arrived(encode(said), topics.msg("c-42", sender))])

    says("call-29", Origin.CALL)
    says("m1", Origin.ALARM, "a-ana")
    assert [entry.get("origin") for entry in desk.store.log.page("c-42").entries[-2:]] == [None, None]
    assert desk.store.log.glance("c-42").called_at is None
    says("m2", Origin.ANSWER, "b-rules")
    assert desk.store.log.page("c-42").entries[-1]["origin"] == "answer"
    desk.writer.write([desk.arrived(b"call", topics.display_ack("c-42"))])
    called = desk.line.entries()[-1]
    assert (called.sender, called.origin) == ("c-42", Origin.CALL)
    assert desk.store.log.glance("c-42").called_at == called.at
    with pytest.raises(ValidationError):
        Said(id=called.id, kind=SaidKind.TEXT, text="x", sent=1)


def test_what_was_said_while_the_bridge_was_away_is_taken(store: Store) -> None:
    """A bridge that was away stores what the rates allow for its absence; it refuses and counts the rest."""
    with committed(store) as tx:
        tx.beat(0)
    age_beat(store, 2 * 3_600_000)
    desk, began_s = WriterBench(store, Rate(1 / 60, 5)), time.monotonic()
    desk.writer.write([desk.arrived(text(f"m{n}")) for n in range(120)])
    at = time.time_ns() // 1_000_000
    readings = [encode(Reading(at=at - n * 1_000, wh=10_000_000 - n)) for n in range(3_000)]
    before = refused_readings()
    for start in range(0, len(readings), 1_000):
        batch = readings[start : start + 1_000]
        desk.writer.write([desk.arrived(one, topics.meter_reading("c-42", "m-1")) for one in batch])
    assert len(desk.words()) == 120
    # a burst of 100, and 20 a minute for two hours and as long as this took
    stored = len(store.chats.rows("SELECT at FROM reading"))
    refused = refused_readings() - before
    assert 2_500 <= stored <= 2_500 + (time.monotonic() - began_s) / 3 + 1
    assert stored + refused == 3_000


def refused_readings() -> float:
    return REGISTRY.get_sample_value("wattline_readings_refused_total", {"why": "too_fast"}) or 0.0


def age_beat(store: Store, by_ms: int) -> None:
    with store.begin():
        store.chats.execute("UPDATE beat SET at = at - ?", (by_ms,))
        store.chats.commit()


def test_words_beyond_a_quota_are_refused(store: Store) -> None:
    """Beyond its quota a guest is told so and when to come back; a repeat of what was stored is free, and ticked."""
    desk = WriterBench(store, quotas=Quotas(guest=20_000))
    guest = topics.msg("g-1")
    desk.writer.write([desk.arrived(text(f"m{n}"), guest) for n in range(20)])
    topic = topics.refused("g-1")
    refusals = [decode(Refusal, payload) for name, payload in desk.line.payloads if name == topic]
    assert {refusal.why for refusal in refusals} == {"quota"} and all(refusal.retry_ms for refusal in refusals)
    stored = {entry["id"] for entry in store.log.page("g-1").entries}
    assert "m0" in stored and {refusal.id for refusal in refusals} == {f"m{n}" for n in range(20)} - stored
    desk.line.payloads.clear()
    desk.writer.repeats.clear()
    desk.writer.write([desk.arrived(text("m0"), guest), desk.arrived(text("r1"), topics.msg("g-1", "a-ana"))])
    told = [decode(Entry, payload).id for name, payload in desk.line.payloads if name == topics.log("g-1")]
    assert (told[0], told[-1]) == ("m0", "r1")


def test_a_flood_is_refused_without_being_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that goes on in spite of refusals is told some; the rest is acknowledged unread, others are read."""
    stopped_s = time.monotonic()  # the next refusal is due after 0.2 s, which a loaded machine takes for one batch
    monkeypatch.setattr(
        group_commit, "time", SimpleNamespace(monotonic=lambda: stopped_s, perf_counter=time.perf_counter)
    )
    desk = WriterBench(store, Rate(1, 5))
    first = [desk.arrived(text(f"m{n}")) for n in range(5 + int(REFUSALS.burst) + 1)]
    desk.writer.write(first)
    assert len(desk.words()) == 5 and len(desk.line.refusals()) == REFUSALS.burst
    before = REGISTRY.get_sample_value("wattline_unread_total") or 0
    desk.writer.write([*(desk.arrived(text(f"n{n}")) for n in range(100)), desk.arrived(text("x"), topics.msg("c-43"))])
    assert REGISTRY.get_sample_value("wattline_unread_total") == before + 100
    assert sum(kind == "ack" for kind, _ in desk.line.sent) == len(first) + 101
    assert store.log.page("c-43").last == 2


def test_a_notice_that_is_too_long_with_its_end(desk: WriterBench) -> None:
    """An agent without the right is told so first; an administrator learns how long the text may be."""
    for agent in ("a-ana", "a-radu"):
        desk.store.registry.add_agent(agent, agent, admin=agent == "a-ana")
        notice = Command(id="k1", do=Do.NOTICE, areas=["iasi"], text={"en": "x" * 3_990}, until=1_800_000_000_000)
        desk.writer.write([desk.arrived(encode(notice), topics.desk_do(agent))])
    ana, radu = (
        decode(Refusal, payload)
        for agent in ("a-ana", "a-radu")
        for topic, payload in desk.line.payloads
        if topic == topics.desk_refused(agent)
    )
    assert (ana.why, radu.why) == ("too_long", "not_allowed")
    assert ana.text.startswith("text.en: ")
    assert desk.store.bridge.parked() == [] and desk.store.notices.standing() == []


NORTH = {"id": "t-north", "name": "North", "members": ["a-nora"], "areas": ["north"]}


def test_delayed_by_an_agent_who_left_the_team(desk: WriterBench) -> None:
    """A delayed resolve takes no effect when its agent has left the conversation's team; the row tells it is gone."""
    store, do_due = desk.store, partial(commands.do_due, client="c-42", registry=desk.store.registry, now_ms=9_000)
    store.registry.add_agent("a-nora", "Nora")
    desk.writer.write([desk.arrived(text("m1"))])
    resolve = Command(id="k1", do=Do.RESOLVE, client="c-42", delay_ms=1)
    with committed(store) as tx:
        tx.put(do_delay(tx.conversation("c-42")._replace(team="t-north"), "a-nora", resolve, 8_000))
    store.registry.settings.change_document("teams", {"teams": [{**NORTH, "members": []}]}, 0)
    store.registry.teams.refresh()
    desk.writer.change(lambda tx, ctx: do_due(tx))
    row = store.inbox.summary("c-42")
    assert row is not None and (row.status, row.delayed) == ("open", None)
    assert topics.team_inbox("t-north", "c-42") in [topic for topic, _ in desk.line.payloads]


def test_live_power_of_a_client_who_has_not_written(desk: WriterBench) -> None:
    """Live power goes to the team where the client's conversation will begin, and to no other."""
    registry = desk.store.registry
    registry.ensure_client("c-42", area="north")
    registry.settings.change_document("teams", {"teams": [NORTH]}, 0)
    registry.teams.refresh()
    reading = encode(Reading(at=time.time_ns() // 1_000_000, wh=1, w=400))
    desk.writer.write([desk.arrived(reading, topics.meter_reading("c-42", "main"))])
    told = topics.reading("c-42")
    assert [topic for topic, _ in desk.line.payloads] == [told, topics.of_team(told, "t-north")]
