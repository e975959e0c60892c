"""Declare the tables that the bridge writes."""

from typing import Final

from peewee import (
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    SmallIntegerField,
    TextField,
)

from chat_core.store.models import Table


class ConversationRow(Table):
    """One client's conversation: its log's ends and its row of the inbox, changed together, once a batch."""

    num = BigAutoField()
    client = TextField(unique=True)
    epoch = TextField()
    first = BigIntegerField(default=1)
    last_seq = BigIntegerField(default=0)
    rev = BigIntegerField(default=0)
    shelf = SmallIntegerField(default=0)  # 0 open or assigned, 1 snoozed, 2 resolved: what an inbox page is cut from
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
    last = TextField(null=True)  # the last Entry's JSON, so that an inbox page reads one table
    place = BigIntegerField(default=0)  # ascending is the inbox's order
    folded = TextField(default="")  # name and id as the inbox's filter compares them

    class Meta:
        table_name = "conversation"
        indexes = ((("shelf", "place", "num"), False), (("shelf", "assignee", "place", "num"), False))


class EntryRow(Table):
    """
    One entry. `num` is the order of commit over all clients; `body` is the JSON object of what its kind adds.

    Unique is (conversation, sender, id) on PostgreSQL too, there by an exclusion of equal hashes and equal three.
    """

    num = BigAutoField()
    conversation = ForeignKeyField(ConversationRow, column_name="conversation", index=False)
    seq = BigIntegerField()
    id = TextField()
    sender = TextField()
    at = BigIntegerField()
    kind = TextField()
    body = TextField()

    class Meta:
        table_name = "entry"
        indexes = ((("conversation", "seq"), True), (("conversation", "sender", "id"), True))


class MarkerRow(Table):
    """Store how far one reader of one conversation is."""

    conversation = ForeignKeyField(ConversationRow, column_name="conversation", index=False)
    reader = TextField()
    delivered = BigIntegerField()
    read = BigIntegerField()

    class Meta:
        table_name = "marker"
        primary_key = CompositeKey("conversation", "reader")


class NoteRow(Table):
    """Store agents' notes for one another; they have no seq."""

    num = BigAutoField()
    conversation = ForeignKeyField(ConversationRow, column_name="conversation")
    agent = TextField()
    id = TextField()
    text = TextField()
    at = BigIntegerField()

    class Meta:
        table_name = "note"
        indexes = ((("agent", "id"), True),)


class CommandRow(Table):
    """A command that is done, so that its repeat does nothing."""

    agent = TextField()
    id = TextField()
    client = TextField()  # "" where the command was for no client
    at = BigIntegerField(index=True)

    class Meta:
        table_name = "command"
        primary_key = CompositeKey("agent", "id")


class FileUseRow(Table):
    """An entry that shows an uploaded file: what is in no entry is nobody's to see."""

    file = TextField()
    conversation = BigIntegerField(index=True)
    seq = BigIntegerField()

    class Meta:
        table_name = "file_use"
        primary_key = CompositeKey("file", "conversation", "seq")


class EpisodeRow(Table):
    """A question: where in the log it begins, when it was first asked, answered by a person, resolved, rated."""

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
    """Count questions, answers and new conversations of one quarter of an hour."""

    at = BigIntegerField(primary_key=True)
    asked = BigIntegerField(default=0)
    answered = BigIntegerField(default=0)
    begun = BigIntegerField(default=0)

    class Meta:
        table_name = "load"


class AnswerTimeRow(Table):
    """Count the first answers to one day's (UTC) questions that took about as long, with their total in ms."""

    day = BigIntegerField()
    bucket = BigIntegerField()  # the seconds at which it begins
    answers = BigIntegerField(default=0)
    ms = BigIntegerField(default=0)

    class Meta:
        table_name = "answer_time"
        primary_key = CompositeKey("day", "bucket")


class ParkedRow(Table):
    """Unreadable input, kept aside; the newest 10,000."""

    num = BigAutoField()
    topic = TextField()
    client = TextField(null=True, index=True)  # whose it seems to be: erasure takes it along
    payload = BlobField()
    why = TextField()
    at = BigIntegerField()

    class Meta:
        table_name = "parked"


class MeterRow(Table):
    """
    A meter of a client; its readings name it by number.

    `zone` is whose hours, days and months its sums are; `most_w` what its connection gives; of what was read at or
    before `settled` only the sums are left.
    """

    num = BigAutoField()
    client = TextField()
    meter = TextField()
    zone = TextField(default="")
    most_w = BigIntegerField(default=100_000)
    settled = BigIntegerField(default=-1)

    class Meta:
        table_name = "meter"
        indexes = ((("client", "meter"), True),)


class ReadingRow(Table):
    """A meter's register (Wh) and power (W) at one instant."""

    meter = ForeignKeyField(MeterRow, column_name="meter", index=False)
    at = BigIntegerField()
    wh = BigIntegerField()
    w = BigIntegerField(null=True)

    class Meta:
        table_name = "reading"
        primary_key = CompositeKey("meter", "at")


class UsageRow(Table):
    """Store a meter's energy of a quarter (step 0), hour (1), day (2) or month (3) with its estimated part."""

    meter = BigIntegerField()
    step = SmallIntegerField()
    at = BigIntegerField()
    wh = BigIntegerField()
    estimated = BigIntegerField(default=0)

    class Meta:
        table_name = "usage"
        primary_key = CompositeKey("meter", "step", "at")


class AlarmRow(Table):
    """The last event of a kind that a meter raised alarm about: from when, and when it was seen last."""

    meter = BigIntegerField()
    kind = TextField()
    since = BigIntegerField()
    last = BigIntegerField()

    class Meta:
        table_name = "alarm"
        primary_key = CompositeKey("meter", "kind")


class NoticeRow(Table):
    """An area's outage notice, so that it can be told again at each connect; `ended`: when it was over, if it is."""

    area = TextField(primary_key=True)
    id = TextField()
    text = TextField()  # by language, as JSON
    at = BigIntegerField()
    ended = BigIntegerField(null=True)
    origin = TextField(null=True)  # what made it; null: a person

    class Meta:
        table_name = "notice"


class BeatRow(Table):
    """The bridge's heartbeat, one row: by the database's clock, by the bridge's own, and what fails meanwhile."""

    num = SmallIntegerField(primary_key=True)
    at = BigIntegerField()
    own = BigIntegerField()
    failing = TextField(default="")  # names, separated by commas

    class Meta:
        table_name = "beat"


class ClearedRow(Table):
    """A client for whose displays nothing is to be retained: a killed broker may bring back what it had."""

    client = TextField(primary_key=True)
    at = BigIntegerField()

    class Meta:
        table_name = "cleared"


class StateRow(Table):
    """The bridge's own few numbers, such as how far it has read `change`."""

    key = TextField(primary_key=True)
    value = BigIntegerField()

    class Meta:
        table_name = "state"


CHATS: Final[tuple[type[Table], ...]] = (
    ConversationRow,
    EntryRow,
    MarkerRow,
    NoteRow,
    CommandRow,
    FileUseRow,
    EpisodeRow,
    LoadRow,
    AnswerTimeRow,
    ParkedRow,
    MeterRow,
    ReadingRow,
    UsageRow,
    AlarmRow,
    NoticeRow,
    BeatRow,
    ClearedRow,
    StateRow,
)
