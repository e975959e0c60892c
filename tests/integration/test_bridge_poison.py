"""A message that the database refuses at the batch's end costs itself alone, on both databases."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from bridge.background.housekeeping import Housekeeping
from bridge.mqtt.link import Arrived
from bridge.pipeline import group_commit
from bridge.pipeline.inbound import Inbound, understand
from chat_core.contract import topics
from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import (
    Command,
    Do,
    Marker,
    Payload,
    Rating,
    Reading,
    Said,
    SaidKind,
    encode,
)
from chat_core.domain.search_query import parse_query
from chat_core.store import Store, Transaction
from tests.contract.stores import StoreUnderTest, opened, row_of
from tests.integration.bridge_system import bridge_system, text
from tests.integration.writer_bench import WriterBench
from tests.waiting import wait_until

BAD: Final = "poison"
AGENT, OTHER = "a-ana", f"a-{BAD}"
QUARTER_MS: Final = 900_000
BEGIN_MS: Final = (time.time_ns() // 1_000_000 // QUARTER_MS - 4) * QUARTER_MS  # of a quarter an hour ago
# Table and column that refuses rows like this, and the message that makes such a row.
POISONS: Final = {
    "entry": ("body", f"LIKE '%{BAD}%'", topics.msg("c-42"), text("bad", BAD)),
    "conversation": (
        "tags",
        f"LIKE '%{BAD}%'",
        topics.desk_do(AGENT),
        encode(Command(id="bad", do=Do.TAG, client="c-42", add=[BAD])),
    ),
    "marker": ("reader", f"LIKE '%{BAD}'", topics.read("c-42", OTHER), encode(Marker(delivered=1, read=1))),
    "usage": (
        "wh",
        "= 666",
        topics.meter_reading("c-42", "m-1"),
        encode(Reading(at=BEGIN_MS + 120_000, wh=1_666)),
    ),
    "note": (
        "text",
        f"LIKE '{BAD}'",
        topics.desk_do(AGENT),
        encode(Command(id="bad", do=Do.NOTE, client="c-42", text=BAD)),
    ),
    "notice": (
        "text",
        f"LIKE '%{BAD}%'",
        topics.desk_do(AGENT),
        encode(Command(id="bad", do=Do.NOTICE, areas=["north"], text={"en": BAD, "ro": "x"})),
    ),
}


def refuse(place: StoreUnderTest, table: str, column: str, like: str) -> None:
    if place.db.startswith("postgresql"):
        with psycopg.connect(place.db) as server:
            server.execute(f"ALTER TABLE {table} ADD CONSTRAINT poisoned CHECK (NOT {column} {like})")
        return
    with opened(place) as store, store.chats.writing():
        for when in ("INSERT", "UPDATE"):
            store.chats.execute(
                f"CREATE TRIGGER poisoned_{when} BEFORE {when} ON {table} WHEN NEW.{column} {like}"
                " BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
            )


@pytest.fixture
def store(place: StoreUnderTest) -> Iterator[Store]:
    with opened(place) as made:
        made.registry.ensure_client("c-42", name="Maria")
        for agent in (AGENT, OTHER):
            made.registry.add_agent(agent, agent, admin=True)
        yield made


@pytest.fixture
def desk(store: Store) -> WriterBench:
    return WriterBench(store)


def acknowledged(desk: WriterBench) -> list[str]:
    return [what for kind, what in desk.line.sent if kind == "ack"]


@pytest.mark.parametrize("table", POISONS)
def test_one_that_is_refused_at_the_end(desk: WriterBench, place: StoreUnderTest, table: str) -> None:
    """A refused message is parked and refused alone; the rest of its batch is stored, told and acknowledged."""
    column, like, topic, poison = POISONS[table]
    desk.writer.write([desk.arrived(text("m0", "zero"))])
    # A register that rises by 666 Wh from here to the poison.
    first = encode(Reading(at=BEGIN_MS + 60_000, wh=1_000))
    desk.writer.write([desk.arrived(first, topics.meter_reading("c-42", "m-1"))])
    refuse(place, table, column, like)
    before, told_before = len(desk.line.sent), len(desk.line.payloads)
    batch = [
        desk.arrived(text("m1", "one")),
        desk.arrived(poison, topic),
        desk.arrived(text("m2", "two")),
        desk.arrived(text("m3", "three"), topics.msg("c-42", AGENT)),
        desk.arrived(b'{"at":0,"wh":7}', topics.meter_reading("c-42", "m-2")),
    ]
    desk.writer.write(batch)
    assert desk.words() == ["zero", "one", "two", "three"]
    entries = desk.store.log.page("c-42").entries
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [(parked.topic, parked.payload, parked.why) for parked in desk.store.bridge.parked()] == [
        (topic, poison, "internal")
    ]
    told = [json.loads(payload) for name, payload in desk.line.payloads[told_before:] if "refused" in name]
    assert [refusal["why"] for refusal in told] == ([] if table == "usage" else ["internal"])
    summary = row_of(desk.store, "c-42")
    assert summary.last is not None and summary.last.seq == len(entries)
    assert [what for kind, what in desk.line.sent[before:] if kind == "ack"] == [str(one.mid) for one in batch]
    assert desk.store.consumption.last_reading("c-42") is not None
    check_a_repeat(desk, batch)


def check_a_repeat(desk: WriterBench, batch: list[Arrived]) -> None:
    entries, said = desk.store.log.page("c-42").entries, len(desk.line.payloads)
    desk.writer.repeats.clear()
    desk.writer.write(batch)
    assert desk.store.log.page("c-42").entries == entries
    again = [json.loads(payload) for name, payload in desk.line.payloads[said:] if name == topics.log("c-42")]
    assert again == [entry for entry in entries if entry["id"] in ("m1", "m2", "m3")]


def test_all_of_a_batch_are_refused(desk: WriterBench, place: StoreUnderTest) -> None:
    """A batch of nothing but poison is parked whole and acknowledged, and the next one is as any other."""
    refuse(place, "entry", "body", f"LIKE '%{BAD}%'")
    desk.writer.write([desk.arrived(text(f"b{n}", BAD)) for n in range(3)])
    assert acknowledged(desk) == ["1", "2", "3"]
    assert [refusal.id for refusal in desk.line.refusals()] == ["b0", "b1", "b2"]
    desk.writer.write([desk.arrived(text("m1", "one"))])
    assert [(entry["seq"], entry["kind"]) for entry in desk.store.log.page("c-42").entries] == [
        (1, "opened"),
        (2, "text"),
    ]


def test_too_long_for_an_index(tmp_path: Path, postgres_dsn: str) -> None:
    """A message that PostgreSQL cannot index costs itself alone, and is not retried for ever."""
    with opened(StoreUnderTest(tmp_path, postgres_dsn)) as store, psycopg.connect(postgres_dsn) as server:
        server.execute("CREATE INDEX ON entry (body)")
        server.commit()
        desk = WriterBench(store)
        dice = random.Random(7)
        long = "".join(chr(dice.randrange(0x4E00, 0x9FFF)) for _ in range(4_000))
        desk.writer.write([desk.arrived(text("bad", long)), desk.arrived(text("m1", "one"))])
        assert desk.words() == ["one"]
        assert [refusal.why for refusal in desk.line.refusals()] == ["internal"]


def test_a_reader_that_fails(desk: WriterBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that cannot even be read, by a fault of ours, is parked and acknowledged; the others are stored."""

    def stumble(topic: str, payload: bytes, *, retained: bool, now_ms: int) -> Inbound:
        if BAD.encode() in payload:
            raise ZeroDivisionError
        return understand(topic, payload, retained=retained, now_ms=now_ms)

    monkeypatch.setattr(group_commit, "understand", stumble)
    desk.writer.write([desk.arrived(text("m1", "one")), desk.arrived(text("bad", BAD)), desk.arrived(text("m2"))])
    assert desk.words() == ["one", "a text"]
    assert [parked.why for parked in desk.store.bridge.parked()] == ["internal"]
    assert acknowledged(desk) == ["1", "2", "3"]


