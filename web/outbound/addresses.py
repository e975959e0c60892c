"""Decide to which addresses outside a request may go: never into a private network that the operator did not list."""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from chat_core.contract.delivery_reasons import reason
from chat_core.contract.errors import BadPayload
from web.outbound.channel import NotSent, Rejected

MAX_URL: Final = 2_048
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# The last label of a name is no number: `127.1`, `0x7f.1` and `2130706433` are addresses to some resolvers
# (WHATWG URL, "ends in a number").
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")
_PLAIN: Final = re.compile(r"[\x21-\x7e]+")
NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# Beyond what `ipaddress` calls not global: it knows neither the old relays nor documentation's newer block.
_REFUSED: Final = (
    *(ipaddress.ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24")),
    *(
        ipaddress.ip_network(each)
        for each in ("::/96", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")
    ),
    *NAT64,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]


class UrlParts(NamedTuple):
    """Hold a checked URL's parts. `path` has the query too."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return the value of the `Host` field."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS_PORT if self.scheme == "https" else HTTP_PORT
        return host if self.port == usual else f"{host}:{self.port}"


def parse_url(url: str) -> UrlParts:
    """Return the URL's parts. Raises: BadPayload for a form that programs read in more than one way."""
    if len(url) > MAX_URL or not _PLAIN.fullmatch(url) or "\\" in url:
        raise _bad(f"write it in ASCII without spaces, with at most {MAX_URL:,} characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad("its host or port is not one") from None
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http"):
        raise _bad("begin it with https://")
    if "@" in parts.netloc:
        raise _bad("leave out the name and password; the signature tells who sends")
    if "#" in url:
        raise _bad("leave out the part behind #")
    if port == 0 or not _is_host(host):
        raise _bad("name a host such as hooks.example.com")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return UrlParts(parts.scheme, host, port or (HTTPS_PORT if parts.scheme == "https" else HTTP_PORT), path)


def _bad(what: str) -> BadPayload:
    return BadPayload(f"url: This is not an address to send to: {what}.", why="bad_url")


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return len(host) <= 253 and bool(_NAME.fullmatch(host)) and not _NUMBER.fullmatch(host.rpartition(".")[2])
    return "%" not in host


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the host's addresses. Raises: OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


class AddressRule:
    """Choose the address that a request goes to."""

    def __init__(self, allowed: Sequence[str] = (), resolver: Resolver = resolve) -> None:
        """Args: allowed: networks that the operator listed; resolver: returns a name's addresses."""
        self._allowed: Final[Sequence[Network]] = [ipaddress.ip_network(network) for network in allowed]
        self._resolver = resolver

    def choose(self, target: UrlParts) -> str:
        """
        Return the one address that the request may go to.

        A name with one forbidden address is refused whole: an answer that mixes them is an attack or a mistake.
        Raises: Rejected for a forbidden one; NotSent where the name is not known now.
        """
        try:
            found = [ipaddress.ip_address(text.partition("%")[0]) for text in self._resolver(target.host, target.port)]
        except (OSError, UnicodeError) as fault:
            raise NotSent(reason("unknown_name", host=target.host, said=str(fault))) from fault
        if not found:
            raise NotSent(reason("no_address", host=target.host))
        for address in found:
            self._check(target, address)
        return str(found[0])

    def _check(self, target: UrlParts, address: Address) -> None:
        if any(address in network for network in self._allowed):
            return
        if not is_public(address):
            if target.host == str(address):
                raise Rejected(reason("not_public_address", address=str(address)))
            raise Rejected(reason("not_public", host=target.host, address=str(address)))
        if target.scheme != "https":
            raise Rejected(reason("not_https"))


def is_public(address: Address) -> bool:
    """Return whether anybody on the internet reaches this address, whatever form it is written in."""
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.scope_id):
        return False  # a resolver returns an IPv4 address as such
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _REFUSED if network.version == address.version)
    )
