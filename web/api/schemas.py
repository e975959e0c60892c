"""Define the JSON of REST's requests and answers. Pure."""

from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from chat_core.contract.delivery_reasons import DeliveryReason
from chat_core.contract.fields import AgentId, DateMs, MessageId, Name, ShortText, Tag, TimeMs
from chat_core.contract.languages import Lang
from chat_core.contract.payloads import Entry, Marker, Status, Summary
from chat_core.domain.attributes import NamedValue

Token = Annotated[str, Field(min_length=1, max_length=8_192)]
Cursor = Annotated[str, Field(max_length=200)]
Step = Literal["minute", "quarter", "hour", "day", "month"]


def none_if_empty(value: object) -> object:
    """Return None for an empty query parameter, which counts as absent."""
    return None if value == "" else value


PersonsName = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]


class Asked(BaseModel):
    """Describe a request; unknown fields are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Period(Protocol):
    """Hold `from` and `to` of a request; None where one was left out."""

    @property
    def start(self) -> int | None: ...
    @property
    def end(self) -> int | None: ...


Ask = TypeVar("Ask", bound=Period)


def check_period(ask: Ask) -> Ask:
    """Return a request whose period [from, to) has a length. Raises: ValueError."""
    if ask.start is not None and ask.end is not None and ask.end <= ask.start:
        raise ValueError("to must lie after from")
    return ask


class Nothing(Asked):
    """Take no fields."""


class ResponseBody(BaseModel):
    """Describe a response. A class whose name the store has too is named …Body, and without it in OpenAPI."""

    model_config = ConfigDict(frozen=True, model_title_generator=lambda model: model.__name__.removesuffix("Body"))


class DeliveryReasonBody(ResponseBody):
    """Say why something was not sent: a code and the values that its text names."""

    code: str
    values: dict[str, str | int]

    @classmethod
    def of(cls, reason: DeliveryReason | None) -> "DeliveryReasonBody | None":
        """Return the body of a reason, if there is one."""
        return None if reason is None else cls(code=reason.code, values=dict(reason.values))


class Fault(ResponseBody):
    """Name a wrong field or parameter."""

    at: str
    text: str


class Problem(ResponseBody):
    """Describe an error (RFC 9457). `code` is for programs, `detail` a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry_ms: int | None = None
    errors: list[Fault] | None = None


class SessionAsk(Asked):
    """Ask for credentials: as a new guest (no fields), by a guest's token, or by a portal's signed identity."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    identity: Token | None = None
    guest: Token | None = None
    lang: Lang | None = None


class SessionBody(ResponseBody):
    """
    Hold the credentials of one MQTT connection and the bearer for REST.

    `guest`: the token by which the guest returns. `download_key`: opens the client's files where no header can be sent,
    as long as the bearer. `unread_key`: the bearer of the client's unread count, for 90 days. `now`: the server's
    clock, which the other times are measured against. `tz`: the time zone of the platform's days and months.
    """

    username: str
    password: str
    client_id: str
    url: str
    ws_url: str
    now: TimeMs
    tz: str
    expires: TimeMs
    api_token: str
    api_expires: TimeMs
    id: str
    name: str | None
    area: str | None
    lang: str | None
    guest: str | None = None
    download_key: str | None = None
    unread_key: str | None = None


class LogAsk(Asked):
    """Select a part of a log: after a seq, before one, or the newest entries."""

    after: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    before: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 500

    @model_validator(mode="after")
    def _one_direction(self) -> "LogAsk":
        if self.after is not None and self.before is not None:
            raise ValueError("give after or before, not both")
        return self


class LogBody(ResponseBody):
    """List a part of a log, ascending, with its markers. No gap lies below `first`; a new `epoch` voids caches."""

    entries: list[Entry]
    last: int
    first: int
    epoch: str
    markers: dict[str, Marker]
    names: dict[str, str]


class NoteBody(ResponseBody):
    """Hold an agent's note for other agents."""

    id: str
    agent: str
    text: str
    at: TimeMs


class Notes(ResponseBody):
    """List the notes of a conversation, oldest first, and their writers' names."""

    notes: list[NoteBody]
    names: dict[str, str]


class UploadAsk(Asked):
    """Give the sender's own id of the upload, the same at every retry, and the file's name."""

    id: MessageId
    name: ShortText


class FileAsk(Asked):
    """
    Select the file or, with `thumb=1`, a picture's small copy; `download=1` saves a picture rather than shows it.

    `key`: a download key in place of a header.
    """

    thumb: Literal["1"] | None = None
    download: Literal["1"] | None = None
    key: Token | None = None


