"""Chapter 5, sessions (MQTT 3.1.1 §3.1.2.4, §4.1, §4.4): what waits for whom, in which order, and what is too much."""

import time

import pytest

from broker.embedded.guard import MUCH, BrokerLimits
from chat_core.contract.ids import BRIDGE
from chat_core.runtime.config import Rate
from tests.conformance import frames
from tests.conformance.brokers import TestedBroker
from tests.conformance.conftest import Begun, StartBroker
from tests.conformance.frames import PUBACK, PUBLISH, Frame, numbers_in
from tests.waiting import wait_until

SLOW_S = 6.0  # amqtt alone forgets after 5
MORE_THAN_FIT = 600  # messages of 60 KB: RabbitMQ holds 200 (mqtt.mailbox_soft_limit), the kernel up to 10 MB more


def test_clean_session_ends_at_once(broker: TestedBroker) -> None:
    """A clean session is gone with its connection: nothing present, nothing subscribed, nothing queued."""
    who = broker.client()
    with broker.joined(BRIDGE) as service:
        for _ in range(5):
            with broker.joined(who, who.log) as client:
                assert client.send(frames.DISCONNECT).closed()
            service.say_numbers(who.log, range(1))
            with broker.raw() as client:
                assert not client.sign_in(who.connect(clean=False))
                assert client.until_pong() == []
                client.send(frames.DISCONNECT)
            with broker.raw() as client:
                client.sign_in(who.connect())


def test_500_queued(broker: TestedBroker) -> None:
    """500 messages queue for an absent session and come in order, once, without DUP; QoS 0 does not queue."""
    who = broker.client()
    broker.left(who, who.log)
    with broker.joined(BRIDGE) as service:
        service.say_numbers(who.log, range(500))
        service.say_numbers(who.log, range(500, 510), qos=0)
    with broker.resumed(who) as client:
        heard = client.messages(500)
        assert numbers_in(heard) == list(range(500))
        assert not any(frame.dup for frame in heard)
        assert client.until_pong() == []


def test_not_acknowledged_comes_again(broker: TestedBroker) -> None:
    """An unacknowledged message comes again with DUP and its packet id, in order, before queued ones."""
    who = broker.client()
    with broker.joined(BRIDGE) as service:
        with broker.joined(who, who.log, clean=False) as client:
            service.say_numbers(who.log, range(6))
            first = client.messages(6, ack=False)
            for number in (0, 3):
                client.send(frames.puback(first[number].packet_id))
            client.until_pong()
        service.say_numbers(who.log, range(6, 9))
        for _ in range(2):
            with broker.resumed(who) as client:
                heard = client.messages(7, ack=False)
                assert numbers_in(heard) == [1, 2, 4, 5, 6, 7, 8]
                assert [frame.packet_id for frame in heard[:4]] == [first[number].packet_id for number in (1, 2, 4, 5)]
                assert all(frame.dup for frame in heard[:4])
        with broker.resumed(who) as client:
            client.messages(7)
            client.until_pong()
        with broker.resumed(who) as client:
            assert client.until_pong() == []


def test_not_acknowledged_is_kept(broker: TestedBroker, begun: Begun) -> None:
    """Somebody slow to acknowledge loses nothing: six seconds later the message is neither repeated nor forgotten."""
    wait_until(lambda: time.monotonic() - begun.at_s > SLOW_S, SLOW_S + 1)
    assert begun.unacknowledged.until_pong() == []
    begun.unacknowledged.pipe.close()
    with broker.resumed(begun.slow) as client:
        assert client.messages(1)[0].dup


def test_window(broker: TestedBroker) -> None:
    """So many are in flight at once and no more; each PUBACK lets the next one go; order holds."""
    who = broker.client()
    with broker.joined(BRIDGE) as service, broker.joined(who, who.log) as client:
        service.say_numbers(who.log, range(250))
        first = client.until_pong()
        assert 20 <= len(first) < 250
        for frame in first:
            client.send(frames.puback(frame.packet_id))
        assert numbers_in(first + client.messages(250 - len(first))) == list(range(250))


def test_unknown_puback(broker: TestedBroker) -> None:
    """A PUBACK for what was never sent changes nothing."""
    who = broker.client()
    with broker.joined(BRIDGE) as service, broker.joined(who, who.log) as client:
        client.send(frames.puback(1) + frames.puback(999))
        service.say_numbers(who.log, range(3))
        assert numbers_in(client.messages(3)) == [0, 1, 2]


# Takeover


def test_takeover(broker: TestedBroker) -> None:
    """The same user with the same client id takes over: the old connection is closed, the new one has the session."""
    who = broker.client()
    with broker.joined(BRIDGE) as service, broker.joined(who, who.log, clean=False) as old, broker.raw() as new:
        service.say_numbers(who.log, range(2))
        old.messages(2, ack=False)
        assert new.sign_in(who.connect(clean=False))
        assert old.closed()
        assert numbers_in(new.messages(2)) == [0, 1]
        service.say_numbers(who.log, range(2, 4))
        assert numbers_in(new.messages(2)) == [2, 3]


@pytest.mark.parametrize("websocket", [False, True])
def test_takeover_of_a_dead_line(broker: TestedBroker, websocket: bool) -> None:
    """A connection that reads nothing does not hold up who takes it over."""
    who = broker.client()
    with (
        broker.joined(BRIDGE) as service,
        broker.raw_ws() if websocket else broker.raw() as dead,
        broker.raw() as new,
    ):
        dead.sign_in(who.connect(clean=False))
        dead.hear(who.log, qos=0)
        for _ in range(100):
            service.send(frames.publish(who.log, b"x" * 65_000))
        service.until_pong()
        assert new.send(who.connect(clean=False)).expect(frames.CONNACK, within_s=1).body == b"\x01\x00"


