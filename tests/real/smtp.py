"""Run an SMTP server in this process: aiosmtpd, on a port of the kernel's choice."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class SmtpServer:
    """
    Keep what was sent. `answers`: what it says at MAIL, RCPT or DATA instead of taking mail, in order.

    `thought`: once set, it answers to a mail's end; None: at once.
    """

    port: int = 0
    taken: list[tuple[Envelope, EmailMessage]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=lambda: {"MAIL": [], "RCPT": [], "DATA": []})
    users: dict[str, str] = field(default_factory=dict)
    thought: threading.Event | None = None

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
def smtp_server(*, port: int = 0, tls: ssl.SSLContext | None = None, is_tls: bool = False) -> Iterator[SmtpServer]:
    """Give a running server. Args: tls: for STARTTLS; with `is_tls` from the first byte on."""
    found, loop = SmtpServer(), asyncio.new_event_loop()

    def connection() -> SMTP:
        return SMTP(
            found,
            hostname="mail.example",
            loop=loop,
            tls_context=None if is_tls else tls,
            authenticator=found.authenticate,
            auth_require_tls=False,
        )

    server = loop.run_until_complete(loop.create_server(connection, "127.0.0.1", port, ssl=tls if is_tls else None))
    found.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="smtp server")
    thread.start()
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
