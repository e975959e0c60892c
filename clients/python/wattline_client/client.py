"""Sign in and take part, with one object. Touches the network, from a thread of its own between `start` and `close`."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from bridge.participant.participant import Participant
from wattline_client.disk_outbox import DiskOutbox
from wattline_client.rest import Rest
from wattline_client.session import ClientSession


class Client(Participant):
    """
    Hold one identity's conversations: say, mark, type; entries come to `on_entry`, each once, in order.

    A message is sent again with the same id until the server has stored it. Credentials are renewed before they end.
    `rest` calls the REST API as the same identity.
    """

    def __init__(self, session: ClientSession, *, outbox: str | Path | None = None, window: int = 1) -> None:
        """
        Sign in; `start`, or a `with` block, connects.

        Args: outbox: a file for unsent messages, which a restart sends; None keeps them in memory. window: unstored
            messages in flight per conversation; with 1 the order is strict through any loss of connection.
        Raises: Unavailable; ServerRefusal when the server refuses the sign-in.
        """
        self.session = session
        self.rest = Rest(session.base, session.bearer)
        journal = DiskOutbox(outbox, session.id) if outbox is not None else None
        super().__init__(session.id, session.login, api=self.rest, window=window, journal=journal)

    @classmethod
    def as_user(cls, base: str, identity: Callable[[], str | None], *, lang: str = "en", **options: Any) -> Self:
        """
        Sign in a portal's user. Args: base: Wattline's URL; identity: returns a JWT that your server signed just now
            (docs/embedding.md), None after sign-out; options: as `Client` takes them.
        """
        return cls(ClientSession(base, lambda: {"identity": identity()}, lang=lang), **options)

    @classmethod
    def as_guest(cls, base: str, guest: str | None = None, *, lang: str = "en", **options: Any) -> Self:
        """
        Sign in a guest. Args: guest: the kept `session.guest` of an earlier visit, None for a new guest; options: as
            `Client` takes them.
        """
        return cls(ClientSession(base, lambda: {"guest": guest} if guest else {}, lang=lang), **options)

    @classmethod
    def with_token(cls, base: str, line: str | Mapping[str, Any], **options: Any) -> Self:
        """
        Use what `wattline token` printed, of an agent, a bot or a client. Args: line: the JSON, or the object in it;
            options: as `Client` takes them.
        """
        return cls(ClientSession(base, first=json.loads(line) if isinstance(line, str) else line), **options)
