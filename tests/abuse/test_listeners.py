"""What the embedded broker's listeners set on every connection, whatever accepted it."""

import asyncio
import socket

import pytest

from broker.embedded.guard import Guard, Limits
from broker.embedded.listeners import GuardedBroker, Settings
from tests.conformance.brokers import Table
from tests.waiting import wait_until


@pytest.mark.parametrize("bind", ["127.0.0.1", "::1"])
async def test_socket_options(bind: str) -> None:
    """Small packets go out at once, and a dead peer is found, on both listeners, over IPv4 and IPv6."""
    guard = Guard(Table(), Limits())
    broker = GuardedBroker(guard, Settings(bind=bind, mqtt_ports=(0,), ws_ports=(0,)))
    await broker.start()
    addresses = broker.addresses
    writers = [(await asyncio.open_connection(bind, port))[1] for port in (addresses.mqtt_port, addresses.ws_port)]
    await asyncio.to_thread(wait_until, lambda: len(guard.half_open) == 2)
    for transport in guard.half_open:
        accepted = transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    for writer in writers:
        writer.close()
    await broker.close()


async def test_a_port_that_is_taken() -> None:
    """The first free one of several ports is taken; when none is, the error says so and nothing stays open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        broker = GuardedBroker(Guard(Table(), Limits()), Settings(mqtt_ports=(port, 0), ws_ports=(0,)))
        assert broker.addresses.mqtt_port != port
        for bound in broker._bound:
            bound.close()
        with pytest.raises(OSError, match="in use"):
            GuardedBroker(Guard(Table(), Limits()), Settings(mqtt_ports=(port,), ws_ports=(0,)))
