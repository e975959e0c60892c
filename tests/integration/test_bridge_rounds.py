"""The bridge's own work at each connect and once a second, on a real database."""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from bridge.background import repeats
from bridge.background.desk_notice import Availabilities
from bridge.background.duties import PAUSES_S, Duties
from bridge.background.scheduler import Scheduler
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import do_describe
from bridge.pipeline.other_slots import OtherSlots
from chat_core.contract import topics
from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import AgentPresence, AgentState, Command, Do, Marker, Presence, encode
from chat_core.runtime import config as settings_of
from chat_core.store import Store
from tests.contract.stores import row_of, store_at
from tests.integration.bridge_system import text
from tests.integration.writer_bench import WriterBench


class RoundsBench:
    def __init__(self, store: Store, others: OtherSlots | None = None) -> None:
        self.desk = WriterBench(store, others=others)
        self.link = SimpleNamespace(
            ready=True,
            greeted=1,
            nodes_greeted=0,
            connection=1,
            wakeup=SimpleNamespace(wake=lambda: None),
            publish=self.desk.line.publish,
            listen_to=lambda _: None,
        )
        self.rounds = Scheduler(store, self.link, self.desk.writer)  # type: ignore[arg-type]  # as much of a Link as it asks
        self.now_s = 100.0

    def go(self, after_s: float = 0.0) -> list[str]:
        """One turn, so much later; returns the topics that were told."""
        self.now_s += after_s
        self.desk.line.payloads.clear()
        self.rounds.go(self.now_s)
        return [topic for topic, _ in self.desk.line.payloads]

    def write(self, payload: bytes, topic: str = topics.msg("c-42")) -> None:
        self.rounds.note(self.desk.writer.write([self.desk.arrived(payload, topic)]))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[RoundsBench]:
    with store_at(settings_of.load({"WATTLINE_DATA": str(tmp_path)})) as store:
        store.registry.ensure_client("c-42", name="Maria")
        store.registry.add_agent("a-ana", "Ana")
        yield RoundsBench(store)


