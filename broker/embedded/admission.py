"""
Count a connection as half-open from its acceptance, TLS and WebSocket handshakes included. Touches its transport.

asyncio hands over a transport only after the TLS handshake. So the protocol starts TLS itself, on a transport that the
guard already counts.
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
    """Hold the TLS settings. `within_s`: the handshake's deadline."""

    context: ssl.SSLContext
    within_s: float


def counted_protocol(protocol: type[Any], guard: Guard, tls: Tls | None) -> type[Any]:
    """Return a subclass of the protocol that tells the guard of its `raw` transport before TLS begins."""

    class CountedProtocol(protocol):  # type: ignore[misc]
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

    return CountedProtocol
