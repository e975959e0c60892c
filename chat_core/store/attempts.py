"""
Count attempts in the database, so that a limit holds over all web processes and through their restarts.

A window begins with a counter's first attempt and ends a minute or an hour later, by the database's clock. Rows are
bounded: those that are over are removed, and beyond `MOST_ROWS` the oldest.
"""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from chat_core.store.database import Database
from chat_core.store.models.web import AttemptRow
from chat_core.store.rows import compose

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
MOST_ROWS: Final = 200_000  # 150 bytes each, with the indexes
CLEAN_EVERY_S: Final = 60.0
CLEANED_AT_ONCE: Final = 5_000

# A window that began in the future is over: the clock was set back.
_RUNS: Final = "attempt.$at BETWEEN excluded.$at - $length + 1 AND excluded.$at"
_COUNT: Final = """INSERT INTO attempt (key, minute_at, in_minute, hour_at, in_hour)
  SELECT ?, now, 1, now, 1 FROM (SELECT $now AS now) AS clock WHERE true
  ON CONFLICT (key) DO UPDATE SET
    in_minute = CASE WHEN $minute_runs THEN attempt.in_minute + 1 ELSE 1 END,
    minute_at = CASE WHEN $minute_runs THEN attempt.minute_at ELSE excluded.minute_at END,
    in_hour = CASE WHEN $hour_runs THEN attempt.in_hour + 1 ELSE 1 END,
    hour_at = CASE WHEN $hour_runs THEN attempt.hour_at ELSE excluded.hour_at END
  RETURNING in_minute, $now - minute_at, in_hour, $now - hour_at"""


class AttemptLimit(NamedTuple):
    """Name a counter of attempts, and how many are allowed in a minute and in an hour."""

    key: str
    in_minute: int
    in_hour: int | None = None


class AttemptsLeft(NamedTuple):
    """Tell how many more attempts the minute allows, below 0 for one too many, and when it ends."""

    most: int
    left: int
    reset_ms: int


class Attempts:
    """Count, forget and remove attempts, each in one short transaction that waits for no disk. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._cleaned_s = time.monotonic()
        self._sql = compose(
            _COUNT,
            now=database.dialect.now_ms,
            minute_runs=compose(_RUNS, at="minute_at", length=str(MINUTE_MS)),
            hour_runs=compose(_RUNS, at="hour_at", length=str(HOUR_MS)),
        )

    def count(self, limits: Sequence[AttemptLimit]) -> int | None:
        """
        Count one attempt for each limit, in order, up to the first that is passed.

        Return None if none is; else after how many milliseconds an attempt is allowed again.
        """
        wait_ms = None
        with self._db.counting():
            for limit in limits:
                wait_ms = self._count(limit)
                if wait_ms is not None:
                    break
        if time.monotonic() - self._cleaned_s >= CLEAN_EVERY_S:
            self._cleaned_s = time.monotonic()
            self.remove_old()
        return wait_ms

    def _count(self, limit: AttemptLimit) -> int | None:
        [(in_minute, minute_ms, in_hour, hour_ms)] = self._db.rows(self._sql, (limit.key,))
        if limit.in_hour is not None and in_hour > limit.in_hour:
            return int(HOUR_MS - hour_ms)
        return int(MINUTE_MS - minute_ms) if in_minute > limit.in_minute else None

    def count_one(self, limit: AttemptLimit) -> AttemptsLeft:
        """Count one attempt against a limit of a minute; return how many are left."""
        with self._db.counting():
            [(in_minute, minute_ms, _, _)] = self._db.rows(self._sql, (limit.key,))
        return AttemptsLeft(limit.in_minute, limit.in_minute - in_minute, int(MINUTE_MS - minute_ms))

    def forget(self, key: str) -> None:
        """Let the counter begin anew."""
        with self._db.counting():
            self._db.change(AttemptRow.delete().where(AttemptRow.key == key))

    def remove_old(self, most_rows: int = MOST_ROWS) -> None:
        """Remove counters whose hour is over, and beyond `most_rows` those whose hour began first."""
        over = self._db.fetch(f"SELECT {self._db.dialect.now_ms} - {HOUR_MS}")[0][0]
        beyond = AttemptRow.select(AttemptRow.hour_at).order_by(AttemptRow.hour_at.desc()).offset(most_rows).limit(1)
        for (hour_at,) in self._db.select(beyond):
            over = max(over, hour_at)
        old = AttemptRow.select(AttemptRow.key).where(AttemptRow.hour_at <= over).limit(CLEANED_AT_ONCE)
        removed = CLEANED_AT_ONCE
        while removed == CLEANED_AT_ONCE:
            with self._db.counting():
                removed = self._db.change(AttemptRow.delete().where(AttemptRow.key.in_(self._db.dialect.unlocked(old))))
