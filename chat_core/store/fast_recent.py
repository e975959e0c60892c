"""
A cache of the conversations that this process wrote last.

Cached rows are re-validated by (client, rev) before use: each transaction that changes a row raises its rev. Pure.
"""

from collections.abc import Mapping
from typing import Final

from chat_core.store.rows import ConversationState

AT_MOST: Final = 512  # of 2 KB or so each


class Recent:
    """Cache conversations. Thread-safe: every step is one of the dict's own."""

    def __init__(self) -> None:
        self._states: Final[dict[str, ConversationState]] = {}
        self.rev_base: int | None = None  # epochs.REV_BASE, which no running process sees change

    def note(self, committed: Mapping[str, ConversationState]) -> None:
        """Cache what a commit left. Args: committed: by client."""
        if len(self._states) > AT_MOST:
            self._states.clear()  # those who write now are soon here again
        self._states.update(committed)

    def find(self, client: str) -> ConversationState | None:
        """Return the client's conversation as a transaction reads it that has not changed it; or None."""
        state = self._states.get(client)
        if state is None:
            return None
        return ConversationState(
            conversation=state.conversation,
            num=state.num,
            epoch=state.epoch,
            first=state.first,
            stored_rev=state.rev,
            did=state.doing,
            last=state.last,
            line=state.line,
            question=state.question,
            row=state.row,
        )
