"""The one table of rules, held to answers written by hand from design.md §5."""

from typing import Any

import pytest

from chat_core import policy, topics
from chat_core.errors import BadTopic
from chat_core.policy import Action, Identity
from tests.unit import vectors

VECTORS = vectors.load("policy")
AGENTS_AND_BOTS = ("agent", "bot")


def identity_of(name: str) -> Identity:
    """Return the identity that the vectors call by this name."""
    given: dict[str, Any] = VECTORS["identities"][name]
    return Identity(given["id"], given.get("client"), tuple(given.get("topics", ())))


@pytest.mark.parametrize("name", VECTORS["identities"])
def test_publishing(name: str) -> None:
    """Each identity publishes on exactly the listed topics, and on no other one of the list."""
    who = identity_of(name)
    allowed = [topic for topic in VECTORS["topics"] if policy.allows(who, Action.PUBLISH, topic)]
    assert sorted(allowed) == sorted(VECTORS["publish"][name])


@pytest.mark.parametrize("name", VECTORS["identities"])
def test_retaining(name: str) -> None:
    """Nothing of a chat is retained but display lines and notices, and the bridge alone retains them."""
    who = identity_of(name)
    allowed = [topic for topic in VECTORS["topics"] if policy.may_retain(who, topic)]
    assert sorted(allowed) == sorted(VECTORS["retain"][name])


@pytest.mark.parametrize("name", VECTORS["receive"])
def test_receiving(name: str) -> None:
    """Whatever was subscribed, delivery asks again: an identity receives exactly the listed topics."""
    who = identity_of(name)
    allowed = [topic for topic in VECTORS["topics"] if policy.allows(who, Action.RECEIVE, topic)]
    assert sorted(allowed) == sorted(VECTORS["receive"][name])


@pytest.mark.parametrize("name", VECTORS["subscribe"])
def test_subscribing(name: str) -> None:
    """A filter is granted only where every topic it matches is theirs."""
    who = identity_of(name)
    allowed = [
        topic_filter for topic_filter in VECTORS["filters"] if policy.allows(who, Action.SUBSCRIBE, topic_filter)
    ]
    assert sorted(allowed) == sorted(VECTORS["subscribe"][name])


@pytest.mark.parametrize("name", VECTORS["subscribe"])
def test_what_is_subscribed_is_received(name: str) -> None:
    """No granted filter lets through a topic that delivery would refuse."""
    who = identity_of(name)
    for topic_filter in VECTORS["subscribe"][name]:
        for topic in VECTORS["topics"]:
            if topics.matches(topic_filter, topic):
                assert policy.allows(who, Action.RECEIVE, topic), (topic_filter, topic)


def test_clearing_stray_retained_messages() -> None:
    """The bridge may clear what a broker kept of a chat; nobody else may."""
    assert policy.may_clear_retained(identity_of("bridge"), topics.msg("c-42"))
    assert not policy.may_clear_retained(identity_of("agent"), topics.msg("c-42", "a-ana"))
    assert not policy.may_clear_retained(identity_of("client"), topics.msg("c-42"))


def test_an_identity_cannot_smuggle_a_wildcard_in() -> None:
    """A device's own topic is a topic, never a filter."""
    with pytest.raises(BadTopic):
        Identity("d-hall", "c-42", ("#",))
