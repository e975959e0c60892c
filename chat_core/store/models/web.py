"""Declare the tables that web and CLI write."""

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


class WebTable(Table):
    """Mark a table that web and CLI write."""


class IdentityRow(WebTable):
    """Store everybody who may connect. Disabled ones stay, so that an old generation of credentials never returns."""

    id = TextField(primary_key=True)
    name = TextField(null=True)
    generation = IntegerField(default=0)
    disabled = BooleanField(default=False)
    created = BigIntegerField()
    touched = BigIntegerField()


class SpareGuestRow(WebTable):
    """Store a guest made ahead, whom no browser uses yet."""

    id = ForeignKeyField(IdentityRow, column_name="id", primary_key=True)


class AgentRow(WebTable):
    """Store an agent's fields beyond the identity's."""

    id = ForeignKeyField(IdentityRow, column_name="id", primary_key=True)
    admin = BooleanField(default=False)
    password_hash = TextField(null=True)
    sign_outs = IntegerField(default=0)  # a password that belongs to the id, as Mosquitto's, changes with each


class AgentPhotoRow(WebTable):
    """Store an agent's photo. `name`: part of its address, which changes with the photo."""

    agent = TextField(primary_key=True)
    name = TextField(unique=True)
    content = BlobField()


class SignInRow(WebTable):
    """Store a browser in which an agent is signed in; a sign-out removes the row."""

    id = TextField(primary_key=True)
    agent = TextField()
    created = BigIntegerField()

    class Meta:
        indexes = ((("agent", "created"), False),)


class ListenerRow(WebTable):
    """Store a listener: which client it hears (null: everybody), and until when."""

    id = TextField(primary_key=True)
    client = TextField(null=True)
    expires = BigIntegerField(index=True)


class SetupLinkRow(WebTable):
    """Store a one-time link, by the SHA-256 of its token."""

    hash = TextField(primary_key=True)
    agent = ForeignKeyField(AgentRow, column_name="agent")
    expires = BigIntegerField()


class ClientRow(WebTable):
    """Store what the portal says about a client."""

    id = ForeignKeyField(IdentityRow, column_name="id", primary_key=True)
    lang = TextField(null=True)
    area = TextField(null=True)
    meters = TextField(default="[]")
    was = TextField(null=True)
    power_wait = BigIntegerField(null=True)  # the begin of the outage whose end it waits to be told


class DeviceRow(WebTable):
    """Store a device, its client, the topics it was given, its password's hashes by who reads them, and its kind."""

    id = ForeignKeyField(IdentityRow, column_name="id", primary_key=True)
    client = TextField(index=True)
    topics = TextField(default="[]")
    password_hashes = TextField(default="{}")
    kind = TextField(null=True)


class FileRow(WebTable):
    """Store an uploaded file; its bytes lie under WATTLINE_DATA/files."""

    id = TextField(primary_key=True)
    client = TextField(index=True)
    sender = TextField()
    upload = TextField()  # the uploader's own id: a repeat is the same upload
    sha256 = TextField()  # of what was uploaded, before it was stripped
    name = TextField()
    type = TextField()
    size = BigIntegerField()
    width = BigIntegerField(null=True)
    height = BigIntegerField(null=True)
    at = BigIntegerField()
    checked = BigIntegerField(index=True)  # when it was last looked for in an entry

    class Meta:
        indexes = ((("client", "sender", "upload"), True), (("sender", "at"), False))


class FileUsageRow(WebTable):
    """Count bytes of files stored in an hour, by a sender, an address or all guests."""

    key = TextField()
    hour = BigIntegerField(index=True)  # hours since the epoch; rows of more than a day are removed
    bytes = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("key", "hour")


class JtiRow(WebTable):
    """Store a portal token's `jti` that was used, until the token itself has ended."""

    jti = TextField(primary_key=True)
    exp = BigIntegerField(index=True)
    answer = TextField()
    at = BigIntegerField()


class AttemptRow(WebTable):
    """Count attempts to sign in and the like in the minute and the hour that began with the first of them."""

    key = TextField(primary_key=True)  # a keyed hash of account, address or both
    minute_at = BigIntegerField()
    in_minute = IntegerField()
    hour_at = BigIntegerField(index=True)
    in_hour = IntegerField()


class PushSubscriptionRow(WebTable):
    """Store a browser in which a person is notified; the id is the hash of its endpoint."""

    id = TextField(primary_key=True)
    person = TextField()
    sign_in = TextField()  # of an agent, with which it ends
    endpoint = TextField()
    p256dh = TextField()
    auth = TextField()
    lang = TextField()
    browser = TextField()
    created = BigIntegerField(index=True)
    succeeded = BigIntegerField(null=True)

    class Meta:
        indexes = ((("person", "created"), False),)


