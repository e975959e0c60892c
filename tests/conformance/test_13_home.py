"""
Chapter 13, a home's broker linked by Mosquitto's `connection` with `try_private true`.

It sets the bit 0x80 of the protocol level and hears retained topics with the retain flag, live too. Source:
mosquitto.conf(5); Mosquitto's src/handle_connect.c and src/subs.c.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from broker.embedded.guard import BrokerLimits
from chat_core.contract.ids import BRIDGE
from tests.conformance import frames
from tests.conformance.brokers import SignIn, TestedBroker, fresh
from tests.conformance.conftest import StartBroker
from tests.conformance.frames import PUBACK, PUBLISH, RawClient

LINKED = 0x84
BAD_PROTOCOL = 1


def _hello(who: SignIn, *, clean: bool = True) -> bytes:
    return frames.connect(who.client_id, who.username, who.password, level=LINKED, clean=clean)


@contextmanager
def _home(broker: TestedBroker, client: str, *filters: str) -> Iterator[RawClient]:
    with broker.raw() as home:
        home.sign_in(_hello(broker.known(fresh("d"), client=client)))
        assert home.hear(*filters) == b"\x01" * len(filters)
        yield home


def test_live_with_the_flag(broker: TestedBroker) -> None:
    """A home hears what is retained with the flag, live and at its SUBSCRIBE; another device live without it."""
    name = fresh("c")
    text = f"support/{name}/display/text"
    with broker.joined(BRIDGE) as service, _home(broker, name, text) as home:
        with broker.joined(broker.known(fresh("d"), client=name), text) as device:
            service.send(frames.publish(text, b"one", qos=1, retain=True)).expect(PUBACK)
            (frame,) = home.messages(1)
            assert (frame.payload, frame.retain, frame.qos) == (b"one", True, 1)
            assert not device.messages(1)[0].retain
        with _home(broker, name, text) as later:
            assert later.messages(1)[0].retain
        service.send(frames.publish(text, b"not kept", qos=1)).expect(PUBACK)
        assert not home.messages(1)[0].retain


def test_cleared_at_home_too(broker: TestedBroker) -> None:
    """A cleared topic reaches a home as an empty message with the flag, which clears it there."""
    name = fresh("c")
    text = f"support/{name}/display/text"
    with broker.joined(BRIDGE) as service, _home(broker, name, text) as home:
        for payload in (b"one", b""):
            service.send(frames.publish(text, payload, qos=1, retain=True)).expect(PUBACK)
            (frame,) = home.messages(1)
            assert (frame.payload, frame.retain) == (payload, True)


def test_no_echo(broker: TestedBroker) -> None:
    """A home does not hear its own words again, which it would pass on to itself for ever; others hear them."""
    name = fresh("c")
    ack, lines = f"support/{name}/display/ack", f"support/{name}/display/#"
    with broker.joined(broker.known(fresh("d"), client=name), lines) as device, _home(broker, name, lines) as home:
        home.send(frames.publish(ack, b"seen", qos=1)).expect(PUBACK)
        assert device.messages(1)[0].payload == b"seen"
        assert home.until_pong() == []


def test_no_more_rights(broker: TestedBroker) -> None:
    """A home has its device's rights: it hears no other client's topics, live or retained."""
    name, other = fresh("c"), fresh("c")
    strange = f"support/{other}/display/text"
    with broker.joined(BRIDGE) as service, broker.raw() as home:
        home.sign_in(_hello(broker.known(fresh("d"), client=name)))
        service.send(frames.publish(strange, b"private", qos=1, retain=True)).expect(PUBACK)
        home.send(frames.subscribe(strange, packet_id=7))
        service.send(frames.publish(strange, b"private", qos=1, retain=True)).expect(PUBACK)
        frame = home.next()
        assert frame is None or frame.kind == frames.SUBACK
        home.send(frames.PINGREQ)
        while (frame := home.next()) is not None and frame.kind != frames.PINGRESP:
            assert frame.kind != PUBLISH


@pytest.mark.parametrize("role", ["c", "g", "a", "b", "s"])
def test_nobody_else_is_a_home(start_broker: StartBroker, role: str) -> None:
    """Only a device may say that it is a home's broker; whoever else does is refused, as another protocol is."""
    broker = start_broker(BrokerLimits(rate=None))
    with broker.raw() as client:
        assert client.code(_hello(broker.known(fresh(role)))) == BAD_PROTOCOL


def test_a_home_that_was_away(start_broker: StartBroker) -> None:
    """Queued messages come to a home with the flag, and to an ordinary device without it."""
    broker = start_broker(BrokerLimits(rate=None))
    name = fresh("c")
    text, who = f"support/{name}/display/text", broker.known(fresh("d"), client=name)
    with broker.raw() as home:
        home.sign_in(_hello(who, clean=False))
        home.hear(text)
    with broker.joined(BRIDGE) as service:
        service.send(frames.publish(text, b"one", qos=1, retain=True)).expect(PUBACK)
        with broker.raw() as home:
            assert home.sign_in(_hello(who, clean=False))
            assert home.messages(1)[0].retain
        with broker.resumed(who) as device:
            service.send(frames.publish(text, b"two", qos=1, retain=True)).expect(PUBACK)
            assert not device.messages(1)[0].retain