class InboxAsk(Asked):
    """
    Select inbox rows by status, assignee, words of name or id, tag, and the client's area and language.

    No status: open and assigned. `assignee`: an agent's id, `me` or `none`. `waiting=1`: only waiting clients.
    `mentions=me`: rows of any status with a note that mentions who asks. `team=mine`: rows of the agent's teams,
    and those that are assigned to who asks or mention who asks. `attribute=plan:gold`: clients with this value.
    """

    status: Annotated[Status | None, BeforeValidator(none_if_empty)] = None
    assignee: Annotated[AgentId | Literal["me", "none"] | None, BeforeValidator(none_if_empty)] = None
    q: Annotated[ShortText | None, BeforeValidator(none_if_empty)] = None
    tag: Annotated[Tag | None, BeforeValidator(none_if_empty)] = None
    area: Annotated[Name | None, BeforeValidator(none_if_empty)] = None
    lang: Annotated[Name | None, BeforeValidator(none_if_empty)] = None
    mentions: Literal["me"] | None = None
    team: Literal["mine"] | None = None
    waiting: Literal["1"] | None = None
    attribute: Annotated[NamedValue | None, BeforeValidator(none_if_empty)] = None
    cursor: Annotated[Cursor | None, BeforeValidator(none_if_empty)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class AttributesAsk(Asked):
    """Select a list of the inbox, as `status` and `team` of `GET /api/inbox` do."""

    status: Annotated[Status | None, BeforeValidator(none_if_empty)] = None
    team: Literal["mine"] | None = None


class OfferedAttribute(ResponseBody):
    """Name an attribute and its values as texts, the most frequent first."""

    name: str
    values: list[str]


class AttributesBody(ResponseBody):
    """List attributes by name."""

    attributes: list[OfferedAttribute]


class InboxBody(ResponseBody):
    """List rows, longest wait first. `cursor`: of the next page, null for none. A count of 1,000 means or more."""

    summaries: list[Summary]
    cursor: str | None
    counts: dict[str, int]
    names: dict[str, str]
    me: str


class ConsumptionAsk(Asked):
    """Select the period [from, to) in ms, the width of its intervals, and a meter; without one, all."""

    start: DateMs = Field(alias="from")
    end: DateMs = Field(alias="to")
    step: Step
    meter: Name | None = None

    _forward = model_validator(mode="after")(check_period)


class ColumnsAsk(ConsumptionAsk):
    """Select the same, but not by the minute: minutes are deleted early."""

    step: Literal["quarter", "hour", "day", "month"]


class Point(ResponseBody):
    """Describe an interval [at, to): energy in Wh, mean power in W. `at` may lie just before 1970."""

    at: int
    to: TimeMs
    wh: int
    w: int | None


class Used(Point):
    """
    Describe a client's interval.

    `estimated`: the share of its energy, 0 to 1, between readings more than one and a half intervals apart.
    `usual_wh`: the median of the same hour, or day, on the 28 days before; null for other steps, and for fewer than
    seven known days. `unusual`: far above it, by the alarm's rule. `unusual_hours`: how many hours of a day are.
    `hours_without_readings`: how many hours of a day or month that is over have none, so that what was used then is not
    in `wh`. Both are null for other steps, and where more than 62 days are asked for, or months of more than a year.
    """

    estimated: float
    usual_wh: int | None
    unusual: bool
    unusual_hours: int | None
    hours_without_readings: int | None


class LastReadingBody(ResponseBody):
    """Hold the newest reading of the client's meters."""

    meter: str
    at: TimeMs
    wh: int
    w: int | None


class _Period(ResponseBody):
    """Repeat what the request asked for, and the platform's time zone."""

    model_config = ConfigDict(populate_by_name=True)

    start: TimeMs = Field(alias="from")
    end: TimeMs = Field(alias="to")
    step: Step
    tz: str


class PriceBody(ResponseBody):
    """Say what a kWh costs the client, at every hour. `currency`: of ISO 4217."""

    amount: float
    currency: str


class Consumption(_Period):
    """
    List energy by interval; an interval without readings is left out.

    `price`: of a kWh, by the setting `tariff` or the client's attribute `price_per_kwh`; null where neither is set.
    """

    points: list[Used]
    last: LastReadingBody | None
    price: PriceBody | None


class ConsumptionColumns(_Period):
    """
    List the same as two columns of equal length: the begin of each interval, and its Wh.

    `estimated`: the begins of the intervals that are an estimate by half or more.
    """

    at: list[TimeMs]
    wh: list[int]
    estimated: list[TimeMs]


class StandardConsumption(_Period):
    """
    Describe a standard household's use by interval, scaled to this client's year.

    `year_wh` is estimated from the known whole days: null, without points, for fewer than seven.
    """

    year_wh: int | None
    points: list[Point]


class Alive(ResponseBody):
    """Say that the process runs."""

    alive: Literal[True] = True


class Ready(ResponseBody):
    """Say how long ago the bridge's probe went through broker and database."""

    ready: Literal[True] = True
    echo_age_ms: int