def test_a_thousand_commands_at_once(desk: WriterBench) -> None:
    """After 1,000 commands at once for one conversation its row still fits a message; each is done."""
    desk.writer.write([desk.arrived(text("m1"))])
    longest = "a-" + "n" * 30
    desk.store.registry.add_agent(longest, "N")

    def order(n: int) -> Payload:
        return Command(id=f"{n:036d}", do=Do.NOTE, client="c-42", text="x")

    desk.writer.write([desk.arrived(encode(order(n)), topics.desk_do(longest)) for n in range(1_000)])
    rows = desk.store.inbox.summaries(["c-42"])
    assert rows[0].notes == 1_000
    assert rows[0].did[-1] == f"{longest}/{999:036d}"
    assert all(encode(row) for row in rows)
    # Whom it does not name repeats it, and is told then.
    desk.writer.repeats.clear()
    desk.writer.write([desk.arrived(encode(order(0)), topics.desk_do(longest))])
    assert desk.line.rows("c-42")[-1]["did"] == [f"{longest}/{0:036d}"]


def test_words_that_cannot_be_taken_in(desk: WriterBench, place: StoreUnderTest) -> None:
    """An entry that cannot be indexed or counted is passed over, alone; all others can be found."""
    refuse(place, "episode", "score", "= 1")
    rated = encode(Said(id="bad", kind=SaidKind.RATING, rating=Rating(score=1, text="never found"), sent=1))
    desk.writer.write([desk.arrived(text(f"m{n}", "word before")) for n in range(3)])
    desk.writer.write([desk.arrived(encode(Command(id="k", do=Do.RESOLVE, client="c-42")), topics.desk_do(AGENT))])
    desk.writer.write([desk.arrived(rated)])
    desk.writer.write([desk.arrived(text(f"n{n}", "word after")) for n in range(3)])
    assert desk.line.refusals() == []
    afterwork, turns = Housekeeping(desk.writer, lambda: None), 0
    while found(desk, "word") < 6 and turns < 100:
        turns += 1
        afterwork.go(float(turns))
    assert (found(desk, "word"), found(desk, "never")) == (6, 0)


