"""Read what a client's small displays show, in few statements for any length of log. Writes nothing."""

import json
from typing import Any, Final

from chat_core.contract.payloads import Origin, SaidKind
from chat_core.store import rows
from chat_core.store.database import Database
from chat_core.store.results import Glance

_KINDS: Final = rows.marks(len(SaidKind))
_LIVE: Final = rows.compose("e.kind IN ($kinds) AND $$body ->> 'deleted' IS NULL", kinds=_KINDS)
_DESK: Final = "(e.sender LIKE 'a-%' OR e.sender LIKE 'b-%')"
_CONVERSATION: Final = """
    SELECT c.num, coalesce((SELECT m.read FROM marker m WHERE m.conversation = c.num AND m.reader = c.client), 0)
    FROM conversation c WHERE c.client = ?"""
_UNREAD: Final = rows.compose(
    "SELECT count(*) FROM entry e WHERE e.conversation = ? AND e.seq > ? AND $desk AND $live", desk=_DESK, live=_LIVE
)
_LAST: Final = rows.compose(
    "SELECT $line FROM entry e WHERE e.conversation = ? AND $desk AND $live ORDER BY e.seq DESC LIMIT 1",
    line=rows.ENTRY_LINE,
    desk=_DESK,
    live=_LIVE,
)
_CALLED: Final = rows.compose(
    "SELECT e.at FROM entry e WHERE e.conversation = ? AND e.seq > ? AND e.sender = ?"
    " AND $$body ->> 'origin' = '$call' AND $live ORDER BY e.seq DESC LIMIT 1",
    call=Origin.CALL.value,
    live=_LIVE,
)


def glance(database: Database, client: str) -> Glance:
    """Return what there is to show of the client's conversation."""
    row = database.fetch_one(_CONVERSATION, (client,))
    if row is None:
        return Glance(0, None, None)
    num, read = row
    kinds = [kind.value for kind in SaidKind]
    spoken = database.dialect.spoken
    unread = database.fetch_one(spoken(_UNREAD), (num, read, *kinds))
    line = database.fetch_one(spoken(_LAST), (num, *kinds))
    last: dict[str, Any] | None = json.loads(line[0]) if line else None
    called = database.fetch_one(spoken(_CALLED), (num, last["seq"] if last else 0, client, *kinds))
    return Glance(unread[0] if unread else 0, last, called[0] if called else None)
