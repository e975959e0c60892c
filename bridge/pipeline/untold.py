"""
Remember whose rows were published on a connection and not confirmed by the broker: it may have heard none of them.
Touches nothing.
"""

from collections.abc import Iterable
from typing import Final, Protocol

AT_MOST: Final = 10_000  # clients; the ones whose rows changed longest ago go


class Line(Protocol):
    """Name what is asked of a link."""

    @property
    def ready(self) -> bool: ...

    @property
    def connection(self) -> int: ...

    @property
    def unconfirmed(self) -> int: ...


class Untold:
    """The clients of such rows. What a connection left unconfirmed stays until the next one's greeting takes it."""

    def __init__(self, link: Line) -> None:
        self._link = link
        self._clients: dict[str, None] = {}
        self._connection = 0  # on which the newest were told

    def note(self, clients: Iterable[str]) -> None:
        """The rows of these clients are published now."""
        link = self._link
        if link.ready and link.connection == self._connection and not link.unconfirmed:
            self._clients.clear()  # all before these has arrived
        for client in clients:
            self._clients.pop(client, None)
            self._clients[client] = None
        while len(self._clients) > AT_MOST:
            del self._clients[next(iter(self._clients))]

    def take(self) -> list[str]:
        """Return those whose rows are to be told again on the present connection, which from now on counts."""
        self._connection = self._link.connection
        return list(self._clients)
