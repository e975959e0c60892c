"""Speak MQTT over WebSocket in binary frames; `websockets` does the framing, without I/O."""

import asyncio
import socket
from typing import Any

from websockets.client import ClientProtocol
from websockets.frames import OP_BINARY, Frame
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from tests.chaos.connection import PeerConnection


class WebSocketPeer(PeerConnection):
    """A Line whose bytes travel in frames."""

    async def connect(self, address: tuple[str, int]) -> None:
        frames = _Frames(self, *address)
        await asyncio.get_running_loop().create_connection(lambda: frames, *address)
        await frames.opened


class _Frames(asyncio.Protocol, asyncio.Transport):
    """Below the line a transport, above the socket a protocol."""

    def __init__(self, line: PeerConnection, host: str, port: int) -> None:
        super().__init__()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line = line
        self._ws = ClientProtocol(parse_uri(f"ws://{host}:{port}/mqtt"), subprotocols=[Subprotocol("mqtt")])
        self._below: asyncio.Transport

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._below = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ws.send_request(self._ws.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._ws.receive_data(data)
        for event in self._ws.events_received():
            if isinstance(event, Response):
                self._answered()
            elif isinstance(event, Frame) and event.opcode is OP_BINARY:
                self._line.data_received(bytes(event.data))
        self._flush()

    def connection_lost(self, fault: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionResetError("closed"))
        self._line.connection_lost(fault)

    def _answered(self) -> None:
        if self._ws.handshake_exc is not None:
            self.opened.set_exception(self._ws.handshake_exc)
        else:
            self._line.connection_made(self)
            self.opened.set_result(None)

    def _flush(self) -> None:
        for data in self._ws.data_to_send():
            if data:
                self._below.write(data)

    # What the line calls

    def write(self, data: Any) -> None:
        self._ws.send_binary(data)
        self._flush()

    def close(self) -> None:
        self._ws.send_close()
        self._flush()
        self._below.close()

    def abort(self) -> None:
        self._below.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._below.get_extra_info(name, default)
