"""The bridge stores what web and mail submit, once, by the rules of MQTT messages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.background.submitted import SubmittedTaker
from chat_core.contract.errors import StoreDown
from chat_core.runtime import clock
from chat_core.runtime import config as settings_of
from chat_core.runtime.config import Rate
from chat_core.store import Store, Transaction
from chat_core.store.results import Submission
from chat_core.store.submitted import SubmissionKey
from tests.contract.stores import store_at
from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.integration.writer_bench import WriterBench
from tests.waiting import wait_until


class SubmittedBench:
    def __init__(self, store: Store, rate: Rate | None = None) -> None:
        self.store, self.desk = store, WriterBench(store, rate)
        self.rows = store.registry.submitted
        self.taker = SubmittedTaker(store, self.desk.writer)
        self.now_s = 0.0

    def say(self, name: str, sender: str = "c-42", **content: Any) -> SubmissionKey:
        key = SubmissionKey("mail", name)
        self.rows.say(key, "c-42", sender, {"kind": "text", "text": name, **content}, clock.now_ms())
        return key

    def do(self, name: str, agent: str = "a-ana", **content: Any) -> SubmissionKey:
        key = SubmissionKey("web", name)
        self.rows.do(key, agent, {"client": "c-42", **content}, clock.now_ms())
        return key

    def go(self) -> None:
        self.now_s += 1
        self.taker.go(self.now_s)

    def result(self, key: SubmissionKey) -> Submission:
        found = self.rows.find(key)
        assert found is not None
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_at(settings_of.load({"WATTLINE_DATA": str(tmp_path)})) as store:
        store.registry.ensure_client("c-42", name="Maria")
        store.registry.add_agent("a-ana", "Ana")
        yield store


def test_words_and_commands_get_their_results(store: Store) -> None:
    """A message's result is its seq, a command's the conversation's last; a refusal is told with code and sentence."""
    bench = SubmittedBench(store)
    keys = [bench.say("a question"), bench.say("an answer", "a-ana"), bench.do("end", do="resolve")]
    wrong = bench.do("again", do="resolve")
    unknown = SubmissionKey("web", "lost")
    bench.rows.do(unknown, "a-ana", {"do": "resolve", "client": "c-43"}, clock.now_ms())
    bench.go()
    found = store.log.page("c-42").entries
    assert [bench.result(key).seq for key in keys[:2]] == [entry["seq"] for entry in found if entry["kind"] == "text"]
    assert bench.result(keys[2]).seq == found[-1]["seq"] and found[-1]["kind"] == "resolved"
    assert (bench.result(wrong).why, bench.result(unknown).why) == ("wrong_state", "not_found")
    assert [entry.text for entry in bench.desk.line.entries() if entry.text] == ["a question", "an answer"]


@pytest.mark.parametrize("at", ["change", "settle"])
def test_a_kill_stores_nothing_twice(store: Store, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """After a kill before the COMMIT, or between it and the result, a row is stored once and gets its seq."""
    bench = SubmittedBench(store)
    keys = [bench.say("one"), bench.do("mine", do="assign", to="a-ana"), bench.do("end", do="resolve")]

    def killed(*_: object) -> None:
        raise StoreDown("killed")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(bench.desk.writer if at == "change" else bench.rows, at, killed)
        with pytest.raises(StoreDown):
            bench.go()
    after = SubmittedBench(store)  # another process
    after.go()
    kinds = [entry["kind"] for entry in store.log.page("c-42").entries]
    assert kinds == ["opened", "text", "assigned", "resolved"]
    assert [after.result(key).seq for key in keys] == [2, 4 if at == "settle" else 3, 4]


def test_a_repeat_after_its_row_is_gone(store: Store) -> None:
    """A repeat that comes when the row was removed is the same message: its id follows from source and key."""
    bench = SubmittedBench(store)
    seqs = []
    for _ in range(2):
        key = bench.say("one")
        bench.go()
        seqs.append(bench.result(key).seq)
        bench.rows.remove_done(clock.now_ms() + 1)
    assert seqs == [2, 2] and bench.desk.words() == ["one"]


def test_a_row_beyond_the_rate_waits(store: Store) -> None:
    """Rows beyond the sender's rate are put off, not refused, and stored later in their order."""
    bench = SubmittedBench(store, Rate(1, 2))
    keys = [bench.say(f"{n}") for n in range(4)]
    bench.go()
    assert bench.desk.words() == ["0", "1"] and bench.result(keys[2]).done is None
    bench.desk.writer.rates = SubmittedBench(store).desk.writer.rates

    def are_stored() -> bool:
        bench.go()
        return bench.desk.words() == ["0", "1", "2", "3"]

    wait_until(are_stored)


def test_a_defect_costs_one_row(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row whose handling fails is refused as our fault and leaves nothing; the others are stored."""
    bench = SubmittedBench(store)
    keys = [bench.say(name) for name in ("one", "two", "three")]
    handle = Transaction.append

    def append(tx: Any, client: str, sender: str, draft: Any, at_ms: int) -> Any:
        if getattr(draft, "text", None) == "two":
            raise RuntimeError("a defect")
        return handle(tx, client, sender, draft, at_ms)

    monkeypatch.setattr(Transaction, "append", append)
    bench.go()
    assert [bench.result(key).why for key in keys] == [None, "internal", None]
    assert bench.desk.words() == ["one", "three"]
    assert [entry.text for entry in bench.desk.line.entries() if entry.text] == ["one", "three"]


system = system_fixture("embedded")


def test_a_running_bridge_answers_soon(system: BridgeSystem) -> None:
    """Words that web submits are in the log and on the client's screen within two seconds."""
    client = system.person("c-42")
    key = SubmissionKey("web", "k1")
    rows = system.store.registry.submitted
    rows.say(key, "c-42", "a-ana", {"kind": "text", "text": "from web"}, clock.now_ms())
    found = rows.wait(key, 2.0)
    assert found is not None and found.seq is not None and system.words() == ["from web"]
    wait_until(lambda: any(entry.text == "from web" for entry in client.entries("c-42")))
