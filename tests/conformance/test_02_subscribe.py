"""Chapter 2, SUBSCRIBE and UNSUBSCRIBE (MQTT 3.1.1 §3.8–3.11): what is granted, what is heard, and how often."""

import pytest

from broker.embedded.guard import BrokerLimits
from chat_core.contract.ids import BRIDGE
from tests.conformance import frames
from tests.conformance.brokers import TestedBroker, fresh
from tests.conformance.conftest import StartBroker
from tests.conformance.frames import PUBLISH, SUBACK, UNSUBACK

REFUSED = 0x80


@pytest.mark.parametrize(("asked", "granted"), [(0, 0), (1, 1), (2, 1)])
def test_granted_qos(broker: TestedBroker, asked: int, granted: int) -> None:
    """The QoS asked for is granted, QoS 2 as 1."""
    name = fresh("c")
    with broker.joined(name) as client:
        assert client.hear(f"support/{name}/#", qos=asked) == bytes((granted,))


def test_some_refused(broker: TestedBroker) -> None:
    """A filter that is not theirs is refused, the others of the same SUBSCRIBE are granted, in order."""
    who = broker.client()
    with broker.joined(who) as client:
        asked = (who.log, "support/#", "notice/desk", "team/t-desk/inbox/c-42")
        assert client.hear(*asked) == bytes((1, REFUSED, 1, REFUSED))


@pytest.mark.parametrize(
    "topic_filter",
    [
        "#",
        "+/#",
        "+",
        "/#",
        "$SYS/#",
        "$SYS/+/x",
        "$share/g/support/#",
        "support/#/x",
        "support/c+/log",
        "support/#x",
        "",
    ],
)
def test_never_granted(broker: TestedBroker, topic_filter: str) -> None:
    """Everything at once, `$` topics, shared subscriptions and filters out of form are refused to everybody."""
    for role in ("c", "a", "s", "b", "d"):
        with broker.joined(fresh(role)) as client:
            assert client.hear(topic_filter) == bytes((REFUSED,))
            assert client.until_pong() == []


def test_refused_is_not_heard(broker: TestedBroker) -> None:
    """Through a refused filter nothing is heard."""
    name, other = fresh("c"), fresh("c")
    with broker.joined(other) as client, broker.joined(name, f"support/{name}/msg") as owner:
        assert client.hear(f"support/{name}/msg") == bytes((REFUSED,))
        owner.send(frames.publish(f"support/{name}/msg", qos=1))
        owner.messages(1)
        assert client.until_pong() == []


def test_overlapping_filters(broker: TestedBroker) -> None:
    """A message that several filters match is heard once, with the highest QoS among them."""
    who = broker.client()
    with broker.joined(who) as client:
        assert client.hear(f"support/{who.username}/#", qos=0) == b"\x00"
        assert client.hear(who.msg, qos=1) == b"\x01"
        assert client.hear(f"support/{who.username}/+", qos=0) == b"\x00"
        client.send(frames.publish(who.msg, qos=1))
        heard = [frame for frame in client.until_pong() if frame.kind == PUBLISH]
        assert [frame.qos for frame in heard] == [1]


def test_same_filter_again(broker: TestedBroker) -> None:
    """A filter subscribed again replaces the first, with its new QoS."""
    who = broker.client()
    with broker.joined(who, who.msg, qos=1) as client:
        assert client.hear(who.msg, qos=0) == b"\x00"
        client.send(frames.publish(who.msg, qos=1))
        assert [frame.qos for frame in client.until_pong() if frame.kind == PUBLISH] == [0]


def test_wildcards(broker: TestedBroker) -> None:
    """`+` is one level, `#` the parent and all below, and no other level is heard."""
    name, agent = fresh("c"), fresh("a")
    with broker.joined(agent, "support/+/msg") as one_level, broker.joined(fresh("a"), f"support/{name}/#") as below:
        with broker.joined(name) as client:
            client.send(frames.publish(f"support/{name}/typing") + frames.publish(f"support/{name}/msg", b"1"))
        one_level.send(frames.publish(f"support/{name}/msg/{agent}", b"2"))
        assert [frame.payload for frame in below.messages(3)] == [b"x", b"1", b"2"]
        assert [frame.payload for frame in one_level.until_pong()] == [b"1"]


def test_unsubscribe(broker: TestedBroker) -> None:
    """After UNSUBACK the filter is heard no longer; others are; a filter that was not there is acknowledged too."""
    who = broker.client()
    with broker.joined(who, who.msg, f"support/{who.username}/typing") as client:
        client.send(frames.unsubscribe(who.msg, "never/there", packet_id=5))
        assert client.expect(UNSUBACK).packet_id == 5
        client.send(frames.publish(who.msg) + frames.publish(f"support/{who.username}/typing"))
        assert [frame.topic for frame in client.until_pong()] == [f"support/{who.username}/typing"]


