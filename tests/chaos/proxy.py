"""A TCP proxy in a thread of its own that resets, stalls, half-opens or refuses connections; knows no MQTT."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final, TypeVar

from tests.real.parts import Closing

T = TypeVar("T")

CHUNK: Final = 65_536
RST: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s

Address = Callable[[], tuple[str, int]]


class Proxy(Closing):
    """Listen from construction to `close`. Args: target: where each connection goes; may raise OSError."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._roads: set[_Road] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.let_in_at_s: list[float] = []  # on time.time(): when each connection was let in
        self.closed_for_new = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._take, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])

    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def reset(self) -> None:
        """Every connection ends with a TCP reset, on both sides."""

        async def reset() -> None:
            for road in list(self._roads):
                road.reset()

        self._do(reset())

    def forget(self) -> None:
        """Every connection is half-open from now on: what is sent vanishes, and nobody is told. New ones work."""

        async def forget() -> None:
            for road in self._roads:
                road.forgotten = True

        self._do(forget())

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """Meanwhile no byte moves, on old connections and new."""
        self._loop.call_soon_threadsafe(self._flowing.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._flowing.set)

    @contextlib.contextmanager
    def shut(self) -> Iterator[None]:
        """Meanwhile every connection is gone, and none comes about."""
        self.closed_for_new = True
        self.reset()
        try:
            yield
        finally:
            self.closed_for_new = False

    def close(self) -> None:
        async def close() -> None:
            self._server.close()
            for road in list(self._roads):
                road.reset()
            await asyncio.sleep(0)

        self._do(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _do(self, step: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(step, self._loop).result(timeout=10)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.closed_for_new:
                raise ConnectionRefusedError("shut")
            there = await asyncio.open_connection(*self._target())
        except OSError:
            _abort(writer)
            return
        self.let_in_at_s.append(time.time())
        road = _Road(self._flowing, (reader, writer), there)
        self._roads.add(road)
        try:
            await road.run()
        finally:
            self._roads.discard(road)


End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Road:
    def __init__(self, flowing: asyncio.Event, here: End, there: End) -> None:
        self._flowing = flowing
        self._here, self._there = here, there
        self.forgotten = False

    async def run(self) -> None:
        (reader, writer), (far_reader, far_writer) = self._here, self._there
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._flowing.wait()
                if not self.forgotten:
                    writer.write(chunk)
                    await writer.drain()
        if not self.forgotten:
            await self._flowing.wait()
            writer.close()

    def reset(self) -> None:
        for _, writer in (self._here, self._there):
            _abort(writer)


def _abort(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # it may be closed already
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    writer.transport.abort()
