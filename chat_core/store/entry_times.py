"""Find entries by time through their numbers: these are in the order of commits, and only they have an index."""

from typing import Final

from chat_core.store import fast_sql
from chat_core.store.database import Database

CLOCK_SLACK_MS: Final = 120_000  # entries are in the order of their commit, times in that of a clock that is set


def first_since(db: Database, at_ms: int) -> int:
    """Return the number of the first entry of that time or later, by halving: times ascend but for the slack."""
    newest = db.fetch_one(fast_sql.NEWEST_NUM)
    low, high = 0, (int(newest[0]) if newest else 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = db.fetch_one(fast_sql.ENTRY_FROM_NUM, (middle,))
        if row is None or row[1] >= at_ms:
            high = middle
        else:
            low = int(row[0]) + 1
    return low
