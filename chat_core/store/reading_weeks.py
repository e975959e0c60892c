"""
Keep PostgreSQL's readings in partitions by week, made ahead, so that old weeks are dropped as whole tables.

`reading_before` is for what is older than the first week: each meter's last few readings, which its next reading
needs. `reading_w<n>` begins with week n since 1970 and ends where the next one begins. `reading_after` is for what is
newer: nothing, as long as weeks are made ahead.
"""

import re
from collections.abc import Sequence
from typing import Final

from psycopg.errors import LockNotAvailable

from chat_core.domain.meter_registers import AROUND
from chat_core.domain.time_steps import HOUR_MS
from chat_core.store.dialect import Statements
from chat_core.store.faults import FOREIGN
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
    WHERE l.relation IN (SELECT to_regclass(name)::oid FROM unnest(?::text[]) AS name)
      AND a.datname = current_database() AND l.pid <> pg_backend_pid()
      AND coalesce(a.xact_start < clock_timestamp() - interval '1 second', TRUE) LIMIT 1"""
_WAIT: Final = "SET LOCAL lock_timeout = 200"  # ms for each table: so long all readings wait behind us
_LOCK: Final = "LOCK TABLE ONLY $tables IN $mode MODE"
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
_CARRIED: Final = "SELECT coalesce(max(meter), 0) FROM $name"
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
        """Make the weeks that come; do nothing while somebody locks the readings."""
        last, wanted = self._weeks[-1], now_ms // WEEK_MS + AHEAD
        if last >= wanted or not _lock(self._db, "ACCESS EXCLUSIVE", ["reading", "reading_after"]):
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
        Return how the weeks that are over by then are dropped; None where there are none, or somebody locks them.

        Args: above: 0 where a pass over the meters begins, or goes on after its process ended.
        """
        week = self._next
        if week is None and above == 0:
            over = [week for week in self._weeks[1:] if week * WEEK_MS <= before_ms]
            if over and _lock(self._db, "SHARE ROW EXCLUSIVE", ["meter", "reading"]):
                week = over[-1]
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

    def carried(self) -> int:
        """Return up to which number the meters are carried, or 0."""
        ((num,),) = self._db.rows(compose(_CARRIED, name=self._name))
        return int(num)

    def carry(self, above: int, last: int) -> None:
        """Keep the last few readings of the meters with these numbers, and refuse what is older from now on."""
        end_ms = self._end * WEEK_MS
        self._db.execute(_SETTLE, (end_ms - 1, above, last, end_ms - 1))
        self._db.execute(compose(_CARRY, name=self._name, end=str(end_ms)), (AROUND, above, last))

    def finish(self) -> bool:
        """Drop the weeks; return False while somebody locks them."""
        gone = ["reading_before", *(f"reading_w{week}" for week in self._weeks)]
        # `meter` first, as whoever stores a reading does.
        if not _lock(self._db, "ACCESS EXCLUSIVE", ["meter", "reading", *gone, self._name]):
            return False
        for name in gone:
            self._db.execute(compose("DROP TABLE $name", name=name))
        self._db.execute(compose("ALTER TABLE $name DROP CONSTRAINT of_meter", name=self._name))
        self._db.execute(compose("ALTER TABLE $name RENAME TO reading_before", name=self._name))
        self._db.execute(_partition(_ATTACH, "reading_before", None, self._end))
        self._db.execute("ALTER TABLE reading_before DROP CONSTRAINT is_before")
        return True


def _lock(db: Statements, mode: str, tables: Sequence[str]) -> bool:
    """Lock the tables until the transaction ends; return False, with none locked, where others hold one of them."""
    if db.rows(_LOCKED, (list(tables),)):
        return False
    try:
        with db.whole().transaction():  # a savepoint, whose end undoes locks and time limit
            db.whole().execute(_WAIT)
            db.whole().execute(compose(_LOCK, tables=", ONLY ".join(tables), mode=mode))
    except LockNotAvailable:
        return False
    except FOREIGN as fault:
        raise db.named(fault) from fault
    db.execute("SET LOCAL lock_timeout TO DEFAULT")
    return True


def _partition(sql: str, name: str, begin: int | None, end: int | None) -> str:
    """Return the statement for a partition of these weeks. Args: begin, end: None for no bound."""
    bounds = {
        "begin": "MINVALUE" if begin is None else str(begin * WEEK_MS),
        "end": "MAXVALUE" if end is None else str(end * WEEK_MS),
    }
    return compose(sql, name=name, **bounds)
