"""
amqtt in this process: its listeners and life cycle, with the guard where its sessions, parser and routing were.
Touches sockets.

Closes these faults of amqtt 0.12.1: any Origin may open a WebSocket, and its messages have no size limit; an IPv6
address in brackets cannot be bound; stopping waits for readers that do not read. Kept: `Broker` (start, shutdown,
TLS), `ListenerConfig`.
"""

import asyncio
import contextlib
import errno
import http
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
import websockets.asyncio.server
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.errors import BrokerError
from websockets import Request, Response, Subprotocol
from websockets.asyncio.server import ServerConnection

from broker.adapter import Addresses, Credentials
from broker.embedded.connection import CHUNK_BYTES, Connection, TcpWire, WsWire
from broker.embedded.guard import Guard, Limits
from broker.embedded.packets import MAX_PACKET_BYTES

BACKLOG: Final = 1_024  # connections that the kernel holds for us: a whole desk comes back at once
ACCEPTED_AT_ONCE: Final = 16  # before those who are in get their turn; asyncio takes its backlog for both
SWEEP_EVERY_S: Final = 1.0
TCP, WS = "default", "ws"  # amqtt wants one listener to be called so

log = structlog.get_logger()
OriginCheck = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Settings:
    """What this broker needs to know. Ports: candidates, the first free one is taken; 0 is the kernel's choice."""

    bind: str = "127.0.0.1"
    mqtt_ports: tuple[int, ...] = (1883,)
    ws_ports: tuple[int, ...] = (9001,)
    limits: Limits = field(default_factory=Limits)
    allows_origin: OriginCheck = lambda origin, host: False  # (Origin, Host) of a browser; others send no Origin
    tls_cert: Path | None = None
    tls_key: Path | None = None


class GuardedBroker(Broker):
    """amqtt's broker whose connections are the guard's."""

    def __init__(self, guard: Guard, settings: Settings) -> None:
        self._guard = guard
        self._settings = settings
        secure = {
            "ssl": settings.tls_cert is not None,
            "certfile": settings.tls_cert,
            "keyfile": settings.tls_key,
        }
        listeners = {
            TCP: ListenerConfig(type=ListenerType.TCP, bind=":0", **secure),  # type: ignore[arg-type]
            WS: ListenerConfig(type=ListenerType.WS, bind=":0", **secure),  # type: ignore[arg-type]
        }
        super().__init__(BrokerConfig(listeners=listeners, plugins={}))

    async def _create_server_instance(
        self,
        listener_name: str,
        listener_type: ListenerType,
        address: str | None,
        port: int,
        ssl_context: ssl.SSLContext | None,
    ) -> asyncio.Server | websockets.asyncio.server.Server:
        """Listens where the settings say; of amqtt's own arguments only the name and the TLS context count."""
        candidates = self._settings.mqtt_ports if listener_name == TCP else self._settings.ws_ports
        for place, candidate in enumerate(candidates, start=1):
            try:
                server = await self._listen(listener_name, candidate, ssl_context)
                for listener in server.sockets:
                    with socket.socket(fileno=os.dup(listener.fileno())) as same:
                        same.listen(BACKLOG)
                return server
            except OSError as problem:
                if problem.errno != errno.EADDRINUSE or place == len(candidates):
                    raise
        raise BrokerError(f"no port for {listener_name}")

    async def _listen(
        self, listener_name: str, port: int, tls: ssl.SSLContext | None
    ) -> asyncio.Server | websockets.asyncio.server.Server:
        if listener_name == TCP:
            return await asyncio.start_server(
                self._tcp_connected, self._settings.bind, port, ssl=tls, limit=CHUNK_BYTES, backlog=ACCEPTED_AT_ONCE
            )
        return await websockets.asyncio.server.serve(
            self._ws_connected,
            self._settings.bind,
            port,
            ssl=tls,
            backlog=ACCEPTED_AT_ONCE,
            process_request=self._check_origin,
            subprotocols=[Subprotocol("mqtt")],
            compression=None,
            max_size=2 * MAX_PACKET_BYTES,
            max_queue=2,
            open_timeout=self._settings.limits.connect_within_s,
            close_timeout=1,
            ping_interval=None,  # MQTT has its own keep-alive
            server_header=None,
        )

    def _check_origin(self, connection: ServerConnection, request: Request) -> Response | None:
        """A browser from elsewhere is refused before it can say a word; who sends no Origin is no browser."""
        origins = request.headers.get_all("Origin")
        if not origins:
            return None
        host = request.headers.get("Host", "")
        if len(origins) == 1 and self._settings.allows_origin(origins[0].lower(), host.lower()):
            return None
        log.info("origin refused", origin=origins[0][:200])
        return connection.respond(http.HTTPStatus.FORBIDDEN, "This page may not connect here.\n")

    async def _tcp_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer: socket.socket = writer.get_extra_info("socket")
        with contextlib.suppress(OSError):  # gone already
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # for those whose MQTT keep-alive is 0
        await Connection(TcpWire(reader, writer), self._guard).run()

    async def _ws_connected(self, websocket: ServerConnection) -> None:
        await Connection(WsWire(websocket), self._guard).run()

    async def _broadcast_loop(self) -> None:
        """Nothing: the guard routes."""

    async def _session_monitor(self) -> None:
        """amqtt's own once-a-second task, doing the guard's rounds."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                self._guard.sweep()
                await self._guard.recheck()
            except Exception:  # the outermost loop of the rounds: one that fails is logged, the next one comes
                log.exception("rounds failed")

    @property
    def addresses(self) -> Addresses:
        """Where it listens."""
        mqtt, ws = (next(iter(self._servers[name].instance.sockets)).getsockname()[1] for name in (TCP, WS))
        return Addresses(self._settings.bind, mqtt, ws)

    async def close(self) -> None:
        """Nobody new comes in, everybody is let go, the listeners are closed."""
        for server in self._servers.values():
            server.instance.close()
        await self._guard.close()
        await self.shutdown()


async def serve(
    settings: Settings, credentials: Credentials, stop: asyncio.Event, ready: Callable[[Addresses], None]
) -> None:
    """
    Serves until `stop` is set; calls `ready` once both listeners are open.

    Raises: OSError when a port is taken or the address is not ours.
    """
    broker = GuardedBroker(Guard(credentials, settings.limits), settings)
    try:
        await broker.start()
    except BrokerError as failed:
        for server in broker._servers.values():
            await server.close_instance()
        if isinstance(failed.__cause__, OSError):
            raise failed.__cause__ from None
        raise
    addresses = broker.addresses
    log.info("broker ready", host=addresses.host, mqtt_port=addresses.mqtt_port, ws_port=addresses.ws_port)
    ready(addresses)
    try:
        await stop.wait()
    finally:
        await broker.close()
    log.info("broker stopped")
