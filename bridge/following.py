"""
What one participant has heard of each conversation: every entry once, in order, gaps filled over REST. Touches the
network through the `Api` alone.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from bridge.history import Api
from chat_core.conversation import Log, Merged, merge_live, merge_page
from chat_core.errors import Unavailable
from chat_core.payloads import Entry

KEPT_ENTRIES: Final = 500  # per conversation, in memory

log = structlog.get_logger(__name__)


class Following:
    """
    The logs of one reader.

    Args: api: fills gaps; None: they are jumped over; show: gets each new entry, in order.
    """

    def __init__(self, api: Api | None, show: Callable[[str, Entry], None]) -> None:
        self._api = api
        self._show = show
        self._logs: dict[str, Log] = {}
        self._entries: dict[str, deque[Entry]] = {}

    @property
    def clients(self) -> list[str]:
        """Whose conversations were heard so far."""
        return list(self._logs)

    def entries(self, client: str) -> list[Entry]:
        """The newest entries heard of a conversation, in order."""
        return list(self._entries.get(client, ()))

    def hear(self, client: str, entry: Entry) -> None:
        """One that came live."""
        known = self._logs.get(client)
        if known is None or (self._api is None and entry.seq > known.last + 1):
            # The first that is heard of it, or a gap that nobody can fill: go on from here.
            known = Log(last=entry.seq - 1, epoch=known.epoch if known else None)
        self._take(client, merge_live(known, entry))

    def catch_up(self, client: str) -> None:
        """Subscribed first, then the snapshot: what came in between is merged by seq."""
        if self._api is not None:
            self._fetch(self._api, client, self._logs[client].last if client in self._logs else 0)

    def _take(self, client: str, merged: Merged) -> None:
        self._logs[client] = merged.log
        if merged.dropped:
            self._entries.pop(client, None)
        for entry in merged.shown:
            self._entries.setdefault(client, deque(maxlen=KEPT_ENTRIES)).append(entry)
            self._show(client, entry)
        if merged.fetch_after is not None and self._api is not None:
            self._fetch(self._api, client, merged.fetch_after)

    def _fetch(self, api: Api, client: str, after: int) -> None:
        try:
            page = api.page_after(client, after)
        except Unavailable as fault:
            # The next entry, or the next connect, shows the gap again.
            log.warning("participant.no_history", client=client, why=fault.why)
            return
        merged = merge_page(self._logs.get(client, Log()), page.epoch, page.first, page.last, page.entries)
        if merged.fetch_after is not None and merged.fetch_after <= after and not merged.dropped:
            merged = replace(merged, fetch_after=None)
        self._take(client, merged)
