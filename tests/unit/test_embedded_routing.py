"""The embedded broker's tree says what MQTT's matching rules say, and keeps nothing that is gone."""

from hypothesis import given
from hypothesis import strategies as st

from broker.embedded.routing import Tree
from broker.embedded.sessions import Session, Sessions
from chat_core.contract.policy import Identity
from chat_core.contract.topics import covers

LEVELS = st.sampled_from(["a", "b", "", "$s", "support"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
FILTERS = st.tuples(
    st.lists(st.sampled_from(["a", "b", "", "$s", "support", "+"]), max_size=4), st.sampled_from([[], ["#"], ["+"]])
).map(lambda parts: "/".join(parts[0] + parts[1]))
GIVEN = st.lists(st.tuples(FILTERS.filter(bool), st.integers(0, 3), st.integers(0, 1)), max_size=12)


def _holders() -> list[Session]:
    return [Session(f"c-{number}:x", Identity(f"c-{number}"), clean=True) for number in range(4)]


@given(given=GIVEN, topic=TOPICS)
def test_who_hears(given: list[tuple[str, int, int]], topic: str) -> None:
    """A matching subscriber hears the topic once, with its highest QoS; nobody else does."""
    sessions, holders = Sessions(), _holders()
    table: dict[tuple[str, int], int] = {}
    for topic_filter, holder, qos in given:
        sessions.subscribe(holders[holder], topic_filter, qos)
        table[(topic_filter, holder)] = qos
    expected: dict[Session, int] = {}
    for (topic_filter, holder), qos in table.items():
        if covers(topic_filter, topic):
            expected[holders[holder]] = max(qos, expected.get(holders[holder], -1))
    assert sessions.hearers(topic) == expected


@given(given=GIVEN, topic=TOPICS)
def test_removed(given: list[tuple[str, int, int]], topic: str) -> None:
    """A removed filter is not heard, others are; without filters no node is left."""
    sessions, holders = Sessions(), _holders()
    for topic_filter, holder, qos in given:
        sessions.subscribe(holders[holder], topic_filter, qos)
    for topic_filter, holder, _ in given:
        if holder:
            sessions.unsubscribe(holders[holder], topic_filter)
    expected = {holders[0]} if any(covers(one, topic) for one, holder, _ in given if holder == 0) else set()
    assert set(sessions.hearers(topic)) == expected
    for topic_filter, holder, _ in given:
        sessions.unsubscribe(holders[holder], topic_filter)
    assert not sessions.hearing._root


@given(
    left=st.lists(st.tuples(TOPICS, st.sampled_from([b"", b"1", b"2"])), max_size=12), topic_filter=FILTERS.filter(bool)
)
def test_retained(left: list[tuple[str, bytes]], topic_filter: str) -> None:
    """A filter finds the last that was left on each topic it matches, and nothing that was cleared."""
    tree: Tree[bytes] = Tree()
    table: dict[str, bytes] = {}
    for topic, payload in left:
        if payload:
            tree.put(topic, payload)
        else:
            tree.remove(topic)
        table[topic] = payload
    assert len(tree) == sum(map(bool, table.values()))
    expected = [payload for topic, payload in table.items() if payload and covers(topic_filter, topic)]
    assert sorted(tree.under(topic_filter)) == sorted(expected)
    for topic in table:
        tree.remove(topic)
    assert not tree._root
    assert len(tree) == 0


class CountedNode(dict[str, object]):
    looks = 0

    def __contains__(self, level: object) -> bool:
        CountedNode.looks += 1
        return super().__contains__(level)


def test_a_publish_looks_at_few_nodes() -> None:
    """A publish looks only at filters along its own levels, however many there are."""
    tree: Tree[int] = Tree()
    for number in range(10_000):
        tree.put(f"support/c-{number}/#", number)
    tree._root = CountedNode(tree._root)
    tree._root["support"] = CountedNode(tree._root["support"])  # type: ignore[call-overload]
    CountedNode.looks = 0
    assert tree.matching("support/c-7777/msg") == [7777]
    assert CountedNode.looks <= 6
