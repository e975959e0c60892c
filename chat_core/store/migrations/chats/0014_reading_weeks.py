"""Divide PostgreSQL's readings into partitions by week. What is stored stays where it is, as the oldest partition."""

import time
from functools import partial
from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import in_short_waits, is_sqlite, run

WEEK_MS: Final = 7 * 86_400_000
AHEAD: Final = 3
# VALIDATE reads all rows while others write. After it the swap reads none.
LIMIT: Final = (
    # A fifth of an insert's cost: whoever stores a reading has read its meter.
    "ALTER TABLE reading DROP CONSTRAINT IF EXISTS reading_meter_fkey",
    "ALTER TABLE reading DROP CONSTRAINT IF EXISTS reading_is_before",
    "ALTER TABLE reading ADD CONSTRAINT reading_is_before CHECK (at < FIRST) NOT VALID",
    "ALTER TABLE reading VALIDATE CONSTRAINT reading_is_before",
)
SWAP: Final = (
    "ALTER TABLE reading RENAME TO reading_before",
    "ALTER INDEX reading_pkey RENAME TO reading_before_pkey",
    """CREATE TABLE reading (meter BIGINT NOT NULL, at BIGINT NOT NULL, wh BIGINT NOT NULL, w BIGINT,
      PRIMARY KEY (meter, at)) PARTITION BY RANGE (at)""",
    "ALTER TABLE reading ATTACH PARTITION reading_before FOR VALUES FROM (MINVALUE) TO (FIRST)",
    "ALTER TABLE reading_before DROP CONSTRAINT reading_is_before",
)
WEEK: Final = "CREATE TABLE reading_wNUMBER PARTITION OF reading FOR VALUES FROM (BEGIN) TO (END)"
AFTER: Final = "CREATE TABLE reading_after PARTITION OF reading FOR VALUES FROM (BEGIN) TO (MAXVALUE)"
atomic: Final = False  # each statement's lock ends with it


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Divide them; a SQLite file has one table. After a kill the same call goes on."""
    if is_sqlite(db):
        return
    ((kind,),) = db.execute_sql("SELECT relkind FROM pg_class WHERE oid = 'reading'::regclass").fetchall()
    if kind in ("p", b"p"):
        return
    ((newest,),) = db.execute_sql("SELECT coalesce(max(at), 0) FROM reading").fetchall()
    first = max(newest, time.time_ns() // 1_000_000) // WEEK_MS + 2  # what is stored meanwhile lies before it
    limit, swap = ([statement.replace("FIRST", str(first * WEEK_MS)) for statement in part] for part in (LIMIT, SWAP))
    weeks = [_bounded(WEEK, week) for week in range(first, first + AHEAD)]
    for step in ([statement] for statement in limit):
        in_short_waits(db, partial(run, db, step), "the readings")
    in_short_waits(db, partial(run, db, [*swap, *weeks, _bounded(AFTER, first + AHEAD)]), "the readings")


def _bounded(statement: str, week: int) -> str:
    bounds = {"NUMBER": str(week), "BEGIN": str(week * WEEK_MS), "END": str((week + 1) * WEEK_MS)}
    for word, value in bounds.items():
        statement = statement.replace(word, value)
    return statement
