"""The worker that tells somebody outside: once, in order, through failures and kills of itself."""

import random
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chat_core.contract.changes import ChangeKind
from chat_core.contract.delivery_reasons import DeliveryReason, reason
from chat_core.contract.outside import Outside
from chat_core.store import Store
from chat_core.store.deliveries import Delivery, DeliveryState, NewDelivery, Route
from chat_core.store.outbox import OutboxEvent
from tests.contract.stores import T0, committed, end_leases, opened, say, say_in, sqlite_at
from tests.waiting import wait_until
from web.outbound.channel import NotSent, Rejected
from web.outbound.worker import OutboundWorker

QUICK_S = (0.01,)


class Post:
    """A channel that notes what it sends, and fails when it is told to."""

    name = "post"
    lease_ms = 60_000

    def __init__(self, *wanted: str) -> None:
        self.wanted = wanted
        self.sent: defaultdict[str, list[Delivery]] = defaultdict(list)  # by lane
        self.fails = 0.0  # which part of all tries
        self.fault: Exception | None = None
        self.read = 0  # up to which seq nobody needs to be told
        self.stops = threading.Event()  # as a killed process does: never comes back
        self._random = random.Random(1)

    def events(self) -> Collection[str]:
        return self.wanted

    def destinations(self) -> Collection[str]:
        return ("post",)

    def route(self, event: OutboxEvent) -> Iterable[Route]:
        return (Route("post", event.client or ""),)

    def unwanted(self, delivery: Delivery) -> DeliveryReason | None:
        return reason("mail_read") if (delivery.seq or 0) <= self.read else None

    def send(self, delivery: Delivery) -> int | None:
        if self.stops.is_set():
            threading.Event().wait()
        if self.fault is not None:
            raise self.fault
        if self._random.random() < self.fails:
            raise NotSent(reason("no_answer", said="silence"))
        self.sent[delivery.key].append(delivery)
        return None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(sqlite_at(tmp_path)) as store:
        yield store


def worker(store: Store, post: Post) -> OutboundWorker:
    return OutboundWorker(store, [post], pauses_s=QUICK_S, look_every_s=0.02)


def want(store: Store, *events: str) -> None:
    store.outbox.ask_for(events)
    store.outbox.refresh()


def state_of(store: Store, state: DeliveryState) -> list[str | None]:
    return [one.error for one in store.deliveries.page(state)]


def test_the_bridge_is_asked_for_what_is_wanted(store: Store) -> None:
    """The worker asks the bridge for its channels' events where they changed, and for none when all are off."""
    changes = store.registry.changes

    def is_asked(*wanted: str) -> bool:
        told = [change.kind for change in changes.after(0)]
        return store.outbox.asked_for() == sorted(wanted) and told[-1:] == [ChangeKind.OUTSIDE]

    with worker(store, Post(Outside.MESSAGE, Outside.CLIENT)):
        wait_until(lambda: is_asked(Outside.MESSAGE, Outside.CLIENT))
    assert store.registry.tells_clients
    with worker(store, Post()):
        wait_until(is_asked)
    assert not store.registry.tells_clients
    asked = changes.last()
    with worker(store, Post()):
        wait_until(lambda: not store.outbox.next(1))
    assert changes.last() == asked


def test_each_event_goes_out_once_in_order(store: Store) -> None:
    """Half of the tries fail: each message of each conversation goes out once, in the order in which it was stored."""
    want(store, Outside.MESSAGE)
    clients = [f"c-{n}" for n in range(10)]
    post = Post(Outside.MESSAGE)
    post.fails = 0.5
    with worker(store, post):
        for n in range(15):
            with committed(store) as tx:
                for client in clients:
                    say_in(tx, f"m{n}", client=client, at=T0 + n)
        wait_until(lambda: sum(map(len, post.sent.values())) == 150, 30)
    for client in clients:
        assert [one.entry for one in post.sent[client]] == [f"m{n}" for n in range(15)]
    assert not store.outbox.next(1)


def test_a_killed_worker_loses_nothing(store: Store) -> None:
    """Another worker sends under the same id, after the lease and in order, what one was sending when it was killed."""
    want(store, Outside.MESSAGE)
    for n in range(3):
        say(store, f"m{n}")
    killed, post = Post(Outside.MESSAGE), Post(Outside.MESSAGE)
    killed.stops.set()
    with ExitStack() as ended:
        ended.enter_context(worker(store, killed))
        (taken,) = wait_until(lambda: [one for one in store.deliveries.page(DeliveryState.WAITING) if one.tries])
    end_leases(store)
    with worker(store, post):
        wait_until(lambda: len(post.sent["c-42"]) == 3)
    assert [one.entry for one in post.sent["c-42"]] == ["m0", "m1", "m2"]
    assert (post.sent["c-42"][0].id, post.sent["c-42"][0].tries) == (taken.id, 2)


def test_hanging_receivers_leave_a_thread(store: Store) -> None:
    """A receiver that answers gets what it waits for, however many others hang."""
    hanging, post = Post(), Post()
    hanging.name, ids = "webhook", ("webhook/1", "webhook/2")
    hanging.stops.set()
    hanging.destinations = lambda: ids  # type: ignore[method-assign]
    lanes = [Route(id, f"c-{n}") for id in ids for n in range(8)]
    store.deliveries.add([NewDelivery(f"msg_{n}", to, Outside.MESSAGE, T0, seq=1) for n, to in enumerate(lanes)])
    with OutboundWorker(store, [hanging, post], look_every_s=0.02):
        wait_until(lambda: sum(one.tries for one in store.deliveries.page(DeliveryState.WAITING)) >= 7)
        store.deliveries.add([NewDelivery("msg_ok", Route("post", "c-1"), Outside.MESSAGE, T0, seq=1)])
        wait_until(lambda: post.sent["c-1"])


def test_how_a_delivery_ends(store: Store) -> None:
    """A refusal and the last try end a delivery as failed, with the reason; one that nobody needs now is dropped."""
    want(store, Outside.MESSAGE)
    post = Post(Outside.MESSAGE)
    post.fault = Rejected(reason("mail_answered", status=550, said="no such mailbox"))
    with worker(store, post):
        say(store, "m1")
        wait_until(lambda: state_of(store, DeliveryState.FAILED) == ["The mail server answers 550: no such mailbox"])
        post.read = 3
        say(store, "m2")
        wait_until(lambda: state_of(store, DeliveryState.DROPPED) == [reason("mail_read").text])
        post.fault = NotSent(reason("no_answer", said="silence"))
        say(store, "m3")
        wait_until(
            lambda: "There was no answer: silence. Given up after 20 tries." in state_of(store, DeliveryState.FAILED)
        )
        post.fault = ZeroDivisionError()
        say(store, "m4")
        wait_until(lambda: state_of(store, DeliveryState.WAITING) == ["A fault of ours: see the log."])
        post.fault = None
        wait_until(lambda: [one.entry for one in post.sent["c-42"]] == ["m4"])
