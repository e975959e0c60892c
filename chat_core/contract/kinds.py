"""
List the kinds of messages, and how each part of the product treats them. Pure.

A new kind needs a class for its content, a field of `Body` with the kind's name, a `Kind` in KINDS, and a title in each
language (languages.py). Storage, search, deletion, export, transcript, displays, figures and AsyncAPI follow from
these. `protocol/kinds.ts` is the browser's mirror; tests/vectors/kinds.json holds both equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chat_core.contract.fields import MessageId, Name, Payload, Replies, ShortText, Text, TimeMs, optional
from chat_core.contract.languages import KIND_TITLES, in_lang


class SaidKind(StrEnum):
    """Name a message's kind."""

    TEXT = "text"
    FILE = "file"
    CARD = "card"
    RATING = "rating"


class File(Payload):
    """Name an uploaded file by its id, with its media type and size in bytes; of an image also its size in pixels."""

    file: MessageId
    name: ShortText
    type: ShortText
    size: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(ge=1)] | None = optional()
    height: Annotated[int, Field(ge=1)] | None = optional()


class Card(Payload):
    """Show the consumption of one meter in [start, end)."""

    meter: Name
    start: TimeMs = Field(alias="from")
    end: TimeMs = Field(alias="to")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("empty_period", "`to` must lie after `from`")
        return self


class Rating(Payload):
    """Hold the client's rating: 1 (bad) to 5 (good), and an optional comment."""

    score: Annotated[int, Field(ge=1, le=5)]
    text: Text | None = optional()


class Body(Payload):
    """Hold a message's content: a field with its kind's name, and what else the kind allows."""

    text: Text | None = optional()
    file: File | None = optional()
    card: Card | None = optional()
    rating: Rating | None = optional()
    replies: Replies | None = optional()  # to a text of agents and bots: answers that the client can tap

    def check_body(self, kind: str) -> None:
        """Raise unless the message has its kind's own field, and no field of another kind."""
        if getattr(self, kind) is None:
            raise PydanticCustomError("missing_body", "kind {kind} needs the field {kind}", {"kind": kind})
        allowed = KINDS[kind].fields
        for field in CONTENT:
            if field not in allowed and getattr(self, field) is not None:
                raise PydanticCustomError(
                    "foreign_body", "kind {kind} has no field {field}", {"kind": kind, "field": field}
                )


@dataclass(frozen=True, slots=True)
class Kind:
    """
    Describe one kind of message.

    Args:
        fields: the fields of Body that it may have; the one with its own name is required.
        words: the path in the body to its text, for search and previews; empty for none.
        converses: whether it asks or answers something; else it changes no conversation's state.
        is_editable: whether its sender may change its text.
    """

    fields: tuple[str, ...]
    words: tuple[str, ...]
    converses: bool = True
    is_editable: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    SaidKind.TEXT: Kind(fields=("text", "replies"), words=("text",), is_editable=True),
    SaidKind.FILE: Kind(fields=("file",), words=("file", "name")),
    SaidKind.CARD: Kind(fields=("card",), words=()),
    SaidKind.RATING: Kind(fields=("rating",), words=("rating", "text"), converses=False),
}

# What a deletion leaves of an entry, beside `deleted`; all content is removed.
LEFT_BY_DELETION: Final = ("seq", "id", "sender", "at", "kind", "origin")

CONTENT: Final = tuple(Body.model_fields)
CONVERSING: Final = tuple(name for name, kind in KINDS.items() if kind.converses)
SEARCHED: Final = tuple(name for name, kind in KINDS.items() if kind.words)


def find_words(kind: str, body: Mapping[str, Any]) -> str | None:
    """Return the text of a message of this kind, if any. Args: body: its fields as JSON; others are ignored."""
    known = KINDS.get(kind)
    found: Any = body
    for step in known.words if known is not None else ():
        found = found.get(step)
        if found is None:
            return None
    return found if isinstance(found, str) else None


def preview(kind: str, body: Mapping[str, Any], lang: str | None) -> str:
    """Return the message in one line: its text, or its kind's title in the language."""
    return find_words(kind, body) or in_lang(KIND_TITLES, lang)[kind]
