"""The bridge does what web and CLI ask of it, through any fault."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge.background.changes import CHANGES, ChangeTaker
from bridge.background.housekeeping import Housekeeping
from bridge.pipeline.handlers import do_erase
from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import StoreDown
from chat_core.store import Store
from chat_core.store.results import ChangeRequest
from tests.contract.stores import row_of, say, sqlite_at, store_at
from tests.integration.writer_bench import WriterBench

DEVICE = {"device": "d-1", "client": "c-42"}


class EchoLink:
    """A connection that brings back what is said on the bridge's own topic when a test says so."""

    def __init__(self) -> None:
        self.connection = 1
        self.said: list[bytes] = []

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        assert topic == topics.DESK_ECHO
        self.said.append(payload)


@pytest.fixture
def store(tmp_path: Any) -> Any:
    with store_at(sqlite_at(tmp_path)) as opened:
        yield opened


def taking(store: Store, line: EchoLink) -> tuple[ChangeTaker, WriterBench]:
    desk = WriterBench(store)
    return ChangeTaker(store, line, desk.writer), desk  # type: ignore[arg-type]  # as much of a link as it needs


def nothing(_: ChangeRequest) -> None:
    """Nothing else follows."""


def down(_: ChangeRequest) -> None:
    raise StoreDown("a hiccup")


def test_a_device_added_during_a_hiccup_is_heard_of(store: Store) -> None:
    """A change that failed is done at the next look: the cursor moves after the work."""
    work, _ = taking(store, EchoLink())
    n = store.registry.changes.announce(ChangeKind.DEVICES, DEVICE, 1)
    with pytest.raises(StoreDown):
        work.take(0, down)
    assert store.bridge.change_cursor() == 0
    seen: list[str] = []
    work.take(1, lambda change: seen.append(change.kind))
    assert seen == ["devices"] and store.bridge.change_cursor() == n


def test_facts_that_are_in_no_row(store: Store) -> None:
    """A client's row is told again when its attributes alone change: boards then ask for them."""
    work, desk = taking(store, EchoLink())
    store.registry.ensure_client("c-42")
    say(store, "m1")
    rev = row_of(store).rev
    store.registry.changes.announce(ChangeKind.CLIENT, {"client": "c-42"}, 1)
    work.take(0, nothing)
    assert [topic for topic, _ in desk.line.payloads] == [topics.team_inbox("t-desk", "c-42")]
    assert row_of(store).rev == rev


def test_a_change_of_a_newer_version_stops_nothing(store: Store) -> None:
    """A change of an unknown kind is counted and skipped, and the next one is done."""
    work, _ = taking(store, EchoLink())
    before = CHANGES.labels("unknown")._value.get()
    store.registry._db.execute("INSERT INTO change (kind, body, at) VALUES ('moon', '{}', 1)")
    n = store.registry.changes.announce(ChangeKind.DEVICES, DEVICE, 1)
    assert work.take(0, nothing).up_to == n
    assert CHANGES.labels("unknown")._value.get() == before + 1


def test_a_change_that_fails_stops_no_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect costs its own change; an erasure is never given up."""
    line = EchoLink()
    work, _ = taking(store, line)
    say(store, "m1")
    store.registry.changes.announce(ChangeKind.CLIENT, {"client": "c-42"}, 1)
    n = store.registry.changes.announce(ChangeKind.ERASE, {"client": "c-42"}, 1)

    def defect(*_: Any) -> Any:
        raise ValueError("a defect")

    monkeypatch.setattr("bridge.pipeline.handlers.do_describe", defect)
    work.take(0, nothing)
    assert store.bridge.change_cursor() == n - 1
    work.fence.heard(name_in(line.said[-1]))
    monkeypatch.setattr("bridge.pipeline.handlers.do_erase", defect)
    with pytest.raises(ValueError, match="a defect"):
        work.take(1, nothing)
    assert store.bridge.change_cursor() == n - 1
    monkeypatch.setattr("bridge.pipeline.handlers.do_erase", do_erase)
    work.take(2, nothing)
    assert store.bridge.change_cursor() == n and store.log.page("c-42").last == 1


def test_rows_of_an_earlier_version_are_described(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows from before an upgrade get their clients' area and language, once; the boards are told."""
    monkeypatch.setattr("bridge.background.housekeeping.DESCRIBED_AT_ONCE", 2)
    for n in range(3):
        store.registry.ensure_client(f"c-{n}", area="north", lang="ro")
        say(store, "m1", client=f"c-{n}")  # as an earlier version did, without asking who it is
    with store.chats.writing():
        store.chats.execute("INSERT INTO state (key, value) SELECT 'undescribed', max(num) FROM conversation")
    say(store, "m1", client="c-later")
    store.registry.ensure_client("c-later", area="south")
    desk = WriterBench(store)
    work = Housekeeping(desk.writer, lambda: None)
    for turn in range(12):
        work.go(float(turn))
    rows = {row.client: (row.area, row.lang) for row in store.inbox.page().summaries}
    assert rows == {**{f"c-{n}": ("north", "ro") for n in range(3)}, "c-later": (None, None)}
    assert sum(topic.startswith("team/t-desk/inbox/") for topic, _ in desk.line.payloads) == 3
    assert store.chats.fetch("SELECT value FROM state WHERE key = 'undescribed'") == []


def name_in(payload: bytes) -> str:
    return payload.decode().split('"')[3]


@pytest.mark.parametrize("lose", [lambda line: setattr(line, "connection", 2), lambda _: None], ids=["cut", "dropped"])
def test_a_fence_that_does_not_come_back_is_said_again(store: Store, lose: Callable[[EchoLink], None]) -> None:
    """An erasure waits until all that was said before it is handled, also where its fence is lost."""
    line = EchoLink()
    work, _ = taking(store, line)
    say(store, "m1")
    n = store.registry.changes.announce(ChangeKind.ERASE, {"client": "c-42"}, 1)
    work.take(0, nothing)
    work.take(1, nothing)
    assert len(line.said) == 1 and store.bridge.change_cursor() == 0
    lose(line)
    work.take(100, nothing)
    assert len(line.said) == 2 and store.bridge.change_cursor() == 0
    work.fence.heard("of-another-process")
    work.take(101, nothing)
    assert store.bridge.change_cursor() == 0
    work.fence.heard(name_in(line.said[-1]))
    work.take(102, nothing)
    assert store.bridge.change_cursor() == n and [entry["kind"] for entry in store.log.page("c-42").entries] == [
        "erased"
    ]
