"""Subscriptions to Web Push, on SQLite and PostgreSQL: whose they are, bounds, and what ends them."""

from dataclasses import replace

import pytest

from chat_core.store import Store, push_subscriptions
from chat_core.store.push_subscriptions import OF_A_PERSON, PushSubscription, id_of
from tests.contract.stores import T0


def subscription(endpoint: str, person: str = "c-42", sign_in: str = "", at: int = T0) -> PushSubscription:
    return PushSubscription(
        id_of(endpoint), person, sign_in, endpoint, "their key", "secret", "en", "Chrome on Linux", at
    )


def endpoints(store: Store, *persons: str) -> list[str]:
    return [one.endpoint for one in store.registry.push.of(persons)]


def test_an_endpoint_is_one_persons(store: Store) -> None:
    """A repeat keeps since when it is; another person takes the endpoint over, and the one before has it no more."""
    push = store.registry.push
    push.put(subscription("https://push/1"))
    push.note_success(id_of("https://push/1"), T0 + 5)
    push.put(replace(subscription("https://push/1", at=T0 + 9), lang="de"))
    assert push.find(id_of("https://push/1")) == replace(subscription("https://push/1"), lang="de", succeeded=T0 + 5)
    push.put(subscription("https://push/1", "c-43", at=T0 + 9))
    assert (endpoints(store, "c-42"), endpoints(store, "c-43")) == ([], ["https://push/1"])
    assert push.of(["c-43"])[0].created == T0 + 9


def test_bounds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person has 8 browsers, and everybody together so many: the oldest goes."""
    for n in range(OF_A_PERSON + 2):
        store.registry.push.put(subscription(f"https://push/{n}", at=T0 + n))
    assert endpoints(store, "c-42") == [f"https://push/{n}" for n in range(2, OF_A_PERSON + 2)]
    monkeypatch.setattr(push_subscriptions, "IN_ALL", 3)
    store.registry.push.put(subscription("https://push/new", "c-43", at=T0 + 99))
    assert endpoints(store, "c-42", "c-43") == ["https://push/8", "https://push/9", "https://push/new"]


def test_a_sign_out_ends_its_own(store: Store) -> None:
    """A sign-out ends what was subscribed in it; a new password, a disabled account and an erasure end all."""
    registry, push = store.registry, store.registry.push
    for person in ("a-ana", "a-radu"):
        registry.add_agent(person, person)
    first, second = (registry.sign_ins.begin("a-ana", T0) for _ in range(2))
    for n, (person, sign_in) in enumerate([("a-ana", first), ("a-ana", second), ("a-radu", "")]):
        push.put(subscription(f"https://push/{n}", person, sign_in))
    registry.sign_ins.end(first)
    assert endpoints(store, "a-ana", "a-radu") == ["https://push/1", "https://push/2"]
    registry.set_agent_password("a-ana", "new")
    registry.disable_agent("a-radu")
    assert endpoints(store, "a-ana", "a-radu") == []
    registry.ensure_client("c-42")
    push.put(subscription("https://push/9"))
    registry.forget_client("c-42")
    assert not push.any()


def test_who_is_notified_and_who_looks(store: Store) -> None:
    """Agents who are notified are listed once, without clients; a visible board counts for its time."""
    push = store.registry.push
    for n, person in enumerate(["a-ana", "a-ana", "a-radu", "b-rules", "c-42"]):
        push.put(subscription(f"https://push/{n}", person))
    assert sorted(push.persons("a")) == ["a-ana", "a-radu"]
    push.watch("a-ana", 1)
    push.watch("a-ana", 60_000)
    assert 50_000 < push.watched_for_ms("a-ana") <= 60_000
    push.watch("a-ana", 0)
    assert (push.watched_for_ms("a-ana"), push.watched_for_ms("a-radu")) == (0, 0)


def test_a_new_server_key_ends_all(store: Store) -> None:
    """Subscriptions belong to the server's key: the next one begins without any."""
    push = store.registry.push
    push.put(subscription("https://push/1"))
    assert (push.epoch(), push.change_key(), push.epoch(), push.any()) == (0, 1, 1, False)
    push.change_key()
    assert push.epoch() == 2
