"""Group network addresses by site, for rate limits, and recognize our proxies. Touches nothing."""

import ipaddress
from collections.abc import Sequence
from typing import Final

IPV6_SITE_BITS: Final = 64  # what one household or server is given: RFC 6177


def bracketed(host: str) -> str:
    """Return the host as in a URL: an IPv6 address in brackets (RFC 3986 §3.2.2), anything else unchanged."""
    return f"[{host}]" if ":" in host else host


def find_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address, without its zone; an IPv4 address mapped into IPv6 as IPv4. None if it is none."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def site_of(text: str) -> str:
    """Return the IPv4 address, or the /64 network of an IPv6 address; any other text unchanged."""
    found = find_address(text.strip())
    if found is None:
        return text
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, IPV6_SITE_BITS), strict=False))


class Networks:
    """Hold addresses and networks, such as WATTLINE_TRUSTED_PROXIES."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)

    def __contains__(self, address: str) -> bool:
        """Return whether the address lies in one of them."""
        found = find_address(address)
        return found is not None and any(found in network for network in self._networks)
