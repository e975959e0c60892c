"""Chapter 4, retained messages (MQTT 3.1.1 §3.3.1.3): who may leave one, who gets it, and when."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from broker.embedded.guard import BrokerLimits
from chat_core.contract.ids import BRIDGE
from tests.conformance import frames
from tests.conformance.brokers import TestedBroker, fresh
from tests.conformance.conftest import StartBroker
from tests.conformance.frames import PUBACK, PUBLISH


def _leave(broker: TestedBroker, topic: str, payload: bytes, *, qos: int = 1) -> None:
    with broker.joined(BRIDGE) as service:
        service.send(frames.publish(topic, payload, qos=1 if qos else 0, retain=True))
        assert service.until_pong() == [] or qos


@pytest.mark.parametrize(
    "topic_filter", ["support/{name}/display/text", "support/{name}/display/#", "support/{name}/+/text"]
)
def test_after_subscribe(broker: TestedBroker, topic_filter: str) -> None:
    """A subscriber gets the retained messages with the retain flag, by exact names and wildcards."""
    name = fresh("c")
    _leave(broker, f"support/{name}/display/text", b"2 unread")
    with broker.joined(name, topic_filter.replace("{name}", name)) as client:
        (frame,) = client.messages(1)
        assert (frame.payload, frame.retain, frame.qos) == (b"2 unread", True, 1)


@pytest.mark.parametrize(("left", "granted", "heard"), [(0, 1, 0), (1, 0, 0), (1, 1, 1)])
def test_qos(broker: TestedBroker, left: int, granted: int, heard: int) -> None:
    """It comes with the lower of the QoS it was left with and the granted one."""
    name = fresh("c")
    _leave(broker, f"support/{name}/display", b"{}", qos=left)
    with broker.joined(name, f"support/{name}/display", qos=granted) as client:
        assert client.messages(1)[0].qos == heard


def test_again_after_every_subscribe(broker: TestedBroker) -> None:
    """A filter subscribed again brings what is retained again (§3.8.4)."""
    name = fresh("c")
    _leave(broker, f"support/{name}/display", b"{}")
    with broker.joined(name, f"support/{name}/display") as client:
        client.messages(1)
        client.hear(f"support/{name}/display")
        assert client.messages(1)[0].retain


def test_live_without_the_flag(broker: TestedBroker) -> None:
    """A live retained message comes without the flag, at once or from the session's queue."""
    name = fresh("c")
    who, text = broker.known(name), f"support/{name}/display/text"
    with broker.joined(who, text, clean=False) as client:
        _leave(broker, text, b"live")
        assert not client.messages(1)[0].retain
    _leave(broker, text, b"queued")
    with broker.resumed(who) as client:
        (frame,) = client.messages(1)
        assert (frame.payload, frame.retain) == (b"queued", False)


def test_not_without_subscribing(broker: TestedBroker) -> None:
    """A client that does not subscribe gets no retained message, whatever others subscribe to."""
    name = fresh("c")
    _leave(broker, f"support/{name}/display", b"private")
    with broker.joined(fresh("a"), "support/#"), broker.joined(name) as owner, broker.joined(fresh("c")) as outsider:
        assert owner.until_pong() == []
        assert outsider.until_pong() == []


def test_not_to_a_resumed_session(broker: TestedBroker) -> None:
    """A resumed session gets what it missed, and not again what is retained."""
    name = fresh("c")
    who = broker.known(name)
    _leave(broker, f"support/{name}/display", b"{}")
    with broker.joined(who, f"support/{name}/display", clean=False) as client:
        client.messages(1)
        client.until_pong()
    with broker.resumed(who) as client:
        assert client.until_pong() == []


def test_only_where_it_may(broker: TestedBroker) -> None:
    """Through a refused filter nothing retained comes out."""
    name = fresh("c")
    _leave(broker, f"support/{name}/display", b"private")
    with broker.joined(fresh("c")) as outsider:
        assert outsider.hear(f"support/{name}/display", "support/#", "#") == b"\x80\x80\x80"
        assert outsider.until_pong() == []


def test_cleared(broker: TestedBroker) -> None:
    """An empty payload clears it; the next one replaces it."""
    name = fresh("c")
    for payload in (b"one", b"two", b"", b""):
        _leave(broker, f"support/{name}/display", payload)
    with broker.joined(name, f"support/{name}/display") as client:
        assert client.until_pong() == []
    for payload in (b"one", b"two"):
        _leave(broker, f"support/{name}/display", payload)
    with broker.joined(name, f"support/{name}/display") as client:
        assert client.messages(1)[0].payload == b"two"


