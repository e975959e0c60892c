"""What people uploaded. A frozen copy: models change, this does not."""

from peewee import BigIntegerField, Database, Model, TextField
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    class FileRow(Model):
        id = TextField(primary_key=True)
        client = TextField(index=True)
        sender = TextField()
        upload = TextField()
        sha256 = TextField()
        name = TextField()
        type = TextField()
        size = BigIntegerField()
        width = BigIntegerField(null=True)
        height = BigIntegerField(null=True)
        at = BigIntegerField()
        checked = BigIntegerField(index=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "file"
            indexes = ((("client", "sender", "upload"), True), (("sender", "at"), False))

    db.create_tables([FileRow])
