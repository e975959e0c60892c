"""Declare the tables that web and CLI write."""

from typing import Final

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from chat_core.store.models import Table


class IdentityRow(Table):
    """Everybody who may connect. Disabled ones stay, so that an old credential's generation never comes back."""

    id = TextField(primary_key=True)
    name = TextField(null=True)
    generation = IntegerField(default=0)
    disabled = BooleanField(default=False)
    created = BigIntegerField()
    touched = BigIntegerField()

    class Meta:
        table_name = "identity"


class SpareGuestRow(Table):
    """A guest made ahead, that nobody is yet."""

    id = ForeignKeyField(IdentityRow, column_name="id", primary_key=True)

    class Meta:
        table_name = "spare_guest"


class AgentRow(Table):
    """Store an agent's fields beyond the identity's."""

    id = ForeignKeyField(IdentityRow, column_name="id", primary_key=True)
    admin = BooleanField(default=False)
    password_hash = TextField(null=True)
    sign_outs = IntegerField(default=0)  # a password that belongs to the id, as Mosquitto's, is another after each

    class Meta:
        table_name = "agent"


class SignInRow(Table):
    """A browser in which an agent is signed in; whoever signs out is without a row."""

    id = TextField(primary_key=True)
    agent = TextField()
    created = BigIntegerField()

    class Meta:
        table_name = "sign_in"
        indexes = ((("agent", "created"), False),)


class ListenerRow(Table):
    """A listener: whom it hears (without a client everybody), and until when."""

    id = TextField(primary_key=True)
    client = TextField(null=True)
    expires = BigIntegerField(index=True)

    class Meta:
        table_name = "listener"


class SetupLinkRow(Table):
    """A one-time link, by the SHA-256 of its token."""

    hash = TextField(primary_key=True)
    agent = ForeignKeyField(AgentRow, column_name="agent")
    expires = BigIntegerField()

    class Meta:
        table_name = "setup_link"


class ClientRow(Table):
    """Store what the portal says about a client."""

    id = ForeignKeyField(IdentityRow, column_name="id", primary_key=True)
    lang = TextField(null=True)
    area = TextField(null=True)
    meters = TextField(default="[]")
    was = TextField(null=True)

    class Meta:
        table_name = "client"


class DeviceRow(Table):
    """A device, the client it stands at, the topics it was given, and its password's hashes by who reads them."""

    id = ForeignKeyField(IdentityRow, column_name="id", primary_key=True)
    client = TextField(index=True)
    topics = TextField(default="[]")
    password_hashes = TextField(default="{}")

    class Meta:
        table_name = "device"


class FileRow(Table):
    """An uploaded file; its bytes lie under WATTLINE_DATA/files."""

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
        table_name = "file"
        indexes = ((("client", "sender", "upload"), True), (("sender", "at"), False))


class FileUsageRow(Table):
    """Count bytes of files stored in an hour, by a sender, an address or all guests."""

    key = TextField()
    hour = BigIntegerField(index=True)  # hours since the epoch; rows of more than a day are removed
    bytes = BigIntegerField()

    class Meta:
        table_name = "file_usage"
        primary_key = CompositeKey("key", "hour")


class JtiRow(Table):
    """A portal token's `jti` that was used, until the token itself has ended."""

    jti = TextField(primary_key=True)
    exp = BigIntegerField(index=True)
    answer = TextField()
    at = BigIntegerField()

    class Meta:
        table_name = "jti"


class SettingRow(Table):
    """One setting, as JSON."""

    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "setting"


class CounterRow(Table):
    """A number that only rises: `credentials` with every change of who may connect."""

    key = TextField(primary_key=True)
    value = BigIntegerField()

    class Meta:
        table_name = "counter"


class ChangeRow(Table):
    """Store what web and CLI ask of the bridge, in order."""

    num = BigAutoField()
    kind = TextField()
    body = TextField()
    at = BigIntegerField()

    class Meta:
        table_name = "change"
        indexes = ((("kind", "body"), False),)


WEB: Final[tuple[type[Table], ...]] = (
    IdentityRow,
    SpareGuestRow,
    AgentRow,
    SignInRow,
    ListenerRow,
    SetupLinkRow,
    ClientRow,
    DeviceRow,
    FileRow,
    FileUsageRow,
    JtiRow,
    SettingRow,
    CounterRow,
    ChangeRow,
)
