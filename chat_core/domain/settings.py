"""
Declare the settings that administrators change on the board: shape, default, page, and who may change each.

Touches the file of default texts, and the log for a stored document that is partly unreadable.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, Literal, Self, TypeVar, get_args

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from chat_core.contract.fields import (
    PLAIN,
    AgentId,
    ClientId,
    Name,
    Replies,
    Reply,
    ShortText,
    Tag,
    TeamId,
    Translated,
)
from chat_core.contract.languages import LANGS, Lang
from chat_core.domain.attributes import MOST_PRICE, NamedValue
from chat_core.domain.colours import READABLE, WHITE, contrast

MAX_RULES: Final = 100
MAX_CANNED: Final = 300
MENDS_AT_MOST: Final = 1_000
MENDS_TOLD: Final = 5
FULL_DAY: Final = "24:00"
MAX_LOGO_BYTES: Final = 100_000
MAX_ORIGINS: Final = 50
MAX_TEAMS: Final = 1_000  # 10,000 agents in teams of some 20; one document has 1 MB
MAX_MEMBERS: Final = 2_000  # of one team
MAX_ATTRIBUTES: Final = 50  # of one team, and of one automatic answer
MAX_QUESTIONS: Final = 3  # as many as the widget has of its own, which it shows in a language without any
_ORIGIN: Final = r"^https?://[a-z0-9.\-\[\]:]{1,200}$"
_PNG: Final = b"\x89PNG\r\n\x1a\n"

log = structlog.get_logger(__name__)
_logged: Final[dict[str, list[str]]] = {}  # by document: the faults that are in the log

Clock = Annotated[str, Field(pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Span = Annotated[list[Clock], Field(min_length=2, max_length=2)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = get_args(Day)
# By language: titles, phrases that a question must contain, and answers that the client can tap.
Titles = Annotated[dict[Lang, ShortText], Field(min_length=1)]
# The same of a saved reply. In 0.1.0 it was one text for all languages: such a one is stored, and still accepted.
ReplyTitles = Annotated[Titles, BeforeValidator(lambda title: _in_each_language(title))]
Phrases = dict[Lang, Annotated[list[ShortText], Field(max_length=40)]]
Buttons = Annotated[dict[Lang, Replies], Field(min_length=1)]


class Document(BaseModel):
    """Define what all settings share: setting one is strict, while `read_document` reads stored ones tolerantly."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Holiday(Document):
    """Name a day on which the desk is closed."""

    date: date
    name: ShortText


class Hours(Document):
    """Hold the desk's hours in the platform's time zone; `week` null: it is open while an agent is connected."""

    week: dict[Day, Annotated[list[Span], Field(max_length=6)]] | None = None
    holidays: Annotated[list[Holiday], Field(max_length=200)] = []

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for day, spans in (self.week or {}).items():
            ends = [clock for span in spans for clock in span]
            if ends != sorted(set(ends)):
                raise ValueError(f"{day}: each time must come after the one before it")
        return self


def _in_each_language(title: Any) -> Any:
    """Return a title of one text as one of each language: a default reply's title is translated."""
    if not isinstance(title, str):
        return title
    return _default_titles().get(title, dict.fromkeys(LANGS, title))


@cache
def _default_titles() -> dict[str, dict[str, str]]:
    """Return the titles of the default replies by the English one."""
    return {reply["title"]["en"]: reply["title"] for reply in _from_file("canned")["replies"]}


class CannedReply(Document):
    """
    Define a reply that agents insert by its title; {name}, {client}, {agent} and {date} are filled in then.

    With an action it is a macro: choosing it, or pressing its `key`, sends the text at once and does the rest.
    """

    id: Name
    title: ReplyTitles
    text: Translated
    tag: Tag | None = None
    assign: bool = False  # to the agent who chooses it
    resolve: bool = False
    snooze: Literal["hour", "evening", "tomorrow", "monday"] | None = None
    priority: Literal["low", "normal", "high"] | None = None
    key: Literal["1", "2", "3", "4", "5", "6", "7", "8", "9"] | None = None

    @model_validator(mode="after")
    def _ends_once(self) -> Self:
        if self.resolve and self.snooze:
            raise ValueError("choose to resolve or to snooze, not both")
        return self


class Canned(Document):
    """Hold all canned replies, in the order of the board's list."""

    replies: Annotated[list[CannedReply], Field(max_length=MAX_CANNED)] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _check_once([reply.id for reply in self.replies])
        _check_once([f"key {reply.key}" for reply in self.replies if reply.key])
        return self


class Rule(Document):
    """
    Define an automatic answer to messages that contain all words of one of its phrases.

    `person`: it hands the conversation over to people, which ends automatic answers. `attributes`: only clients with
    one of them are answered; empty: all are.
    """

    id: Name
    on: bool = True
    title: Titles
    words: Phrases
    answer: Translated
    replies: Buttons | None = None
    person: bool = False
    attributes: Annotated[list[NamedValue], Field(max_length=MAX_ATTRIBUTES)] = []


