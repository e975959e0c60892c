"""Events for somebody outside and their deliveries, on SQLite and PostgreSQL."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from chat_core.cli.check import find_outbound
from chat_core.contract.delivery_reasons import reason
from chat_core.contract.outside import Outside
from chat_core.contract.payloads import EventKind, Origin, OutageNotice, Rating, Said, SaidKind
from chat_core.domain.conversation import Event
from chat_core.store import Store
from chat_core.store import deliveries as stored
from chat_core.store.deliveries import Delivery, DeliveryState, NewDelivery, Route
from chat_core.store.outbox import ERASED
from chat_core.store.sqlite import SqliteDatabase
from tests.contract.stores import AGENT, CLIENT, T0, committed, say, say_in

HOOK = "webhook/wh-1"
LEASE_MS = 60_000
IDS = count()


def want_all(store: Store) -> None:
    store.outbox.ask_for(list(Outside))
    store.outbox.refresh()


def deliver(store: Store, *lanes: str, destination: str = HOOK, at: int = T0) -> None:
    """One delivery to each lane, in this order; the lane is the client."""
    store.deliveries.add(
        [
            NewDelivery(f"msg_{next(IDS)}", Route(destination, lane), Outside.MESSAGE, at, lane, seq=n)
            for n, lane in enumerate(lanes)
        ]
    )


def take(store: Store, limit: int = 10) -> Sequence[Delivery]:
    return store.deliveries.take(HOOK, limit, LEASE_MS)


def keys(found: Sequence[Delivery]) -> list[str]:
    return [one.key for one in found]


def later(store: Store, by_ms: int) -> None:
    """All deliveries were added, are due, and have leases, so much earlier."""
    with store.web.writing():
        sql = "UPDATE delivery SET since = since - ?, due = due - ?, lease = lease - ?, done = done - ?"
        store.web.execute(sql, (by_ms,) * 4)


def test_events_cost_no_round_trip(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL a message and its event are one statement; events of a batch keep its order."""
    ran: list[str] = []
    execute = store.chats.execute

    def counted(sql: str, *values: Any) -> Any:
        ran.append(sql)
        return execute(sql, *values)

    monkeypatch.setattr(store.chats, "execute", counted)
    say(store, "m1")
    counts = []
    for id in ("m2", "m3"):
        ran.clear()
        say(store, id)
        counts.append(len(ran))
        want_all(store)
    assert counts[1] - counts[0] == (1 if isinstance(store.chats, SqliteDatabase) else 0)
    with committed(store) as tx:
        for id in ("m4", "m5"):
            say_in(tx, id)
    assert [event.entry for event in store.outbox.next(9)] == ["m3", "m4", "m5"]


def test_what_is_told_outside(store: Store) -> None:
    """Each entry that somebody outside wants leaves one event in its own transaction, without its words."""
    store.outbox.ask_for(set(Outside) - {Outside.ASSIGNED})
    store.outbox.refresh()
    say(store, "m1", "secret words")
    with committed(store) as tx:
        tx.append(CLIENT, AGENT, Event(EventKind.ASSIGNED, AGENT, to=AGENT), T0)
        tx.append(CLIENT, AGENT, Event(EventKind.RESOLVED, AGENT), T0)
        rating = Said(id="r1", kind=SaidKind.RATING, rating=Rating(score=4), sent=T0)
        tx.append(CLIENT, CLIENT, rating, T0)
        alarm = Said(id="al", kind=SaidKind.TEXT, text="40 kWh", sent=T0, origin=Origin.ALARM)
        tx.append(CLIENT, "s-bridge", alarm, T0)
        tx.tell_mention(CLIENT, AGENT, "n1", ["a-bob"], T0)
        tx.put_notice("north", OutageNotice(id="n1", text={"en": "No power"}), T0)
    found = store.outbox.next(20)
    assert [one.event for one in found] == [
        Outside.OPENED,
        Outside.MESSAGE,
        Outside.RESOLVED,
        Outside.RATED,
        Outside.ALARM,
        Outside.MENTIONED,
        Outside.INCIDENT,
    ]
    message = found[1]
    assert (message.client, message.seq, message.entry) == (CLIENT, 2, "m1")
    assert message.facts == {"from": CLIENT, "kind": "text"}
    assert found[4].facts["origin"] == "alarm" and found[5].facts == {"from": AGENT, "agents": ["a-bob"]}
    assert found[6].facts == {"area": "north", "ended": False}
    assert "secret" not in repr(found)
    entry = store.outbox.entry_of(CLIENT, 2, "m1")
    assert entry is not None and entry.text == "secret words"
    store.outbox.remove(found)
    assert store.outbox.next(20) == []


