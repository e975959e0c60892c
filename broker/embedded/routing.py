"""
Store values in a tree over topic levels. Touches nothing.

A publish costs the same with 10 as with 10,000 filters. A tree is not changed or read across an await.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final, Generic, TypeVar

Value = TypeVar("Value")
VALUE: Final = "/"  # the key of what a node holds: no level is called so


class Tree(Generic[Value]):
    """Store values by topic or topic filter, in dicts of dicts."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def get(self, path: str) -> Value | None:
        """Return the value stored under exactly this topic."""
        node = self._root
        for level in path.split("/"):
            node = node.get(level, {})
        return node.get(VALUE)

    def put(self, path: str, value: Value) -> None:
        node = self._root
        for level in path.split("/"):
            node = node.setdefault(level, {})
        self._count += VALUE not in node
        node[VALUE] = value

    def remove(self, path: str) -> None:
        """Remove the value, and nodes that lead to nothing."""
        if self.get(path) is None:
            return
        self._count -= 1
        levels = path.split("/")
        nodes = list(accumulate(levels, lambda node, level: node[level], initial=self._root))
        for node, level in zip(reversed(nodes), [VALUE, *reversed(levels)], strict=True):
            del node[level]
            if node:
                return

    def matching(self, topic: str) -> list[Value]:
        """
        Return the values of the filters that match this topic.

        Source: MQTT 3.1.1 §4.7.1 wildcards, §4.7.2 `$` topics are not matched by a leading wildcard.
        """
        reached, ends = [self._root], []
        for level in topic.split("/"):
            wild = reached[0] is not self._root or not topic.startswith("$")
            onward = []
            for node in reached:
                if wild and "#" in node:
                    ends.append(node["#"])
                if level in node:
                    onward.append(node[level])
                if wild and "+" in node:
                    onward.append(node["+"])
            if not onward:
                break
            reached = onward
        else:
            ends += [end for node in reached for end in (node, node.get("#", ()))]
        return [end[VALUE] for end in ends if VALUE in end]

    def under(self, topic_filter: str) -> Iterator[Value]:
        """Yield the values of the topics that this filter matches."""
        levels = topic_filter.split("/")
        reached: list[tuple[dict[str, Any], int]] = [(self._root, 0)]
        while reached:
            node, place = reached.pop()
            level = levels[place] if place < len(levels) else VALUE
            if level in (VALUE, "#") and VALUE in node:
                yield node[VALUE]
            if level in ("#", "+"):
                onward = [name for name in node if name != VALUE and (node is not self._root or name[:1] != "$")]
                reached += [(node[name], place + (level == "+")) for name in onward]
            elif level in node and level != VALUE:
                reached.append((node[level], place + 1))
