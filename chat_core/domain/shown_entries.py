"""
Decide what clients get of an assignment: its place in the log alone. Pure.

Source: docs/contract.md#what-clients-know-of-agents.

The log's topic is the client's too, so all readers get this form by MQTT; the desk reads the whole entry by REST.
"""

from typing import Any

from chat_core.contract.ids import BRIDGE
from chat_core.contract.payloads import Entry, EventKind


def shown_entry(entry: Entry) -> Entry:
    """Return the entry without who assigned the conversation, and to whom."""
    if entry.kind is not EventKind.ASSIGNED:
        return entry
    return entry.model_copy(update={"sender": BRIDGE, "to": None})


def shown_fields(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the same of an entry's JSON."""
    if entry["kind"] != EventKind.ASSIGNED:
        return entry
    return {**{key: value for key, value in entry.items() if key != "to"}, "from": BRIDGE}
