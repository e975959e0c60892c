"""The bridge's own state, on both databases: notices, heartbeats, rows to tell, and its lock."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import Marker, OutageNotice
from chat_core.contract.shards import ALL, Slot
from chat_core.store import Store
from chat_core.store.results import AreaReach
from tests.contract.stores import CLIENT, T0, StoreUnderTest, committed, move_beat, put, say, take_in_all


def test_parked_messages_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first 4 KiB of a parked message come back, newest first; of too many the oldest go: 40 MB at most."""
    monkeypatch.setattr("chat_core.store.bridge_state.PARKED_AT_MOST", 3)
    with committed(store) as tx:
        for n in range(5):
            tx.park(f"bad/\0/{n}", bytes([0, 255, n]), "bad_json", T0 + n)
        tx.park("x" * 70_000, b"y" * 60_000, "bad_topic", T0)
    parked = store.bridge.parked()
    assert [message.payload for message in parked] == [b"y" * 4_096, b"\0\xff\4", b"\0\xff\3"]
    assert parked[1].topic == "bad/\ufffd/4" and parked[1].why == "bad_json" and len(store.bridge.parked()) == 3


def test_an_outage_that_is_over(store: Store) -> None:
    """An area's last outage is known after its end, with when it ended; a new one in the area stands again."""
    assert store.notices.of_area("north") is None
    text = {"en": "No power", "ro": "Fără curent"}
    for at, words in ((T0, text), (T0 + 5, None), (T0 + 9, None)):
        with committed(store) as tx:
            tx.put_notice("north", OutageNotice(id=f"k{at}", text=words), at)
    found = store.notices.of_area("north")
    assert found is not None and (found.text, found.at, found.ended_at) == (text, T0, T0 + 5)
    assert store.notices.standing() == []
    with committed(store) as tx:
        tx.put_notice("north", OutageNotice(id="k8", text=text), T0 + 10)
        told = tx.put_notice("north", OutageNotice(id="k9", text=text, at=T0), T0 + 10)
    assert told.at == T0 + 10  # whatever the command says
    found = store.notices.of_area("north")
    assert found is not None and (found.at, found.ended_at) == (T0 + 10, None)
    assert [(notice.id, notice.at) for _, notice in store.notices.standing()] == [("k9", T0 + 10)]


def test_an_outage_s_begin_and_its_notice_s_end(store: Store) -> None:
    """A later text keeps when power went unless it says another; its own end alone counts. Each outage has its own."""
    found = []
    texts = (("k1", 5, T0 + 90), ("k2", None, None), ("k3", 6, T0 + 80))
    for at, (id, began, ends) in enumerate(texts, T0):
        with committed(store) as tx:
            told = tx.put_notice("north", OutageNotice(id=id, text={"en": id}, began=began, ends=ends), at)
        stands = dict(store.notices.standing())["north"]
        found.append((told.began, stands.began, stands.ends))
    assert found == [(5, 5, T0 + 90), (5, 5, None), (6, 6, T0 + 80)]
    assert [store.notices.due(T0 + at) for at in (79, 80)] == [[], ["north"]]
    for at, words in ((T0 + 7, None), (T0 + 9, {"en": "Again"})):
        with committed(store) as tx:
            tx.put_notice("north", OutageNotice(id="k4", text=words), at)
    assert [(one.began, one.ends) for one in store.notices.recent(0)] == [(None, None), (6, T0 + 80)]
    assert store.notices.due(T0 + 80) == []


