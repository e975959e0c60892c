"""Chapter 11, the many and the silent: a thousand who come at the same moment, and one who never says who it is."""

import selectors
import socket
import sys
import time

import psutil
import pytest

from chat_core.contract.ids import BRIDGE
from tests.conformance.brokers import BrokerProcess, TestedBroker, fresh
from tests.conformance.conftest import Begun
from tests.conformance.frames import WITHIN_S

CROWD = 1_000
ALL_WITHIN_S = 10.0
HALVES, MINUTES_S = 100, 120.0
CONNECT_WITHIN_S = 15.0  # 10 s in RabbitMQ and in the guard, which looks once a second
CONNACK = b"\x20\x02\x00\x00"


def _come(broker: TestedBroker, hellos: list[bytes]) -> list[socket.socket]:
    """All connect at once; those who are in within the time."""
    waiting, inside = selectors.DefaultSelector(), []
    for hello in hellos:
        line = socket.socket()
        line.setblocking(False)
        line.connect_ex((broker.host, broker.mqtt_port))
        waiting.register(line, selectors.EVENT_WRITE, hello)
    until_s = time.monotonic() + ALL_WITHIN_S
    while waiting.get_map() and time.monotonic() < until_s:
        for key, events in waiting.select(0.1):
            line = _socket(key)
            if events & selectors.EVENT_WRITE:
                line.sendall(key.data)
                waiting.modify(line, selectors.EVENT_READ)
            else:
                waiting.unregister(line)
                assert line.recv(4) == CONNACK
                inside.append(line)
    for key in list(waiting.get_map().values()):  # whoever is late
        _socket(key).close()
    return inside


def _socket(key: selectors.SelectorKey) -> socket.socket:
    assert isinstance(key.fileobj, socket.socket)
    return key.fileobj


def _memory_kb(broker: BrokerProcess) -> float:
    process = psutil.Process(broker.pid)
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 1_024


def test_a_thousand_at_once(broker: TestedBroker) -> None:
    """A thousand clients who sign in at the same moment are all in within 10 s, and somebody who was in is served."""
    hellos = [who.connect(keep_alive_s=600) for who in broker.all_known([fresh("c") for _ in range(CROWD)])]
    with broker.joined(BRIDGE) as service:
        before_kb = _memory_kb(broker) if isinstance(broker, BrokerProcess) else 0
        began_s = time.monotonic()
        inside = _come(broker, hellos)
        took_s = time.monotonic() - began_s
        try:
            assert len(inside) == CROWD
            assert service.until_pong() == []
            told = f"\n{broker.kind}: {CROWD} sign-ins at once in {took_s:.2f} s"
            if isinstance(broker, BrokerProcess):
                told += f", {(_memory_kb(broker) - before_kb) / CROWD:.1f} KB a connection"
            sys.stdout.write(told + "\n")
        finally:
            for line in inside:
                line.close()


def test_half_a_connect_is_held(broker: TestedBroker, begun: Begun) -> None:
    """Half a CONNECT is closed after ten seconds or so, unanswered; meanwhile all the others were served."""
    assert begun.half.closed(max(WITHIN_S, begun.at_s + CONNECT_WITHIN_S - time.monotonic()))
    with broker.joined(fresh("c")) as inside:
        assert inside.until_pong() == []


@pytest.mark.abuse
@pytest.mark.timeout(300)
def test_half_connects_for_minutes(broker: TestedBroker) -> None:
    """A hundred halves of a CONNECT, for as long as the broker lets them: everybody else signs in and is served."""
    halves = [broker.raw().send(broker.known("c-steady").connect()[:9]) for _ in range(HALVES)]
    began_s = time.monotonic()
    while not halves[-1].closed(1):
        with broker.raw() as client:
            client.sign_in(broker.known("c-steady").again().connect())
            assert client.until_pong() == []
        assert time.monotonic() - began_s < MINUTES_S
    sys.stdout.write(f"\n{broker.kind}: half a CONNECT is closed after {time.monotonic() - began_s:.0f} s\n")
    for half in halves:
        assert half.closed(WITHIN_S)
        half.pipe.close()
