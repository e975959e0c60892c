"""A slot's connection skips what other slots handle, as bridge.pipeline.other_slots would decide. On sockets."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from paho.mqtt._packet import PublishPacket

from bridge.mqtt.fast_shared_paho import LATE_BYTES, FastSharedPaho
from bridge.mqtt.link import Arrived
from bridge.pipeline.other_slots import OtherSlots
from chat_core.contract.shards import Slot
from chat_core.contract.topics import client_level
from tests.conformance import frames

SLOT = Slot.even(1, 3)
OWN, OTHER = (next(f"support/c-{n}/msg" for n in range(20) if SLOT.has(f"c-{n}") is own) for own in (True, False))
TOPICS = (
    *(f"support/c-{n}/{rest}" for n in range(20) for rest in ("msg", "msg/a-ana", "presence", "display/ack")),
    *(f"meter/c-{n}/main/reading" for n in range(20)),
    *("support/ă/msg", "support//msg", "support/c-4", "meter", "supports/c-4/msg", "shellies/c-4/emeter"),
    *("desk/do/a-ana", "desk/echo", "notice/desk", "notice/outage/iasi"),
)


class ShardSocket:
    def __init__(self) -> None:
        self.heard: list[PublishPacket] = []
        self.wire = FastSharedPaho("s-bridge:1", clean=True, hear=self.heard.append, slot=SLOT)
        self.broker, ours = socket.socketpair()
        ours.setblocking(False)
        self.broker.settimeout(5)
        self.wire._sock = ours

    def send(self, *topics: str, qos: int = 1, first: int = 1) -> None:
        self.broker.sendall(
            b"".join(frames.publish(topic, b"{}", qos=qos, packet_id=n + first) for n, topic in enumerate(topics))
        )
        before = -1
        while before < self.wire.bytes_in:
            before = self.wire.bytes_in
            self.wire.loop_read()

    def written(self) -> list[int]:
        """Return the ids of all PUBACKs that are due."""
        if not self.wire.want_write():
            return []
        self.wire.loop_write()
        data = self.broker.recv(1 << 16)
        ids = [int.from_bytes(data[at + 2 : at + 4], "big") for at in range(0, len(data), 4)]
        assert data == b"".join(map(frames.puback, ids))
        return ids

    def close(self) -> None:
        self.wire._sock_close()
        self.broker.close()


@pytest.fixture
def ends() -> Iterator[ShardSocket]:
    with closing(ShardSocket()) as open_ends:
        yield open_ends


@pytest.mark.parametrize("qos", [0, 1])
def test_the_plain_way_skips_the_same(ends: ShardSocket, qos: int) -> None:
    """A message that names another slot's client is skipped; all else is heard, so each message has one slot."""
    ends.send(*TOPICS, qos=qos)
    others = OtherSlots(SLOT)
    skipped = set(TOPICS) - {heard.topic.decode() for heard in ends.heard}
    assert ends.wire.skipped == len(skipped) > 30
    assert all(others.handle(Arrived(topic, b"{}", qos, False, 1, 1), {}) for topic in skipped)
    left = {topic for topic in TOPICS if others.handle(Arrived(topic, b"{}", qos, False, 1, 1), {})} - skipped
    assert not [topic for topic in left if client_level(topic) is not None and topic.isascii()]


def test_acknowledgements_keep_their_order(ends: ShardSocket) -> None:
    """PUBACKs leave in the order in which the messages came: none overtakes one that is not committed."""
    ends.send(OTHER, OWN, OTHER, OTHER, OWN, OTHER)
    assert ends.written() == []
    ends.wire.ack(2, 1)
    ends.send(OTHER, first=7)
    assert ends.written() == [1, 2, 3, 4]
    ends.wire.ack(5, 1)
    ends.send(OTHER, first=8)
    assert ends.written() == [5, 6, 7, 8]


def test_acknowledgements_of_others_alone(ends: ShardSocket) -> None:
    """PUBACKs wait for a write, a hundred of them or the next look at the keep-alive, whichever comes first."""
    ends.send(OTHER, OTHER)
    assert ends.written() == []
    ends.wire.loop_misc()
    assert ends.written() == [1, 2]
    many = range(3, 3 + LATE_BYTES // 4)
    ends.send(*(OTHER for _ in many), first=many[0])
    assert ends.written() == list(many)
