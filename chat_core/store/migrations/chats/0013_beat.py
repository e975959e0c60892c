"""The bridge's heartbeat by the database's clock and by the bridge's own, and what fails meanwhile. A frozen copy."""

from peewee import BigIntegerField, Database, Model, SmallIntegerField, TextField
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    class BeatRow(Model):
        num = SmallIntegerField(primary_key=True)
        at = BigIntegerField()
        own = BigIntegerField()
        failing = TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "beat"

    db.create_tables([BeatRow])
    db.execute_sql("DELETE FROM state WHERE key = 'beat'")
