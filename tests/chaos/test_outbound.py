"""Webhooks through kills: each event arrives, under one id, in its conversation's order."""

import sys
from collections import defaultdict
from itertools import groupby
from random import Random

import pytest

from chat_core.contract.outside import Outside
from chat_core.store import Store
from tests.contract.stores import T0, StoreUnderTest, committed, opened, say_in
from tests.real.parts import Child
from tests.real.wattline import environment
from tests.real.webhook_receiver import Answer, Got, WebhookReceiver
from tests.waiting import wait_until
from web.outbound.worker import AT_ONCE

AT_A_TIME = 10  # conversations that one transaction writes to


class WorkerUnderFire:
    """A worker process that is killed, and a receiver that fails half the time and goes away."""

    def __init__(self, place: StoreUnderTest, receiver: WebhookReceiver, random: Random) -> None:
        self._env = environment(place.data, {"WATTLINE_DB": place.db, "WATTLINE_OUTBOUND_NETWORKS": "127.0.0.0/8"})
        self._log = place.data / "worker.out"
        self._random = random
        self.receiver = receiver
        self.kills = self.stops = 0
        receiver.answer = self._answer
        self.child = self._start()

    def _answer(self, _: Got) -> Answer:
        return (204, {}) if self._random.random() < 0.5 else (500, {})

    def _start(self) -> Child:
        return Child([sys.executable, "-m", "tests.real.outbound_worker"], log=self._log, env=self._env)

    def strike(self, more: int) -> None:
        """Kill the worker or stop the receiver, once so many more requests came."""
        seen = len(self.receiver.got)
        wait_until(lambda: len(self.receiver.got) > seen + more, 60)
        if self._random.random() < 0.5:
            self.child.kill()
            self.kills += 1
            self.child = self._start()
        else:
            self.receiver.stop()
            self.stops += 1
            self.receiver.start()


def write(store: Store, conversations: int, round_: int) -> None:
    """One message is stored in each conversation, some of them in one transaction."""
    for first in range(0, conversations, AT_A_TIME):
        with committed(store) as tx:
            for n in range(first, min(first + AT_A_TIME, conversations)):
                say_in(tx, f"m{round_}", client=f"c-{n}", at=T0 + round_)


def check_arrived(receiver: WebhookReceiver, conversations: int, each: int, most_repeats: int) -> None:
    ids: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    arrived: defaultdict[str, list[int]] = defaultdict(list)
    for got in receiver.got:
        client, seq = got.json["data"]["client"], got.json["data"]["entry"]["seq"]
        ids[client, seq].add(got.id)
        arrived[client].append(seq)
    assert all(len(of_event) == 1 for of_event in ids.values()), "an event came under two ids"
    assert len({id for of_event in ids.values() for id in of_event}) == len(ids) == conversations * each
    for client, seqs in arrived.items():
        assert [seq for seq, _ in groupby(seqs)] == sorted(set(seqs)), f"{client}: {seqs}"
    assert len(receiver.got) - len(ids) <= most_repeats


def run(place: StoreUnderTest, *, conversations: int, each: int, strikes: int) -> None:
    random = Random(16)
    with opened(place) as store, WebhookReceiver() as receiver:
        store.webhooks.add(receiver.url, [Outside.MESSAGE], T0)
        store.outbox.ask_for([Outside.MESSAGE])
        store.outbox.refresh()
        fire = WorkerUnderFire(place, receiver, random)
        try:
            for round_ in range(each):
                write(store, conversations, round_)
                if (round_ + 1) % max(1, each // strikes) == 0:
                    fire.strike(conversations // 4)
            wait_until(lambda: not store.outbox.next(1) and not store.deliveries.queues(), 1_800)
        finally:
            fire.child.kill()
        # A stopped receiver may have taken what was on its way, as a killed worker may have sent it.
        check_arrived(receiver, conversations, each, (fire.kills + fire.stops) * AT_ONCE)
    told = f"{conversations * each} events, {fire.kills} kills, {fire.stops} stops, {len(receiver.got)} requests taken"
    sys.stdout.write(f"{told}\n")


def test_a_few_hundred_events(place: StoreUnderTest) -> None:
    """Each of 200 events arrives under one id and in order, through kills of worker and receiver."""
    run(place, conversations=10, each=20, strikes=3)


@pytest.mark.chaos
@pytest.mark.timeout(2_400)
def test_ten_thousand_events(place: StoreUnderTest) -> None:
    """Each of 10,000 events arrives under one id and in order, through many kills of worker and receiver."""
    run(place, conversations=100, each=100, strikes=50)
