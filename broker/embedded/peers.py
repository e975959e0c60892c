"""
Bound connections and packets by address and by person.

An address is a peer's own, or what a trusted proxy's X-Forwarded-For says last. What comes through a trusted proxy
without it has no address and no bound.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from broker.embedded.connection import Connection
from chat_core.contract.ids import Role
from chat_core.runtime.addresses import Networks, site_of
from chat_core.runtime.config import Rate

UNBOUNDED: Final = frozenset({Role.SERVICE})  # ours


class Allowance:
    """Bound a rate and a burst by name: of each name, hold the moment at which its burst is full again."""

    def __init__(self) -> None:
        self._full_s: dict[str, float] = {}

    def spend(self, name: str, rate: Rate, cost: float, now_s: float) -> float:
        """Count the cost; return for how many seconds its name has to wait."""
        full_s = self._full_s[name] = max(self._full_s.get(name, now_s), now_s) + cost / rate.per_second
        return max(0.0, full_s - now_s - rate.burst / rate.per_second)

    def sweep(self, now_s: float) -> None:
        self._full_s = {name: full_s for name, full_s in self._full_s.items() if full_s > now_s}


class Peers:
    """Count all sockets by address, and the signed-in connections by person."""

    def __init__(self, proxies: Networks, per_address: int, per_person: int) -> None:
        self._proxies, self._per_address, self._per_person = proxies, per_address, per_person
        self._address: dict[asyncio.BaseTransport, str | None] = {}
        self._sockets: Counter[str] = Counter()
        self._connections: dict[str, dict[Connection, None]] = {}  # the oldest first

    def arrive(self, transport: asyncio.BaseTransport) -> bool:
        """Count an accepted socket; return whether its address may have one more."""
        peer = transport.get_extra_info("peername")
        host = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        return self._count(transport, None if not host or host in self._proxies else site_of(host))

    def say_for(self, transport: asyncio.BaseTransport, forwarded: Sequence[str]) -> bool:
        """Take a trusted proxy's word for a peer's address; return whether that address may have one more."""
        if self._address.get(transport, "") is not None or not forwarded:
            return True  # no trusted proxy, or closed
        return self._count(transport, site_of(forwarded[-1].rpartition(",")[2].strip()))

    def _count(self, transport: asyncio.BaseTransport, address: str | None) -> bool:
        self._address[transport] = address
        if address is None:
            return True
        self._sockets[address] += 1
        return self._sockets[address] <= self._per_address

    def address_of(self, transport: asyncio.BaseTransport) -> str | None:
        """Return the address that the socket counts for, if known."""
        return self._address.get(transport)

    def lose(self, transport: asyncio.BaseTransport) -> None:
        address = self._address.pop(transport, None)
        if address is not None:
            self._sockets[address] -= 1
            if not self._sockets[address]:
                del self._sockets[address]

    def sign_in(self, connection: Connection, id: str, role: Role) -> Callable[[], None] | None:
        """Count a connection of this person; return a function that ends the oldest, when that is one too many."""
        own = self._connections.setdefault(id, {})
        own[connection] = None
        if len(own) <= self._per_person or role in UNBOUNDED:
            return None
        oldest = next(iter(own))
        return lambda: oldest.end("too many connections of one person")

    def sign_out(self, connection: Connection) -> None:
        if connection.granted is None:
            return
        id = connection.granted.identity.id
        own = self._connections.get(id)
        if own is not None and own.pop(connection, True) is None and not own:
            del self._connections[id]
