"""Declare the tables that the bridge writes."""

from typing import Final

from peewee import (
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    SmallIntegerField,
    TextField,
)

from chat_core.store.models import Table


class ChatsTable(Table):
    """Mark a table that the bridge writes."""


class ConversationRow(ChatsTable):
    """Store one client's conversation: the state of its log and its row of the inbox, written once a batch."""

    num = BigAutoField()
    client = TextField(unique=True)
    epoch = TextField()
    first = BigIntegerField(default=1)
    last_seq = BigIntegerField(default=0)
    rev = BigIntegerField(default=0)
    shelf = SmallIntegerField(default=0)  # 0 open or assigned, 1 snoozed, 2 resolved, 9 erased
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
    last = TextField(null=True)  # the JSON of the Entry that the inbox shows, so that a page reads one table
    place = BigIntegerField(default=0)  # ascending is the inbox's order
    folded = TextField(default="")  # name and id as the inbox's filter compares them
    last_sender = TextField(null=True)  # of `last`: parsing its JSON for each row costs a page a twentieth
    delayed = TextField(null=True)  # JSON list of Delayed; null: none
    due = BigIntegerField(null=True)  # when the first of them takes effect
    question = TextField(null=True)  # JSON of the client's last words, where `last` is another entry
    answered = BigIntegerField(null=True)
    area = TextField(null=True)
    lang = TextField(null=True)
    mentions = TextField(null=True)  # JSON list of Mention; null: none
    team = TextField(null=True)  # null: the default team

    class Meta:
        indexes = ((("shelf", "place", "num", "client"), False), (("shelf", "assignee", "place", "num"), False))


class EntryRow(ChatsTable):
    """
    Store one entry. `num` is the order of commit over all clients; `body` is the JSON object of what its kind adds.

    On PostgreSQL an exclusion constraint with a hash keeps (conversation, sender, id) unique.
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
        indexes = ((("conversation", "seq"), True), (("conversation", "sender", "id"), True))


class MarkerRow(ChatsTable):
    """Store how far one reader of one conversation is."""

    conversation = ForeignKeyField(ConversationRow, column_name="conversation", index=False)
    reader = TextField()
    delivered = BigIntegerField()
    read = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("conversation", "reader")


class NoteRow(ChatsTable):
    """Store agents' notes for one another; they have no seq."""

    num = BigAutoField()
    conversation = ForeignKeyField(ConversationRow, column_name="conversation")
    agent = TextField()
    id = TextField()
    text = TextField()
    at = BigIntegerField()

    class Meta:
        indexes = ((("agent", "id"), True),)


class CommandRow(ChatsTable):
    """Store a command that is done, so that its repeat does nothing."""

    agent = TextField()
    id = TextField()
    client = TextField()  # "" where the command was for no client
    at = BigIntegerField(index=True)

    class Meta:
        primary_key = CompositeKey("agent", "id")


class FileUseRow(ChatsTable):
    """Store which entry shows an uploaded file: nobody may read a file that no entry shows."""

    file = TextField()
    conversation = BigIntegerField(index=True)
    seq = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("file", "conversation", "seq")


class EpisodeRow(ChatsTable):
    """Store a question: where in the log it begins, when it was asked, answered, resolved, rated, and the use after."""

    num = BigAutoField()
    conversation = BigIntegerField()
    seq = BigIntegerField()
    asked = BigIntegerField(null=True, index=True)
    answered = BigIntegerField(null=True)
    by = TextField(null=True)
    resolved = BigIntegerField(null=True, index=True)
    score = SmallIntegerField(null=True)
    rated = BigIntegerField(null=True, index=True)
    meter = TextField(null=True)  # of the last card in it
    use_after = SmallIntegerField(null=True)  # see meter_alarms.UseAfter

    class Meta:
        indexes = ((("conversation", "num"), False),)


class AnswerTimeRow(ChatsTable):
    """Count the first answers to one day's (UTC) questions that took about as long, with their total in ms."""

    day = BigIntegerField()
    bucket = BigIntegerField()  # the seconds at which it begins
    answers = BigIntegerField(default=0)
    ms = BigIntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("day", "bucket")


class ParkedRow(ChatsTable):
    """Store unreadable input: the newest 10,000 messages."""

    num = BigAutoField()
    topic = TextField()
    client = TextField(null=True, index=True)  # the topic's: an erasure of the client removes the message
    payload = BlobField()
    why = TextField()
    at = BigIntegerField()


class MeterRow(ChatsTable):
    """Store a client's meter; its readings name it by number."""

    num = BigAutoField()
    client = TextField()
    meter = TextField()
    zone = TextField(default="")  # whose hours, days and months its sums are
    most_w = BigIntegerField(default=100_000)  # what its connection gives
    settled = BigIntegerField(default=-1)  # of what was read at or before it only the sums are left

    class Meta:
        indexes = ((("client", "meter"), True),)


