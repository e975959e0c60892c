"""
Read Crisp's objects: people, conversations, messages, operators. Pure.

Source: docs.crisp.chat, REST API v1, and its types (https://github.com/crisp-im/node-crisp-api,
lib/resources/WebsiteConversation.ts): Conversation, ConversationMessage, PeopleProfile, Operator. Times are
milliseconds. Crisp has no API for saved replies ("shortcuts").
"""

from collections.abc import Iterator
from typing import Any, Final

from chat_core.imports.items import (
    Author,
    Contact,
    Item,
    Left,
    LineKind,
    OldLine,
    Speaker,
    Thread,
    Value,
    file_name_in,
    list_at,
    text_at,
    texts_at,
    time_at,
    unknown,
)

TITLE: Final = "Crisp"
_FILES: Final = ("file", "animation", "audio")
_TEXTS: Final = ("text", "note", "picker", "field", "carousel")


def read(value: Value) -> Iterator[Item]:
    """Give what one object holds."""
    data = value.get("data")
    if "error" in value and isinstance(data, dict):
        yield from read(data)
    elif "error" in value and isinstance(data, list):
        for item in list_at(value, "data"):
            yield from read(item)
    elif "fingerprint" in value and "content" in value:
        yield from _message(value)
    elif "session_id" in value:
        yield from _conversation(value)
    elif "people_id" in value:
        yield _person(text_at(value, "people_id"), value, value.get("person"))
    elif value.get("type") in ("operator", "sandbox") and isinstance(details := value.get("details"), dict):
        yield _operator(details)
    else:
        yield unknown(value)


def _operator(details: Value) -> Author:
    names = (text_at(details, "first_name"), text_at(details, "last_name"))
    name = " ".join(part for part in names if part)
    return Author(text_at(details, "user_id") or "", name or None, text_at(details, "email"))


def _person(id: str | None, value: Value, more: Any) -> Contact:
    """Return the person. Args: value: has email and data; more: has nickname and phone."""
    locales = more.get("locales") if isinstance(more, dict) else None
    device = value.get("device")
    locales = locales or (device.get("locales") if isinstance(device, dict) else None)
    lang = locales[0] if isinstance(locales, list) and locales and isinstance(locales[0], str) else None
    return Contact(
        id or "",
        text_at(more, "nickname"),
        text_at(value, "email"),
        text_at(more, "phone"),
        text_at(value, "data", "user_id"),
        lang[:2].lower() if lang else None,
    )


def _conversation(value: Value) -> Iterator[Item]:
    id = text_at(value, "session_id") or ""
    meta = value.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    person = _person(text_at(value, "people_id") or id, meta, meta)
    yield person
    is_open = value.get("state") != "resolved"
    assignee = text_at(value, "assigned", "user_id")
    yield Thread(id, person.id, is_open, assignee, texts_at(meta, "segments"))
    if not is_open:
        at = time_at(value, "updated_at", 1) or 0
        yield OldLine(f"end-{at}", id, at, Speaker.AGENT, LineKind.RESOLVED, assignee)


def _message(value: Value) -> Iterator[Item]:
    id, kind, content = text_at(value, "fingerprint") or "", value.get("type"), value["content"]
    thread = text_at(value, "session_id") or ""
    files: tuple[str, ...] = ()
    if kind in _FILES:
        address = text_at(content, "url") or ""
        files = (text_at(content, "name") or file_name_in(address) or str(kind),)
        text = ""
        yield Left("attachment", "attachment", f"{thread}/{id}", address)
    elif kind in _TEXTS:
        text = content.strip() if isinstance(content, str) else _spoken(content)
    else:
        yield Left("event", "message", f"{thread}/{id}", str(kind))
        return
    user = value.get("user")
    is_client = value.get("from") == "user"
    is_bot = not is_client and value.get("automated") is True
    author = None
    if not is_client and isinstance(user, dict) and (author := text_at(user, "user_id")):
        yield Author(author, text_at(user, "nickname"), None, is_bot)
    speaker = Speaker.CLIENT if is_client else Speaker.BOT if is_bot else Speaker.AGENT
    line_kind = LineKind.NOTE if kind == "note" else LineKind.TEXT
    yield OldLine(id, thread, time_at(value, "timestamp", 1) or 0, speaker, line_kind, author, text, files)


def _spoken(content: Any) -> str:
    """Return the text of a question with choices, of a field with its value, of a carousel."""
    lines = [text_at(content, "text"), text_at(content, "value")]
    lines += [f"- {text_at(choice, 'label')}" for choice in list_at(content, "choices")]
    lines += [f"- {text_at(target, 'title')}" for target in list_at(content, "targets")]
    return "\n".join(line for line in lines if line)
