"""
Run amqtt's broker, listeners and adapters, with the guard in place of its sessions, parser and routing. Touches
sockets.
"""

import asyncio
import contextlib
import http
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog
import websockets.asyncio.server
from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter, WebSocketsWriter
from amqtt.broker import Broker, Server
from amqtt.contexts import BrokerConfig, ListenerConfig
from websockets import Request, Response, Subprotocol
from websockets.asyncio.server import ServerConnection

from broker.embedded.admission import Tls, counted_protocol
from broker.embedded.guard import BrokerLimits, Guard
from broker.embedded.packets import BinaryReader
from broker.embedded.sessions import Awaited
from broker.limits import MAX_PACKET_BYTES
from broker.sign_in import Addresses, CredentialChecker
from chat_core.runtime.guarded import guarded
from chat_core.runtime.trace import Trace

BACKLOG: Final = 1_024  # connections that wait in the kernel
ACCEPTED_AT_ONCE: Final = 2  # in one run of the event loop; asyncio uses its backlog for both
READ_AHEAD_BYTES: Final = 16 * 1024
ROUNDS_EVERY_S: Final = 1.0

log = structlog.get_logger()
OriginCheck = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Hold this broker's settings. Ports are candidates: the first free one is used; the kernel chooses for 0."""

    bind: str = "127.0.0.1"
    mqtt_ports: tuple[int, ...] = (1883,)
    ws_ports: tuple[int, ...] = (9001,)
    limits: BrokerLimits = field(default_factory=BrokerLimits)
    allows_origin: OriginCheck = lambda origin, host: False  # (Origin, Host) of a browser; others send no Origin
    tls_cert: Path | None = None
    tls_key: Path | None = None
    awaited: Awaited | None = None
    trace: Trace | None = None


class GuardedBroker(Broker):
    """Run amqtt's broker with the guard's connections."""

    def __init__(self, guard: Guard, settings: ListenerSettings) -> None:
        """Bind both sockets. Raises: OSError when a port is taken or the address is not ours."""
        super().__init__(BrokerConfig(plugins={}))
        self._guard, self._settings = guard, settings
        self._bound = [_first_free(settings.bind, ports) for ports in (settings.mqtt_ports, settings.ws_ports)]

    async def _start_listeners(self) -> None:
        cert, key, tls = self._settings.tls_cert, self._settings.tls_key, None
        if cert is not None and key is not None:
            tls = self._create_ssl_context(ListenerConfig(ssl=True, certfile=cert, keyfile=key))
        secured = Tls(tls, self._settings.limits.connect_within_s) if tls is not None else None
        streams = counted_protocol(asyncio.StreamReaderProtocol, self._guard, secured)
        mqtt, ws = self._bound

        def stream() -> asyncio.BaseProtocol:
            made: asyncio.BaseProtocol = streams(asyncio.StreamReader(limit=READ_AHEAD_BYTES), self._tcp_connected)
            return made

        listening = await asyncio.get_running_loop().create_server(stream, sock=mqtt, backlog=ACCEPTED_AT_ONCE)
        self._servers["tcp"] = Server("tcp", listening)
        websocket = await websockets.asyncio.server.serve(
            self._ws_connected,
            sock=ws,
            create_connection=counted_protocol(ServerConnection, self._guard, secured),
            process_request=self._check_origin,
            subprotocols=[Subprotocol("mqtt")],
            compression=None,
            max_size=2 * MAX_PACKET_BYTES,
            max_queue=2,
            open_timeout=None,  # the guard has the deadline
            close_timeout=1,
            ping_interval=None,  # MQTT has its own keep-alive
            server_header=None,
            logger=logging.getLogger("amqtt.websockets"),
            backlog=ACCEPTED_AT_ONCE,
        )
        self._servers["ws"] = Server("ws", websocket)
        for bound in self._bound:
            bound.listen(BACKLOG)

    def _check_origin(self, connection: ServerConnection, request: Request) -> Response | None:
        """
        Refuse a browser of another origin; a peer without Origin is no browser.

        A trusted proxy tells the peer's address.
        """
        raw: asyncio.BaseTransport = connection.raw  # type: ignore[attr-defined]  # of the counted protocol
        if not self._guard.peers.say_for(raw, request.headers.get_all("X-Forwarded-For")[-1:]):
            return connection.respond(http.HTTPStatus.TOO_MANY_REQUESTS, "Too many connections from your address.\n")
        origins = request.headers.get_all("Origin")
        if not origins:
            return None
        host = request.headers.get("Host", "")
        if len(origins) == 1 and self._settings.allows_origin(origins[0].lower(), host.lower()):
            return None
        log.info("origin refused", origin=origins[0][:200])
        return connection.respond(http.HTTPStatus.FORBIDDEN, "This page may not connect here.\n")

    async def _tcp_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol: Any = writer.transport.get_protocol()
        await self._guard.serve(StreamReaderAdapter(reader), StreamWriterAdapter(writer), protocol.raw)

    async def _ws_connected(self, websocket: Any) -> None:
        await self._guard.serve(BinaryReader(websocket), WebSocketsWriter(websocket), websocket.raw)

    async def _session_monitor(self) -> None:
        """Check deadlines once a second, in place of amqtt's task."""
        while True:
            await asyncio.sleep(ROUNDS_EVERY_S)
            with guarded("sweep"):  # the next round comes
                self._guard.sweep()

    async def _broadcast_loop(self) -> None:
        """Recheck credentials once a second, in place of amqtt's routing task."""
        while not self._broadcast_shutdown_waiter.done():
            await asyncio.wait([self._broadcast_shutdown_waiter], timeout=ROUNDS_EVERY_S)
            with guarded("recheck"):  # the next round comes
                await self._guard.recheck()

    @property
    def addresses(self) -> Addresses:
        mqtt, ws = (bound.getsockname()[1] for bound in self._bound)
        return Addresses(self._settings.bind, mqtt, ws)

    async def close(self) -> None:
        for server in self._servers.values():
            server.instance.close()
        await self._guard.close()
        await self.shutdown()


def _first_free(address: str, ports: tuple[int, ...]) -> socket.socket:
    """Return a socket on the first free port. Raises: OSError of the last."""
    *others, last = ports
    for port in others:
        with contextlib.suppress(OSError):
            return _bound(address, port)
    return _bound(address, last)


def _bound(address: str, port: int) -> socket.socket:
    bound = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # inherited, for those whose MQTT keep-alive is 0
    # Inherited too. asyncio sets it only on sockets that name their protocol, and create_server names none: a tick took
    # 44 ms, a delayed acknowledgement each time.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


async def serve(
    settings: ListenerSettings, credentials: CredentialChecker, stop: asyncio.Event, ready: Callable[[Addresses], None]
) -> None:
    """
    Serve until `stop` is set; call `ready` once both listeners are open.

    Raises: OSError when a port is taken or the address is not ours.
    """
    broker = GuardedBroker(Guard(credentials, settings.limits, settings.awaited, settings.trace), settings)
    await broker.start()
    addresses = broker.addresses
    log.info("broker ready", host=addresses.host, mqtt_port=addresses.mqtt_port, ws_port=addresses.ws_port)
    ready(addresses)
    try:
        await stop.wait()
    finally:
        await broker.close()
    log.info("broker stopped")
