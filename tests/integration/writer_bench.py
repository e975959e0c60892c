"""A writer at work on a real database, and a line that writes down what is sent on it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bridge.background.submitted import SubmittedTaker
from bridge.mqtt.link import Arrived
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.other_slots import OtherSlots
from bridge.pipeline.presence import People
from bridge.pipeline.quotas import Quotas
from bridge.pipeline.rate_limits import Rates
from chat_core.contract import topics
from chat_core.contract.payloads import Entry, Refusal, decode
from chat_core.runtime.config import Rate
from chat_core.store import Store


class RecordingLink:
    """A line that writes down what is sent on it, in order, and what was on disk at that moment."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.sent: list[tuple[str, str]] = []
        self.payloads: list[tuple[str, bytes]] = []
        self.on_disk: list[int] = []
        self.ready, self.connection, self.unconfirmed = True, 1, 0

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        self.sent.append(("publish", topic))
        self.payloads.append((topic, payload))
        self.on_disk.append(self.store.log.page("c-42").last)

    def ack(self, arrived: Arrived) -> None:
        self.sent.append(("ack", str(arrived.mid)))
        self.on_disk.append(self.store.log.page("c-42").last)

    def flush(self) -> None:
        self.sent.append(("flush", ""))

    def refusals(self) -> list[Refusal]:
        return [decode(Refusal, payload) for topic, payload in self.payloads if topic == topics.refused("c-42")]

    def rows(self, client: str) -> list[dict[str, Any]]:
        inbox = topics.team_inbox("t-desk", client)
        return [json.loads(payload) for topic, payload in self.payloads if topic == inbox]

    def entries(self) -> list[Entry]:
        return [decode(Entry, payload) for topic, payload in self.payloads if topic == topics.log("c-42")]


class WriterBench:
    def __init__(
        self, store: Store, rate: Rate | None = None, quotas: Quotas | None = None, others: OtherSlots | None = None
    ) -> None:
        self.store = store
        self.line = RecordingLink(store)
        self.people = People()
        self.writer = Writer(store, self.line, Rates(rate), self.people, quotas, others)
        self._mid = 0

    def arrived(self, payload: bytes, topic: str = topics.msg("c-42"), *, again: bool = False) -> Arrived:
        self._mid += 1
        return Arrived(topic, payload, 1, False, self._mid, 1, again)

    def words(self) -> list[str]:
        return [entry["text"] for entry in self.store.log.page("c-42").entries if entry["kind"] == "text"]


@contextmanager
def bridge_at_work(store: Store) -> Iterator[None]:
    """Let a bridge without a broker take what is submitted, in a thread."""
    stop = threading.Event()

    def work() -> None:
        taker = SubmittedTaker(store, WriterBench(store).writer)
        while not stop.wait(0.01):
            taker.go(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
