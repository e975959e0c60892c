"""What became of each question, and how much was said when: what the overview adds up. A frozen copy."""

from peewee import BigAutoField, BigIntegerField, Database, Model, SmallIntegerField, SqliteDatabase, TextField
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    class Table(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class EpisodeRow(Table):
        num = BigAutoField()
        conversation = BigIntegerField()
        seq = BigIntegerField()
        asked = BigIntegerField(null=True, index=True)
        answered = BigIntegerField(null=True)
        by = TextField(null=True)
        resolved = BigIntegerField(null=True, index=True)
        score = SmallIntegerField(null=True)
        rated = BigIntegerField(null=True, index=True)

        class Meta:
            table_name = "episode"
            indexes = ((("conversation", "num"), False),)

    class LoadRow(Table):
        at = BigIntegerField(primary_key=True)
        asked = BigIntegerField(default=0)
        answered = BigIntegerField(default=0)
        begun = BigIntegerField(default=0)

        class Meta:
            table_name = "load"
            without_rowid = isinstance(db, SqliteDatabase)

    db.create_tables([EpisodeRow])
    db.create_tables([LoadRow])
