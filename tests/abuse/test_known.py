"""Faults of amqtt 0.12.1 that the conformance tests do not show, tested with the guarded broker."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chat_core.contract.ids import BRIDGE
from tests.conformance import frames
from tests.conformance.brokers import EmbeddedBroker, TestedBroker, fresh
from tests.conformance.frames import DISCONNECT, PUBLISH, GivenWill


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedBroker]:
    """The embedded broker."""
    with EmbeddedBroker() as running:
        yield running


def test_goodbye_after_connack(broker: TestedBroker) -> None:
    """After a DISCONNECT right after CONNACK no will is sent, however much others have retained."""
    name = fresh("c")
    who, topic = broker.known(name), f"support/{name}/presence"
    with broker.joined(BRIDGE, topic) as service, broker.joined(fresh("c"), "notice/#"):
        for number in range(300):
            service.send(frames.publish(f"notice/outage/{number}", b"{}", retain=True))
        service.until_pong()
        for _ in range(20):
            with broker.raw() as client:
                client.send(who.connect(will=GivenWill(topic)))
                client.expect(frames.CONNACK)
                assert client.send(DISCONNECT).closed()
        assert service.next(within_s=0.5) is None


def test_payload_cut_off(broker: TestedBroker) -> None:
    """An incomplete payload is not delivered, over WebSocket either."""
    name = fresh("c")
    whole = frames.publish(f"support/{name}/msg", b"0123456789" * 4, qos=1)
    with broker.joined(BRIDGE, f"support/{name}/msg") as service, broker.raw_ws() as client:
        client.sign_in(broker.known(name).connect())
        client.send(whole[:-40])
        client.send(whole[-40:-30])
        client.pipe.close()
        assert service.next(within_s=0.5) is None


def test_once_by_overlapping_filters(broker: TestedBroker) -> None:
    """A subscriber with two matching filters receives a message once."""
    name = fresh("c")
    log = f"support/{name}/log"
    with broker.joined(BRIDGE) as service, broker.joined(name, log, f"support/{name}/#") as client:
        service.send(frames.publish(log, qos=1))
        client.messages(1)
        assert client.next(within_s=0.5) is None


def test_order_of_what_waited(broker: TestedBroker) -> None:
    """Queued messages arrive in order, each time."""
    who = broker.client()
    with broker.joined(who, who.log, clean=False) as client:
        client.send(DISCONNECT).closed()
    with broker.joined(BRIDGE) as service:
        for _ in range(5):
            for number in range(300):
                service.send(frames.publish(who.log, b"%d" % number, qos=1, packet_id=number + 1)).expect(frames.PUBACK)
            with broker.raw() as client:
                client.sign_in(who.connect(clean=False))
                assert [int(frame.payload) for frame in client.messages(300)] == list(range(300))
                client.send(DISCONNECT).closed()


def test_cost_among_filters(broker: TestedBroker) -> None:
    """A message takes about as long with 3,000 filters subscribed as with a few."""
    name = fresh("c")
    log = f"support/{name}/log"

    def fastest_s() -> float:
        times = []
        for _ in range(20):
            began_s = time.perf_counter()
            service.send(frames.publish(log))
            client.expect(PUBLISH)
            times.append(time.perf_counter() - began_s)
        return min(times)

    with broker.joined(BRIDGE) as service, broker.joined(name, log) as client, ExitStack() as others:
        with_few = fastest_s()
        for _ in range(3):
            other = fresh("a")  # a client may have only a few filters
            holder = others.enter_context(broker.joined(other))
            for start in range(0, 1_000, 250):
                assert holder.hear(*(f"support/{other}/{n}/#" for n in range(start, start + 250)), qos=0) == b"\0" * 250
        assert fastest_s() < 3 * with_few
