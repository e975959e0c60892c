"""
Who hears a topic, and what is retained where. Touches nothing.

Two trees over topic levels, so that a publish costs the same with 10 as with 10,000 filters, and a SUBSCRIBE does not
look at every retained topic. They close these faults of amqtt 0.12.1: every publish is tried against every filter
(`_matches`); iterating `_subscriptions` across an await drops sign-ins; overlapping filters deliver twice; the
retained store is unbounded. Neither tree is changed or read across an await.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

from broker.embedded.packets import Message

Holder = TypeVar("Holder")
Held = TypeVar("Held")


class _Node(Generic[Held]):
    """
    One level of a topic or filter; most have few children and hold nothing, so neither costs memory before it is
    used.
    """

    __slots__ = ("below", "held")

    def __init__(self) -> None:
        self.below: dict[str, _Node[Held]] | None = None
        self.held: Held | None = None

    def child(self, level: str) -> "_Node[Held] | None":
        return self.below.get(level) if self.below else None


def _reach(root: _Node[Held], levels: list[str]) -> _Node[Held]:
    """The node of these levels, made if need be."""
    node = root
    for level in levels:
        if node.below is None:
            node.below = {}
        node = node.below.setdefault(level, _Node())
    return node


def _path(root: _Node[Held], levels: list[str]) -> list[_Node[Held]]:
    """The nodes from the root to the last of these levels, or none at all when one is missing."""
    path = [root]
    for level in levels:
        node = path[-1].child(level)
        if node is None:
            return []
        path.append(node)
    return path


def _prune(path: list[_Node[Held]], levels: list[str]) -> None:
    """No node stays that holds nothing and has nothing below it."""
    for place in range(len(levels), 0, -1):
        if path[place].held or path[place].below:
            return
        del (path[place - 1].below or {})[levels[place - 1]]


class Subscriptions(Generic[Holder]):
    """Which holders subscribed to which filters, asked by topic."""

    def __init__(self) -> None:
        self._root: _Node[dict[Holder, int]] = _Node()

    def add(self, topic_filter: str, holder: Holder, qos: int) -> None:
        """The holder hears this filter with this QoS; a filter it already had gets the new QoS."""
        node = _reach(self._root, topic_filter.split("/"))
        if node.held is None:
            node.held = {}
        node.held[holder] = qos

    def remove(self, topic_filter: str, holder: Holder) -> None:
        """The holder no longer hears this filter; nothing of it stays behind."""
        levels = topic_filter.split("/")
        path = _path(self._root, levels)
        if path and path[-1].held:
            path[-1].held.pop(holder, None)
            _prune(path, levels)

    def hearing(self, topic: str) -> dict[Holder, int]:
        """
        Everybody who hears this topic, once, with the highest QoS of the filters that match.

        Source: MQTT 3.1.1 §4.7.1 wildcards, §4.7.2 `$`, §3.3.5 overlapping filters.
        """
        found: dict[Holder, int] = {}
        levels = topic.split("/")
        last = len(levels)
        reached = [self._root]
        for place in range(last + 1):
            onward: list[_Node[dict[Holder, int]]] = []
            wild = place > 0 or not topic.startswith("$")
            for node in reached:
                if wild:
                    self._collect(node.child("#"), found)
                if place == last:
                    self._collect(node, found)
                    continue
                for child in (node.child(levels[place]), node.child("+") if wild else None):
                    if child is not None:
                        onward.append(child)
            reached = onward
        return found

    @staticmethod
    def _collect(node: _Node[dict[Holder, int]] | None, found: dict[Holder, int]) -> None:
        if node is not None and node.held:
            for holder, qos in node.held.items():
                if found.get(holder, -1) < qos:
                    found[holder] = qos


class Retained:
    """The last retained message of each topic, asked by filter."""

    def __init__(self, limit: int) -> None:
        """Args: limit: how many topics may have one."""
        self._root: _Node[Message] = _Node()
        self._limit = limit
        self._count = 0

    def put(self, topic: str, payload: bytes, qos: int) -> bool:
        """The topic retains this from now on; an empty payload clears it. False: full, nothing was kept."""
        levels = topic.split("/")
        if not payload:
            path = _path(self._root, levels)
            if path and path[-1].held is not None:
                path[-1].held = None
                self._count -= 1
                _prune(path, levels)
            return True
        path = _path(self._root, levels)
        if not path or path[-1].held is None:
            if self._count >= self._limit:
                return False
            self._count += 1
        _reach(self._root, levels).held = Message(topic, payload, qos, retained=True)
        return True

    def under(self, topic_filter: str) -> Iterator[Message]:
        """What is retained on every topic that the filter matches."""
        levels = topic_filter.split("/")
        reached: list[tuple[_Node[Message], int]] = [(self._root, 0)]
        while reached:
            node, place = reached.pop()
            if place == len(levels):
                if node.held is not None:
                    yield node.held
            elif levels[place] in ("#", "+"):
                if levels[place] == "#" and node.held is not None:
                    yield node.held
                onward = place if levels[place] == "#" else place + 1
                for name, child in (node.below or {}).items():
                    if node is not self._root or not name.startswith("$"):
                        reached.append((child, onward))
            elif (exact := node.child(levels[place])) is not None:
                reached.append((exact, place + 1))
