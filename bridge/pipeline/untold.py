"""
Remember whose rows were published on a connection and not confirmed by the broker: it may have heard none of them.
Touches nothing. What the bridge changes of itself is noted in the database too (bridge/writer.py): no message that
comes again would tell it after a kill.
"""

from collections.abc import Iterable
from typing import Final, Protocol

AT_MOST: Final = 10_000  # clients; the ones whose rows changed longest ago go


class LinkState(Protocol):
    """Name what is asked of a link."""

    @property
    def ready(self) -> bool: ...

    @property
    def connection(self) -> int: ...

    @property
    def unconfirmed(self) -> int: ...


class Untold:
    """The clients of such rows. What a connection left unconfirmed stays until the next one's greeting takes it."""

    def __init__(self, link: LinkState, clients: Iterable[str] = ()) -> None:
        """Args: clients: whose rows a bridge before this one may have left untold."""
        self._link = link
        self._clients: dict[str, None] = dict.fromkeys(clients)
        self._connection = 0  # on which the newest were told

    @property
    def none(self) -> bool:
        """Return whether the broker has confirmed all rows."""
        link = self._link
        return link.ready and link.connection == self._connection and not link.unconfirmed

    def note(self, clients: Iterable[str]) -> None:
        """Note that the rows of these clients are published now."""
        if self.none:
            self._clients.clear()
        for client in clients:
            self._clients.pop(client, None)
            self._clients[client] = None
        while len(self._clients) > AT_MOST:
            del self._clients[next(iter(self._clients))]

    def take(self) -> list[str]:
        """Return those whose rows are to be told again on the present connection, which from now on counts."""
        self._connection = self._link.connection
        return list(self._clients)