def test_past_outages(store: Store) -> None:
    """An area's outages are listed for 14 days after their end, also after another one; a later text is no other."""
    day = 86_400_000
    for at, id, words in (
        (T0, "k1", {"en": "Storm"}),
        (T0 + 5, "k2", {"en": "Still"}),
        (T0 + 10, "k3", None),
        (T0 + day, "k4", {"en": "Cable"}),
        (T0 + day + 5, "k5", None),
        (T0 + 2 * day, "k6", {"en": "Again"}),
    ):
        with committed(store) as tx:
            tx.put_notice("north", OutageNotice(id=id, text=words), at)
    found = [(one.incident, one.text, one.ended_at) for one in store.notices.recent(T0)]
    assert found == [
        ("k6", {"en": "Again"}, None),
        ("k4", {"en": "Cable"}, T0 + day + 5),
        ("k1", {"en": "Still"}, T0 + 10),
    ]
    with committed(store) as tx:
        tx.put_notice("south", OutageNotice(id="k7", text={"en": "Off"}), T0 + 15 * day)
    assert [one.incident for one in store.notices.recent(0)] == ["k7", "k6", "k4"]


def test_whom_a_notice_reached(store: Store) -> None:
    """Reached is who is online, or to whom what was stored since was delivered; answered is whom a person answered."""
    for place, client in enumerate(("c-online", "c-told", "c-before", "c-away")):
        say(store, f"q{place}", "No power", client=client, at=T0)
        with committed(store) as tx:
            put(tx, client, area="north", online=client == "c-online")
    with committed(store) as tx:
        seen = tx.conversation("c-before").last_seq
        tx.move_marker("c-before", "c-before", Marker(delivered=seen, read=0))
    for client, at in (("c-told", T0 + 10), ("c-away", T0 + 99)):
        say(store, f"a{at}", "The crew is there.", client=client, sender="a-ana", at=at)
    with committed(store) as tx:
        seen = tx.conversation("c-told").last_seq
        tx.move_marker("c-told", "c-told", Marker(delivered=seen, read=0))
    take_in_all(store)
    with committed(store) as tx:
        for area in ("north", "south"):
            tx.put_notice(area, OutageNotice(id="k1", text={"en": "No power"}), T0 + 5)
    assert store.notices.reached() == {"north": 2, "south": 0}
    assert [store.notices.answered(["north"], T0 + 5, until) for until in (T0 + 50, T0 + 100)] == [1, 2]


def test_whom_an_outage_reached_is_kept(store: Store) -> None:
    """The most that one count found stays with the outage, after its end and after the next one's begin too."""
    text = {"en": "No power"}
    with committed(store) as tx:
        tx.put_notice("north", OutageNotice(id="k1", text=text), T0)
        tx.note_reach("north", T0, AreaReach(3, 2, 3))
        tx.note_reach("north", T0, AreaReach(4, 1, 4))
        tx.note_reach("north", T0 - 1, AreaReach(9, 9, 9))  # of another outage
        tx.note_reach("south", T0, AreaReach(9, 9, 9))
    with committed(store) as tx:
        tx.put_notice("north", OutageNotice(id="k2", text={"en": "Still"}), T0 + 1)
        tx.put_notice("north", OutageNotice(id="k3", text=None), T0 + 2)
        tx.note_reach("north", T0, AreaReach(9, 9, 9))  # it is over
    found = store.notices.of_area("north")
    assert found is not None and (found.clients, found.reached, found.displays) == (4, 2, 4)
    assert found.text == {"en": "Still"}
    with committed(store) as tx:
        tx.put_notice("north", OutageNotice(id="k4", text=text), T0 + 3)
    counts = [(one.incident, one.clients, one.reached) for one in store.notices.recent(T0)]
    assert counts == [("k4", None, None), ("k1", 4, 2)]
    assert [one.incident for one in store.notices.standing_in_full()] == ["k4"]


