"""Network addresses as bounds count them, and which of them are proxies of ours. Touches nothing."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

IPV6_SITE_BITS: Final = 64  # what one household or server is given: RFC 6177
REMEMBERED: Final = 1_024  # addresses; the same ones come again


def bracketed(host: str) -> str:
    """Return the host as a URL has it: an IPv6 address in brackets (RFC 3986 §3.2.2), anything else unchanged."""
    return f"[{host}]" if ":" in host else host


def site_of(text: str) -> str:
    """Return whom the address stands for: an IPv4 address, or the /64 of an IPv6 one; what is neither, unchanged."""
    try:
        found = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return text
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, IPV6_SITE_BITS), strict=False))


class Networks:
    """A list of addresses and networks, such as WATTLINE_TRUSTED_PROXIES."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)
        self._knows = lru_cache(REMEMBERED)(self._is_in)

    def __contains__(self, address: str) -> bool:
        """Return whether the address lies in one of them."""
        return self._knows(address)

    def _is_in(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)
