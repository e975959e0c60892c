"""What readings add up to, kept beside them; and when an outage ended. A frozen copy: models change, this does not."""

from peewee import BigIntegerField, CompositeKey, Database, Model, SmallIntegerField, SqliteDatabase, TextField
from playhouse.migrate import SchemaMigrator, migrate


def up(migrator: SchemaMigrator, db: Database) -> None:
    migrate(
        # An empty zone: nothing is added up yet. The bridge does it at its start.
        migrator.add_column("meter", "zone", TextField(default="")),
        migrator.add_column("meter", "most_w", BigIntegerField(default=100_000)),
        migrator.add_column("meter", "settled", BigIntegerField(default=-1)),
        migrator.add_column("notice", "ended", BigIntegerField(null=True)),
    )

    class UsageRow(Model):
        meter = BigIntegerField()
        step = SmallIntegerField()
        at = BigIntegerField()
        wh = BigIntegerField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "usage"
            without_rowid = isinstance(db, SqliteDatabase)
            primary_key = CompositeKey("meter", "step", "at")

    db.create_tables([UsageRow])