@pytest.mark.parametrize("role", ["c", "a"])
def test_nobody_leaves_words(broker: TestedBroker, role: str) -> None:
    """A retain flag on words closes the connection, and delivers nothing (docs/contract.md#retained-messages)."""
    client, name = fresh("c"), fresh(role)
    topic = f"support/{name}/msg" if role == "c" else f"support/{client}/msg/{name}"
    with broker.joined(BRIDGE, "support/+/msg", "support/+/msg/+") as service, broker.joined(name) as sender:
        assert sender.unanswered(frames.publish(topic, b"for ever", qos=1, retain=True))
        assert service.until_pong() == []
    with broker.joined(BRIDGE, topic) as service:
        assert service.until_pong() == []


def test_a_device_that_always_retains(broker: TestedBroker) -> None:
    """On a device's own topic the flag is dropped and the message taken: devices from a shop set it by themselves."""
    topic = f"tele/{fresh('x')}/STATE"
    device = broker.known(fresh("d"), client=fresh("c"), topics=(topic,))
    with broker.joined(broker.known(BRIDGE, topics=(topic,)), topic) as service, broker.joined(device) as plug:
        plug.send(frames.publish(topic, b"on", qos=1, retain=True)).expect(PUBACK)
        (frame,) = service.messages(1)
        assert (frame.payload, frame.retain) == (b"on", False)
        service.hear(topic)
        assert service.until_pong() == [], "it was kept"


def test_a_device_elsewhere(broker: TestedBroker) -> None:
    """On any other topic a device's retain flag closes its connection like everybody's."""
    client = fresh("c")
    with broker.joined(broker.known(fresh("d"), client=client)) as device:
        assert device.unanswered(frames.publish(f"support/{client}/display/ack", b"seen", qos=1, retain=True))


def test_a_service_clears_what_strays(broker: TestedBroker) -> None:
    """A service may send an empty retained message wherever it reads; a full one it may not leave there."""
    who = broker.client()
    with broker.joined(who, who.msg) as client, broker.joined(BRIDGE) as service:
        service.send(frames.publish(who.msg, b"", qos=1, retain=True)).expect(PUBACK)
        assert client.messages(1)[0].payload == b""
        assert service.unanswered(frames.publish(who.msg, b"words", qos=1, retain=True))


def test_many_retained_and_many_sign_ins(start_broker: StartBroker) -> None:
    """With 3,000 retained topics, 40 people who sign in and subscribe at once all get in and hear what is theirs."""
    broker = start_broker(BrokerLimits(rate=None))
    with broker.joined(BRIDGE) as service:
        for number in range(3_000):
            service.send(frames.publish(f"support/c-r{number}/display", b"%d" % number, retain=True))
        service.until_pong()

        def visit(number: int) -> bytes:
            with broker.joined(f"c-r{number}", f"support/c-r{number}/#") as client:
                return client.messages(1)[0].payload

        with ThreadPoolExecutor(20) as threads:
            assert list(threads.map(visit, range(40))) == [b"%d" % number for number in range(40)]


def test_more_retained_than_a_queue_holds(start_broker: StartBroker) -> None:
    """A subscription to more retained topics than a queue holds gets every one, and the live ones behind them."""
    broker = start_broker(BrokerLimits(rate=None))
    with broker.joined(BRIDGE) as service:
        for number in range(12_000):
            service.send(frames.publish(f"notice/outage/n{number}", b"x", qos=1, packet_id=1, retain=True))
            if number % 500 == 499:
                service.until_pong()
        with broker.joined(fresh("c"), "notice/#") as client:
            service.send(frames.publish("notice/desk", b"live", qos=1))
            heard = client.messages(12_001)
            assert len({frame.topic for frame in heard[:-1]}) == 12_000
            assert (heard[-1].payload, heard[-1].retain) == (b"live", False)


def test_full(start_broker: StartBroker) -> None:
    """Beyond the limit of retained topics a new one is delivered and not retained; known ones are replaced."""
    broker = start_broker(BrokerLimits(rate=None, retained=1))
    _leave(broker, "notice/outage/one", b"1")
    _leave(broker, "notice/outage/two", b"2")
    _leave(broker, "notice/outage/one", b"3")
    with broker.joined(fresh("c"), "notice/#") as client:
        assert [frame.payload for frame in client.until_pong() if frame.kind == PUBLISH] == [b"3"]
    _leave(broker, "notice/outage/one", b"")
    _leave(broker, "notice/outage/two", b"4")
    with broker.joined(fresh("c"), "notice/#") as client:
        assert [frame.payload for frame in client.until_pong() if frame.kind == PUBLISH] == [b"4"]
