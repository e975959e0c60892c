"""Define what is taken from an export, whichever product wrote it. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from chat_core.contract.fields import MAX_DATE_MS
from chat_core.contract.payloads import Priority


class Speaker(StrEnum):
    """Name who wrote a line."""

    CLIENT = "client"
    AGENT = "agent"
    BOT = "bot"


class LineKind(StrEnum):
    """Name what a line of a conversation is, in the order of lines of one instant."""

    TEXT = "text"
    NOTE = "note"
    RESOLVED = "resolved"
    RATING = "rating"


class Contact(NamedTuple):
    """Describe a contact. `portal`: its id at the portal, where the other product was told of it."""

    id: str
    name: str | None = None
    mail: str | None = None
    phone: str | None = None
    portal: str | None = None
    lang: str | None = None


class Author(NamedTuple):
    """Describe an agent or a bot of the other product."""

    id: str
    name: str | None = None
    mail: str | None = None
    is_bot: bool = False


class Thread(NamedTuple):
    """Describe one conversation. `until`: when its snooze ends; `assignee`: an author's id."""

    id: str
    person: str
    is_open: bool
    assignee: str | None = None
    tags: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    until: int | None = None


class OldLine(NamedTuple):
    """Describe one message, note, end or rating. `files`: names of attachments; `score`: a rating's."""

    id: str
    thread: str
    at: int
    speaker: Speaker
    kind: LineKind = LineKind.TEXT
    author: str | None = None  # of an agent or a bot; None: nobody that the export names
    text: str = ""
    files: tuple[str, ...] = ()
    score: int | None = None


class SavedReply(NamedTuple):
    """Describe a saved reply, with our placeholders."""

    id: str
    title: str
    text: str


class Left(NamedTuple):
    """Say what was not taken. Args: reason: a key of report.REASONS; what: the kind of thing; id: the export's."""

    reason: str
    what: str
    id: str
    detail: str = ""


Item = Contact | Author | Thread | OldLine | SavedReply | Left
Value = Mapping[str, Any]  # one JSON object of an export


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def text_at(value: Any, *path: str) -> str | None:
    """Return the text or number at this path as text, lone surrogates replaced; None where it is missing or empty."""
    value = _at(value, path)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).encode(errors="replace").decode().strip() or None


def list_at(value: Any, *path: str) -> list[Value]:
    """Return the objects of the list at this path."""
    value = _at(value, path)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def texts_at(value: Any, *path: str) -> tuple[str, ...]:
    """Return the texts of the list at this path."""
    value = _at(value, path)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def file_name_in(address: str) -> str:
    """Return the file's name with which an address ends; empty where it has none."""
    return address.split("?")[0].rsplit("/", 1)[-1][:80]


def unknown(value: Value) -> Left:
    """Return that an object is of no known kind."""
    return Left("unknown_object", "object", text_at(value, "id") or "", ", ".join(sorted(value))[:200])


def time_at(value: Value, key: str, unit_ms: int) -> int | None:
    """Return the time of this key in milliseconds. Args: unit_ms: of the export's number."""
    found = value.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found * unit_ms) <= MAX_DATE_MS:
        return None  # NaN and infinity too, which Python's JSON has
    return round(found * unit_ms)
