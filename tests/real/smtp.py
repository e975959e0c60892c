"""Run an SMTP server in this process: aiosmtpd, on a port of the kernel's choice."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.real.parts import reserve_port


@dataclass
class SmtpServer:
    """
    Keep what was sent. `answers`: what it says at MAIL, RCPT or DATA instead of taking mail, in order.

    `thought`: once set, it answers to a mail's end; None: at once.
    """

    reserved: socket.socket = field(default_factory=reserve_port)  # while it is stopped, too
    taken: list[tuple[Envelope, EmailMessage]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=lambda: {"MAIL": [], "RCPT": [], "DATA": []})
    users: dict[str, str] = field(default_factory=dict)
    thought: threading.Event | None = None
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    listening: asyncio.Server | None = None
    connections: WeakSet[SMTP] = field(default_factory=WeakSet)
    tls: ssl.SSLContext | None = None
    is_tls: bool = False

    @property
    def port(self) -> int:
        return int(self.reserved.getsockname()[1])

    async def listen(self) -> None:
        """Open the port, the same as before."""
        tls = self.tls if self.is_tls else None
        self.listening = await self.loop.create_server(self._connection, "127.0.0.1", self.port, ssl=tls)

    async def leave(self) -> None:
        """Close the port and every connection."""
        assert self.listening is not None
        self.listening.close()
        for connection in self.connections:
            if connection.transport is not None:
                connection.transport.close()

    def start(self) -> None:
        """Listen again after `stop`."""
        asyncio.run_coroutine_threadsafe(self.listen(), self.loop).result(10)

    def stop(self) -> None:
        """Refuse connections from now on; what is being sent breaks off."""
        asyncio.run_coroutine_threadsafe(self.leave(), self.loop).result(10)

    def _connection(self) -> SMTP:
        made = SMTP(
            self,
            hostname="mail.example",
            loop=self.loop,
            tls_context=None if self.is_tls else self.tls,
            authenticator=self.authenticate,
            auth_require_tls=False,
        )
        self.connections.add(made)
        return made

    @property
    def messages(self) -> list[EmailMessage]:
        """Return the mails in the order in which they came."""
        return [message for _, message in self.taken]

    async def handle_MAIL(self, _server: SMTP, _session: Session, envelope: Envelope, by: str, _options: Any) -> str:
        if self.answers["MAIL"]:
            return self.answers["MAIL"].pop(0)
        envelope.mail_from = by
        return "250 OK"

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, to: str, _options: Any) -> str:
        if self.answers["RCPT"]:
            return self.answers["RCPT"].pop(0)
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.answers["DATA"]:
            return self.answers["DATA"].pop(0)
        if self.thought is not None:
            await asyncio.to_thread(self.thought.wait, 30)
        message = message_from_bytes(envelope.original_content or b"", _class=EmailMessage, policy=policy.default)
        self.taken.append((envelope, message))
        return "250 OK"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: Any) -> AuthResult:
        return AuthResult(success=self.users.get(said.login.decode()) == said.password.decode(), handled=False)


@contextmanager
def smtp_server(*, tls: ssl.SSLContext | None = None, is_tls: bool = False) -> Iterator[SmtpServer]:
    """Give a running server. Args: tls: for STARTTLS; with `is_tls` from the first byte on."""
    found = SmtpServer(tls=tls, is_tls=is_tls)
    found.loop.run_until_complete(found.listen())
    thread = threading.Thread(target=found.loop.run_forever, name="smtp server")
    thread.start()
    try:
        yield found
    finally:
        found.stop()
        found.loop.call_soon_threadsafe(found.loop.stop)
        thread.join()
        found.loop.close()
        found.reserved.close()
