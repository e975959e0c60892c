"""
Define and check the single values of payloads: ids, times, texts. Touches nothing.

Each raises pydantic's errors; `bad_payload_of` turns them into a sentence.
"""

from operator import not_
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from chat_core.contract.errors import BadPayload
from chat_core.contract.ids import ID_PATTERN, Role, is_id, role_of
from chat_core.contract.languages import Lang

MAX_TEXT: Final = 4_000
MAX_TAGS: Final = 20  # of one conversation
MAX_TAG: Final = 32  # characters
MAX_PERSON_NAME: Final = 80
MAX_TIME_MS: Final = 2**53 - 1
# Senders' times must exist in every zone's calendar: Python's ends with the year 9999, JavaScript's later.
MAX_MOMENT_MS: Final = 253_370_764_800_000  # 9999-01-01T00:00:00Z
MAX_DATE_MS: Final = 221_845_392_000_000  # the year 9000: calendars end with 9999, and sums look ahead


_ABSENT: Final = (None,).__contains__  # in C: called for each such field of each encoded message


def optional(**constraints: Any) -> Any:
    """Declare a field that the JSON omits while it is None."""
    return Field(default=None, exclude_if=_ABSENT, **constraints)


def unless_empty(default: Any, **constraints: Any) -> Any:
    """Declare a field that the JSON omits while it is empty, 0, false or None, which is its default."""
    return Field(default=default, exclude_if=not_, **constraints)


def up_to(**most: int) -> Any:
    """Declare a field that the bridge never makes longer than this; a reader still accepts a longer one."""
    return Field(json_schema_extra=dict(most))


class Payload(BaseModel):
    """Define what all payloads share: they are frozen, and an unknown field or a wrong type is an error."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        populate_by_name=True,
        serialize_by_alias=True,
        cache_strings="keys",  # values hardly repeat: caching 16,000 of them gains nothing
    )

    qos: ClassVar[int] = 1  # 0: may be lost (typing, a live value); 1: stored, and idempotent


def _of_role(*roles: Role) -> AfterValidator:
    def check(name: str) -> str:
        if not is_id(name) or role_of(name) not in roles:
            raise PydanticCustomError("bad_id", "this is not the id of a {roles}", {"roles": " or ".join(roles)})
        return name

    return AfterValidator(check)


def _shown(letters: str) -> Any:
    """Describe to schemas what `_of_role` checks: ids that begin with one of these letters."""
    return Field(json_schema_extra={"pattern": f"^[{letters}]-[a-z0-9_-]{{1,30}}$"})


# No control characters but newline and tab: category Cc is always U+0000–001F and U+007F–009F (Unicode's stability
# policy). These two are patterns, so that pydantic's core checks them without a call into Python.
PLAIN: Final = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
# Not `e-…`: events of the bridge have such ids, and a message with one would look like an event's repeat.
_OWN_ID: Final = r"^(?:[A-Za-df-z0-9_-]|e(?:[A-Za-z0-9_]|$))[A-Za-z0-9_-]*$"

TimeMs = Annotated[int, Field(ge=0, le=MAX_TIME_MS)]
DateMs = Annotated[int, Field(ge=0, le=MAX_DATE_MS)]  # a time that is shown or computed with as a date
Moment = Annotated[int, Field(ge=0, le=MAX_MOMENT_MS)]  # a time that a sender names
Seq = Annotated[int, Field(ge=0, le=MAX_TIME_MS)]
MessageId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,36}$")]
OwnId = Annotated[str, Field(max_length=36, pattern=_OWN_ID)]  # chosen by a sender; no event has such an id
Name = Annotated[str, Field(pattern=rf"^{ID_PATTERN}$")]
TeamId = Annotated[str, Field(pattern=r"^t-[a-z0-9_-]{1,30}$")]
ClientId = Annotated[str, _of_role(Role.CLIENT), _shown("cg")]
AgentId = Annotated[str, _of_role(Role.AGENT, Role.BOT), _shown("ab")]
SenderId = Annotated[str, _of_role(Role.CLIENT, Role.AGENT, Role.BOT, Role.SERVICE), _shown("cgabs")]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=PLAIN)]
ShortText = Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN)]
PersonName = Annotated[str, up_to(maxLength=MAX_PERSON_NAME)]
Conn = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,36}$")]
Reply = Annotated[str, Field(min_length=1, max_length=40, pattern=PLAIN)]
Replies = Annotated[list[Reply], Field(min_length=1, max_length=6)]
Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG, pattern=PLAIN)]
Translated = Annotated[dict[Lang, Text], Field(min_length=1)]  # one text in one or more languages

_PATTERNS: Final = {  # the error of a text that does not match, by its pattern
    PLAIN: ("control_character", "control characters other than newline and tab are not allowed"),
    _OWN_ID: ("bad_id", "it takes 1 to 36 of A-Z, a-z, 0-9, _ and -, and ids that start with e- are the bridge's own"),
}
_WHY_OF_TEXT: Final = {
    "string_too_short": "empty",
    "string_too_long": "too_long",
    "control_character": "control_character",
}
_SENTENCE_OF: Final = {
    "bad_json": "The message is not valid JSON in UTF-8.",
    "unknown_kind": "This kind of message cannot be said.",
    "empty": "The message has no text.",
    "too_long": f"The message is longer than {MAX_TEXT:,} characters; shorten it or send it in parts.",
    "control_character": "The message has control characters; only line breaks and tabs are allowed.",
}


def bad_payload_of(fault: ValidationError) -> BadPayload:
    """Return a payload's first fault as a code and a sentence for people."""
    first = fault.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "the message"
    kind, what = first["type"], first["msg"]
    if kind == "string_pattern_mismatch":
        kind, what = _PATTERNS.get(first["ctx"]["pattern"], (kind, what))
    if kind == "json_invalid":
        why = "bad_json"
    elif first["loc"][:1] == ("kind",) and kind != "missing":
        why = "unknown_kind"
    elif first["loc"][:1] == ("text",) and kind in _WHY_OF_TEXT:
        why = _WHY_OF_TEXT[kind]
    else:
        return BadPayload(f"{where}: {what}.", why="bad_payload")
    return BadPayload(_SENTENCE_OF[why], why=why)
