"""The one table of rules, held to answers written by hand from docs/contract.md#rights."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chat_core.contract import policy, topics
from chat_core.contract.errors import BadTopic
from chat_core.contract.ids import Role
from chat_core.contract.policy import AccessRule, Action, Identity
from tests.unit import vectors

VECTORS = vectors.load("policy")
BESIDE: list[dict[str, list[str]]] = VECTORS["beside"]["heard"]
AGENTS_AND_BOTS = ("agent", "bot")


def identity_of(name: str) -> Identity:
    given: dict[str, Any] = VECTORS["identities"][name]
    return Identity(
        given["id"], given.get("client"), tuple(given.get("topics", ())), given.get("teams") and tuple(given["teams"])
    )


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
            if topics.covers(topic_filter, topic):
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


def test_a_service_without_a_rule_does_not_connect() -> None:
    """Of the services only the bridge and the check have an MQTT password; everybody else may have one."""
    connects = {name for name in VECTORS["identities"] if policy.may_connect(identity_of(name).id)}
    assert connects == set(VECTORS["identities"]) - {"another service"}


# A rule that is looser than it should be


def wrong_answers(name: str) -> Iterator[str]:
    who = identity_of(name)
    heard = set(VECTORS["receive"][name])
    heard |= {topic for group in BESIDE if name in group["by"] for topic in group["topics"]}
    for topic in (*VECTORS["topics"], *(topic for group in BESIDE for topic in group["topics"])):
        if policy.allows(who, Action.PUBLISH, topic) != (topic in VECTORS["publish"][name]):
            yield f"{name} publishes on {topic}"
        if policy.allows(who, Action.RECEIVE, topic) != (topic in heard):
            yield f"{name} receives {topic}"
        if policy.may_retain(who, topic) != (topic in VECTORS["retain"][name]):
            yield f"{name} retains {topic}"


def loosened(rule: AccessRule) -> Iterator[AccessRule]:
    """The rule with one thing in it left open: any level, what follows from any level on, what lies below, the flag."""
    levels = rule.topic_filter.split("/")
    for at, level in enumerate(levels):
        if level != "#":
            yield replace(rule, topic_filter="/".join([*levels[:at], "#"]))
        if level not in ("+", "#"):
            yield replace(rule, topic_filter="/".join([*levels[:at], "+", *levels[at + 1 :]]))
    if levels[-1] != "#":
        yield replace(rule, topic_filter=f"{rule.topic_filter}/#")
    if rule.action is Action.PUBLISH and not rule.retained:
        yield replace(rule, retained=True)
    if rule.only is not None:
        yield replace(rule, only=None)


@pytest.mark.parametrize("name", VECTORS["identities"])
def test_beside(name: str) -> None:
    """Each identity publishes, hears and retains exactly what the vectors list, also beside and below it."""
    assert list(wrong_answers(name)) == []


@pytest.mark.parametrize("rule", policy.RULES, ids=lambda rule: f"{rule.role}-{rule.action}-{rule.topic_filter}")
def test_any_loosened_rule_is_seen(rule: AccessRule, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loosening any one rule changes an answer of the vectors."""
    of_role = [name for name in VECTORS["identities"] if identity_of(name).role is rule.role]
    for looser in loosened(rule):
        rules = [looser if one is rule else one for one in policy.RULES]
        by_kind = {
            (role, action): tuple(one for one in rules if one.role is role and one.action is action)
            for role in Role
            for action in Action
        }
        monkeypatch.setattr(policy, "_RULES_OF", by_kind)
        assert any(next(wrong_answers(name), None) for name in of_role), f"{looser} is not seen"
