"""The shapes of REST's requests and answers. Touches nothing."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from chat_core.contract.fields import AgentId, DateMs, MessageId, Name, ShortText, Tag, TimeMs, Translated
from chat_core.contract.languages import Lang
from chat_core.contract.payloads import Entry, Marker, Status, Summary

MAX_TOKEN: int = 8192
Token = Annotated[str, Field(min_length=1, max_length=MAX_TOKEN)]
Cursor = Annotated[str, Field(max_length=200)]
Step = Literal["minute", "quarter", "hour", "day", "month"]


def none_if_empty(value: object) -> object:
    """An empty parameter of an address is one that was not given."""
    return None if value == "" else value


PersonsName = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]


class Asked(BaseModel):
    """A request: strict, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Nothing(Asked):
    """An order that needs no words."""


class ResponseBody(BaseModel):
    """
    Describe a response's JSON.

    A class is named …Body where the store has a type of the same name; the OpenAPI document names it without.
    """

    model_config = ConfigDict(frozen=True, model_title_generator=lambda model: model.__name__.removesuffix("Body"))


class Fault(ResponseBody):
    """One field or parameter that does not fit."""

    at: str
    text: str


class Problem(ResponseBody):
    """An error (RFC 9457): `code` for programs, `detail` one sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry_ms: int | None = None
    errors: list[Fault] | None = None


class SessionAsk(Asked):
    """Ask for credentials: with nothing as a new guest, with a guest's token, or with a portal's signed identity."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    identity: Token | None = None
    guest: Token | None = None
    lang: Lang | None = None


class SessionBody(ResponseBody):
    """
    Credentials for one connection, and the bearer for REST. `guest` is the token by which a guest is known again;
    `download_key` opens a client's own files where no header can be sent, as long as the bearer; `unread_key` is the
    bearer of that client's unread count alone, for 90 days. `now` is what the other times are to be measured against:
    the asker's own clock may be wrong by days.
    """

    username: str
    password: str
    client_id: str
    url: str
    ws_url: str
    now: TimeMs
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
    """Select a part of a log: after a seq, before one, or the newest."""

    after: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    before: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 500

    @model_validator(mode="after")
    def _one_direction(self) -> "LogAsk":
        if self.after is not None and self.before is not None:
            raise ValueError("give after or before, not both")
        return self


class LogBody(ResponseBody):
    """
    A part of a log, ascending, and where its readers are. Below `first` nothing is a gap; a new `epoch` voids what was
    cached.
    """

    entries: list[Entry]
    last: int
    first: int
    epoch: str
    markers: dict[str, Marker]
    names: dict[str, str]


class NoteBody(ResponseBody):
    """Hold a note that an agent wrote for agents."""

    id: str
    agent: str
    text: str
    at: TimeMs


class Notes(ResponseBody):
    """All notes of a conversation, oldest first, and the names of those who wrote them."""

    notes: list[NoteBody]
    names: dict[str, str]


class UploadAsk(Asked):
    """The uploader's own id, which stays through every retry, and what the file is called."""

    id: MessageId
    name: ShortText


class FileAsk(Asked):
    """`thumb=1` for a picture's small copy; `key`: a download key, where no header can be sent."""

    thumb: Literal["1"] | None = None
    key: Token | None = None


class InboxAsk(Asked):
    """
    Select inbox rows by status (none: open and assigned), assignee, words of name or id, tag and waiting.

    `assignee`: an agent's id, `me` or `none`; `waiting=1`: only clients who wait for an answer.
    """

    status: Annotated[Status | None, BeforeValidator(none_if_empty)] = None
    assignee: Annotated[AgentId | Literal["me", "none"] | None, BeforeValidator(none_if_empty)] = None
    q: Annotated[ShortText | None, BeforeValidator(none_if_empty)] = None
    tag: Annotated[Tag | None, BeforeValidator(none_if_empty)] = None
    waiting: Literal["1"] | None = None
    cursor: Annotated[Cursor | None, BeforeValidator(none_if_empty)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class InboxBody(ResponseBody):
    """Rows that wait longest first; `cursor` for the next ones, null at the end; counts of 1,000 mean that or more."""

    summaries: list[Summary]
    cursor: str | None
    counts: dict[str, int]
    names: dict[str, str]
    me: str


class Outage(ResponseBody):
    """An outage that stands, as `notice/outage/<area>` tells it."""

    area: Name
    id: MessageId
    text: Translated


class Outages(ResponseBody):
    """The outages that stand, by area."""

    outages: list[Outage]


class ConsumptionAsk(Asked):
    """The period [from, to) in milliseconds, how wide its intervals are, and of which meter; of all without one."""

    start: DateMs = Field(alias="from")
    end: DateMs = Field(alias="to")
    step: Step
    meter: Name | None = None

    @model_validator(mode="after")
    def _forward(self) -> "ConsumptionAsk":
        if self.end <= self.start:
            raise ValueError("to must lie after from")
        return self


class ColumnsAsk(ConsumptionAsk):
    """The same; minutes are not kept so long that anybody would want them in columns."""

    step: Literal["quarter", "hour", "day", "month"]


class Point(ResponseBody):
    """One interval with readings: its energy in Wh, its mean power in W. `at` may lie just before 1970."""

    at: int
    to: TimeMs
    wh: int
    w: int | None


class Used(Point):
    """
    An interval of the client's, and how to take it. `estimated`: the share of its energy, 0 to 1, that lay between
    readings more than one and a half intervals apart. `usual_wh`: the median of the same hour, or day, on the 28 days
    before; null for other steps, and where fewer than seven are known. `unusual`: far above it, by the alarm's rule.
    """

    estimated: float
    usual_wh: int | None
    unusual: bool


class LastReadingBody(ResponseBody):
    """The newest reading of the client's meters."""

    meter: str
    at: TimeMs
    wh: int
    w: int | None


class Consumption(ResponseBody):
    """Energy by interval, in the platform's time zone; intervals of which nothing is known are left out: a gap."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    start: TimeMs = Field(alias="from")
    end: TimeMs = Field(alias="to")
    step: Step
    tz: str
    points: list[Used]
    last: LastReadingBody | None


class ConsumptionColumns(ResponseBody):
    """
    The same as two columns of equal length, for charts: when each interval begins, and its Wh. `estimated` has the
    begins of those that are an estimate by half or more.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    start: TimeMs = Field(alias="from")
    end: TimeMs = Field(alias="to")
    step: Step
    tz: str
    at: list[TimeMs]
    wh: list[int]
    estimated: list[TimeMs]


class StandardConsumption(ResponseBody):
    """
    Describe a standard household's use by interval, scaled to this client's year.

    `year_wh` comes from the known whole days. Null and no points while fewer than seven days are known.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    start: TimeMs = Field(alias="from")
    end: TimeMs = Field(alias="to")
    step: Step
    tz: str
    year_wh: int | None
    points: list[Point]


class Alive(ResponseBody):
    """The process is up."""

    alive: Literal[True] = True


class Ready(ResponseBody):
    """The bridge's probe went through broker and database this long ago."""

    ready: Literal[True] = True
    echo_age_ms: int


def wire(answer: ResponseBody) -> dict[str, Any]:
    """The answer's JSON, as a dict."""
    return answer.model_dump(mode="json", by_alias=True)