def test_what_did_not_happen_is_not_told(store: Store) -> None:
    """A transaction or a savepoint that is undone leaves no event; nor does one of which nobody wants to hear."""
    say(store, "m1")
    assert store.outbox.next(20) == []
    want_all(store)
    with store.begin() as tx:
        say_in(tx, "m2")
    with committed(store) as tx:
        with pytest.raises(ValueError), tx.savepoint():
            say_in(tx, "m3")
            raise ValueError
        say_in(tx, "m4")
    assert [one.entry for one in store.outbox.next(20)] == ["m4"]


def test_a_new_client_is_told_before_its_words(store: Store) -> None:
    """A client who is added while somebody wants to hear of it leaves one event, before those of its words."""
    want_all(store)
    store.registry.ensure_client("c-0")
    store.registry.tells_clients = True
    for _ in range(2):
        store.registry.ensure_client(CLIENT, name="Maria", now_ms=T0)
    say(store, "m1")
    found = store.outbox.next(20)
    assert [one.event for one in found] == [Outside.CLIENT, Outside.OPENED, Outside.MESSAGE]
    assert found[0].client == CLIENT
    store.outbox.remove(found)
    assert store.outbox.next(20) == []


def test_an_event_is_delivered_once(store: Store) -> None:
    """Deliveries that are made twice of the same events, as after a kill, are there once."""
    want_all(store)
    say(store, "m1")
    for _ in range(2):
        store.deliveries.add([NewDelivery.of(event, Route(HOOK, CLIENT)) for event in store.outbox.next(20)])
    assert [one.event for one in store.deliveries.page(DeliveryState.WAITING)] == [Outside.MESSAGE, Outside.OPENED]


def test_order_is_kept_in_a_lane(store: Store) -> None:
    """Of a lane one delivery is taken at a time, in order; none is due before one that failed; other lanes go on."""
    deliver(store, "c-1", "c-1", "c-2", "c-1")
    first = take(store)
    assert keys(first) == ["c-1", "c-2"] and not take(store)
    store.deliveries.put_off(first[0], reason("answered", status=503), 5_000)
    store.deliveries.note_sent(first[1])
    deliver(store, "c-1")
    assert not take(store)
    assert len({one.due for one in store.deliveries.page(DeliveryState.WAITING)}) == 1
    later(store, 5_000)
    (again,) = take(store)
    assert (again.num, again.tries, again.error) == (first[0].num, 2, "The receiver answered 503.")
    store.deliveries.note_sent(again)
    for _ in range(3):
        (one,) = take(store)
        assert one.num > again.num
        again = one
        store.deliveries.note_sent(one)
    assert not take(store) and store.deliveries.queues() == []


def test_a_lease_ends_by_itself(store: Store) -> None:
    """A worker takes after the lease what a killed one took; the first one, if it wakes up, ends nothing."""
    deliver(store, "c-1")
    (lost,) = take(store)
    later(store, LEASE_MS)
    (again,) = take(store)
    assert (again.id, again.tries) == (lost.id, 2)
    store.deliveries.note_failed(lost, reason("too_late"))
    store.deliveries.put_off(lost, reason("too_late"), 0)
    store.deliveries.note_sent(again)
    assert [one.id for one in store.deliveries.page(DeliveryState.SENT)] == [lost.id]


def test_two_workers_take_nothing_twice(store: Store) -> None:
    """Workers that take at the same time share what is due."""
    deliver(store, *(f"c-{n}" for n in range(60)))

    def take_some(_: int) -> list[str]:
        # All that a take chose may be gone before it has them: then another got at least one. So 61 are enough.
        return [key for _ in range(61) for key in keys(take(store, 4))]

    with ThreadPoolExecutor(4) as pool:
        taken = [key for found in pool.map(take_some, range(4)) for key in found]
    assert len(taken) == len(set(taken)) == 60


def test_one_stands_for_its_lane(store: Store) -> None:
    """A delivery that carried later ones of its lane ends them too, up to the seq that it says."""
    deliver(store, "c-1", "c-1", "c-2", "c-1")
    first, _ = take(store)
    store.deliveries.note_sent(first, up_to=1)
    assert sorted(one.seq or 0 for one in store.deliveries.page(DeliveryState.SENT)) == [0, 1]


