"""Parse the addresses of mail servers. Touches nothing."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

DEFAULT_PORTS: Final = {"smtp": 587, "smtps": 465, "imap": 143, "imaps": 993}
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class MailServer:
    """
    Name a server and an account there.

    tls: from the first byte on; else the connection begins plain and STARTTLS is required, but on loopback.
    """

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_loopback(self) -> bool:
        """Return whether the connection does not leave this machine."""
        return self.host in LOOPBACK


def parse_mail_server(url: str, protocol: str) -> MailServer:
    """Return the server of `smtps://user:password@host:465`. Args: protocol: smtp or imap. Raises: ValueError."""
    how = (
        f"write it as {protocol}s://user:password@host, or {protocol}://… for STARTTLS; % escapes signs in the password"
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as err:
        raise ValueError(how) from err
    if parts.scheme not in (protocol, f"{protocol}s") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(how)
    return MailServer(
        parts.hostname,
        port or DEFAULT_PORTS[parts.scheme],
        parts.scheme.endswith("s"),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )
