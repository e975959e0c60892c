"""Read pages of a client's log, notes, and what displays show of it, in any thread. Writes nothing."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from chat_core.contract.payloads import Entry
from chat_core.store import fast_sql, rows
from chat_core.store.database import Database
from chat_core.store.fast_sql import PAGE_BREAK
from chat_core.store.models.chats import ConversationRow, FileUseRow, NoteRow
from chat_core.store.named_pages import Pages, desk_of
from chat_core.store.registry import Registry
from chat_core.store.results import Glance, LogPage, Note, Reader
from chat_core.store.rows import compose, marks

PAGE_AT_MOST: Final = 1_000
LOOKED_BACK: Final = 20_000  # entries: what other slots store in the 5 s of a takeover, at 4,000/s


class Log(Pages):
    """Read entries: pages of one client's log, and single ones. For any thread."""

    def __init__(self, database: Database, registry: Registry) -> None:
        """Args: see Pages."""
        super().__init__(database, registry)
        self._after = self._spoken(fast_sql.PAGE_AFTER)
        self._before = self._spoken(fast_sql.PAGE_BEFORE)

    def page(
        self,
        client: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 500,
        reader: Reader | None = None,
    ) -> LogPage:
        """
        Return a stretch of the client's log, ascending: entries, bounds, epoch and markers are of one moment.

        Args: after: the entries above this seq, from the lowest; before: the highest below it; neither: the newest.
            limit: at most so many, and at most 1,000. reader: whose `generation` the page tells.
        A client without a conversation has an empty log: last 0, first 1, epoch "".
        """
        most = max(1, min(limit, PAGE_AT_MOST))
        who = self._asked_by(reader)
        if after is not None:
            row = self._db.fetch_one(self._after, (*who, max(0, after), most, client))
        else:
            below = rows.FAR_MS if before is None else before
            row = self._db.fetch_one(self._before, (*who, below, below, most, most, client))
        if row is None:
            return self._named(LogPage("[]", 0, 1, "", "{}", {}), reader)
        generation, epoch, last, first, markers, found = row
        lines, _, named = (found or "").rpartition(PAGE_BREAK)
        readers = json.loads(f"{{{markers}}}") if markers else ()
        page = LogPage(f"[{lines}]", last, first, epoch, f"{{{markers or ''}}}", desk_of(named, readers), generation)
        return self._named(page, reader)

    def notes(self, client: str) -> list[Note]:
        """Return the conversation's notes, oldest first."""
        columns = (ConversationRow.client, NoteRow.agent, NoteRow.id, NoteRow.text, NoteRow.at)
        notes = NoteRow.select(*columns).join(ConversationRow).where(ConversationRow.client == client)
        return [Note(*row) for row in self._db.select(notes.order_by(NoteRow.num))]

    def recent_nums(self, limit: int = 1000, wanted: Callable[[str], bool] | None = None) -> list[int]:
        """
        Return the rows' numbers of the newest entries, in the order of their commit.

        Args: wanted: tells of which clients, of the newest 20,000 entries; None for all.
        """
        found = self._db.fetch(self._spoken(fast_sql.RECENT), (limit if wanted is None else LOOKED_BACK,))
        if wanted is not None:
            found = [row for row in found if wanted(row[0])][:limit]
        return [num for _, num in reversed(found)]

    def entries_of(self, nums: Sequence[int]) -> list[tuple[str, Entry]]:
        """Return the entries of these rows as they are now, in the order of their commit; erased ones are left out."""
        if not nums:
            return []
        found = self._db.fetch(compose(self._spoken(fast_sql.ENTRIES), marks=marks(len(nums))), tuple(nums))
        return [(client, rows.entry_from(line)) for client, line in found]

    def files_in_use(self, files: Iterable[str]) -> set[str]:
        """Return those of the files that an entry shows."""
        shown = FileUseRow.select(FileUseRow.file).distinct().where(FileUseRow.file.in_([*files]))
        shown = shown.join(ConversationRow, on=(ConversationRow.num == FileUseRow.conversation))
        return {file for (file,) in self._db.select(shown.where(ConversationRow.shelf < 9))}

    def glance(self, client: str) -> Glance:
        """Return what the client's small displays show of its conversation, in few statements for any length."""
        row = self._db.fetch_one(fast_sql.GLANCE, (client,))
        if row is None:
            return Glance(0, None, None)
        num, read = row
        unread = self._db.fetch_one(self._spoken(fast_sql.UNREAD_FROM_DESK), (num, read))
        line = self._db.fetch_one(self._spoken(fast_sql.LAST_FROM_DESK), (num,))
        last: dict[str, Any] | None = json.loads(line[0]) if line else None
        since = last["seq"] if last else 0
        called = self._db.fetch_one(self._spoken(fast_sql.CALLED_AT), (num, since, client))
        return Glance(unread[0] if unread else 0, last, called[0] if called else None)

    def calls(self, clients: Collection[str]) -> dict[str, int]:
        """Return when each client's displays asked for a call back last, answered or not, where they did."""
        if not clients:
            return {}
        sql = compose(self._spoken(fast_sql.CALLS), clients=marks(len(clients)))
        return {client: at for client, at in self._db.fetch(sql, (*clients,)) if at is not None}
