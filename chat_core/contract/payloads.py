"""
Define every payload on the wire: its fields, `encode` and `decode`. Touches nothing.

Sending is strict (an unknown field is an error), reading is tolerant (an unknown field is ignored).
Times are milliseconds since the epoch, UTC; energy is whole Wh, power W.
JSON is UTF-8 and at most 64 KiB (docs/contract.md#payloads).
"""

import json
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from chat_core.contract.errors import BadPayload
from chat_core.contract.fast_payloads import from_json, to_json, to_json_of
from chat_core.contract.fields import (
    MAX_MOMENT_MS,
    MAX_TIME_MS,
    AgentId,
    ClientId,
    Conn,
    MessageId,
    Moment,
    Name,
    OwnId,
    PersonName,
    SenderId,
    Seq,
    Tag,
    TeamId,
    Text,
    TimeMs,
    Translated,
    bad_payload_of,
    optional,
    unless_empty,
    up_to,
)
from chat_core.contract.fields import Payload as Payload
from chat_core.contract.kinds import Body
from chat_core.contract.kinds import Card as Card
from chat_core.contract.kinds import File as File
from chat_core.contract.kinds import Rating as Rating
from chat_core.contract.kinds import SaidKind as SaidKind
from chat_core.contract.topics import DEFAULT_TEAM

MAX_BYTES: Final = 65_536
MAX_AREAS: Final = 20  # of one outage notice
MAX_AGENTS: Final = 12  # named in a DeskNotice, which has the number of all
MAX_COLLEAGUES: Final = 200  # of a team that are told of by name
MAX_VIEWING: Final = 5  # conversations of one agent that its team is told of
MAX_DID: Final = 200  # commands named in a Summary, of 69 bytes each at most
MAX_DELAY_MS: Final = 60_000  # between an agent's command and its effect
MAX_MENTIONED: Final = 50  # agents named in a row; the oldest go
MAX_QUESTION: Final = 200  # characters: two lines of a row
MAX_REASON: Final = 500  # characters of a Refusal's sentence


class EventKind(StrEnum):
    """Name an event's kind; only the bridge makes events."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    JOINED = "joined"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    EDITED = "edited"
    DELETED = "deleted"
    ERASED = "erased"


class Origin(StrEnum):
    """Name what made an entry or a notice; absent: a person."""

    CALL = "call"  # the button `call` of the client's display
    ANSWER = "answer"  # an automatic answer
    HANDOVER = "handover"  # an automatic answer that gives the conversation to people
    ALARM = "alarm"  # a meter's alarm
    STORM = "storm"  # many meters of one area stopped sending


def _known_origin(value: object) -> object:
    """Return None for an origin that this version does not know."""
    return Origin(value) if isinstance(value, str) and value in _ORIGINS else None


_ORIGINS: Final = frozenset(Origin)
AnyOrigin = Annotated[Origin | None, BeforeValidator(_known_origin)]


class Said(Body):
    """Carry a message on `…/msg`. The sender chooses `id` and repeats it in every resend."""

    id: OwnId
    kind: SaidKind
    sent: TimeMs
    origin: AnyOrigin = optional()  # of a bot or a service; ignored from others

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self.check_body(self.kind)
        if self.card is not None and self.card.end > MAX_MOMENT_MS:  # a stored Entry may have it
            raise PydanticCustomError("far_period", "`to` must lie before the year 9999")
        return self


def _unless_text() -> Any:
    """Declare a kind that the JSON leaves out while it is `text`."""
    return Field(default=SaidKind.TEXT, exclude_if=(SaidKind.TEXT,).__contains__)


class RowEntry(Body):
    """Show a row's newest entry. Its JSON leaves out the kind `text`, a row's topic also the id and the client."""

    seq: Annotated[int, Field(ge=1, le=MAX_TIME_MS)]
    id: MessageId | None = optional()
    sender: SenderId | None = optional(alias="from")  # absent: the row's client
    at: TimeMs
    kind: SaidKind | EventKind = _unless_text()
    origin: AnyOrigin = optional()
    of: Annotated[int, Field(ge=1)] | None = optional()  # edited, deleted: which entry
    to: AgentId | None = optional()  # assigned: to whom
    was: ClientId | None = optional()  # opened: the guest that this client was
    edited: Literal[True] | None = optional()
    deleted: Literal[True] | None = optional()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if isinstance(self.kind, SaidKind) and not self.deleted:
            self.check_body(self.kind)
        if self.kind in (EventKind.EDITED, EventKind.DELETED) and self.of is None:
            raise PydanticCustomError("missing_of", "{kind} needs the field of", {"kind": self.kind})
        return self


class Entry(RowEntry):
    """Carry a stored entry on `…/log`, numbered 1, 2, 3 … per client without gaps. To its sender it is the tick."""

    id: MessageId
    sender: SenderId = Field(alias="from")
    kind: SaidKind | EventKind


class Marker(Payload):
    """Tell how far a reader is: the highest seq delivered and the highest read."""

    delivered: Seq
    read: Seq


class Typing(Payload):
    """Tell that the sender composes (repeated every 3 s, expires after 6 s), or has stopped."""

    qos: ClassVar[int] = 0
    on: bool


class Presence(Payload):
    """Tell that one of the client's connections opens or closes; `conn` names only the connection."""

    online: bool
    conn: Conn


