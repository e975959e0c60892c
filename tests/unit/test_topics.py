"""Topics and filters: build, parse, match."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_core.contract import topics
from chat_core.contract.errors import BadTopic
from chat_core.contract.topics import Address, TopicKind
from tests.unit import vectors

VECTORS = vectors.load("topics")

NAMES = st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,28}", fullmatch=True)
CLIENTS = st.builds(lambda prefix, name: f"{prefix}-{name}", st.sampled_from("cg"), NAMES)
AGENTS = st.builds(lambda prefix, name: f"{prefix}-{name}", st.sampled_from("ab"), NAMES)
SPOKEN = st.builds(
    Address, st.sampled_from([TopicKind.MSG, TopicKind.TYPING, TopicKind.READ]), CLIENTS, st.none() | AGENTS
)
TOLD = st.builds(
    Address,
    st.sampled_from(
        [
            TopicKind.PRESENCE,
            TopicKind.LOG,
            TopicKind.REFUSED,
            TopicKind.READING,
            TopicKind.DISPLAY,
            TopicKind.DISPLAY_UNREAD,
            TopicKind.DISPLAY_TEXT,
            TopicKind.DISPLAY_ACK,
        ]
    ),
    CLIENTS,
)
DESK = st.builds(
    lambda kind, agent: Address(kind, agent=agent),
    st.sampled_from([TopicKind.DESK_DO, TopicKind.DESK_REFUSED, TopicKind.DESK_PRESENCE]),
    AGENTS,
)
FIXED = st.sampled_from([Address(TopicKind.DESK_ECHO), Address(TopicKind.NOTICE_DESK)])
OTHERS = st.builds(lambda area: Address(TopicKind.OUTAGE, area=area.lstrip("_-") or "x"), NAMES) | st.builds(
    lambda client, meter: Address(TopicKind.METER_READING, client, meter=meter.lstrip("_-") or "x"), CLIENTS, NAMES
)
INBOXES = st.builds(lambda client, team: Address(TopicKind.TEAM_INBOX, client, team=f"t-{team[:30]}"), CLIENTS, NAMES)
ADDRESSES = SPOKEN | TOLD | DESK | FIXED | OTHERS | INBOXES
FILTERS = st.lists(st.sampled_from(["a", "b", "+", "$x", ""]), min_size=1, max_size=4).flatmap(
    lambda levels: st.sampled_from(["/".join(levels), "/".join([*levels, "#"])]).filter(bool)
)


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["topic"])
def test_a_topic_of_the_contract_parses_to_its_address_and_back(case: dict[str, Any]) -> None:
    """Each topic of docs/contract.md#topics parses to its address and its sender, which build the same topic."""
    address = topics.parse(case["topic"])
    expected = {"client": None, "agent": None, "meter": None, "area": None, "team": None} | case["address"]
    assert {field: getattr(address, field) for field in expected} == expected
    assert address.sender == case["sender"]
    assert topics.build(address) == case["topic"]


@pytest.mark.parametrize("topic", VECTORS["invalid"])
def test_anything_else_is_no_topic(topic: str) -> None:
    """A topic that does not parse exactly is refused, not guessed at."""
    with pytest.raises(BadTopic):
        topics.parse(topic)


@given(ADDRESSES)
def test_parse_undoes_build(address: Address) -> None:
    """A built topic parses to the same address and is a valid topic name."""
    topic = topics.build(address)
    assert topics.parse(topic) == address
    assert topics.check_topic(topic) == topic


@given(st.text(max_size=60))
def test_build_undoes_parse(text: str) -> None:
    """Any string either is refused or is exactly what its address builds."""
    try:
        address = topics.parse(text)
    except BadTopic:
        return
    assert topics.build(address) == text


@pytest.mark.parametrize("case", VECTORS["matches"], ids=lambda case: f"{case['filter']} ~ {case['topic']}")
def test_filters_match_as_mqtt_says(case: dict[str, Any]) -> None:
    """Wildcards, `$` topics and the parent level behave as MQTT 3.1.1 §4.7 describes."""
    assert topics.covers(case["filter"], case["topic"]) is case["matches"]


@pytest.mark.parametrize("topic_filter", VECTORS["bad_filters"])
def test_a_filter_out_of_form_is_refused(topic_filter: str) -> None:
    """`#` only last, `+` only a whole level, no NUL and no U+FFFF."""
    with pytest.raises(BadTopic):
        topics.check_filter(topic_filter)


@given(FILTERS, FILTERS, st.lists(st.sampled_from(["a", "b", "$x", "", "c"]), min_size=1, max_size=5))
def test_a_filter_that_covers_another_receives_all_that_the_other_does(
    wide: str, narrow: str, levels: list[str]
) -> None:
    """`covers` never says yes where a topic of the narrower filter would escape the wider one."""
    topic = "/".join(levels)
    if topic and topics.covers(wide, narrow) and topics.covers(narrow, topic):
        assert topics.covers(wide, topic)


def test_a_field_that_is_no_id_cannot_enter_a_topic() -> None:
    """A wildcard or a slash in a name cannot widen a topic."""
    for bad in ("+", "#", "c-1/msg", "a-ana", "", "c-"):
        with pytest.raises(BadTopic):
            topics.msg(bad)
    with pytest.raises(BadTopic):
        topics.msg("c-42", "c-43")
    with pytest.raises(BadTopic):
        topics.build(Address(TopicKind.LOG, "c-42", "a-ana"))
