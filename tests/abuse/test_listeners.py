"""The socket options and time limits of the embedded broker's listeners."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path

import pytest

from broker.embedded.guard import BrokerLimits, Guard
from broker.embedded.listeners import GuardedBroker, ListenerSettings
from chat_core.contract.policy import Identity
from tests.conformance.brokers import SignIn, TableCredentials
from tests.real.certificate import self_made
from tests.waiting import wait_until

HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01\x00"  # the beginning of a ClientHello
UPGRADE = (
    b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.mark.parametrize("bind", ["127.0.0.1", "::1"])
async def test_socket_options(bind: str) -> None:
    """Small packets are sent at once and a dead peer is detected, on both listeners, over IPv4 and IPv6."""
    guard = Guard(TableCredentials(), BrokerLimits())
    broker = GuardedBroker(guard, ListenerSettings(bind=bind, mqtt_ports=(0,), ws_ports=(0,)))
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


async def test_tls_that_is_never_finished(tmp_path: Path) -> None:
    """An unfinished TLS handshake counts as half-open: it is closed if there are too many, and at the deadline."""
    cert, key = self_made(tmp_path)
    limits = BrokerLimits(half_open=2, silent_s=0, connect_within_s=2)
    guard = Guard(TableCredentials(), limits)
    broker = GuardedBroker(
        guard, ListenerSettings(mqtt_ports=(0,), ws_ports=(0,), limits=limits, tls_cert=cert, tls_key=key)
    )
    await broker.start()
    ports = (broker.addresses.mqtt_port, broker.addresses.ws_port)
    half = []
    for count, port in enumerate((*ports, ports[0]), start=1):
        half.append(await asyncio.open_connection("127.0.0.1", port))
        half[-1][1].write(HALF_A_HELLO)
        await asyncio.to_thread(wait_until, lambda count=count: len(guard.half_open) == min(count, 2))
    async with asyncio.timeout(10):
        for reader, _ in half:  # the oldest at once, the others at the deadline
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
    assert not guard.half_open
    for _, writer in half:
        writer.close()
    await broker.close()


async def test_words_with_the_last_of_a_handshake(tmp_path: Path) -> None:
    """A CONNECT in one segment with the end of the TLS handshake is answered, and so is a WebSocket's request."""
    cert, key = self_made(tmp_path)
    table = TableCredentials()
    hello = SignIn("c-1", table.put(Identity("c-1")), "c-1:x").connect()
    guard = Guard(table, BrokerLimits())
    broker = GuardedBroker(guard, ListenerSettings(mqtt_ports=(0,), ws_ports=(0,), tls_cert=cert, tls_key=key))
    await broker.start()
    ports = (broker.addresses.mqtt_port, broker.addresses.ws_port)
    for port, words, answer in zip(ports, (hello, UPGRADE), (b"\x20\x02\0\0", b"HTTP/1.1 101"), strict=True):
        came = await asyncio.to_thread(_all_in_one_piece, port, str(cert), words)
        assert came.startswith(answer), came
    await broker.close()


def _all_in_one_piece(port: int, trusting: str, words: bytes) -> bytes:
    """Return the answer to these bytes, sent together with the end of the handshake."""
    context = ssl.create_default_context(cafile=trusting)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secured = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        while True:
            try:
                secured.do_handshake()
                break
            except ssl.SSLWantReadError:
                wire.sendall(outgoing.read())
                incoming.write(wire.recv(65_536))
        secured.write(words)
        wire.sendall(outgoing.read())
        while True:
            try:
                return secured.read(1_000)
            except ssl.SSLWantReadError:
                incoming.write(wire.recv(65_536))


async def test_a_port_that_is_taken() -> None:
    """The first free port of several is used; if none is free, the error says so and nothing stays open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        broker = GuardedBroker(
            Guard(TableCredentials(), BrokerLimits()), ListenerSettings(mqtt_ports=(port, 0), ws_ports=(0,))
        )
        assert broker.addresses.mqtt_port != port
        for bound in broker._bound:
            bound.close()
        with pytest.raises(OSError, match="in use"):
            GuardedBroker(
                Guard(TableCredentials(), BrokerLimits()), ListenerSettings(mqtt_ports=(port,), ws_ports=(0,))
            )