def test_the_heartbeat(store: Store) -> None:
    """A heartbeat's age is told by the database's clock, whatever the bridge's clock says, which is named."""
    assert store.bridge.beat() is None
    for ahead_ms, failing in ((0, ()), (3_600_000, ("greeting", "desk"))):
        with committed(store) as tx:
            tx.beat(time.time_ns() // 1_000_000 + ahead_ms, failing)
        beat = store.bridge.beat()
        assert beat is not None and beat.age_ms is not None and 0 <= beat.age_ms < 60_000
        assert abs(beat.skew_ms - ahead_ms) < 60_000 and abs(beat.here_skew_ms) < 60_000
        assert beat.failing == tuple(sorted(failing))
    move_beat(store, -3_000_000)
    beat = store.bridge.beat()
    assert beat is not None and beat.age_ms is not None and 3_000_000 <= beat.age_ms < 3_060_000


def test_a_heartbeat_to_come(store: Store) -> None:
    """A heartbeat in the database's future says nothing: the bridge that said it may be dead for an hour."""
    with committed(store) as tx:
        tx.beat(T0)
    move_beat(store, 3_600_000)
    beat = store.bridge.beat()
    assert beat is not None and beat.age_ms is None


def test_rows_that_may_be_untold(store: Store) -> None:
    """A transaction notes the clients whose rows it changed; an undone one notes nobody."""
    say(store, "m1")
    say(store, "m1", client="c-b")
    for client in (CLIENT, "c-b"):
        with store.begin() as tx:
            assert not tx.changes_rows
            tx.put(tx.conversation(client)._replace(online=True))
            tx.note_untold()
            assert tx.changes_rows
            if client == CLIENT:
                tx.commit()
    assert store.bridge.untold_clients() == [CLIENT]
    with committed(store) as tx:
        tx.forget_untold()
    assert store.bridge.untold_clients() == []


def test_rows_that_each_slot_may_not_have_told(store: Store) -> None:
    """Each slot finds and forgets its own notes; slot 0 finds those of slots that are no more."""
    first, second, of_three = Slot.even(0, 2), Slot.even(1, 2), Slot.even(2, 3)
    for client, slot in ((CLIENT, ALL), ("c-b", first), ("c-c", second), ("c-d", of_three)):
        say(store, "m1", client=client)
        with committed(store) as tx:
            tx.put(tx.conversation(client)._replace(online=True))
            tx.note_untold(slot)
    assert store.bridge.untold_clients(first) == ["c-b", "c-d", CLIENT]
    assert store.bridge.untold_clients(second) == ["c-c"]
    assert store.bridge.untold_clients() == ["c-b", "c-c", "c-d", CLIENT]
    with committed(store) as tx:
        tx.forget_untold(first)
    assert store.bridge.untold_clients() == ["c-c"]


def test_heartbeats_of_several_slots(store: Store) -> None:
    """Readers learn of the oldest heartbeat, the largest skew, and what fails in any slot."""
    now_ms = time.time_ns() // 1_000_000
    with committed(store) as tx:
        tx.beat(now_ms, ("alarms",), Slot.even(0, 2))
    move_beat(store, -60_000)
    with committed(store) as tx:
        tx.beat(now_ms - 3_600_000, ("turn",), Slot.even(1, 2))
    beat = store.bridge.beat()
    assert beat is not None and beat.age_ms is not None and beat.age_ms >= 60_000
    assert beat.skew_ms < -3_000_000 and beat.failing == ("alarms", "turn")


def test_the_change_cursor(store: Store) -> None:
    """The bridge knows how far it has done what was asked of it."""
    n = store.registry.changes.announce(ChangeKind.ERASE, {"client": CLIENT}, T0)
    with committed(store) as tx:
        assert store.bridge.change_cursor() == 0
        tx.set_change_cursor(n)
    assert store.registry.changes.after(store.bridge.change_cursor()) == []


def test_one_bridge_at_a_time(store: Store, place: StoreUnderTest) -> None:
    """A second bridge waits until the first lets go, or until it is told to stop waiting."""
    stop, holds = threading.Event(), threading.Event()

    def second(stop: threading.Event | None) -> bool:
        with Store.open(place) as other, other.hold_bridge_lock(stop) as lock:
            if lock is not None:
                holds.set()
            return lock is not None

    with ThreadPoolExecutor(2) as pool:
        with store.hold_bridge_lock() as lock:
            assert lock is not None
            lock.check()
            waiting = pool.submit(second, None)
            gives_up = pool.submit(second, stop)
            stop.set()
            assert gives_up.result(5) is False
            assert not holds.is_set()
        assert waiting.result(5) is True
