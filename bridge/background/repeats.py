"""
Publish the newest entries and rows again on a new connection. Touches the database and the link.

A predecessor that was killed may have stored them and told nobody. Each turn publishes one slice, so that what clients
say meanwhile waits for one slice and not for all. A slice is read when it is published: an entry that was changed or
erased since the connect is published as it is now, or not at all.
"""

from typing import Final

import structlog

from bridge.pipeline.effects import entry_reply, summary_reply, team_replies
from bridge.pipeline.group_commit import Writer
from chat_core.store import Store

log = structlog.get_logger(__name__)

ENTRIES: Final = 1_000
SLICE: Final = 50  # entries or rows: a few ms of a turn


class Repeats:
    """Hold what is to be published again on the present connection."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._begins = False
        self._nums: list[int] = []  # of entries, the oldest first
        self._clients: dict[str, None] = {}  # whose rows follow
        self._told: set[str] = set()  # clients whose rows are published
        self._entries = 0  # published

    @property
    def is_due(self) -> bool:
        """Return whether something is left."""
        return self._begins or bool(self._nums or self._clients)

    def begin(self) -> None:
        """Let the next `go` begin anew."""
        self._begins = True

    def go(self) -> None:
        """Publish the next slice. Raises: StoreDown, and what a defect raises; then the slice is due still."""
        if self._begins:
            self._begin()
        if self._nums:
            self._repeat_entries(self._nums[:SLICE])
            del self._nums[:SLICE]
        if not self._nums and self._clients:
            rows = list(self._clients)[:SLICE]
            self._repeat_rows(rows)
            self._told.update(rows)
            for client in rows:
                del self._clients[client]
        if not self.is_due:
            log.info("greeted", entries=self._entries, summaries=len(self._told))

    def _begin(self) -> None:
        """Tell the rows that may be lost with the last connection at once: none of them is remembered after this."""
        has = self._writer.slot.has
        # By markers, presence and commands, which leave no entry; also of other slots' clients, by this one's timers
        changed = dict.fromkeys(self._writer.untold.clients)
        wanted = None if self._writer.slot.is_alone else lambda client: has(client) or client in changed
        self._nums = self._store.log.recent_nums(ENTRIES, wanted)
        for summary in self._store.inbox.summaries(list(changed)):
            self._writer.tell_row_everywhere(summary)  # perhaps by a move
        self._writer.untold.note_greeted()  # not before: what failed until here is due still
        self._told, self._clients, self._entries = set(changed), {}, 0
        self._begins = False

    def _repeat_entries(self, nums: list[int]) -> None:
        recent = self._store.log.entries_of(nums)
        clients = dict.fromkeys(client for client, _ in recent)
        single = self._store.registry.teams.latest.is_single
        team_of = {} if single else self._store.teams_of(clients)
        for client, entry in recent:
            reply = entry_reply(client, entry)
            self._writer.tell(reply)
            if client in team_of:
                for copy in team_replies(reply, team_of[client]):
                    self._writer.tell(copy)
        self._entries += len(recent)
        self._clients |= {client: None for client in clients if client not in self._told}

    def _repeat_rows(self, clients: list[str]) -> None:
        teams = self._store.registry.teams.latest
        for summary in self._store.inbox.summaries(clients):
            self._writer.tell(summary_reply(summary, teams.known(summary.team)))
