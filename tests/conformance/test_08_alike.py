"""Chapter 8, what all three brokers do alike and Wattline's clients rely on (MQTT 3.1.1)."""

import time

import pytest

from chat_core.contract.ids import BRIDGE
from tests.conformance import frames
from tests.conformance.brokers import SignIn, TestedBroker, fresh
from tests.conformance.conftest import Begun
from tests.conformance.frames import DISCONNECT, PUBACK, Frame, RawClient
from tests.waiting import wait_until

AWAY_S = 10.0
MAX_PACKET = 65_536 + 1_024


def _numbers(heard: list[Frame]) -> list[int]:
    return [int(frame.payload) for frame in heard]


def _send(sender: RawClient, topic: str, numbers: range) -> None:
    for number in numbers:
        sender.send(frames.publish(topic, b"%d" % number, qos=1, packet_id=number + 1))
    acknowledged = {sender.expect(PUBACK, 15).packet_id for _ in numbers}
    assert acknowledged == {number + 1 for number in numbers}


def _left(broker: TestedBroker, who: SignIn, topic: str) -> None:
    """A persistent session that hears the topic, whose owner has gone."""
    with broker.joined(who, topic, clean=False) as client:
        assert client.send(DISCONNECT).closed()


def _ended(broker: TestedBroker, who: SignIn) -> None:
    with broker.raw() as client:
        client.sign_in(who.connect())


@pytest.mark.parametrize("qos", [0, 1])
def test_delivered(broker: TestedBroker, qos: int) -> None:
    """A message reaches everybody who hears its topic, live, by TCP and by WebSocket, at its QoS."""
    name = fresh("c")
    msg = f"support/{name}/msg"
    with broker.joined(name, msg) as one, broker.raw_ws() as two, broker.joined(BRIDGE, "support/+/msg") as three:
        two.sign_in(broker.known(name).connect())
        assert two.hear(msg) == b"\x01"
        with broker.joined(name) as sender:
            sender.send(frames.publish(msg, b"hello", qos=qos))
            for client in (one, two, three):
                (frame,) = client.messages(1)
                assert (frame.topic, frame.payload, frame.qos, frame.retain) == (msg, b"hello", qos, False)


def test_not_acknowledged_comes_again(broker: TestedBroker) -> None:
    """An unacknowledged message comes again at the next connection, in order; the rest does not."""
    who = broker.known(fresh("c"))
    log = f"support/{who.username}/log"
    with broker.joined(BRIDGE) as service:
        with broker.joined(who, log, clean=False) as client:
            _send(service, log, range(6))
            first = client.messages(6, ack=False)
            assert _numbers(first) == list(range(6))
            for number in (0, 1, 2):
                client.send(frames.puback(first[number].packet_id))
            assert client.until_pong() == []
        _send(service, log, range(6, 9))
        with broker.raw() as client:
            assert client.sign_in(who.connect(clean=False))
            again = client.messages(6)
            assert _numbers(again) == [3, 4, 5, 6, 7, 8]
            assert all(frame.dup for frame in again[:3])
    _ended(broker, who)


def test_500_queued(broker: TestedBroker) -> None:
    """500 messages for somebody who is away come in order, once, when they are back."""
    who = broker.known(fresh("c"))
    log = f"support/{who.username}/log"
    _left(broker, who, log)
    with broker.joined(BRIDGE) as service:
        _send(service, log, range(500))
        with broker.raw() as client:
            assert client.sign_in(who.connect(clean=False))
            assert _numbers(client.messages(500)) == list(range(500))
            _send(service, log, range(500, 501))
            assert _numbers(client.messages(1)) == [500]
    _ended(broker, who)


def test_largest_packet(broker: TestedBroker) -> None:
    """A payload of 64 KiB is delivered, a larger one to nobody."""
    name = fresh("c")
    msg = f"support/{name}/msg"
    with broker.joined(BRIDGE, msg) as service:
        with broker.joined(name) as client:
            client.send(frames.publish(msg, b"x" * MAX_PACKET, qos=1))
            assert client.closed()
        with broker.joined(name) as client:
            client.send(frames.publish(msg, b"y" * 65_536, qos=1)).expect(PUBACK)
        assert service.messages(1)[0].payload[:1] == b"y"


def test_takeover_by_the_same_user(broker: TestedBroker) -> None:
    """The same client id of the same user takes over: the old connection is closed, nothing unacknowledged is lost."""
    who = broker.known(fresh("c"))
    log = f"support/{who.username}/log"
    with broker.joined(BRIDGE) as service, broker.joined(who, log, clean=False) as old, broker.raw() as new:
        _send(service, log, range(2))
        old.messages(2, ack=False)
        assert new.sign_in(who.connect(clean=False))
        assert old.closed()
        _send(service, log, range(2, 4))
        heard: set[int] = set()
        while len(heard) < 4:
            heard |= set(_numbers(new.messages(1)))
    _ended(broker, who)


def test_disabled(broker: TestedBroker) -> None:
    """A disabled client is cut off within 5 s and does not come back; others stay."""
    who = broker.known(fresh("a"))
    with broker.joined(fresh("c")) as other, broker.joined(who) as agent:
        broker.disable(who.username)
        assert agent.closed(5)
        assert other.until_pong() == []
        with broker.raw() as again:
            assert again.send(who.connect()).expect(frames.CONNACK).body[1] == broker.bad_password


def test_added_live(broker: TestedBroker) -> None:
    """A device and its client are added live: it may say what it was given, and nobody is kicked."""
    name, topic = fresh("c"), f"tele/{fresh('x')}/SENSOR"
    with broker.joined(fresh("a")) as agent:
        plug = broker.known(fresh("d"), client=name, topics=(topic,))
        with (
            broker.joined(broker.known("s-bridge", topics=(topic,)).again(), topic) as bridge,
            broker.joined(plug) as device,
        ):
            device.send(frames.publish(topic, b"{}", qos=1)).expect(PUBACK)
            assert bridge.messages(1)[0].payload == b"{}"
        assert agent.until_pong() == []


def test_away_for_long(broker: TestedBroker, begun: Begun) -> None:
    """A persistent session outlives its connection by more than 10 s, and hears what was said meanwhile."""
    who = begun.away
    wait_until(lambda: time.monotonic() - begun.at_s > AWAY_S, AWAY_S + 1)
    log = f"support/{who.username}/log"
    with broker.joined(BRIDGE) as service:
        _send(service, log, range(3))
    with broker.raw() as client:
        present = client.sign_in(who.connect(clean=False))
        assert present
        assert _numbers(client.messages(3)) == [0, 1, 2]
