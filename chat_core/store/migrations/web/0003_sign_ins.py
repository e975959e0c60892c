"""Sign-ins that can be ended one by one, and listeners that end by themselves. A frozen copy."""

from peewee import BigIntegerField, BooleanField, Database, IntegerField, Model, TextField
from playhouse.migrate import SchemaMigrator, migrate


def up(migrator: SchemaMigrator, db: Database) -> None:
    class Table(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class SignInRow(Table):
        id = TextField(primary_key=True)
        agent = TextField()
        created = BigIntegerField()

        class Meta:
            table_name = "sign_in"
            indexes = ((("agent", "created"), False),)

    class ListenerRow(Table):
        id = TextField(primary_key=True)
        client = TextField(null=True)
        expires = BigIntegerField(index=True)

        class Meta:
            table_name = "listener"

    class IdentityRow(Table):
        id = TextField(primary_key=True)
        generation = IntegerField()
        disabled = BooleanField()

        class Meta:
            table_name = "identity"

    # Whose password earlier starts printed: it could write, and on Mosquitto it had no end.
    printed = IdentityRow.update({IdentityRow.disabled: True, IdentityRow.generation: IdentityRow.generation + 1})
    printed.where(IdentityRow.id == "b-listener").execute()
    db.create_tables([SignInRow])
    db.create_tables([ListenerRow])
    migrate(migrator.add_column("agent", "sign_outs", IntegerField(default=0)))
