"""
How soon questions were first answered, by day and by how long it took: the usual time is read from it. A frozen copy.

What a clock that was set back made an answer before its question is one at its moment.
"""

from peewee import BigIntegerField, CompositeKey, Database, Model, SqliteDatabase
from playhouse.migrate import SchemaMigrator

BOUNDS_S = ((60, 5), (600, 10), (3_600, 30), (86_400, 300))
LAST_S, LAST_WIDE_S = 604_800, 3_600
STATEMENTS = (
    "UPDATE episode SET answered = asked WHERE answered < asked",
    "UPDATE episode SET resolved = asked WHERE resolved < asked",
)
COUNT = """
    INSERT INTO answer_time (day, bucket, answers, ms)
    SELECT asked / 86400000 * 86400000, $bucket, count(*), sum(answered - asked) FROM episode
    WHERE asked IS NOT NULL AND answered IS NOT NULL GROUP BY 1, 2"""


def bucket(took: str) -> str:
    """SQL for the seconds at which the duration's bucket begins."""
    cases = " ".join(f"WHEN {took} < {below * 1000} THEN {took} / {wide * 1000} * {wide}" for below, wide in BOUNDS_S)
    last = f"WHEN {took} < {LAST_S * 1000} THEN {took} / {LAST_WIDE_S * 1000} * {LAST_WIDE_S}"
    return f"CASE {cases} {last} ELSE {LAST_S} END"


def up(_migrator: SchemaMigrator, db: Database) -> None:
    class AnswerTimeRow(Model):
        day = BigIntegerField()
        bucket = BigIntegerField()
        answers = BigIntegerField(default=0)
        ms = BigIntegerField(default=0)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "answer_time"
            without_rowid = isinstance(db, SqliteDatabase)
            primary_key = CompositeKey("day", "bucket")

    db.create_tables([AnswerTimeRow])
    for statement in STATEMENTS:
        db.execute_sql(statement)
    db.execute_sql(COUNT.replace("$bucket", bucket("(answered - asked)")))
