"""
Read Intercom's objects: contacts, conversations with their parts, admins, macros. Pure.

Source: developers.intercom.com, REST API 2.7 to 2.15 (https://github.com/intercom/Intercom-OpenAPI): the models
conversation, conversation_part, contact, admin and macro, and their lists. Times are seconds.
"""

import re
from collections.abc import Iterator
from typing import Final

from chat_core.contract.payloads import Priority
from chat_core.domain.html_text import text_of
from chat_core.imports.items import (
    Author,
    Contact,
    Item,
    Left,
    LineKind,
    OldLine,
    SavedReply,
    Speaker,
    Thread,
    Value,
    file_name_in,
    list_at,
    text_at,
    time_at,
    unknown,
)

TITLE: Final = "Intercom"
SECOND_MS: Final = 1000
_LISTS: Final = ("data", "conversations", "admins", "contacts")
_CLIENTS: Final = ("user", "lead", "contact", "visitor")
_NOTES: Final = ("note", "note_and_reopen")
_OURS: Final = (("name", ("user.name", "user.first_name", "name", "first_name")), ("agent", ("teammate.first_name",)))


def read(value: Value) -> Iterator[Item]:
    """Give what one object holds."""
    match value.get("type"):
        case "conversation":
            yield from _conversation(value)
        case "contact" | "user" | "lead":
            yield _person(value)
        case "admin":
            yield _author(value)
        case "macro":
            yield _macro(value)
        case "tag" | "tag.list" | "team" | "team.list":
            return  # each conversation names its tags
        case _:
            items = [item for key in _LISTS for item in list_at(value, key)]
            if not items and not any(key in value for key in _LISTS):
                yield unknown(value)
            for item in items:
                yield from read(item)


def _person(value: Value) -> Contact:
    lang = text_at(value, "language_override") or text_at(value, "browser_language")
    return Contact(
        text_at(value, "id") or "",
        text_at(value, "name"),
        text_at(value, "email"),
        text_at(value, "phone"),
        text_at(value, "external_id") or text_at(value, "user_id"),
        lang[:2].lower() if lang else None,
    )


def _author(value: Value) -> Author:
    is_bot = value.get("type") == "bot"
    return Author(text_at(value, "id") or "", text_at(value, "name"), text_at(value, "email"), is_bot)


def _macro(value: Value) -> SavedReply:
    id = text_at(value, "id") or ""
    text = text_at(value, "body_text") or text_of(text_at(value, "body") or "")[0]
    for ours, theirs in _OURS:
        for name in theirs:
            text = re.sub(rf"\{{\{{\s*{re.escape(name)}\s*(\|[^}}]*)?\}}\}}", f"{{{ours}}}", text)
    return SavedReply(id, text_at(value, "name") or id, text)


def _conversation(value: Value) -> Iterator[Item]:
    id = text_at(value, "id") or ""
    contacts = list_at(value, "contacts", "contacts")
    source = value.get("source")
    writer = source.get("author") if isinstance(source, dict) else None
    if not contacts and isinstance(writer, dict) and writer.get("type") in _CLIENTS:
        contacts = [writer]
    if not contacts:
        yield Left("no_contact", "conversation", id)
        return
    person = _person(contacts[0])
    yield person
    is_snoozed = value.get("state") == "snoozed"
    yield Thread(
        id,
        person.id,
        value.get("state") != "closed",
        text_at(value, "admin_assignee_id"),
        tuple(name for tag in list_at(value, "tags", "tags") if (name := text_at(tag, "name"))),
        Priority.HIGH if value.get("priority") == "priority" else Priority.NORMAL,
        time_at(value, "snoozed_until", SECOND_MS) if is_snoozed else None,
    )
    if isinstance(source, dict):
        yield from _words({"part_type": "comment", "created_at": value.get("created_at"), **source}, id, person.id)
    parts = value.get("conversation_parts")
    found = list_at(parts, "conversation_parts")
    if not isinstance(parts, dict):
        yield Left("parts_missing", "conversation", id)
    elif isinstance(total := parts.get("total_count"), int) and total > len(found):
        yield Left("parts_missing", "conversation", id, f"{len(found)} of {total}")
    for part in found:
        yield from _words(part, id, person.id)
        if part.get("part_type") == "close":
            yield from _end(part, id)
    yield from _rating(value, id)


def _words(part: Value, thread: str, person: str) -> Iterator[Item]:
    id = text_at(part, "id") or ""
    html = text_at(part, "body") or ""
    attachments = list_at(part, "attachments")
    if part.get("redacted") is True:
        yield Left("redacted", "message", id)
        return
    if not html and not attachments:
        if part.get("part_type") not in ("close", "comment"):
            yield Left("event", "part", id, str(part.get("part_type")))
        return
    text, images = text_of(html)
    if subject := text_at(part, "subject"):
        text = f"{text_of(subject)[0]}\n\n{text}"
    names = [text_at(each, "name") or "file" for each in attachments]
    names += [file_name_in(address) or "image" for address in images]
    for address in [text_at(each, "url") or "" for each in attachments] + images:
        yield Left("attachment", "attachment", id, address)
    author = part.get("author")
    author = author if isinstance(author, dict) else {}
    at = time_at(part, "created_at", SECOND_MS) or 0
    kind = LineKind.NOTE if part.get("part_type") in _NOTES else LineKind.TEXT
    if author.get("type") in _CLIENTS:
        if (other := text_at(author, "id")) != person:
            text = f"[{text_at(author, 'name') or text_at(author, 'email') or other}] {text}"
        yield OldLine(id, thread, at, Speaker.CLIENT, kind, None, text, tuple(names))
        return
    yield _author(author)
    speaker = Speaker.BOT if author.get("type") == "bot" else Speaker.AGENT
    yield OldLine(id, thread, at, speaker, kind, text_at(author, "id"), text, tuple(names))


def _end(part: Value, thread: str) -> Iterator[Item]:
    author = part.get("author")
    is_agent = isinstance(author, dict) and author.get("type") == "admin"
    if isinstance(author, dict) and is_agent:
        yield _author(author)
    by = text_at(author, "id") if is_agent else None
    at = time_at(part, "created_at", SECOND_MS) or 0
    yield OldLine(f"{text_at(part, 'id')}-end", thread, at, Speaker.AGENT, LineKind.RESOLVED, by)


def _rating(value: Value, thread: str) -> Iterator[Item]:
    rating = value.get("conversation_rating")
    if isinstance(rating, dict) and isinstance(score := rating.get("rating"), int):
        at = time_at(rating, "created_at", SECOND_MS) or 0
        text = text_at(rating, "remark") or ""
        yield OldLine(f"{thread}-rating", thread, at, Speaker.CLIENT, LineKind.RATING, None, text, (), score)
