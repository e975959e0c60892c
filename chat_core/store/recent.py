"""
Conversations as the last commits of this process left their rows: of who talks now. Touches nothing.

What is remembered is never believed by itself. Whoever takes it asks the database, in his own transaction, whether the
row still has the same client and rev: each transaction that changes a row raises its rev.
"""

from collections.abc import Mapping
from typing import Final

from chat_core.store.rows import Kept

AT_MOST: Final = 512  # of 2 KB or so each


class Recent:
    """Thread-safe: every step is one of the dict's own."""

    def __init__(self) -> None:
        self._kept: Final[dict[str, Kept]] = {}
        self.rev_base: int | None = None  # held.REV_BASE, which no running process sees change

    def note(self, written: Mapping[str, Kept]) -> None:
        """A commit left these rows so. Args: written: by client."""
        if len(self._kept) > AT_MOST:
            self._kept.clear()  # who talks now is soon here again
        self._kept.update(written)

    def find(self, client: str) -> Kept | None:
        """The client's conversation as it was left, for a transaction that has not changed it; or None."""
        kept = self._kept.get(client)
        if kept is None:
            return None
        (now, num, epoch, first, _, did, _, last, line, row) = kept
        return Kept(now, num, epoch, first, kept.rev, did, False, last, line, row)