class PushWatchRow(WebTable):
    """Store until when a board of the agent counts as visible."""

    person = TextField(primary_key=True)
    until = BigIntegerField()


class MailAddressRow(WebTable):
    """Store where a client's unread answers go by mail, and how far they went (`MailAddress`)."""

    client = TextField(primary_key=True)
    address = TextField(null=True)
    ref = TextField(unique=True)
    asked = BigIntegerField()
    verified = BigIntegerField(null=True)
    bounced = BigIntegerField(null=True)
    sent_seq = BigIntegerField()
    last_id = TextField(null=True)
    claim = TextField(null=True)
    claim_seq = BigIntegerField()
    vouched = TextField(null=True)


class LeaseRow(WebTable):
    """Store which web process does a duty that one does for all, and until when."""

    name = TextField(primary_key=True)
    owner = TextField()
    until = BigIntegerField()


class MailStopRow(WebTable):
    """Store an address that wants no mail, by its keyed hash: it stays when its client is erased."""

    mark = TextField(primary_key=True)
    at = BigIntegerField()


class SettingRow(WebTable):
    """Store one setting, as JSON."""

    key = TextField(primary_key=True)
    value = TextField()


class CounterRow(WebTable):
    """Store a number that only rises: `credentials` with every change of who may connect."""

    key = TextField(primary_key=True)
    value = BigIntegerField()


class ChangeRow(WebTable):
    """Store what web and CLI ask of the bridge, in order."""

    num = BigAutoField()
    kind = TextField()
    body = TextField()
    at = BigIntegerField()

    class Meta:
        indexes = ((("kind", "body"), False),)


class SubmittedRow(WebTable):
    """Store what web or mail hands to the bridge, and what became of it. `done` null: it waits."""

    num = BigAutoField()
    source = TextField()
    key = TextField()
    client = TextField(index=True)
    shard_key = BigIntegerField()  # of the client
    topic = TextField()
    body = TextField()  # the payload; empty once it is done
    digest = TextField()  # of what was asked for
    at = BigIntegerField()
    due = BigIntegerField(default=0)  # the bridge takes it from then on
    done = BigIntegerField(null=True)
    seq = BigIntegerField(null=True)
    why = TextField(null=True)
    text = TextField(null=True)
    status = IntegerField(null=True)

    class Meta:
        indexes = ((("source", "key"), True), (("done", "num"), False))


class ClientEventRow(WebTable):
    """Store that a client was created, until web's worker has made deliveries of it."""

    num = BigAutoField()
    at = BigIntegerField()
    client = TextField()


class DeliveryRow(WebTable):
    """Store what goes to one destination, when it is due, and how it went."""

    num = BigAutoField()
    id = TextField(unique=True)
    destination = TextField()
    key = TextField()
    event = TextField()
    client = TextField(null=True, index=True)
    seq = BigIntegerField(null=True)
    entry = TextField(null=True)
    facts = TextField()
    at = BigIntegerField()  # of the event
    since = BigIntegerField()  # since when it waits
    due = BigIntegerField()
    tries = IntegerField()  # rises as it is taken: who took it before ends nothing
    lease = BigIntegerField()  # until when whoever took it may send it
    state = SmallIntegerField()
    error = TextField(null=True)
    reason = TextField(null=True)  # the same with a code; null for what versions before 0.2 ended
    done = BigIntegerField(null=True, index=True)

    class Meta:
        indexes = (
            (("destination", "state", "due", "num"), False),
            (("destination", "key", "state", "num"), False),
            (("state", "destination", "num"), False),
        )


class WebhookRow(WebTable):
    """Store an endpoint that hears of events. Its secret is made of the server's key, its id and `version`."""

    id = TextField(primary_key=True)
    url = TextField()
    events = TextField()
    version = IntegerField(default=1)
    rotated = BigIntegerField(null=True)  # when the present secret replaced another
    off = TextField(null=True)  # why nothing is sent to it; null: it is on
    off_reason = TextField(null=True)  # the same with a code; null for what versions before 0.2 switched off
    created = BigIntegerField()


class ApiKeyRow(WebTable):
    """Store a program's key for REST, by the SHA-256 of its secret."""

    id = TextField(primary_key=True)
    hash = TextField(unique=True)
    name = TextField()
    speaker = TextField()  # the agent or bot as whom it writes
    scopes = TextField()  # JSON, like `networks`
    networks = TextField()
    hint = TextField()
    created = BigIntegerField()
    expires = BigIntegerField(null=True)
    used = BigIntegerField(null=True)
    uses = BigIntegerField()


class ClientAttributeRow(WebTable):
    """Store a fact about a client that programs know: a JSON text, number or boolean."""

    client = TextField()
    name = TextField()
    value = TextField()

    class Meta:
        primary_key = CompositeKey("client", "name")
        indexes = ((("name", "value", "client"), False),)


WEB: Final = tuple(WebTable.__subclasses__())
