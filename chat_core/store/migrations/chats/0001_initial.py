"""The conversations' tables: what the bridge writes. A frozen copy: models change, this does not."""

from peewee import (
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    Database,
    ForeignKeyField,
    Model,
    SmallIntegerField,
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

    class ConversationRow(Table):
        num = BigAutoField()
        client = TextField(unique=True)
        epoch = TextField()
        first = BigIntegerField(default=1)
        last_seq = BigIntegerField(default=0)
        rev = BigIntegerField(default=0)
        shelf = SmallIntegerField(default=0)
        status = TextField()
        assignee = TextField(null=True)
        priority = TextField()
        tags = TextField(default="[]")
        unread = BigIntegerField(default=0)
        waiting = BigIntegerField(null=True)
        until = BigIntegerField(null=True)
        notes = BigIntegerField(default=0)
        name = TextField(null=True)
        online = BooleanField(default=False)
        members = TextField(default="[]")
        did = TextField(default="[]")
        last = TextField(null=True)
        place = BigIntegerField(default=0)
        folded = TextField(default="")

        class Meta:
            table_name = "conversation"
            indexes = ((("shelf", "place", "num"), False), (("shelf", "assignee", "place", "num"), False))

    db.create_tables([ConversationRow])

    class EntryRow(Table):
        num = BigAutoField()
        conversation = ForeignKeyField(ConversationRow, index=False, column_name="conversation")
        seq = BigIntegerField()
        id = TextField()
        sender = TextField()
        at = BigIntegerField()
        kind = TextField()
        body = TextField()

        class Meta:
            table_name = "entry"
            indexes = ((("conversation", "seq"), True), (("conversation", "sender", "id"), True))

    db.create_tables([EntryRow])

    class MarkerRow(Table):
        conversation = ForeignKeyField(ConversationRow, index=False, column_name="conversation")
        reader = TextField()
        delivered = BigIntegerField()
        read = BigIntegerField()

        class Meta:
            table_name = "marker"
            without_rowid = clustered
            primary_key = CompositeKey("conversation", "reader")

    db.create_tables([MarkerRow])

    class NoteRow(Table):
        num = BigAutoField()
        conversation = ForeignKeyField(ConversationRow, column_name="conversation")
        agent = TextField()
        id = TextField()
        text = TextField()
        at = BigIntegerField()

        class Meta:
            table_name = "note"
            indexes = ((("agent", "id"), True),)

    db.create_tables([NoteRow])

    class CommandRow(Table):
        agent = TextField()
        id = TextField()
        client = TextField()
        at = BigIntegerField()

        class Meta:
            table_name = "command"
            without_rowid = clustered
            primary_key = CompositeKey("agent", "id")

    db.create_tables([CommandRow])

    class ParkedRow(Table):
        num = BigAutoField()
        topic = TextField()
        client = TextField(index=True, null=True)
        payload = BlobField()
        why = TextField()
        at = BigIntegerField()

        class Meta:
            table_name = "parked"

    db.create_tables([ParkedRow])

    class MeterRow(Table):
        num = BigAutoField()
        client = TextField()
        meter = TextField()

        class Meta:
            table_name = "meter"
            indexes = ((("client", "meter"), True),)

    db.create_tables([MeterRow])

    class ReadingRow(Table):
        meter = ForeignKeyField(MeterRow, index=False, column_name="meter")
        at = BigIntegerField()
        wh = BigIntegerField()
        w = BigIntegerField(null=True)

        class Meta:
            table_name = "reading"
            without_rowid = clustered
            primary_key = CompositeKey("meter", "at")

    db.create_tables([ReadingRow])

    class NoticeRow(Table):
        area = TextField(primary_key=True)
        id = TextField()
        text = TextField()
        at = BigIntegerField()

        class Meta:
            table_name = "notice"

    db.create_tables([NoticeRow])

    class StateRow(Table):
        key = TextField(primary_key=True)
        value = BigIntegerField()

        class Meta:
            table_name = "state"
            without_rowid = clustered

    db.create_tables([StateRow])
