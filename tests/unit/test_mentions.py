"""Agents whom a note mentions."""

import pytest

from chat_core.domain.mentions import MAX_MENTIONS, mentions_in

NAMES = {"a-ana": "Ana Pop", "a-ana2": "Ana Ionescu", "a-radu": "Radu", "a-stefan": "Ștefan cel Mare"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@radu look", ["a-radu"]),
        ("ask @Radu.", ["a-radu"]),
        ("(@a-ana) and @STEFAN, please", ["a-ana", "a-stefan"]),
        ("@Ana Pop knows", ["a-ana"]),
        ("@ștefan cel mare and @Radu", ["a-stefan", "a-radu"]),
        ("@ana is two of them", []),
        ("@radus, mail x@radu.ro or @radu.ro", []),
        ("radu, @, @@", []),
    ],
)
def test_who_is_mentioned(text: str, found: list[str]) -> None:
    """An agent is mentioned by id, name or unique first name, whatever the case; an address mentions nobody."""
    assert mentions_in(text, NAMES) == found


def test_mentions_are_bounded() -> None:
    """A note mentions a few agents at most."""
    names = {f"a-{n}": f"Agent{n}" for n in range(30)}
    assert len(mentions_in(" ".join(f"@{id}" for id in names), names)) == MAX_MENTIONS
