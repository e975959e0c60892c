"""
A connection from the moment it is accepted: counted as half-open while it shakes hands, in TLS and WebSocket alike.
Touches the transport it is given.

asyncio tells a protocol of its transport only after the TLS handshake, so who never finishes one would be counted
nowhere: here TLS is begun by the protocol itself, on a transport that the guard already knows.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from typing import Any, Final

from broker.embedded.guard import Guard

SHUTDOWN_S: Final = 1.0  # for a peer's goodbye in TLS


@dataclass(frozen=True, slots=True)
class Tls:
    """Hold the TLS settings. Args: within_s: the handshake's deadline."""

    context: ssl.SSLContext
    within_s: float


def on_the_doorstep(protocol: type[Any], guard: Guard, tls: Tls | None) -> type[Any]:
    """This kind of protocol, whose `raw` transport the guard knows from the first byte; made known to it after TLS."""

    class OnTheDoorstep(protocol):  # type: ignore[misc]
        raw: asyncio.Transport
        _early: list[bytes] | None = None  # what came with the last bytes of the handshake
        _made = False

        def connection_made(self, transport: asyncio.Transport) -> None:
            self.raw = transport
            guard.arrived(transport)
            if tls is None:
                self._begin(transport)
            else:
                self._early = []
                self._shaking = asyncio.create_task(self._shake_hands(tls))

        async def _shake_hands(self, tls: Tls) -> None:
            loop, secured = asyncio.get_running_loop(), None
            with contextlib.suppress(OSError):  # TimeoutError and SSLError are among them
                secured = await loop.start_tls(
                    self.raw,
                    self,
                    tls.context,
                    server_side=True,
                    ssl_handshake_timeout=tls.within_s,
                    ssl_shutdown_timeout=SHUTDOWN_S,
                )
            # A peer that closes in the middle of its handshake is no error to asyncio.
            if secured is None or secured.is_closing() or self.raw.is_closing():
                guard.lost(self.raw)
                self.raw.abort()
                return
            early, self._early = self._early or [], None
            self._begin(secured)
            for data in early:
                super().data_received(data)

        def _begin(self, transport: asyncio.Transport) -> None:
            self._made = True
            super().connection_made(transport)

        def data_received(self, data: bytes) -> None:
            if self._early is None:
                super().data_received(data)
            else:
                self._early.append(data)

        def eof_received(self) -> bool | None:
            if self._early is None:
                answer: bool | None = super().eof_received()
                return answer
            return False

        def connection_lost(self, exc: Exception | None) -> None:
            guard.lost(self.raw)
            if self._made:
                super().connection_lost(exc)

    return OnTheDoorstep
