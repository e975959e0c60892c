"""Unreadable input, kept aside: the newest of it. A part of a transaction."""

from typing import Final

from chat_core.contract.errors import BadTopic
from chat_core.contract.ids import is_id
from chat_core.contract.topics import parse
from chat_core.store.unit_of_work import UnitOfWork

AT_MOST: Final = 10_000
TOPIC_CHARACTERS: Final = 1_000
PAYLOAD_BYTES: Final = 4_096  # of each: who looks at it sees what it is, and all together are 40 MB at most


def park(unit: UnitOfWork, topic: str, payload: bytes, why: str, at_ms: int) -> None:
    """Keep the message aside, its first 4 KiB; of more than 10,000 the oldest go."""
    kept_topic = topic.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")[:TOPIC_CHARACTERS]
    unit.execute(
        "INSERT INTO parked (topic, client, payload, why, at) VALUES (?, ?, ?, ?, ?)",
        (kept_topic, _client_in(topic), payload[:PAYLOAD_BYTES], why, at_ms),
    )
    unit.execute("DELETE FROM parked WHERE num <= (SELECT max(num) FROM parked) - ?", (AT_MOST,))


def _client_in(topic: str) -> str | None:
    """The client that a topic seems to belong to, whether or not it is a good one."""
    try:
        return parse(topic).client
    except BadTopic:
        levels = topic.split("/")
        return levels[1] if len(levels) > 1 and is_id(levels[1]) else None