class Rules(Document):
    """
    Hold all automatic answers, of which the first that fits is sent; `on` false: none is.

    `away`: the answer to a first question that none fits, while the desk is closed. {next} is when it opens again.
    """

    on: bool = True
    away: Translated | None = None
    rules: Annotated[list[Rule], Field(max_length=MAX_RULES)] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _check_once([rule.id for rule in self.rules])
        return self


class Target(Document):
    """Set the minutes within which a client should get a reply."""

    minutes: Annotated[int, Field(ge=1, le=1440)]


class Alarms(Document):
    """
    Hold which meter alarms are told, and their thresholds; energy is Wh in one hour. `limits` are of single clients.

    `silent`: tell a meter without readings, and an area with many as an outage; `tamper`: tell that one was opened.
    """

    on: bool = True
    times_usual: Annotated[float, Field(ge=1, le=100)] | None = 3.0  # null: no band
    at_least_wh: Annotated[int, Field(ge=0, le=10**9)] = 1_000  # above the usual
    limit_wh: Annotated[int, Field(ge=1, le=10**9)] | None = None
    limits: Annotated[dict[ClientId, Annotated[int, Field(ge=1, le=10**9)]], Field(max_length=10_000)] = {}
    silent: bool = True
    silent_minutes: Annotated[int, Field(ge=10, le=10_080)] = 180
    storm_meters: Annotated[int, Field(ge=2, le=100_000)] = 20  # this many silent meters of an area are an outage
    tamper: bool = True


class Tariff(Document):
    """
    Set what a kWh costs at every hour; without a currency no cost is shown.

    A client's attribute `price_per_kwh` is that client's price, in the same currency.
    """

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None  # ISO 4217
    price: Annotated[float, Field(gt=0, le=MOST_PRICE)] | None = None

    @model_validator(mode="after")
    def _has_currency(self) -> Self:
        if self.price is not None and self.currency is None:
            raise ValueError("currency: choose the price's currency, or leave the price empty")
        return self


class Team(Document):
    """Define a team: its members, and the attributes, areas and languages whose new conversations it gets."""

    id: TeamId
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=PLAIN)]
    members: Annotated[list[AgentId], Field(max_length=MAX_MEMBERS)] = []
    areas: Annotated[list[Name], Field(max_length=200)] = []
    langs: list[Lang] = []
    attributes: Annotated[list[NamedValue], Field(max_length=MAX_ATTRIBUTES)] = []


class Teams(Document):
    """Hold all teams; without any, all agents share one inbox. An agent in no team is in `t-desk`."""

    teams: Annotated[list[Team], Field(max_length=MAX_TEAMS)] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _check_once([team.id for team in self.teams])
        return self


