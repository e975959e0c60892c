"""Name the events that mail, push and webhooks may tell somebody outside. Touches nothing."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from chat_core.contract.payloads import Entry, EventKind, Origin, SaidKind


class Outside(StrEnum):
    """Name an event (docs/webhooks.md#events)."""

    OPENED = "conversation.opened"
    MESSAGE = "message.created"
    ASSIGNED = "conversation.assigned"
    RESOLVED = "conversation.resolved"
    MENTIONED = "note.mentioned"
    RATED = "conversation.rated"
    ALARM = "alarm.raised"
    INCIDENT = "incident.changed"
    CLIENT = "client.created"


_EVENTS: Final[Mapping[str, Outside]] = {
    **dict.fromkeys(SaidKind, Outside.MESSAGE),
    EventKind.OPENED: Outside.OPENED,
    EventKind.REOPENED: Outside.OPENED,
    EventKind.ASSIGNED: Outside.ASSIGNED,
    EventKind.RESOLVED: Outside.RESOLVED,
    SaidKind.RATING: Outside.RATED,
}


def event_of(entry: Entry) -> Outside | None:
    """Return what the new entry is to somebody outside, or None."""
    if entry.origin is Origin.ALARM and entry.kind is SaidKind.TEXT:
        return Outside.ALARM
    return _EVENTS.get(entry.kind)