class AgentState(StrEnum):
    """Name an agent's state."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


class AgentPresence(Payload):
    """Tell the state of one of the agent's connections, and the conversation on its screen."""

    state: AgentState
    conn: Conn
    viewing: ClientId | None = None


class Colleague(Payload):
    """Tell the state of an agent over all its connections, and which of the team's conversations are on its screens."""

    id: AgentId
    state: AgentState
    viewing: Annotated[list[ClientId], up_to(maxItems=MAX_VIEWING)] = unless_empty([])


class TeamPresence(Payload):
    """Tell a team's members who came, changed or went; with `all` nobody else is there."""

    agents: Annotated[list[Colleague], up_to(maxItems=MAX_COLLEAGUES)]
    all: Literal[True] | None = optional()


class Priority(StrEnum):
    """Name a conversation's priority."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Status(StrEnum):
    """Name a conversation's status."""

    OPEN = "open"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Do(StrEnum):
    """Name an agent's command."""

    ASSIGN = "assign"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    SNOOZE = "snooze"
    NOTE = "note"
    TAG = "tag"
    PRIORITY = "priority"
    EDIT = "edit"
    DELETE = "delete"
    NOTICE = "notice"
    CANCEL = "cancel"
    READ = "read"
    UNREAD = "unread"
    MOVE = "move"


DELAYABLE: Final = (Do.ASSIGN, Do.RESOLVE, Do.SNOOZE)
NEEDS: Final[dict[Do, tuple[str, ...]]] = {
    Do.SNOOZE: ("until",),
    Do.NOTE: ("text",),
    Do.PRIORITY: ("level",),
    Do.EDIT: ("of", "text"),
    Do.DELETE: ("of",),
    Do.NOTICE: ("areas",),
    Do.CANCEL: ("cancels",),
    Do.UNREAD: ("of",),
    Do.MOVE: ("team",),
}


class Command(Payload):
    """Carry an agent's command on `desk/do/<agent>`. The agent chooses `id` and repeats it in every resend."""

    id: OwnId
    do: Do
    client: ClientId | None = optional()
    to: AgentId | None = None  # assign: to whom; null gives it back
    until: Moment | None = optional()  # snooze: its end; notice: when power is expected back
    began: Moment | None = optional()  # notice: when power went
    ends: Moment | None = optional()  # notice: when it ends by itself
    text: Text | Translated | None = None  # notice: by language, null ends it
    add: Annotated[list[Tag], Field(max_length=20)] = Field(default_factory=list)
    remove: Annotated[list[Tag], Field(max_length=20)] = Field(default_factory=list)
    level: Priority | None = optional()
    of: Annotated[int, Field(ge=1)] | None = optional()
    areas: Annotated[list[Name], Field(min_length=1, max_length=MAX_AREAS)] | None = optional()
    delay_ms: Annotated[int, Field(ge=1, le=MAX_DELAY_MS)] | None = optional()  # from its arrival to its effect
    team: TeamId | None = optional()  # move: to which team
    cancels: OwnId | None = optional()  # cancel: the id of the agent's own delayed command

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needs = NEEDS.get(self.do, ())
        if self.do is not Do.NOTICE:
            needs = ("client", *needs)
        for field in needs:
            if getattr(self, field) is None:
                raise PydanticCustomError(
                    "missing_field", "{do} needs the field {field}", {"do": self.do, "field": field}
                )
        if self.text is not None and isinstance(self.text, dict) is not (self.do is Do.NOTICE):
            raise PydanticCustomError("foreign_body", "this is not the text that {do} takes", {"do": self.do})
        if self.delay_ms is not None and self.do not in DELAYABLE:
            raise PydanticCustomError("foreign_delay", "{do} takes no delay_ms", {"do": self.do})
        if self.do is not Do.NOTICE and (self.began is not None or self.ends is not None):
            raise PydanticCustomError("foreign_time", "{do} takes neither began nor ends", {"do": self.do})
        return self