class Logo(Document):
    """Hold an image as base64. A browser shows it as an image only, so that a script in an SVG never runs."""

    type: Literal["image/png", "image/svg+xml"]
    data: Annotated[str, Field(max_length=MAX_LOGO_BYTES * 4 // 3 + 4)]

    @model_validator(mode="after")
    def _is_image(self) -> Self:
        try:
            content = base64.b64decode(self.data, validate=True)
        except ValueError:
            raise ValueError("the logo is not base64") from None
        is_image = content.startswith(_PNG) if self.type == "image/png" else b"<svg" in content[:1_000]
        if not is_image or len(content) > MAX_LOGO_BYTES:
            raise ValueError("use a PNG or an SVG of at most 100 kB")
        return self


class Branding(Document):
    """Hold how the chat looks on a portal. Texts are by language; empty ones are the product's own."""

    name: Annotated[str, Field(max_length=60, pattern=PLAIN)] = ""
    bot: Annotated[str, Field(max_length=40, pattern=PLAIN)] = ""  # the name of automatic answers
    accent: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#0b6e4f"
    logo: Logo | None = None
    side: Literal["left", "right"] = "right"
    icon: Literal["chat", "bolt"] = "chat"
    label: dict[Lang, Reply] = {}  # beside the launcher's icon
    greeting: dict[Lang, ShortText] = {}  # {name} is the client's first name, or is left out
    questions: dict[Lang, Annotated[list[ShortText], Field(max_length=MAX_QUESTIONS)]] = {}
    origins: Annotated[list[Annotated[str, Field(pattern=_ORIGIN)]], Field(max_length=MAX_ORIGINS)] = []

    @model_validator(mode="after")
    def _readable(self) -> Self:
        ratio = contrast(self.accent, WHITE)
        if ratio < READABLE:
            raise ValueError(f"accent: white text on it has {ratio:.1f} to 1; choose a darker colour, 4.5 or more")
        return self


D = TypeVar("D", bound=Document)


def _check_once(ids: list[str]) -> None:
    twice = next((id for id in ids if ids.count(id) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice} is there twice")


class ChangedBy(StrEnum):
    """Name who may change a setting; every agent may read it."""

    AGENTS = "agents"
    ADMINISTRATORS = "administrators"


@dataclass(frozen=True, slots=True)
class Defaults:
    """Hold what defaults depend on: the configured answer target in minutes, and whether the demo runs."""

    answer_target: int = 5
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """Declare one setting; the API, the browser's types and the board's pages follow from it."""

    shape: type[Document]
    page: str  # the board's page that changes it
    default: Callable[[Defaults], Document]
    changed_by: ChangedBy = ChangedBy.ADMINISTRATORS


def _from_file(name: str) -> dict[str, Any]:
    """Return the default texts of a setting."""
    text = files("chat_core").joinpath("defaults/settings.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)[name]
    return found


def _default_rules(defaults: Defaults) -> Rules:
    """Return the default automatic answers; those of the demo's company only for the demo."""
    found = _from_file("rules")
    rules = [rule for rule in found["rules"] if not rule.pop("demo", False) or defaults.demo]
    return Rules.model_validate({**found, "rules": rules})


def default_tariff(defaults: Defaults) -> Tariff:
    """Return no price; the demo's company has one."""
    return Tariff(currency="EUR", price=0.25) if defaults.demo else Tariff()


def default_branding(defaults: Defaults) -> Branding:
    """Return the product's own looks; the demo's company has a name and a logo."""
    if not defaults.demo:
        return Branding()
    logo = files("chat_core").joinpath("defaults/demo-logo.svg").read_bytes()
    return Branding(name="Riverside Energy", logo=Logo(type="image/svg+xml", data=base64.b64encode(logo).decode()))


SETTINGS: Final[Mapping[str, Setting]] = {
    "canned": Setting(Canned, "canned", lambda _: Canned.model_validate(_from_file("canned"))),
    "hours": Setting(Hours, "hours", lambda _: Hours()),
    "target": Setting(Target, "hours", lambda defaults: Target(minutes=defaults.answer_target)),
    "rules": Setting(Rules, "answers", _default_rules),
    "alarms": Setting(Alarms, "alarms", lambda _: Alarms()),
    "tariff": Setting(Tariff, "alarms", default_tariff),
    "teams": Setting(Teams, "teams", lambda _: Teams()),
    "branding": Setting(Branding, "branding", default_branding),
}


def default_of(key: str, defaults: Defaults) -> Document:
    """Return the setting's default."""
    return SETTINGS[key].default(defaults)


def read_document(key: str, value: Any, default: D) -> D:
    """
    Return the stored document, read tolerantly, since another version may have written it.

    Unknown fields and wrong items of lists are dropped; a wrong field gets the default's value.
    Args: value: as stored; None if it was never set.
    """
    if value is None:
        return default
    shape = type(default)
    try:
        return shape.model_validate(value)
    except ValidationError as fault:
        places = sorted({".".join(str(part) for part in error["loc"]) for error in _errors(fault)})[:MENDS_TOLD]
        if _logged.get(key) != places:  # documents are read often; one line is enough
            _logged[key] = places
            log.warning("settings.read_in_part", document=key, places=places)
    return _mended(shape, value, default)


def _errors(fault: ValidationError) -> list[Any]:
    return list(fault.errors(include_input=False, include_url=False, include_context=False))


def _mended(shape: type[D], value: Any, default: D) -> D:
    mended = json.loads(json.dumps(value))
    for _ in range(MENDS_AT_MOST if isinstance(mended, dict) else 0):
        try:
            return shape.model_validate(mended)
        except ValidationError as fault:
            errors = _errors(fault)
        unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
        # Items of lists are removed from the back, one per turn, so that the places of the others stay right.
        for place in unknown or [_blamed(errors[-1])]:
            if not _remove(mended, place, default):
                return default
    return default


def _blamed(error: Any) -> tuple[Any, ...]:
    """Return the place to remove: a wrong key's entry, or the parent of a missing field."""
    place: tuple[Any, ...] = error["loc"]
    if place[-1:] == ("[key]",):
        return place[:-1]
    return place[:-1] if error["type"] == "missing" and len(place) > 1 else place


def _remove(mended: Any, place: tuple[Any, ...], default: Document) -> bool:
    """Remove the value, or reset it to the default's. Return False if the whole document is wrong."""
    around = mended
    try:
        for part in place[:-1]:
            around = around[part]
        if not place:
            return False
        if len(place) == 1 and place[0] in type(default).model_fields:
            around[place[0]] = wire_of(default)[place[0]]
        else:
            del around[place[-1]]
    except (KeyError, IndexError, TypeError):  # the place is not in the JSON, such as a dict's key
        return False
    return True


def wire_of(document: Document) -> dict[str, Any]:
    """Return the document as JSON."""
    return document.model_dump(mode="json")
