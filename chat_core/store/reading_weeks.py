"""
Keep PostgreSQL's readings in partitions by week, made ahead, so that old weeks are dropped as whole tables.

`reading_before` is for what is older than the first week: each meter's last few readings, which its next reading
needs. `reading_w<n>` begins with week n since 1970 and ends where the next one begins. `reading_after` is for what is
newer: nothing, as long as weeks are made ahead.
"""

import re
from collections.abc import Sequence
from typing import Final

from chat_core.domain.meter_registers import AROUND
from chat_core.domain.time_steps import HOUR_MS
from chat_core.store.dialect import Statements
from chat_core.store.rows import compose

WEEK_MS: Final = 7 * 24 * HOUR_MS
AHEAD: Final = 3  # weeks: so long may a bridge be away, or a backup hold its locks
_NAMES: Final = (
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename ~ '^reading_.*[0-9]$'"
)
_WEEK: Final = re.compile(r"reading_w(\d+)")
_NEXT: Final = re.compile(r"reading_next(\d+)")
# The planner takes a plan for these very values for cheaper, and would make one for each reading: a third of its cost.
PLAN_ONCE: Final = "SET LOCAL plan_cache_mode = force_generic_plan"
# A backup holds its locks for hours. Whoever waits for it makes all later ones wait too. A hidden begin counts as old.
_LOCKED: Final = """
    SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.relation = 'reading'::regclass AND a.datname = current_database() AND l.pid <> pg_backend_pid()
      AND coalesce(a.xact_start < clock_timestamp() - interval '1 second', TRUE) LIMIT 1"""
_MAKE: Final = "CREATE TABLE $name PARTITION OF reading FOR VALUES FROM ($begin) TO ($end)"
_ATTACH: Final = "ALTER TABLE reading ATTACH PARTITION $name FOR VALUES FROM ($begin) TO ($end)"
# The CHECK spares ATTACH a look at all rows. An erased meter's readings go with it.
_MAKE_NEXT: Final = """
    CREATE TABLE $name (LIKE reading, PRIMARY KEY (meter, at), CONSTRAINT is_before CHECK (at < $end),
      CONSTRAINT of_meter FOREIGN KEY (meter) REFERENCES meter (num) ON DELETE CASCADE)"""
_CARRY: Final = """
    INSERT INTO $name (meter, at, wh, w) SELECT kept.meter, kept.at, kept.wh, kept.w FROM meter m
    CROSS JOIN LATERAL (
      SELECT r.meter, r.at, r.wh, r.w FROM reading r WHERE r.meter = m.num AND r.at < $end ORDER BY r.at DESC LIMIT ?
    ) AS kept WHERE m.num > ? AND m.num <= ? ON CONFLICT (meter, at) DO NOTHING"""
_SETTLE: Final = "UPDATE meter SET settled = ? WHERE num > ? AND num <= ? AND settled < ?"


class ReadingWeeks:
    """Change the partitions within one write transaction."""

    def __init__(self, db: Statements) -> None:
        self._db = db
        names = [name for (name,) in db.rows(_NAMES)]
        self._weeks = sorted(int(found[1]) for name in names if (found := _WEEK.fullmatch(name)))
        self._next = next((int(found[1]) for name in names if (found := _NEXT.fullmatch(name))), None)

    @property
    def first_ms(self) -> int:
        """Return when the first week begins."""
        return self._weeks[0] * WEEK_MS

    def make_ahead(self, now_ms: int) -> None:
        """Make the weeks that come; do nothing while somebody locks the readings for long."""
        last, wanted = self._weeks[-1], now_ms // WEEK_MS + AHEAD
        if last >= wanted or _is_locked(self._db):
            return
        self._db.execute("ALTER TABLE reading DETACH PARTITION reading_after")
        begin = last + 1
        ((newest,),) = self._db.rows("SELECT max(at) FROM reading_after")
        if newest is None:
            self._db.execute("DROP TABLE reading_after")
        else:  # no bridge ran for weeks: what came since then stays where it is, as one long week
            end = newest // WEEK_MS + 1
            self._db.execute(compose("ALTER TABLE reading_after RENAME TO $name", name=f"reading_w{begin}"))
            self._db.execute(_partition(_ATTACH, f"reading_w{begin}", begin, end))
            begin = end
        for week in range(begin, wanted + 1):
            self._db.execute(_partition(_MAKE, f"reading_w{week}", week, week + 1))
        self._db.execute(_partition(_MAKE, "reading_after", max(begin, wanted + 1), None))

    def drop(self, above: int, before_ms: int) -> "WeekDrop | None":
        """
        Return how the weeks that are over by then are dropped; None where there are none.

        Args: above: 0 where a pass over the meters begins.
        """
        week = self._next
        if above == 0:
            over = [week for week in self._weeks[1:] if week * WEEK_MS <= before_ms]
            if week is not None:  # a pass ended with its process
                self._db.execute(compose("DROP TABLE $name", name=f"reading_next{week}"))
            week = over[-1] if over and not _is_locked(self._db) else None
            if week is not None:
                self._db.execute(compose(_MAKE_NEXT, name=f"reading_next{week}", end=str(week * WEEK_MS)))
        return None if week is None else WeekDrop(self._db, [one for one in self._weeks if one < week], week)


class WeekDrop:
    """Drop old weeks, after a pass over all meters that carries what each one's next reading needs."""

    def __init__(self, db: Statements, weeks: Sequence[int], end: int) -> None:
        """Args: weeks: those to drop; end: the week that will be the first."""
        self._db = db
        self._weeks = weeks
        self._end = end
        self._name = f"reading_next{end}"

    def carry(self, above: int, last: int) -> None:
        """Keep the last few readings of the meters with these numbers, and refuse what is older from now on."""
        end_ms = self._end * WEEK_MS
        self._db.execute(_SETTLE, (end_ms - 1, above, last, end_ms - 1))
        self._db.execute(compose(_CARRY, name=self._name, end=str(end_ms)), (AROUND, above, last))

    def finish(self) -> bool:
        """Drop the weeks; return False while somebody locks the readings for long."""
        if _is_locked(self._db):
            return False
        self._db.execute("LOCK TABLE meter, reading IN ACCESS EXCLUSIVE MODE")  # in the order of who stores a reading
        for gone in ("before", *(f"w{week}" for week in self._weeks)):
            self._db.execute(compose("DROP TABLE $name", name=f"reading_{gone}"))
        self._db.execute(compose("ALTER TABLE $name DROP CONSTRAINT of_meter", name=self._name))
        self._db.execute(compose("ALTER TABLE $name RENAME TO reading_before", name=self._name))
        self._db.execute(_partition(_ATTACH, "reading_before", None, self._end))
        self._db.execute("ALTER TABLE reading_before DROP CONSTRAINT is_before")
        return True


def _is_locked(db: Statements) -> bool:
    """Return whether a transaction of a second or more holds a lock that a change of the partitions would wait for."""
    return bool(db.rows(_LOCKED))


def _partition(sql: str, name: str, begin: int | None, end: int | None) -> str:
    """Return the statement for a partition of these weeks. Args: begin, end: None for no bound."""
    bounds = {
        "begin": "MINVALUE" if begin is None else str(begin * WEEK_MS),
        "end": "MAXVALUE" if end is None else str(end * WEEK_MS),
    }
    return compose(sql, name=name, **bounds)