def test_clean_takeover(broker: TestedBroker) -> None:
    """A clean sign-in throws the old session of the same user away."""
    who = broker.client()
    broker.left(who, who.log)
    with broker.joined(BRIDGE) as service:
        service.say_numbers(who.log, range(3))
        with broker.raw() as client:
            assert not client.sign_in(who.connect())
            service.say_numbers(who.log, range(3, 6))
            assert client.until_pong() == []


def test_quick_reconnects_during_traffic(broker: TestedBroker) -> None:
    """A client that reconnects during traffic while its old connection is open loses nothing."""
    who = broker.client()
    seen: set[int] = set()
    with broker.joined(BRIDGE) as service:
        client = broker.joined(who, who.log, clean=False)
        lines = [client]
        for turn in range(30):
            for number in range(turn * 10, turn * 10 + 10):
                service.send(frames.publish(who.log, b"%d" % number, qos=1, packet_id=number + 1))
            seen.add(int(client.messages(1)[0].payload))
            client = broker.raw()
            lines.append(client)
            assert client.sign_in(who.connect(clean=False))
        service.until_pong()
        while len(seen) < 300:
            seen.add(int(client.messages(1)[0].payload))
        for line in lines:
            line.pipe.close()
    assert seen == set(range(300))


def test_another_session_of_the_same_user(broker: TestedBroker) -> None:
    """Another client id of the same user is another session: both stay, both hear."""
    who = broker.client()
    with (
        broker.joined(BRIDGE) as service,
        broker.joined(who, who.log) as one,
        broker.joined(who.again(), who.log) as two,
    ):
        service.say_numbers(who.log, range(1))
        assert numbers_in(one.messages(1)) == numbers_in(two.messages(1)) == [0]


# Too much


@pytest.mark.parametrize(("count", "size"), [(1_001, 1), (130, 65_000)])
def test_more_than_a_session_holds(broker: TestedBroker, count: int, size: int) -> None:
    """A session of too many messages or bytes ends as a whole: "not present", never a queue with holes."""
    who = broker.client()
    broker.left(who, who.log)
    with broker.joined(BRIDGE) as service:
        for _ in range(count):
            service.send(frames.publish(who.log, b"x" * size, qos=1)).expect(PUBACK)
    with broker.raw() as client:
        assert not client.sign_in(who.connect(clean=False))
        assert client.until_pong() == []


def test_reader_that_does_not_acknowledge(broker: TestedBroker) -> None:
    """A connected reader that acknowledges nothing is closed at its session's bounds; its sender is not."""
    who = broker.client()
    with broker.joined(BRIDGE) as service, broker.joined(who, who.log) as client:
        service.say_numbers(who.log, range(1_001))
        assert client.closed()
        assert service.until_pong() == []


def test_reader_that_does_not_read(broker: TestedBroker) -> None:
    """QoS 0 for a reader that does not read is dropped beyond a bound; nobody else waits, and what is read is whole."""
    who = broker.client()
    with (
        broker.joined(BRIDGE) as service,
        broker.joined(who, who.log, qos=0) as slow,
        broker.joined(who.again(), who.log, qos=0) as quick,
    ):
        for number in range(MORE_THAN_FIT):
            service.send(frames.publish(who.log, b"%06d" % number + b"x" * 60_000))
            assert int(quick.messages(1)[0].payload[:6]) == number
        heard = [int(frame.payload[:6]) for frame in slow.until_pong()]
        assert heard == sorted(heard)
        assert len(heard) < MORE_THAN_FIT


def test_a_service_that_cannot_keep_up(start_broker: StartBroker) -> None:
    """While a connected service is far behind, its senders are held up instead of losing what they said."""
    broker = start_broker(BrokerLimits(rate=Rate(100_000, 100_000)))
    who = broker.client()
    with broker.joined(BRIDGE, who.msg) as service, broker.joined(who) as client:
        sent, batch = 0, 1_000
        heard: list[int] = []
        waiting: list[Frame] = []
        for _ in range(14):
            for number in range(sent, sent + batch):
                client.send(frames.publish(who.msg, b"%d" % number, qos=1, packet_id=number + 1))
            sent += batch
            if len(waiting) < MUCH:
                waiting += service.messages(MUCH - len(waiting), ack=False)
        for frame in waiting:
            service.send(frames.puback(frame.packet_id))
        heard = numbers_in(waiting) + numbers_in(service.messages(sent - len(waiting)))
        assert heard == list(range(sent))
        assert [client.expect(PUBACK).packet_id for _ in range(sent)] == [number + 1 for number in range(sent)]


def test_publish_kinds(broker: TestedBroker) -> None:
    """A queue holds messages of different topics in the order they were routed."""
    who = broker.client()
    broker.left(who, f"support/{who.username}/#")
    with broker.joined(BRIDGE) as service:
        for number in range(20):
            kind = ("log", "refused", "display")[number % 3]
            service.send(frames.publish(f"support/{who.username}/{kind}", b"%d" % number, qos=1)).expect(PUBACK)
    with broker.resumed(who) as client:
        heard = client.messages(20)
        assert numbers_in(heard) == list(range(20))
        assert all(frame.kind == PUBLISH for frame in heard)
