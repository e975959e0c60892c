"""For whose displays nothing is to be retained. A frozen copy."""

from peewee import BigIntegerField, Database, Model, TextField
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    class ClearedRow(Model):
        client = TextField(primary_key=True)
        at = BigIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "cleared"

    db.create_tables([ClearedRow])