class Delayed(Payload):
    """Describe an accepted command that takes effect at its time, unless it is cancelled before."""

    agent: AgentId
    id: OwnId
    do: Do
    at: TimeMs
    to: AgentId | None = optional()
    until: Moment | None = optional()


class Mention(Payload):
    """Tell that a note mentions an agent, who has not looked at the conversation since."""

    agent: AgentId
    by: AgentId
    id: OwnId  # the note's


class LastWords(Payload):
    """Show the client's last words, shortened; a card has no text."""

    seq: Annotated[int, Field(ge=1)]
    at: TimeMs
    kind: SaidKind = _unless_text()
    text: Annotated[str, up_to(maxLength=MAX_QUESTION)] | None = optional()


class Row(Payload):
    """
    Carry a conversation's row to its team; the topic names the client and the team. The higher `rev` is newer.

    A busy desk sends hundreds a second to each board, so the JSON has no field that has its default.
    """

    rev: Annotated[int, Field(ge=1)]
    status: Status
    assignee: AgentId | None = optional()
    priority: Priority = Field(default=Priority.NORMAL, exclude_if=(Priority.NORMAL,).__contains__)
    tags: list[Tag] = unless_empty([])
    unread: Annotated[int, Field(ge=0)] = unless_empty(0)  # client entries above the highest agent marker
    last: RowEntry | None = unless_empty(None)  # without a call of its `__eq__`
    name: PersonName | None = optional()
    online: bool = unless_empty(default=False)
    waiting: TimeMs | None = optional()  # since when the client waits for a reply
    notes: Annotated[int, Field(ge=0)] = unless_empty(0)
    until: TimeMs | None = optional()  # snoozed: until when
    did: Annotated[list[str], up_to(maxItems=MAX_DID)] = unless_empty([])  # `<agent>/<id>` of its commands
    delayed: list[Delayed] | None = optional()
    question: LastWords | None = optional()  # where `last` is not the client's words
    answered: TimeMs | None = optional()  # when an agent answered the client's last words
    area: Name | None = optional()  # the client's
    lang: Name | None = optional()  # the client's
    mentions: Annotated[list[Mention], up_to(maxItems=MAX_MENTIONED)] | None = optional()


class Summary(Row):
    """Carry a row where the topic does not name its conversation."""

    client: ClientId
    team: TeamId | None = optional()  # absent: the default team


class Gone(Payload):
    """Tell a team's inbox that the conversation is another team's from this `rev` on; `did` is that row's."""

    rev: Annotated[int, Field(ge=1)]
    gone: Literal[True]
    did: Annotated[list[str], up_to(maxItems=MAX_DID)] = unless_empty([])


class Refusal(Payload):
    """Refuse a message by its `id`, with a code and a sentence that a person can act on."""

    id: MessageId | None
    why: Name
    text: Annotated[str, up_to(maxLength=MAX_REASON)]
    retry_ms: Annotated[int, Field(ge=0)] | None = optional()


class AgentHere(Payload):
    """Name an agent who is online, by the first name: clients read it."""

    id: AgentId
    name: PersonName


class DeskNotice(Payload):
    """Tell whether the desk is open. `roll` changes when the bridge connects: then all publish presence again."""

    open: bool
    online: Annotated[int, Field(ge=0)] = 0  # the number of agents online
    agents: Annotated[list[AgentHere], up_to(maxItems=MAX_AGENTS)]  # the first of them, by id
    next: TimeMs | None  # when the desk opens again
    roll: Conn
    reply_s: Annotated[int, Field(ge=0)] | None = None  # how long a reply usually takes
    teams: Annotated[int, Field(ge=1)] | None = optional()  # rises when the teams change; absent: there is one