@pytest.mark.parametrize(
    "bad",
    [
        frames.packet(0x82, b"\x00\x01"),
        frames.packet(0xA2, b"\x00\x01"),
        frames.packet(0x80, b"\x00\x01" + frames.text("a") + b"\x01"),
        frames.packet(0xA0, b"\x00\x01" + frames.text("a")),
        frames.subscribe("support/x", qos=3),
        frames.subscribe("support/x", qos=0x81),
        frames.subscribe("support/x", packet_id=0),
        frames.unsubscribe("support/x", packet_id=0),
        frames.subscribe("support/\0"),
        frames.subscribe(b"support/\xff"),
        frames.subscribe(b"support/\xed\xa0\x80"),
        frames.packet(0x82, b"\x00\x01" + frames.text("a")),
        frames.packet(0x82, b"\x00\x01" + frames.text("a") + b"\x01\x00"),
        frames.packet(0x82, b"\x00\x01\x00\xffa\x01"),
        frames.subscribe(*["support/x"] * 1000),
    ],
    ids=lambda bad: bad[:12].hex(),
)
def test_malformed(broker: TestedBroker, bad: bytes) -> None:
    """An empty, flagless, truncated, over-long or unreadable SUBSCRIBE closes the connection unanswered."""
    with broker.joined(fresh("c")) as client:
        assert client.unanswered(bad)


def test_a_client_has_fewer_filters(start_broker: StartBroker) -> None:
    """A client, a guest or a device may have 64 filters, an agent a thousand; none has more than 16 levels."""
    broker = start_broker(BrokerLimits(rate=None))
    for role, most in (("g", 64), ("a", 100)):
        name = fresh(role)
        under = "support/" + ("c-1" if role == "a" else name)
        with broker.joined(name) as client:
            assert client.hear(*(f"{under}/{number}" for number in range(100))).count(1) == most
            assert client.hear(f"{under}/0", f"{under}/+{'/+' * 14}") == b"\x01\x80"


def test_too_many_filters(start_broker: StartBroker) -> None:
    """Beyond the limit of filters a session is granted no more, keeps those it has, and may renew them."""
    broker = start_broker(BrokerLimits(filters=2))
    with broker.joined(fresh("a"), "support/+/log", "team/t-desk/inbox/c-42") as client:
        assert client.hear("support/+/msg", "team/t-desk/inbox/c-42") == bytes((REFUSED, 1))
        client.send(frames.unsubscribe("team/t-desk/inbox/c-42")).expect(UNSUBACK)
        assert client.hear("support/+/msg") == b"\x01"


def test_subscribing_during_traffic(broker: TestedBroker) -> None:
    """Subscribing while others publish disturbs neither: every message of the traffic arrives once, in order."""
    who = broker.client()
    with broker.joined(BRIDGE, "support/+/msg") as service, broker.joined(who) as client:
        for number in range(50):
            client.send(frames.publish(who.msg, b"%d" % number))
            with broker.joined(fresh("a"), f"support/{who.username}/+", "team/t-desk/inbox/c-42"):
                pass
        assert [frame.payload for frame in service.messages(50)] == [b"%d" % number for number in range(50)]


def test_a_device_topic_given_later(broker: TestedBroker) -> None:
    """A service may hear a device's own topic from the moment it is given, and no longer when it is taken away."""
    name, device, topic = BRIDGE, fresh("d"), f"tele/{fresh('x')}/STATE"
    client = fresh("c")
    with broker.joined(name) as service:
        assert service.hear(topic) == bytes((REFUSED,))
        broker.known(name, topics=(topic,))
        assert service.hear(topic) == b"\x01"
        with broker.joined(broker.known(device, client=client, topics=(topic,))) as plug:
            plug.send(frames.publish(topic, b"on", qos=1)).expect(frames.PUBACK)
            assert service.messages(1)[0].payload == b"on"
            broker.known(name)
            assert service.hear(topic, "desk/echo") == bytes((REFUSED, 1))
            plug.send(frames.publish(topic, b"off", qos=1)).expect(frames.PUBACK)
            assert service.until_pong() == []


def test_suback_before_messages(broker: TestedBroker) -> None:
    """The SUBACK comes before the first message that its filter lets through."""
    who = broker.client()
    with broker.joined(who) as client:
        client.send(frames.subscribe(who.msg) + frames.publish(who.msg))
        client.expect(SUBACK)
        client.expect(PUBLISH)