def test_a_fault_in_a_notice_costs_the_notice(place: RoundsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While `notice/desk` fails, all else is told, no roll ends, and the duty is named as failing."""

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    place.write(text("m1"))
    place.write(encode(AgentPresence(state=AgentState.ONLINE, conn="k1")), topics.desk_presence("a-ana"))
    with monkeypatch.context() as broken:
        broken.setattr(Availabilities, "now", defect)
        told = place.go()
        assert topics.NOTICE_DESK not in told
        assert {topics.log("c-42"), topics.team_inbox("t-desk", "c-42"), topics.DESK_ECHO} <= set(told)
        assert place.rounds.failing == {"desk_notice"}
        for _ in range(30):
            place.go(after_s=60)
        assert place.desk.people.state("a-ana") is AgentState.ONLINE
        place.write(text("m2"))
        assert place.desk.words() == ["a text", "a text"]
    assert topics.NOTICE_DESK in place.go(after_s=60)
    assert place.rounds.failing == frozenset()
    place.go(after_s=60)
    assert place.desk.people.state("a-ana") is AgentState.OFFLINE  # the roll was told, and she did not answer


def test_each_part_of_a_greeting_is_told_though_another_fails(
    place: RoundsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A greeting whose entries cannot be read still tells everything retained; the entries follow when they can be."""
    place.write(text("m1"))

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(type(place.desk.store.log), "recent_nums", defect)
        assert topics.NOTICE_DESK in place.go()
        assert place.rounds.failing == {"greet_entries"}
    assert topics.log("c-42") in place.go(after_s=60)
    assert place.rounds.failing == frozenset()


def test_a_failed_duty_is_tried_again_after_a_growing_pause() -> None:
    """A duty that fails is not tried at every turn; a database that is down is no fault of it, and is said aloud."""
    duties, tried, now_s = Duties(), list[float](), 0.0

    def defect(at_s: float) -> None:
        tried.append(at_s)
        raise ZeroDivisionError

    while now_s < 100:
        duties.do("one", defect, now_s)
        assert duties.do("other", lambda _: None, now_s)
        now_s += 0.5
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert gaps == [*PAUSES_S, PAUSES_S[-1]]
    assert duties.failing == {"one"}

    def down(_: float) -> None:
        raise StoreDown("Away.")

    with pytest.raises(StoreDown):
        duties.do("two", down, 0.0)
    assert duties.failing == {"one"}


def test_rows_that_a_connection_left_unconfirmed_are_told_again(
    place: RoundsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row unconfirmed at a disconnect is told on the next connection; a confirmed one is not."""
    monkeypatch.setattr(repeats, "ENTRIES", 1)
    place.desk.store.registry.ensure_client("c-43")
    place.write(text("m1"))
    place.write(text("m1"), topics.msg("c-43"))
    place.go()
    line = place.desk.line
    line.unconfirmed = 1
    place.write(encode(Marker(delivered=2, read=2)), topics.read("c-42", "a-ana"))
    line.ready, line.unconfirmed = False, 0  # the broker heard none of it
    place.write(encode(Presence(online=True, conn="k")), topics.presence("c-43"))
    line.ready, line.connection, place.link.greeted = True, 2, 2
    assert rows_told(place) == {"c-42": 0, "c-43": 1}
    place.write(text("m2"), topics.msg("c-43"))
    line.connection, place.link.greeted = 3, 3
    assert set(rows_told(place)) == {"c-43"}


def test_a_lost_row_is_told_again_though_the_greeting_fails(
    place: RoundsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row unconfirmed at a disconnect is told later, when a greeting fails first and other rows are confirmed."""
    monkeypatch.setattr(repeats, "ENTRIES", 1)
    place.desk.store.registry.ensure_client("c-43")
    place.write(text("m1"))
    place.go()
    line = place.desk.line
    line.unconfirmed = 1
    place.write(encode(Marker(delivered=2, read=2)), topics.read("c-42", "a-ana"))
    line.unconfirmed, line.connection, place.link.greeted = 0, 2, 2

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(type(place.desk.store.log), "recent_nums", defect)
        place.go()
        place.write(text("m1"), topics.msg("c-43"))
    assert topics.team_inbox("t-desk", "c-42") in place.go(after_s=60)


def rows_told(place: RoundsBench) -> dict[str, int]:
    place.go()
    told = {client: place.desk.line.rows(client) for client in ("c-42", "c-43")}
    return {client: rows[-1].get("unread", 0) for client, rows in told.items() if rows}


def test_a_held_row_that_a_connection_lost_is_told_again(place: RoundsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The greeting tells a row that was held back, or told and unconfirmed, while other rows were confirmed."""
    monkeypatch.setattr(repeats, "ENTRIES", 1)
    place.desk.store.registry.ensure_client("c-43")
    place.go()
    for id in ("m1", "m2", "m3"):
        place.write(text(id))
    place.write(text("m1"), topics.msg("c-43"))
    line = place.desk.line
    line.connection, place.link.greeted = 2, 2
    assert rows_told(place) == {"c-42": 3, "c-43": 1}
    place.desk.writer.tell_held_rows(math.inf)
    line.unconfirmed = 1
    place.write(text("m2"), topics.msg("c-43"))
    line.unconfirmed, line.connection, place.link.greeted = 0, 3, 3
    assert set(rows_told(place)) == {"c-42", "c-43"}
    place.write(text("m3"), topics.msg("c-43"))
    line.connection, place.link.greeted = 4, 4
    assert set(rows_told(place)) == {"c-43"}


def test_the_note_of_a_held_row_stays(place: RoundsBench) -> None:
    """A timer's row that is held back stays noted while other rows are confirmed, until it is."""
    writer, store = place.desk.writer, place.desk.store

    def rename(client: str, name: str) -> list[str]:
        store.registry.ensure_client(client, name=name)
        writer.change(lambda tx, scene: do_describe(tx, client, scene.registry))
        return store.bridge.untold_clients()

    store.registry.ensure_client("c-43")
    place.go()
    for client in ("c-42", "c-43"):
        place.write(text("m1"), topics.msg(client))
    for name in ("Ana", "Ion"):
        assert rename("c-42", name) == ["c-42"]
    assert writer.pace.held
    assert rename("c-43", "Dan") == ["c-42", "c-43"]
    writer.tell_held_rows(math.inf)
    assert rename("c-43", "Lia") == ["c-43"]


def test_a_timer_s_row_is_told_after_a_kill(place: RoundsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer's row that a killed bridge did not tell is told by the next one, and never repeated after."""
    monkeypatch.setattr(repeats, "ENTRIES", 1)
    store = place.desk.store
    store.registry.ensure_client("c-43")
    place.write(text("m1"))
    place.write(encode(Presence(online=True, conn="k")), topics.presence("c-42"))
    place.write(text("m1"), topics.msg("c-43"))
    place.go()
    with monkeypatch.context() as killed:
        killed.setattr(Writer, "_tell", lambda *_: None)
        place.go(after_s=60)  # the roll ends: c-42 did not answer
    assert not row_of(store, "c-42").online

    after = RoundsBench(store)
    after.go()
    told = [after.desk.line.rows(client) for client in ("c-42", "c-43")]
    assert all(told) and not any("online" in row for rows in told for row in rows)
    store.registry.ensure_client("c-43", name="Ion")
    after.desk.writer.change(lambda tx, scene: do_describe(tx, "c-43", scene.registry))
    assert store.bridge.untold_clients() == ["c-43"]


def test_what_the_broker_sends_again_tells_the_row_again(place: RoundsBench) -> None:
    """A marker that a killed bridge had stored and not told comes again, changes nothing, and tells the row."""
    place.write(text("m1"))
    read = place.desk.arrived(encode(Marker(delivered=2, read=2)), topics.read("c-42", "a-ana"))
    place.desk.writer.write([read])
    place.desk.line.payloads.clear()
    place.desk.writer.write([read])
    assert place.desk.line.payloads == []
    place.desk.writer.write([read._replace(again=True)])
    told = place.desk.line.rows("c-42")
    assert [row["rev"] for row in told] == [2] and not {"unread", "did"} & {*told[0]}


def test_a_move_that_was_not_told(place: RoundsBench) -> None:
    """After a kill between COMMIT and PUBLISH the repeated move, and the greeting, tell it in every team's inbox."""
    registry = place.desk.store.registry
    registry.settings.change_document("teams", {"teams": [{"id": "t-north", "name": "North", "members": []}]}, 0)
    registry.teams.refresh()
    place.write(text("m1"))
    move = encode(Command(id="k1", do=Do.MOVE, client="c-42", team="t-north"))
    place.write(move, topics.desk_do("a-ana"))
    inboxes = {topics.team_inbox(team, "c-42") for team in ("t-desk", "t-north")}
    for again in (False, True):
        place.desk.writer.repeats.clear()
        place.desk.line.payloads.clear()
        place.desk.writer.write([place.desk.arrived(move, topics.desk_do("a-ana"), again=again)])
        assert {topic for topic, _ in place.desk.line.payloads} == inboxes
    place.desk.line.ready = False
    place.write(text("m2"))
    place.desk.line.ready, place.desk.line.connection, place.link.greeted = True, 2, 2
    assert inboxes <= set(place.go())


def test_a_greeting_is_told_in_slices(place: RoundsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A turn of a new connection repeats one slice of the newest entries, so that words wait for one slice and not for
    all. Later slices tell an entry as it is then, an erased one not at all, and in the end every row once.
    """
    monkeypatch.setattr(repeats, "SLICE", 4)
    place.desk.store.registry.ensure_client("c-43")
    for number in range(5):
        place.write(text(f"m{number}"))
    place.write(text("m1"), topics.msg("c-43"))  # 6 and 2 entries, with those of the conversations' begin
    first = place.go()
    assert first.count(topics.log("c-42")) == 4 and topics.NOTICE_DESK in first
    with place.desk.store.begin() as tx:
        tx.amend("c-42", 6, "as it is now")
        tx.erase("c-43", 1)
        tx.commit()
    later, payloads = place.go(), list(place.desk.line.payloads)
    assert [b"as it is now" in payload for topic, payload in payloads if topic == topics.log("c-42")] == [False, True]
    assert b"a text" not in b"".join(payload for topic, payload in payloads if topic == topics.log("c-43"))
    assert [(first + later).count(topics.team_inbox("t-desk", client)) for client in ("c-42", "c-43")] == [1, 1]
    assert [topic for topic in place.go() if topic.endswith("/log")] == []
