"""Read each conversation's log for one participant: every entry once, in order; gaps are fetched over REST."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bridge.participant.rest import Api
from chat_core.contract.errors import Unavailable
from chat_core.contract.payloads import Entry, EventKind
from chat_core.domain.conversation import Log, Merged, merge_live, merge_page
from chat_core.runtime.observing import get_logger

KEPT_ENTRIES: Final = 500  # per conversation, in memory
ENTRIES_IN_ALL: Final = 20_000  # of the most recently active conversations; some 20 MB
CONVERSATIONS: Final = 5_000  # a forgotten one begins anew
AGAIN_MS: Final = 2_000  # after a page that could not be fetched

log = get_logger(__name__)


class LogReader:
    """
    Read the logs of the conversations that were active last.

    Args: api: fetches gaps, None skips them; show: gets each new entry, in order; renewed: called before it when a
        conversation began another epoch, with whether it was erased (else a backup was restored).
    """

    def __init__(
        self,
        api: Api | None,
        show: Callable[[str, Entry], None],
        renewed: Callable[[str, bool], None] = lambda _client, _erased: None,
    ) -> None:
        self._api = api
        self._show = show
        self._renewed = renewed
        self._logs: dict[str, Log] = {}
        self._entries: dict[str, deque[Entry]] = {}
        self._count = 0  # of all entries
        self._again: set[str] = set()  # clients whose page could not be fetched
        self._again_ms: int | None = None

    @property
    def clients(self) -> list[str]:
        """Return the clients of the conversations, least recently active first."""
        return list(self._logs)

    def entries(self, client: str) -> list[Entry]:
        """Return a conversation's newest entries, in order."""
        return list(self._entries.get(client, ()))

    def hear(self, client: str, entry: Entry) -> None:
        known = self._logs.get(client)
        if known is None or (self._api is None and entry.seq > known.last + 1):
            # The first entry, or a gap that cannot be fetched: go on from here.
            known = Log(last=entry.seq - 1, epoch=known.epoch if known else None)
        elif self._api is None and entry.seq <= known.last and self._is_other(client, entry):
            # Another entry under a known number: another epoch.
            known = Log(last=entry.seq - 1)
            self._drop(client, erased=False)
        merged = merge_live(known, entry)
        self._take(client, merged, erased=merged.dropped and self._is_new_erasure(client, entry))

    def _is_other(self, client: str, entry: Entry) -> bool:
        held = next((held for held in self.entries(client) if held.seq == entry.seq), None)
        return held is not None and entry.kind is not EventKind.ERASED and held.id != entry.id

    def _is_new_erasure(self, client: str, entry: Entry) -> bool:
        """Tell a new erasure from an old one that a bridge repeats."""
        held = self.entries(client)
        return bool(held) and all(one.at <= entry.at for one in held)

    def _drop(self, client: str, *, erased: bool) -> None:
        self._forget(client)
        self._renewed(client, erased)

    def _forget(self, client: str) -> None:
        self._count -= len(self._entries.pop(client, ()))

    def catch_up(self, client: str) -> None:
        """Fetch what is newer. Subscribe first: what comes in between is merged by seq."""
        if self._api is not None:
            self._fetch(self._api, client, self._logs[client].last if client in self._logs else 0)

    def tick(self, now_ms: int) -> None:
        """Fetch again what could not be fetched before."""
        if self._again and self._again_ms is None:
            self._again_ms = now_ms + AGAIN_MS
        elif self._again_ms is not None and now_ms >= self._again_ms:
            clients, self._again, self._again_ms = sorted(self._again), set(), None
            for client in clients:
                self.catch_up(client)

    def _take(self, client: str, merged: Merged, *, erased: bool) -> None:
        self._logs.pop(client, None)
        self._logs[client] = merged.log  # the most recent now
        if merged.dropped:
            self._drop(client, erased=erased)
        for entry in merged.shown:
            heard = self._entries.setdefault(client, deque(maxlen=KEPT_ENTRIES))
            self._count += len(heard) < KEPT_ENTRIES
            heard.append(entry)
            self._show(client, entry)
        self._forget_quiet(client)
        if merged.fetch_after is not None and self._api is not None:
            self._fetch(self._api, client, merged.fetch_after)

    def _forget_quiet(self, client: str) -> None:
        """Forget the least recently active conversations, but not this one."""
        while len(self._logs) > CONVERSATIONS or self._count > ENTRIES_IN_ALL:
            oldest = next(iter(self._logs))
            if oldest == client:
                return
            del self._logs[oldest]
            self._forget(oldest)

    def _fetch(self, api: Api, client: str, after: int) -> None:
        try:
            page = api.page_after(client, after)
        except Unavailable as fault:
            log.warning("participant.no_history", client=client, why=fault.why)
            self._again.add(client)
            return
        before = self._logs.get(client, Log())
        merged = merge_page(before, page.epoch, page.first, page.last, page.entries)
        if merged.fetch_after is not None and merged.fetch_after <= after and not merged.dropped:
            merged = replace(merged, fetch_after=None)
        erased = any(entry.kind is EventKind.ERASED and entry.id != before.erased for entry in page.entries)
        self._take(client, merged, erased=erased)
