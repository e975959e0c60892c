"""Test what web and mail submit: keys, bounds, order, results."""

import pytest

from chat_core.contract.errors import BadPayload, TooFast
from chat_core.contract.shards import ALL, Slot
from chat_core.store import Store
from chat_core.store import submitted as stored
from chat_core.store.submitted import Outcome, SubmissionKey
from tests.contract.conftest import POSTGRES
from tests.contract.stores import AGENT, CLIENT, T0

HELLO = {"kind": "text", "text": "hello"}


def key(name: str, source: str = "mail") -> SubmissionKey:
    return SubmissionKey(source, name)


def test_a_repeat_is_the_same_row(store: Store) -> None:
    """A repeat of source and key is one row, with the result of the first; another content under the key is refused."""
    rows = store.registry.submitted
    first = rows.say(key("k1"), CLIENT, CLIENT, HELLO, T0)
    assert rows.say(key("k1"), CLIENT, CLIENT, HELLO, T0 + 5) == first
    rows.say(key("k1", "web"), CLIENT, CLIENT, HELLO, T0)
    due = rows.due(ALL, T0, 10)
    assert len({row.body for row in due}) == len(due) == 2
    rows.settle(due[:1], {due[0].num: Outcome(seq=7)}, T0 + 9)
    again = rows.say(key("k1"), CLIENT, CLIENT, HELLO, T0 + 10)
    assert (again.done, again.seq) == (T0 + 9, 7) and len(rows.due(ALL, T0, 10)) == 1
    for content, sender in (({**HELLO, "text": "other"}, CLIENT), (HELLO, AGENT)):
        with pytest.raises(BadPayload) as fault:
            rows.say(key("k1"), CLIENT, sender, content, T0)
        assert fault.value.why == "key_reused"
    with pytest.raises(BadPayload, match="text"):
        rows.say(key("k2"), CLIENT, CLIENT, {"kind": "text"}, T0)


def test_what_waits_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many rows may wait for a client, of a source and in all; the next one is refused until some are done."""
    for name, most in (("CLIENT", 2), ("SOURCE", 3), ("IN_ALL", 4)):
        monkeypatch.setattr(stored, f"WAITING_{name}" if name == "IN_ALL" else f"WAITING_OF_{name}", most)
    rows = store.registry.submitted
    for n, (client, source) in enumerate((("c-1", "mail"), ("c-1", "mail"), ("c-2", "mail"), ("c-2", "web"))):
        rows.say(key(f"k{n}", source), client, client, HELLO, T0)
    for client, source in (("c-1", "web"), ("c-3", "mail"), ("c-3", "web")):
        with pytest.raises(TooFast):
            rows.say(key("more", source), client, client, HELLO, T0)
    due = rows.due(ALL, T0, 10)
    rows.settle(due, {row.num: Outcome(seq=1) for row in due}, T0)
    rows.say(key("more"), "c-1", "c-1", HELLO, T0)


def test_a_client_s_rows_keep_their_order(store: Store) -> None:
    """A row that is put off holds back the client's later ones, and nobody else's."""
    rows = store.registry.submitted
    for n, client in enumerate(("c-1", "c-2", "c-1")):
        rows.say(key(f"k{n}"), client, client, HELLO, T0)
    due = rows.due(ALL, T0, 10)
    rows.settle(due[:1], {due[0].num: Outcome(due=T0 + 1_000)}, T0)
    rows.say(key("k3"), "c-1", "c-1", HELLO, T0)
    assert [row.client for row in rows.due(ALL, T0, 10)] == ["c-2"]
    rows.settle(due[1:2], {due[1].num: Outcome(why="not_found", text="No.")}, T0)
    rows.say(key("k4"), "c-4", "c-4", HELLO, T0)
    assert [row.client for row in rows.due(ALL, T0, 1)] == ["c-4"]
    late = rows.due(ALL, T0 + 1_000, 10)
    assert [row.client for row in late] == [*["c-1"] * 3, "c-4"] and late[:2] == [due[0], due[2]]


def test_done_rows_are_removed(store: Store) -> None:
    """Words leave with the result; done rows go after a day, and beyond a bound; an erasure takes the client's."""
    rows = store.registry.submitted
    store.registry.ensure_client("c-3")
    for n in range(4):
        rows.say(key(f"k{n}"), f"c-{n}", f"c-{n}", HELLO, T0)
    for n, row in enumerate(rows.due(ALL, T0, 3)):
        rows.settle([row], {row.num: Outcome(seq=1)}, T0 + n)
    assert store.web.fetch("SELECT body FROM submitted WHERE done IS NOT NULL") == [("",)] * 3
    rows.remove_done(T0 + 1)
    assert rows.find(key("k0")) is None and rows.find(key("k1")) is not None
    rows.remove_done(T0, most_rows=1)
    assert rows.find(key("k1")) is None and rows.find(key("k2")) is not None
    store.registry.forget_client("c-3")
    assert rows.due(ALL, T0, 10) == []


@POSTGRES
def test_each_slot_has_its_clients(store: Store) -> None:
    """Several bridges share the rows: each one's are its own clients'."""
    for n in range(20):
        store.registry.submitted.say(key(f"k{n}"), f"c-{n}", f"c-{n}", HELLO, T0)
    parts = [store.registry.submitted.due(slot, T0, 100) for slot in (Slot.even(0, 2), Slot.even(1, 2))]
    assert all(Slot.even(n, 2).has(row.client) for n, part in enumerate(parts) for row in part)
    assert sum(map(len, parts)) == 20 and all(parts)
