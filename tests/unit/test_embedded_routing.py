"""The embedded broker's two trees say what MQTT's matching rules say, and keep nothing that is gone."""

import gc

from hypothesis import given
from hypothesis import strategies as st

from broker.embedded.routing import Retained, Subscriptions, _Node
from chat_core.topics import matches

LEVELS = st.sampled_from(["a", "b", "", "$s", "support"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
FILTERS = st.tuples(
    st.lists(st.sampled_from(["a", "b", "", "$s", "support", "+"]), max_size=4), st.sampled_from([[], ["#"], ["+"]])
).map(lambda parts: "/".join(parts[0] + parts[1]))
GIVEN = st.lists(st.tuples(FILTERS.filter(bool), st.integers(0, 3), st.integers(0, 1)), max_size=12)


@given(given=GIVEN, topic=TOPICS)
def test_who_hears(given: list[tuple[str, int, int]], topic: str) -> None:
    """Whoever has a filter that matches hears the topic, once, with the highest QoS among them; nobody else does."""
    tree: Subscriptions[int] = Subscriptions()
    table: dict[tuple[str, int], int] = {}
    for topic_filter, holder, qos in given:
        tree.add(topic_filter, holder, qos)
        table[(topic_filter, holder)] = qos
    expected: dict[int, int] = {}
    for (topic_filter, holder), qos in table.items():
        if matches(topic_filter, topic):
            expected[holder] = max(qos, expected.get(holder, -1))
    assert tree.hearing(topic) == expected


@given(given=GIVEN, topic=TOPICS)
def test_removed(given: list[tuple[str, int, int]], topic: str) -> None:
    """What was removed is not heard, what was not stays heard, and when all is removed no node is left."""
    tree: Subscriptions[int] = Subscriptions()
    for topic_filter, holder, qos in given:
        tree.add(topic_filter, holder, qos)
    for topic_filter, holder, _ in given:
        if holder:
            tree.remove(topic_filter, holder)
    assert set(tree.hearing(topic)) <= {0}
    assert (0 in tree.hearing(topic)) == any(matches(one, topic) for one, holder, _ in given if holder == 0)
    for topic_filter, holder, _ in given:
        tree.remove(topic_filter, holder)
    assert not tree._root.below


@given(
    left=st.lists(st.tuples(TOPICS, st.sampled_from([b"", b"1", b"2"])), max_size=12), topic_filter=FILTERS.filter(bool)
)
def test_retained(left: list[tuple[str, bytes]], topic_filter: str) -> None:
    """A filter finds the last that was left on each topic it matches, and nothing that was cleared."""
    tree = Retained(100)
    table: dict[str, bytes] = {}
    for topic, payload in left:
        assert tree.put(topic, payload, 1)
        table[topic] = payload
    expected = {topic: payload for topic, payload in table.items() if payload and matches(topic_filter, topic)}
    found = list(tree.under(topic_filter))
    assert {message.topic: message.payload for message in found} == expected
    assert len(found) == len(expected)
    for topic in table:
        tree.put(topic, b"", 0)
    assert not tree._root.below


def test_a_publish_looks_at_few_nodes() -> None:
    """However many filters there are, a publish looks only at those along its own levels."""
    tree: Subscriptions[int] = Subscriptions()
    for number in range(10_000):
        tree.add(f"support/c-{number}/#", number, 1)
    visited = 0
    real = _Node.child

    def counted(node: _Node[dict[int, int]], level: str) -> object:
        nonlocal visited
        visited += 1
        return real(node, level)

    _Node.child = counted  # type: ignore[method-assign, assignment]
    try:
        assert tree.hearing("support/c-7777/msg") == {7777: 1}
    finally:
        _Node.child = real  # type: ignore[method-assign]
    assert visited < 20
    gc.collect()
