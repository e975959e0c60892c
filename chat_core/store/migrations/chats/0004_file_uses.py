"""Which entry shows which uploaded file. A frozen copy: models change, this does not."""

from peewee import BigIntegerField, CompositeKey, Database, Model, SqliteDatabase, TextField
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    class FileUseRow(Model):
        file = TextField()
        conversation = BigIntegerField(index=True)
        seq = BigIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "file_use"
            without_rowid = isinstance(db, SqliteDatabase)
            primary_key = CompositeKey("file", "conversation", "seq")

    db.create_tables([FileUseRow])