def test_deliveries_have_bounds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than a destination's bound the later ones are dropped and say why; what waits too long has failed."""
    monkeypatch.setattr(stored, "MOST_WAITING", 2)
    deliver(store, "c-1", "c-2", "c-3")
    deliver(store, "c-4", destination="mail")
    (dropped,) = store.deliveries.page(DeliveryState.DROPPED)
    assert (dropped.key, dropped.error) == ("c-3", stored.TOO_MANY.text)
    monkeypatch.setattr(stored, "MOST_DROPPED", 1)
    monkeypatch.setattr(stored, "MOST_WAITING_AT_WEBHOOKS", 2)
    deliver(store, "c-5", "c-6", destination="webhook/wh-2")  # all webhooks together have their bound
    deliver(store, "c-7")  # the list of dropped ones has another
    assert {one.key for one in store.deliveries.page(DeliveryState.DROPPED)} == {"c-3", "c-5"}
    assert find_outbound(store).text.startswith("3 deliveries wait, 0 failed")  # of `wattline check`
    later(store, 2_000)  # a host's clock may be set back by some ms meanwhile
    store.deliveries.fail_old(1_000)
    assert [(queue.destination, queue.failed) for queue in store.deliveries.queues()] == [("mail", 1), (HOOK, 2)]
    assert find_outbound(store).text.startswith("0 deliveries wait, 3 failed")
    later(store, stored.FAILED_KEPT_MS + 1_000)
    assert not store.deliveries.forget_done()
    assert not store.deliveries.queues() and not store.deliveries.page(DeliveryState.DROPPED)


def test_sent_again_by_hand(store: Store) -> None:
    """An ended delivery, or those of a span of time, are due again under the same id; what waits can be dropped."""
    deliver(store, "c-1", "c-2")
    deliver(store, "c-3", at=T0 + 1_000)
    for one in take(store):
        store.deliveries.note_failed(one, reason("gone"))
    (queue,) = store.deliveries.queues()
    assert (queue.waiting, queue.failed, queue.oldest) == (0, 3, None)
    num = store.deliveries.page(DeliveryState.FAILED, HOOK)[-1].num
    assert store.deliveries.send_again(num) and not store.deliveries.send_again(999)
    assert [(one.num, one.tries) for one in take(store)] == [(num, 1)]
    assert store.deliveries.replay(HOOK, T0 + 1, T0 + 2_000) == 1
    (waiting,) = take(store)
    assert waiting.key == "c-3" and not store.deliveries.send_again(waiting.num)  # it is being sent
    by_hand = reason("by_hand")
    assert store.deliveries.drop(waiting.num, by_hand) and not store.deliveries.drop(waiting.num, by_hand)
    found = store.deliveries.find(waiting.num)
    assert found is not None and found.state == DeliveryState.DROPPED
    assert (found.error, found.reason) == (by_hand.text, by_hand)
    deliver(store, "c-4", destination="mail")
    (mail,) = store.deliveries.take("mail", 1, LEASE_MS)
    store.deliveries.note_sent(mail)
    assert not store.deliveries.send_again(mail.num)


def test_an_erasure_leaves_no_delivery(store: Store) -> None:
    """An erasure removes the client's events in its own transaction, and tells the worker to remove deliveries."""
    want_all(store)
    say(store, "m1")
    say(store, "n1", client="c-7")
    deliver(store, CLIENT, "c-7")
    with committed(store) as tx:
        say_in(tx, "m2")
        tx.erase(CLIENT, T0)
        say_in(tx, "m3", at=T0 + 1)
    found = store.outbox.next(20)
    assert [(one.client, one.event) for one in found] == [
        ("c-7", Outside.OPENED),
        ("c-7", Outside.MESSAGE),
        (CLIENT, ERASED),
        (CLIENT, Outside.OPENED),
        (CLIENT, Outside.MESSAGE),
    ]
    store.deliveries.add([NewDelivery.of(found[-1], Route(HOOK, CLIENT))], {CLIENT: T0})
    assert [one.entry for one in store.deliveries.page(DeliveryState.WAITING) if one.client == CLIENT] == ["m3"]
    assert store.outbox.entry_of(CLIENT, 2, "m1") is None
    store.registry.ensure_client(CLIENT)
    store.registry.forget_client(CLIENT)
    assert keys(store.deliveries.page(DeliveryState.WAITING)) == ["c-7"]