class ReadingRow(ChatsTable):
    """Store a meter's register (Wh) and power (W) at one instant."""

    meter = ForeignKeyField(MeterRow, column_name="meter", index=False)
    at = BigIntegerField()
    wh = BigIntegerField()
    w = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("meter", "at")


class UsageRow(ChatsTable):
    """Store a meter's energy of a quarter (step 0), hour (1), day (2) or month (3) with its estimated part."""

    meter = BigIntegerField()
    step = SmallIntegerField()
    at = BigIntegerField()
    wh = BigIntegerField()
    estimated = BigIntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("meter", "step", "at")


class AlarmRow(ChatsTable):
    """Store the last event of a kind that a meter raised alarm about: from when, and when it was seen last."""

    meter = BigIntegerField()
    kind = TextField()
    since = BigIntegerField()
    last = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("meter", "kind")


class NoticeRow(ChatsTable):
    """Store an area's outage notice, so that each connect can tell it again."""

    area = TextField(primary_key=True)
    id = TextField()
    text = TextField()  # by language, as JSON; as written, without the expected end in words
    at = BigIntegerField()
    ended = BigIntegerField(null=True)  # when it was over; null while it stands
    origin = TextField(null=True)  # what made it; null: a person
    incident = TextField(default="")  # the id of the first notice, of all its areas
    since = BigIntegerField(default=0)  # when that came
    until = BigIntegerField(null=True)  # when power is expected back
    began = BigIntegerField(null=True)  # when power went; null: nobody said
    ends = BigIntegerField(null=True)  # when the bridge ends it; null: when a person does
    untold = BooleanField(default=False)  # over, and who asked is still to be told
    clients = BigIntegerField(null=True)  # of the area, while it stood; null: not counted
    reached = BigIntegerField(null=True)  # of them
    displays = BigIntegerField(null=True)


class PastNoticeRow(ChatsTable):
    """Store an area's outage that is over and that another one followed, for the list of the last ones."""

    area = TextField()
    incident = TextField()
    text = TextField()
    at = BigIntegerField()
    since = BigIntegerField()
    ended = BigIntegerField()
    origin = TextField(null=True)
    until = BigIntegerField(null=True)
    began = BigIntegerField(null=True)
    ends = BigIntegerField(null=True)
    clients = BigIntegerField(null=True)
    reached = BigIntegerField(null=True)
    displays = BigIntegerField(null=True)

    class Meta:
        primary_key = CompositeKey("area", "incident")


class BeatRow(ChatsTable):
    """Store a slot's heartbeat: by the database's clock, by the bridge's own, and what fails now."""

    num = SmallIntegerField(primary_key=True)  # the slot's, from 1 on
    at = BigIntegerField()
    own = BigIntegerField()
    failing = TextField(default="")  # names, separated by commas


class ClearedRow(ChatsTable):
    """Store a client for whose displays nothing may be retained: a killed broker may restore what it retained."""

    client = TextField(primary_key=True)
    at = BigIntegerField()


class SlotLeaseRow(ChatsTable):
    """Store who may write for a slot's shards. SQLite has one slot, and a file's lock instead (lease.py)."""

    n = SmallIntegerField(primary_key=True)
    owner = TextField()  # host and process
    epoch = IntegerField()  # rises at each takeover
    until = BigIntegerField()  # by the database's clock
    waits = BigIntegerField(default=0)  # the name of its wait for shards (slot_map.py); 0 while it handles messages
    coming = BigIntegerField(default=0)  # these shards, as bits


class ShardRow(ChatsTable):
    """Store which slot has a shard. Slot 0 has those without a row."""

    n = SmallIntegerField(primary_key=True)
    slot = SmallIntegerField()


class BridgeRow(ChatsTable):
    """Store which bridges live, where several share the slots."""

    owner = TextField(primary_key=True)  # host and process
    until = BigIntegerField()  # by the database's clock


class SlotRow(ChatsTable):
    """Store the MQTT client id under which a slot's owner connects: its session passes to the next owner."""

    n = SmallIntegerField(primary_key=True)
    mqtt_client_id = TextField()


class OutboxRow(ChatsTable):
    """Store an event for somebody outside, until web's worker has made deliveries of it."""

    num = BigAutoField()
    at = BigIntegerField()
    event = TextField()
    client = TextField(null=True)
    seq = BigIntegerField(null=True)
    entry = TextField(null=True)  # its id, or a notice's
    facts = TextField()


class StateRow(ChatsTable):
    """Store a number of the bridge's own, such as how far it has read `change`."""

    key = TextField(primary_key=True)
    value = BigIntegerField()


CHATS: Final = tuple(ChatsTable.__subclasses__())
