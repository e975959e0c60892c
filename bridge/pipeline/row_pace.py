"""
Hold back the rows of busy conversations: each is told once a second, after the first BURST. Touches nothing.

A row that is held back gives place to its newer one. One that ticks a command, or tells of a move, is never held back.
"""

from collections.abc import Sequence
from typing import Final

from chat_core.contract.payloads import Summary

EVERY_S: Final = 1.0
BURST: Final = 2  # words and their answer: most conversations are no busier
SWEPT_AT: Final = 10_000  # conversations in memory, before those that are quiet again are forgotten


class RowPace:
    """Choose which rows to tell now."""

    def __init__(self) -> None:
        self._spent_s: dict[str, float] = {}  # by client: until when its rows have used up their time
        self.held: Final[dict[str, Summary]] = {}  # by client, until they are told

    def choose(self, summaries: Sequence[Summary], urgent: frozenset[str], now_s: float) -> list[Summary]:
        """Return the rows to tell now; hold the others. Args: urgent: clients whose rows never wait."""
        latest_s = now_s + (BURST - 1) * EVERY_S
        told: list[Summary] = []
        for summary in summaries:
            client = summary.client
            spent_s = self._spent_s.get(client, now_s)
            if spent_s > latest_s:
                if not summary.did and client not in urgent:
                    self.held[client] = summary
                    continue
                spent_s = latest_s  # rows that never wait must not let the next ones wait for longer
            self.held.pop(client, None)
            self._spent_s[client] = max(spent_s, now_s) + EVERY_S
            told.append(summary)
        if len(self._spent_s) > SWEPT_AT:
            self._spent_s = {client: until_s for client, until_s in self._spent_s.items() if until_s > now_s}
        return told

    def due(self, now_s: float) -> list[Summary]:
        """Return the rows that were held back long enough."""
        return self.choose(list(self.held.values()), frozenset(), now_s)
