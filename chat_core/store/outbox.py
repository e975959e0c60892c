"""
Store events for somebody outside, in the transaction of what they tell (docs/webhooks.md#how-an-event-travels).

The bridge adds them, and only those that are wanted. Web's worker makes deliveries of them and removes them: a kill in
between repeats that, which changes nothing. An event has no words: they are read from the entry when it is sent.
On PostgreSQL a larger number may be seen first, so nobody may go on behind the largest one.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from chat_core.contract.outside import Outside, event_of
from chat_core.contract.payloads import Entry
from chat_core.store import fast_sql, rows
from chat_core.store.database import Database
from chat_core.store.dialect import Row
from chat_core.store.models.chats import OutboxRow
from chat_core.store.models.web import ClientEventRow
from chat_core.store.settings import Settings

ERASED: Final = "erased"  # tells the worker alone to remove the client's deliveries
WANTED: Final = "outside_events"  # of the settings
_NEXT_EVENTS: Final = "SELECT num, at, event, client, seq, entry, facts FROM outbox ORDER BY num LIMIT ?"
_NEXT_CLIENTS: Final = "SELECT num, at, client FROM client_event ORDER BY num LIMIT ?"


class OutboxEvent(NamedTuple):
    """Hold an event. `facts` of an entry: who it is from, its kind and, where it has one, its origin."""

    num: int
    at: int
    event: str
    client: str | None
    seq: int | None
    entry: str | None  # its id
    facts: dict[str, Any]

    @property
    def key(self) -> str:
        """Return what names the event, also where numbers begin again."""
        return f"{self.event}/{self.client}/{self.entry}/{self.num}/{self.at}"


def row_of(client: str, entry: Entry, wanted: Collection[str]) -> Row | None:
    """Return the outbox row that tells the entry; None where nobody wants it."""
    event = event_of(entry)
    if event not in wanted:
        return None
    # Ids and kinds hold nothing that JSON would escape.
    origin = "" if entry.origin is None else f',"origin":"{entry.origin}"'
    facts = f'{{"from":"{entry.sender}","kind":"{entry.kind}"{origin}}}'
    return entry.at, event, client, entry.seq, entry.id, facts


def incident_row(area: str, id: str, at_ms: int, *, ended: bool) -> Row:
    """Return the outbox row that tells an area's outage notice, or its end."""
    return at_ms, Outside.INCIDENT, None, None, id, rows.compact({"area": area, "ended": ended})


def mention_row(client: str, agent: str, note: str, mentioned: Collection[str], at_ms: int) -> Row:
    """Return the outbox row that tells whom an agent's note mentions."""
    return at_ms, Outside.MENTIONED, client, None, note, rows.compact({"from": agent, "agents": list(mentioned)})


def erased_row(client: str, at_ms: int) -> Row:
    """Return the outbox row that tells the worker of an erasure."""
    return at_ms, ERASED, client, None, None, "{}"


class OutsideEvents:
    """Read and remove events, in any thread. Every method is one short transaction of its own."""

    def __init__(self, chats: Database, web: Database, settings: Settings) -> None:
        self._chats = chats
        self._web = web
        self._settings = settings
        # What the transactions of this process store: nothing, but in the bridge, which reads the setting.
        self.wanted: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """Read which events are wanted; the bridge does so when it starts and after a change."""
        self.wanted = frozenset(self.asked_for())

    def asked_for(self) -> list[str]:
        """Return which events the worker asked for last."""
        return list(self._settings.get(WANTED, []))

    def ask_for(self, events: Collection[str]) -> None:
        """Set which events are wanted. The caller announces the change to the bridge."""
        self._settings.put(WANTED, sorted(events))

    def next(self, limit: int) -> list[OutboxEvent]:
        """
        Return the next events: new clients first, then the others in order of their numbers.

        A client's first words never come without the event that the client was created: it is looked for last.
        """
        found = self._chats.fetch(_NEXT_EVENTS, (limit,))
        made = self._web.fetch(_NEXT_CLIENTS, (limit,))
        new = [OutboxEvent(num, at, Outside.CLIENT, client, None, None, {}) for num, at, client in made]
        if len(new) == limit:
            return new
        return new + [OutboxEvent._make((*row[:6], json.loads(row[6]))) for row in found]

    def remove(self, events: Sequence[OutboxEvent]) -> None:
        """
        Remove events that are delivered or have deliveries.

        It waits for no disk: events that come back after a power cut make no second delivery.
        """
        for database, row, is_new in ((self._chats, OutboxRow, False), (self._web, ClientEventRow, True)):
            nums = [event.num for event in events if (event.event == Outside.CLIENT) is is_new]
            if nums:
                with database.counting():
                    database.change(row.delete().where(row.num.in_(nums)))

    def entry_of(self, client: str, seq: int, id: str) -> Entry | None:
        """Return the client's entry as it is now; None where it is erased."""
        row = self._chats.fetch_one(fast_sql.ENTRY_OF, (client, seq, id))
        return None if row is None else rows.entry_from(row[0])
