"""What was stored in each hour, by whom it is counted for. A frozen copy: models change, this does not."""

from peewee import BigIntegerField, CompositeKey, Database, Model, SqliteDatabase, TextField
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    clustered = isinstance(db, SqliteDatabase)

    class FileUsageRow(Model):
        key = TextField()
        hour = BigIntegerField(index=True)
        bytes = BigIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "file_usage"
            primary_key = CompositeKey("key", "hour")
            without_rowid = clustered

    db.create_tables([FileUsageRow])