class OutageNotice(Payload):
    """
    Tell of an area's outage; `text` null says that it is over.

    Notices of one outage in several areas have the same `id`. `since`: when the first notice of this outage came;
    `at`: when this text came; `until`: when power is expected back. `began`: when power went; `ends`: when the notice
    ends by itself.
    """

    id: MessageId
    text: Translated | None
    since: TimeMs | None = optional()
    at: TimeMs | None = optional()
    until: Moment | None = optional()
    began: Moment | None = optional()
    ends: Moment | None = optional()
    origin: AnyOrigin = optional()


class Reading(Payload):
    """Carry a meter's register and power. `at` 0: it has no clock, take the bridge's; `tamper`: it was opened."""

    at: TimeMs
    wh: Annotated[int, Field(ge=0, le=MAX_TIME_MS)]
    w: Annotated[int, Field(ge=-(10**9), le=10**9)] | None = optional()
    tamper: bool | None = optional()


class LiveReading(Payload):
    """Carry the present power for screens."""

    qos: ClassVar[int] = 0
    meter: Name
    at: TimeMs
    w: int


class DisplayLine(Payload):
    """Carry a small display's line; at most 256 bytes of JSON."""

    qos: ClassVar[int] = 0  # retained; at QoS 1 a broker would queue it for absent displays, beyond erasure
    unread: Annotated[int, Field(ge=0)]
    who: str
    text: str
    at: TimeMs


class _Named(BaseModel):
    """Read only a payload's id, to answer it."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: MessageId


PayloadT = TypeVar("PayloadT", bound=Payload)


def encode(payload: Payload) -> bytes:
    """Return the payload's JSON in UTF-8. Raises: BadPayload when it is over 64 KiB."""
    wire = to_json(payload)
    if len(wire) > MAX_BYTES:
        raise BadPayload("the message has more than 64 KiB", why="too_large")
    return wire


def encode_row(summary: Summary) -> bytes:
    """Return the JSON of the row for its team's inbox. Raises: BadPayload when it is over 64 KiB."""
    last = summary.last
    of_client = last is not None and last.sender == summary.client
    wire = to_json_of(Row, summary, _LEFT_OUT if of_client else _LEFT_OUT_ID)
    if len(wire) > MAX_BYTES:
        raise BadPayload("the row has more than 64 KiB", why="too_large")
    return wire


_LEFT_OUT_ID: Final = {"last": {"id"}}
_LEFT_OUT: Final = {"last": {"id", "sender"}}


def decode_row(wire: bytes, client: str, team: str) -> Summary:
    """Return the row of this topic's client and team. Raises: as `decode`."""
    row = dict(decode(Row, wire))
    last: RowEntry | None = row["last"]
    if last is not None and last.sender is None:
        row["last"] = last.model_copy(update={"sender": client})
    return Summary(**row, client=client, team=None if team == DEFAULT_TEAM else team)


def decode(kind: type[PayloadT], wire: bytes) -> PayloadT:
    """Return the typed payload without unknown fields. Raises: BadPayload, as of `bad_payload_of` or too_large."""
    if len(wire) > MAX_BYTES:
        raise BadPayload("The message has more than 64 KiB.", why="too_large")
    try:
        return from_json(kind, wire)
    except ValidationError as fault:
        raise bad_payload_of(fault) from None


def find_id(wire: bytes) -> str | None:
    """
    Return the `id` of a payload, even of malformed JSON, or None if there is no valid one.

    A refusal that names the message stops its sender from sending it again.
    """
    if len(wire) > MAX_BYTES:
        return None
    try:
        return _Named.model_validate_json(wire).id
    except ValidationError:
        pass
    try:
        # Python reads what pydantic refuses: escapes of lone surrogates, raw control characters, broken UTF-8.
        found = json.loads(wire.decode("utf-8-sig", errors="replace"), strict=False)
        return _Named.model_validate(found).id
    except (ValueError, RecursionError):
        return None
