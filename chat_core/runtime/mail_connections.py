"""Connect to mail servers: TLS or STARTTLS with a checked certificate, and signed in. Touches the network."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from imapclient import IMAPClient

from chat_core.runtime.mail_servers import MailServer

SMTP_WITHIN_S: Final = 10.0  # for each answer
# For the answers to DATA and to its end: servers that look into mails take minutes. RFC 5321 section 4.5.3.2 asks for 2
# and 10. Who gives up earlier sends the same mail again.
DATA_WITHIN_S: Final = 300.0
SMTP_MOST_S: Final = 10 * SMTP_WITHIN_S + 2 * DATA_WITHIN_S  # a whole session: 10 answers before DATA at most
IMAP_WITHIN_S: Final = 30.0
TAKEN: Final = ("Wattline", "Taken")
REFUSED: Final = ("Wattline", "Refused")


@contextmanager
def _waiting_longer(smtp: smtplib.SMTP) -> Iterator[None]:
    assert smtp.sock is not None
    smtp.sock.settimeout(DATA_WITHIN_S)
    try:
        yield
    finally:
        if smtp.sock is not None:  # smtplib closes it after a fault
            smtp.sock.settimeout(SMTP_WITHIN_S)


class _Smtp(smtplib.SMTP):
    def data(self, msg: Any) -> tuple[int, bytes]:
        with _waiting_longer(self):
            return super().data(msg)


class _SmtpTls(smtplib.SMTP_SSL):
    def data(self, msg: Any) -> tuple[int, bytes]:
        with _waiting_longer(self):
            return super().data(msg)


def tls_context(ca: Path | None) -> ssl.SSLContext:
    """Return how certificates are checked: by the system's authorities, or by this file's."""
    return ssl.create_default_context(cafile=None if ca is None else str(ca))


def open_smtp(server: MailServer, ca: Path | None) -> smtplib.SMTP:
    """Return a connection that may send. Raises: OSError, of TLS too; SMTPException."""
    context = tls_context(ca)
    with ExitStack() as on_error:
        smtp = (
            _SmtpTls(server.host, server.port, timeout=SMTP_WITHIN_S, context=context)
            if server.tls
            else _Smtp(server.host, server.port, timeout=SMTP_WITHIN_S)
        )
        on_error.callback(smtp.close)
        smtp.ehlo()
        if not server.tls and (smtp.has_extn("starttls") or not server.is_loopback):
            smtp.starttls(context=context)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
        on_error.pop_all()
    return smtp


def open_imap(server: MailServer, ca: Path | None) -> IMAPClient:
    """Return a connection to the mailbox. Raises: OSError, of TLS too; IMAPClientError."""
    context = tls_context(ca)
    mailbox = IMAPClient(server.host, server.port, ssl=server.tls, ssl_context=context, timeout=IMAP_WITHIN_S)
    with ExitStack() as on_error:
        on_error.callback(mailbox.shutdown)
        if not server.tls and (mailbox.has_capability("STARTTLS") or not server.is_loopback):
            mailbox.starttls(context)
        mailbox.login(server.user, server.password)
        on_error.pop_all()
    return mailbox


def open_folders(mailbox: IMAPClient) -> dict[tuple[str, str], str]:
    """
    Create the folders of taken and refused mails where they are missing; return their names.

    Raises: OSError, IMAPClientError. Source: RFC 2342: an account's own folders may all begin with a prefix.
    """
    personal = mailbox.namespace().personal if mailbox.has_capability("NAMESPACE") else None
    if personal:
        prefix, delimiter = personal[0]
    else:
        _flags, told, _name = next(iter(mailbox.list_folders()), ((), None, ""))
        prefix, delimiter = "", told and told.decode()
    names = {folder: prefix + (delimiter or "/").join(folder) for folder in (TAKEN, REFUSED)}
    for name in names.values():
        if not mailbox.folder_exists(name):
            mailbox.create_folder(name)
    return names