def found(desk: WriterBench, word: str) -> int:
    return len(desk.store.search.page(parse_query(word, "UTC", AGENT)).hits)


def test_a_bridge_with_a_poisoned_message(place: StoreUnderTest, tmp_path: Path) -> None:
    """The running bridge parks it, says so to its sender, and goes on for everybody else without a new start."""
    with bridge_system(tmp_path / "system", db=place.db, rate="off") as system:
        refuse(place, "entry", "body", f"LIKE '%{BAD}%'")
        bridge = system.bridge.pid
        maria, ion = system.person("c-42"), system.person("c-43")
        maria.say("before", id="m1")
        maria.wait_stored("m1")
        maria.say(BAD, id="bad")
        ion.say("meanwhile", id="i1")
        ion.wait_stored("i1")
        wait_until(lambda: maria.failed.get("bad"), why=system.bridge.log)
        assert maria.failed["bad"].why == "internal"
        maria.say("after", id="m2")
        maria.wait_stored("m2")
        assert system.words() == ["before", "after"] and system.words("c-43") == ["meanwhile"]
        assert system.bridge.pid == bridge and system.bridge.child.is_running()


def test_a_large_batch_around_poison(desk: WriterBench, place: StoreUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of an isolated batch stay stored when the database goes away; a retry stores each message once."""
    refuse(place, "entry", "body", f"LIKE '%{BAD}%'")
    monkeypatch.setattr(group_commit, "ISOLATED_AT_ONCE", 2)
    batch = [desk.arrived(text(f"m{n}", BAD if n == 4 else f"{n}")) for n in range(7)]
    commit, commits = Transaction.commit, 0

    def once_down(self: Transaction) -> None:
        nonlocal commits
        commits += 1
        if commits == 3:
            raise StoreDown("Away.")
        commit(self)

    with monkeypatch.context() as broken:
        broken.setattr(Transaction, "commit", once_down)
        with pytest.raises(StoreDown):
            desk.writer.write(batch)
    assert desk.words() == ["0", "1"] and acknowledged(desk) == []
    assert [entry.seq for entry in desk.line.entries()] == [1, 2, 3]
    effects = desk.writer.write(batch)
    assert desk.words() == ["0", "1", "2", "3", "5", "6"]
    assert acknowledged(desk) == [str(one.mid) for one in batch]
    assert effects.displays == {"c-42"}
    assert [refusal.id for refusal in desk.line.refusals()] == ["m4"]
    assert sorted({entry.seq for entry in desk.line.entries()}) == list(range(1, 8))
