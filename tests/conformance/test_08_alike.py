"""Chapter 8, what all three brokers do alike and Wattline's clients rely on (MQTT 3.1.1)."""

import time

import pytest

from chat_core.contract.ids import BRIDGE
from tests.conformance import frames
from tests.conformance.brokers import SignIn, TestedBroker, fresh
from tests.conformance.conftest import Begun
from tests.conformance.frames import PUBACK, numbers_in
from tests.waiting import wait_until

AWAY_S = 10.0
MAX_PACKET = 65_536 + 1_024


def _ended(broker: TestedBroker, who: SignIn) -> None:
    with broker.raw() as client:
        client.sign_in(who.connect())


@pytest.mark.parametrize("qos", [0, 1])
def test_delivered(broker: TestedBroker, qos: int) -> None:
    """A message reaches everybody who hears its topic, live, by TCP and by WebSocket, at its QoS."""
    who = broker.client()
    with broker.joined(who, who.msg) as one, broker.raw_ws() as two, broker.joined(BRIDGE, "support/+/msg") as three:
        two.sign_in(who.again().connect())
        assert two.hear(who.msg) == b"\x01"
        with broker.joined(who.again()) as sender:
            sender.send(frames.publish(who.msg, b"hello", qos=qos))
            for client in (one, two, three):
                (frame,) = client.messages(1)
                assert (frame.topic, frame.payload, frame.qos, frame.retain) == (who.msg, b"hello", qos, False)


def test_not_acknowledged_comes_again(broker: TestedBroker) -> None:
    """An unacknowledged message comes again at the next connection, in order; the rest does not."""
    who = broker.client()
    with broker.joined(BRIDGE) as service:
        with broker.joined(who, who.log, clean=False) as client:
            service.say_numbers(who.log, range(6))
            first = client.messages(6, ack=False)
            assert numbers_in(first) == list(range(6))
            for number in (0, 1, 2):
                client.send(frames.puback(first[number].packet_id))
            assert client.until_pong() == []
        service.say_numbers(who.log, range(6, 9))
        with broker.resumed(who) as client:
            again = client.messages(6)
            assert numbers_in(again) == [3, 4, 5, 6, 7, 8]
            assert all(frame.dup for frame in again[:3])
    _ended(broker, who)


def test_500_queued(broker: TestedBroker) -> None:
    """500 messages for somebody who is away come in order, once, when they are back."""
    who = broker.client()
    broker.left(who, who.log)
    with broker.joined(BRIDGE) as service:
        service.say_numbers(who.log, range(500))
        with broker.resumed(who) as client:
            assert numbers_in(client.messages(500)) == list(range(500))
            service.say_numbers(who.log, range(500, 501))
            assert numbers_in(client.messages(1)) == [500]
    _ended(broker, who)


def test_largest_packet(broker: TestedBroker) -> None:
    """A payload of 64 KiB is delivered, a larger one to nobody."""
    who = broker.client()
    with broker.joined(BRIDGE, who.msg) as service:
        with broker.joined(who) as client:
            assert client.send(frames.publish(who.msg, b"x" * MAX_PACKET, qos=1)).closed()
        with broker.joined(who) as client:
            client.send(frames.publish(who.msg, b"y" * 65_536, qos=1)).expect(PUBACK)
        assert service.messages(1)[0].payload[:1] == b"y"


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
    with broker.joined(BRIDGE) as service:
        service.say_numbers(who.log, range(3))
    with broker.resumed(who) as client:
        assert numbers_in(client.messages(3)) == [0, 1, 2]
