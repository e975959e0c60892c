"""
Chapter 9, the policy: every identity of the shared vectors × every topic × publish, retain, will, subscribe, delivery.

The expected answers stand in tests/vectors/policy.json, written from design.md §5; a rule loosened by hand fails here.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import frames
from tests.conformance.brokers import EmbeddedBroker, SignIn, fresh
from tests.conformance.frames import DISCONNECT, PUBACK, PUBLISH, GivenWill

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "vectors" / "policy.json").read_text("utf-8"))
WHO = list(VECTORS["identities"])
TOPICS: list[str] = VECTORS["topics"]
FILTERS: list[str] = VECTORS["filters"]
REFUSED = 0x80
NOT_AUTHORIZED = 5


@pytest.fixture
def known(broker: EmbeddedBroker) -> Iterator[dict[str, SignIn]]:
    """Everybody of the vectors, as they are written there."""
    yield {
        who: broker.known(one["id"], client=one.get("client"), topics=tuple(one.get("topics", ())))
        for who, one in VECTORS["identities"].items()
    }


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("topic", TOPICS)
def test_publish(broker: EmbeddedBroker, known: dict[str, SignIn], who: str, topic: str) -> None:
    """A publish that the vectors list is acknowledged; any other closes its connection, unacknowledged."""
    with broker.joined(known[who].again()) as client:
        frame = client.send(frames.publish(topic, b"1", qos=1)).next()
        if topic in VECTORS["publish"][who]:
            assert frame is not None
            assert frame.kind == PUBACK
        else:
            assert frame is None
            assert client.closed()


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("topic", TOPICS)
def test_will(broker: EmbeddedBroker, known: dict[str, SignIn], who: str, topic: str) -> None:
    """A will is allowed exactly where a publish is."""
    with broker.raw() as client:
        code = client.code(known[who].again().connect(will=GivenWill(topic)))
        assert code == (0 if topic in VECTORS["publish"][who] else NOT_AUTHORIZED)
        client.send(DISCONNECT)


@pytest.mark.parametrize("who", WHO)
def test_retain(broker: EmbeddedBroker, known: dict[str, SignIn], who: str) -> None:
    """Of what somebody may publish, only what the vectors list may carry the retain flag and is kept."""
    own = VECTORS["identities"][who].get("topics", [])
    for topic in VECTORS["publish"][who]:
        with broker.joined(known[who].again()) as client:
            frame = client.send(frames.publish(topic, b"1", qos=1, retain=True)).next()
            kept = topic in VECTORS["retain"][who]
            assert (frame is not None) is (kept or topic in own), topic
        with broker.joined(known["bridge"].again()) as bridge:
            codes = bridge.hear(topic)
            heard = [one for one in bridge.until_pong() if one.kind == PUBLISH]
            assert bool(heard) is (kept and codes != b"\x80"), topic
            if kept:
                bridge.send(frames.publish(topic, b"", qos=0, retain=True)).until_pong()


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("topic_filter", FILTERS)
def test_subscribe(broker: EmbeddedBroker, known: dict[str, SignIn], who: str, topic_filter: str) -> None:
    """A filter that the vectors list is granted, any other is refused."""
    with broker.joined(known[who].again()) as client:
        assert client.hear(topic_filter) == bytes((1 if topic_filter in VECTORS["subscribe"][who] else REFUSED,))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("topic", TOPICS)
def test_exact_subscribe(broker: EmbeddedBroker, known: dict[str, SignIn], who: str, topic: str) -> None:
    """An exact topic is granted exactly to those whom the vectors let receive it."""
    with broker.joined(known[who].again()) as client:
        assert client.hear(topic) == bytes((1 if topic in VECTORS["receive"][who] else REFUSED,))


@pytest.mark.parametrize("who", WHO)
def test_delivery(broker: EmbeddedBroker, known: dict[str, SignIn], who: str) -> None:
    """
    With every filter of the lists asked for, somebody hears what is said on the topics that are theirs, and no other.
    """
    said = []
    with broker.joined(known[who].again()) as listener:
        for topic_filter in [*FILTERS, *TOPICS]:
            listener.hear(topic_filter)
        for writer in WHO:
            with broker.joined(known[writer].again()) as client:
                for topic in VECTORS["publish"][writer]:
                    client.send(frames.publish(topic, topic.encode(), qos=1)).expect(PUBACK)
                    said.append(topic)
        heard = [frame.topic for frame in listener.until_pong() if frame.kind == PUBLISH]
    assert heard == [topic for topic in said if topic in VECTORS["receive"][who]]


@pytest.mark.parametrize("who", WHO)
def test_queued_delivery(broker: EmbeddedBroker, known: dict[str, SignIn], who: str) -> None:
    """What waited for somebody who was away is theirs, and nothing else is among it."""
    said = []
    away = known[who].again()
    with broker.joined(away, clean=False) as listener:
        for topic_filter in [*FILTERS, *TOPICS]:
            listener.hear(topic_filter)
        listener.send(DISCONNECT).closed()
    for writer in WHO:
        with broker.joined(known[writer].again()) as client:
            for topic in VECTORS["publish"][writer]:
                client.send(frames.publish(topic, b"1", qos=1)).expect(PUBACK)
                said.append(topic)
    with broker.raw() as listener:
        assert listener.sign_in(away.connect(clean=False))
        expected = [topic for topic in said if topic in VECTORS["receive"][who]]
        assert [frame.topic for frame in listener.messages(len(expected))] == expected
        assert listener.until_pong() == []


def test_delivery_is_checked_by_itself(broker: EmbeddedBroker) -> None:
    """A filter granted once gives nothing more when the right is gone: neither live nor from the queue."""
    client, topic = fresh("c"), f"tele/{fresh('x')}/STATE"
    plug = broker.known(fresh("d"), client=client, topics=(topic,))
    service = broker.known(fresh("s"), topics=(topic,))
    with broker.joined(service, topic, clean=False), broker.joined(plug) as device:
        pass
    broker.known(service.username)
    with broker.joined(plug) as device, broker.raw() as back:
        assert back.sign_in(service.connect(clean=False)), "its session, with the old subscription"
        device.send(frames.publish(topic, b"on", qos=1)).expect(PUBACK)
        assert back.until_pong() == []


def test_names_that_are_wildcards(broker: EmbeddedBroker) -> None:
    """No user name can be a wildcard or hold a level: such a user is not known, and no rule is filled in with one."""
    for name in ("+", "#", "c-1/msg", "c-+", "$SYS"):
        with broker.raw() as client:
            assert client.code(frames.connect(f"{name}:x", name, "secret")) == 2
