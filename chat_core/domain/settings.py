"""
Define the documents that administrators set on the board: hours and holidays, canned replies, automatic answers, the
answer target. Each has its shape, its default and its questions here. Touches the data file of the default rules, and
the log where a stored document can be read in part only.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Any, Final, Literal, Self, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chat_core.contract.fields import ClientId, Name, Replies, ShortText, Translated
from chat_core.contract.languages import Lang

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_RULES: Final = 100
MAX_CANNED: Final = 300
MENDS_AT_MOST: Final = 1_000
MENDS_TOLD: Final = 5
FULL_DAY: Final = "24:00"

log = structlog.get_logger(__name__)
_told: Final[dict[str, list[str]]] = {}  # by document: what of it was told to be read in part

Clock = Annotated[str, Field(pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Span = Annotated[list[Clock], Field(min_length=2, max_length=2)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# What differs by language: titles, what a question must say, what the client may answer at a press.
Titles = Annotated[dict[Lang, ShortText], Field(min_length=1)]
Phrases = dict[Lang, Annotated[list[ShortText], Field(max_length=40)]]
Buttons = Annotated[dict[Lang, Replies], Field(min_length=1)]


class Document(BaseModel):
    """A setting: strict in what is set, nothing unknown in it; `read_document` reads tolerantly what is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Holiday(Document):
    """A day on which nobody is there."""

    date: date
    name: ShortText


class Hours(Document):
    """
    Hold the desk's hours in the platform's time zone; `week` null: none, it is open while an agent is connected.
    """

    week: dict[Day, Annotated[list[Span], Field(max_length=6)]] | None = None
    holidays: Annotated[list[Holiday], Field(max_length=200)] = []

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for day, spans in (self.week or {}).items():
            ends = [clock for span in spans for clock in span]
            if ends != sorted(set(ends)):
                raise ValueError(f"{day}: each time must come after the one before it")
        return self


class CannedReply(Document):
    """A reply that agents call by its title; {name}, {client}, {agent} and {date} are filled in where it is used."""

    id: Name
    title: ShortText
    text: Translated


class Canned(Document):
    """All canned replies, in the order of the board's list."""

    replies: Annotated[list[CannedReply], Field(max_length=MAX_CANNED)] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _check_once([reply.id for reply in self.replies])
        return self


class Rule(Document):
    """
    One automatic answer. It is given where all words of one of its phrases occur in what the client wrote; `person`:
    it hands over to people, and nothing is answered automatically any more.
    """

    id: Name
    on: bool = True
    title: Titles
    words: Phrases
    answer: Translated
    replies: Buttons | None = None
    person: bool = False


class Rules(Document):
    """
    All automatic answers, the first that fits is given; `on` false: none is. `away`: what a first question gets that
    none fits, while nobody is there. {next} in an answer is when somebody is back.
    """

    on: bool = True
    away: Translated | None = None
    rules: Annotated[list[Rule], Field(max_length=MAX_RULES)] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _check_once([rule.id for rule in self.rules])
        return self


class Target(Document):
    """Within how many minutes a client should have an answer."""

    minutes: Annotated[int, Field(ge=1, le=1440)]


class Alarms(Document):
    """Hold the thresholds of meter alarms; energy is of an hour, in Wh. `limits` are of single clients."""

    on: bool = True
    times_usual: Annotated[float, Field(ge=1, le=100)] | None = 2.0  # null: no band
    at_least_wh: Annotated[int, Field(ge=0, le=10**9)] = 1_000  # above the usual
    limit_wh: Annotated[int, Field(ge=1, le=10**9)] | None = None
    limits: Annotated[dict[ClientId, Annotated[int, Field(ge=1, le=10**9)]], Field(max_length=10_000)] = {}
    silent_minutes: Annotated[int, Field(ge=10, le=10_080)] = 180
    storm_meters: Annotated[int, Field(ge=2, le=100_000)] = 20  # so many silent ones in an area are an outage


D = TypeVar("D", bound=Document)


def _check_once(ids: list[str]) -> None:
    twice = next((id for id in ids if ids.count(id) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice} is there twice")


class ChangedBy(StrEnum):
    """Name who may change a setting. Every agent reads all of them."""

    AGENTS = "agents"
    ADMINISTRATORS = "administrators"


@dataclass(frozen=True, slots=True)
class Defaults:
    """Hold what defaults depend on: the configured answer target in minutes, and whether this is the demo."""

    answer_target: int = 5
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting's declaration, from which the API, the browser's types and the board's pages follow."""

    shape: type[Document]
    page: str  # of the board, where it is changed
    default: Callable[[Defaults], Document]
    changed_by: ChangedBy = ChangedBy.ADMINISTRATORS


def _from_file(name: str) -> dict[str, Any]:
    """Return the default texts of a setting; those of all lie in one file, so that a language is added in one."""
    text = files("chat_core").joinpath("defaults/settings.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)[name]
    return found


def _default_rules(defaults: Defaults) -> Rules:
    """Return the automatic answers; those of the demo's company promise what no other one said."""
    found = _from_file("rules")
    rules = [rule for rule in found["rules"] if not rule.pop("demo", False) or defaults.demo]
    return Rules.model_validate({**found, "rules": rules})


SETTINGS: Final[Mapping[str, Setting]] = {
    "hours": Setting(Hours, "hours", lambda _: Hours()),
    "target": Setting(Target, "hours", lambda defaults: Target(minutes=defaults.answer_target)),
    "canned": Setting(Canned, "canned", lambda _: Canned.model_validate(_from_file("canned"))),
    "rules": Setting(Rules, "answers", _default_rules),
    "alarms": Setting(Alarms, "alarms", lambda _: Alarms()),
}


def default_of(key: str, defaults: Defaults) -> Document:
    """Return what holds while nobody has set it."""
    return SETTINGS[key].default(defaults)


def read_document(key: str, value: Any, default: D) -> D:
    """
    Return the stored document, read tolerantly: another version of this program may have written it.

    What this version does not know is dropped. A wrong field is the default's; a wrong item of a list is left out.
    Args: value: as it is stored; None where nobody has set it.
    """
    if value is None:
        return default
    shape = type(default)
    try:
        return shape.model_validate(value)
    except ValidationError as fault:
        places = sorted({".".join(str(part) for part in error["loc"]) for error in _errors(fault)})[:MENDS_TOLD]
        if _told.get(key) != places:  # documents are read often, and this is worth one line
            _told[key] = places
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
        # Items of lists are taken out from behind, one a turn: what stands before them keeps its place.
        for place in unknown or [_blamed(errors[-1])]:
            if not _take_out(mended, place, default):
                return default
    return default


def _blamed(error: Any) -> tuple[Any, ...]:
    """Return where what is wrong begins: a wrong key's entry, or around a missing field what lacks it."""
    place: tuple[Any, ...] = error["loc"]
    if place[-1:] == ("[key]",):
        return place[:-1]
    return place[:-1] if error["type"] == "missing" and len(place) > 1 else place


def _take_out(mended: Any, place: tuple[Any, ...], default: Document) -> bool:
    """Return whether the value was taken out, or is now the default's; False where the whole document is wrong."""
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
    except (KeyError, IndexError, TypeError):  # the place is within what is no JSON, such as a dict's key
        return False
    return True


def wire_of(document: Document) -> dict[str, Any]:
    """The document as JSON."""
    return document.model_dump(mode="json", exclude_none=False)
