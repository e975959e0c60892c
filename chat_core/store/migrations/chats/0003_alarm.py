"""What meters have raised alarm about, so that each event is told once. A frozen copy: models change, this does not."""

from peewee import BigIntegerField, CompositeKey, Database, Model, SqliteDatabase, TextField
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    class AlarmRow(Model):
        meter = BigIntegerField()
        kind = TextField()
        since = BigIntegerField()
        last = BigIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "alarm"
            without_rowid = isinstance(db, SqliteDatabase)
            primary_key = CompositeKey("meter", "kind")

    db.create_tables([AlarmRow])
