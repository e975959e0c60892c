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

    class IdentityRow(Model):
        id = TextField(primary_key=True)
        name = TextField(null=True)
        generation = IntegerField(default=0)
        disabled = BooleanField(default=False)
        created = BigIntegerField()
        touched = BigIntegerField()

        class Meta:
            database = db
            table_name = "identity"

    db.create_tables([IdentityRow])

    class SpareGuestRow(Model):
        id = ForeignKeyField(IdentityRow, primary_key=True, column_name="id")

        class Meta:
            database = db
            table_name = "spare_guest"

    db.create_tables([SpareGuestRow])

    class AgentRow(Model):
        id = ForeignKeyField(IdentityRow, primary_key=True, column_name="id")
        admin = BooleanField(default=False)
        password_hash = TextField(null=True)

        class Meta:
            database = db
            table_name = "agent"

    db.create_tables([AgentRow])

    class SetupLinkRow(Model):
        hash = TextField(primary_key=True)
        agent = ForeignKeyField(AgentRow, column_name="agent")
        expires = BigIntegerField()

        class Meta:
            database = db
            table_name = "setup_link"

    db.create_tables([SetupLinkRow])

    class ClientRow(Model):
        id = ForeignKeyField(IdentityRow, primary_key=True, column_name="id")
        lang = TextField(null=True)
        area = TextField(null=True)
        meters = TextField(default="[]")
        was = TextField(null=True)

        class Meta:
            database = db
            table_name = "client"

    db.create_tables([ClientRow])

    class DeviceRow(Model):
        id = ForeignKeyField(IdentityRow, primary_key=True, column_name="id")
        client = TextField(index=True)
        topics = TextField(default="[]")
        password_hashes = TextField(default="{}")

        class Meta:
            database = db
            table_name = "device"

    db.create_tables([DeviceRow])

    class JtiRow(Model):
        jti = TextField(primary_key=True)
        exp = BigIntegerField(index=True)
        answer = TextField()
        at = BigIntegerField()

        class Meta:
            database = db
            table_name = "jti"
            without_rowid = clustered

    db.create_tables([JtiRow])

    class SettingRow(Model):
        key = TextField(primary_key=True)
        value = TextField()

        class Meta:
            database = db
            table_name = "setting"

    db.create_tables([SettingRow])

    class CounterRow(Model):
        key = TextField(primary_key=True)
        value = BigIntegerField()

        class Meta:
            database = db
            table_name = "counter"

    db.create_tables([CounterRow])

    class ChangeRow(Model):
        num = BigAutoField()
        kind = TextField()
        body = TextField()
        at = BigIntegerField()

        class Meta:
            database = db
            table_name = "change"

    db.create_tables([ChangeRow])
