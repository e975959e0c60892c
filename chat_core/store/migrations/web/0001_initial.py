"""Accounts, credentials, settings and changes: what web and CLI write. A frozen copy: models change, this does not."""

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    Database,
    ForeignKeyField,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    # Rows that are little but their key need no second tree; PostgreSQL knows no such thing.
    clustered = isinstance(db, SqliteDatabase)

    class Table(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class IdentityRow(Table):
        id = TextField(primary_key=True)
        name = TextField(null=True)
        generation = IntegerField(default=0)
        disabled = BooleanField(default=False)
        created = BigIntegerField()
        touched = BigIntegerField()

        class Meta:
            table_name = "identity"

    db.create_tables([IdentityRow])

    class SpareGuestRow(Table):
        id = ForeignKeyField(IdentityRow, primary_key=True, column_name="id")

        class Meta:
            table_name = "spare_guest"

    db.create_tables([SpareGuestRow])

    class AgentRow(Table):
        id = ForeignKeyField(IdentityRow, primary_key=True, column_name="id")
        admin = BooleanField(default=False)
        password_hash = TextField(null=True)

        class Meta:
            table_name = "agent"

    db.create_tables([AgentRow])

    class SetupLinkRow(Table):
        hash = TextField(primary_key=True)
        agent = ForeignKeyField(AgentRow, column_name="agent")
        expires = BigIntegerField()

        class Meta:
            table_name = "setup_link"

    db.create_tables([SetupLinkRow])

    class ClientRow(Table):
        id = ForeignKeyField(IdentityRow, primary_key=True, column_name="id")
        lang = TextField(null=True)
        area = TextField(null=True)
        meters = TextField(default="[]")
        was = TextField(null=True)

        class Meta:
            table_name = "client"

    db.create_tables([ClientRow])

    class DeviceRow(Table):
        id = ForeignKeyField(IdentityRow, primary_key=True, column_name="id")
        client = TextField(index=True)
        topics = TextField(default="[]")
        password_hashes = TextField(default="{}")

        class Meta:
            table_name = "device"

    db.create_tables([DeviceRow])

    class JtiRow(Table):
        jti = TextField(primary_key=True)
        exp = BigIntegerField(index=True)
        answer = TextField()
        at = BigIntegerField()

        class Meta:
            table_name = "jti"
            without_rowid = clustered

    db.create_tables([JtiRow])

    class SettingRow(Table):
        key = TextField(primary_key=True)
        value = TextField()

        class Meta:
            table_name = "setting"

    db.create_tables([SettingRow])

    class CounterRow(Table):
        key = TextField(primary_key=True)
        value = BigIntegerField()

        class Meta:
            table_name = "counter"

    db.create_tables([CounterRow])

    class ChangeRow(Table):
        num = BigAutoField()
        kind = TextField()
        body = TextField()
        at = BigIntegerField()

        class Meta:
            table_name = "change"

    db.create_tables([ChangeRow])
