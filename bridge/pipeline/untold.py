"""
Remember whose rows were published and not confirmed, or are held back: boards may lack them. Touches nothing.

Rows of the bridge's own changes are noted in the database too (group_commit.py): no message repeats them.
"""

from collections.abc import Iterable
from typing import Final, Protocol

AT_MOST: Final = 10_000  # clients; the oldest are dropped


class LinkState(Protocol):
    """Define what is read of a link."""

    @property
    def ready(self) -> bool: ...

    @property
    def connection(self) -> int: ...

    @property
    def unconfirmed(self) -> int: ...


class Untold:
    """Hold the clients of such rows, until the broker has them or the next connection's greeting takes them."""

    def __init__(self, link: LinkState, clients: Iterable[str] = ()) -> None:
        """Args: clients: whose rows an earlier bridge may not have published."""
        self._link = link
        self._clients: dict[str, None] = dict.fromkeys(clients)
        self._connection = 0  # of the newest rows

    @property
    def none(self) -> bool:
        """Return whether the broker has confirmed all rows that were published."""
        link = self._link
        return link.ready and link.connection == self._connection and not link.unconfirmed

    def note(self, clients: Iterable[str], held: Iterable[str]) -> None:
        """Note that the rows of these clients are published now. Args: held: clients whose rows are held back."""
        if self.none:
            self._clients = dict.fromkeys(held)
        for client in clients:
            self._clients.pop(client, None)
            self._clients[client] = None
        while len(self._clients) > AT_MOST:
            del self._clients[next(iter(self._clients))]

    @property
    def clients(self) -> list[str]:
        """Return the clients whose rows to publish again on a new connection."""
        return list(self._clients)

    def note_greeted(self) -> None:
        """Note that these rows are published on the present connection: they are forgotten once the broker has them."""
        self._connection = self._link.connection
