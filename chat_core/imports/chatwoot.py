"""
Read Chatwoot's objects: contacts, conversations, messages, agents, canned responses. Pure.

Source: developers.chatwoot.com, application API (https://github.com/chatwoot/chatwoot, swagger/definitions/resource:
conversation, message_detailed, conversation_messages, contact_list_item, agent, canned_response). Times are seconds.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from chat_core.contract.payloads import Priority
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
    texts_at,
    time_at,
    unknown,
)

TITLE: Final = "Chatwoot"
SECOND_MS: Final = 1000
_KINDS: Final = {"incoming": 0, "outgoing": 1, "activity": 2, "template": 3}
_PRIORITY: Final = {"low": Priority.LOW, "high": Priority.HIGH, "urgent": Priority.HIGH}
_OURS: Final = (("name", "contact.name"), ("name", "contact.first_name"), ("agent", "agent.name"))


def read(value: Value) -> Iterator[Item]:
    """Give what one object holds."""
    data, payload = value.get("data"), value.get("payload")
    if isinstance(data, dict) and "payload" in data:
        yield from read(data)
    elif isinstance(payload, list):
        for item in list_at(value, "payload"):
            yield from read(item)
    elif isinstance(payload, dict):
        yield from read(payload)
    elif "message_type" in value:
        yield from _message(value)
    elif isinstance(value.get("meta"), dict) and "status" in value:
        yield from _conversation(value)
    elif "short_code" in value:
        yield _reply(value)
    elif "role" in value and "email" in value:
        yield _author(value)
    elif "email" in value or "phone_number" in value:
        yield _person(value)
    else:
        yield unknown(value)


def _person(value: Value) -> Contact:
    lang = text_at(value, "additional_attributes", "browser_language")
    return Contact(
        text_at(value, "id") or "",
        text_at(value, "name"),
        text_at(value, "email"),
        text_at(value, "phone_number"),
        text_at(value, "identifier"),
        lang[:2].lower() if lang else None,
    )


def _author(value: Value) -> Author:
    name = text_at(value, "available_name") or text_at(value, "name")
    return Author(text_at(value, "id") or "", name, text_at(value, "email"), value.get("type") == "agent_bot")


def _reply(value: Value) -> SavedReply:
    id, text = text_at(value, "id") or "", text_at(value, "content") or ""
    for ours, theirs in _OURS:
        text = re.sub(rf"\{{\{{\s*{re.escape(theirs)}\s*\}}\}}", f"{{{ours}}}", text)
    return SavedReply(id, text_at(value, "short_code") or id, text)


def _conversation(value: Value) -> Iterator[Item]:
    id, sender = text_at(value, "id") or "", value["meta"].get("sender")
    if not isinstance(sender, dict) or not text_at(sender, "id"):
        yield Left("no_contact", "conversation", id)
        return
    person, assignee = _person(sender), value["meta"].get("assignee")
    yield person
    by = None
    if isinstance(assignee, dict) and (by := text_at(assignee, "id")):
        yield _author(assignee)
    is_open = value.get("status") != "resolved"
    until = time_at(value, "snoozed_until", SECOND_MS) if value.get("status") == "snoozed" else None
    priority = _PRIORITY.get(str(value.get("priority")), Priority.NORMAL)
    yield Thread(id, person.id, is_open, by, texts_at(value, "labels"), priority, until)
    for message in list_at(value, "messages"):
        yield from _message({**message, "conversation_id": id})
    if not is_open:
        at = time_at(value, "last_activity_at", SECOND_MS) or time_at(value, "timestamp", SECOND_MS) or 0
        yield OldLine(f"end-{at}", id, at, Speaker.AGENT, LineKind.RESOLVED, by)


def _message(value: Value) -> Iterator[Item]:
    id, thread = text_at(value, "id") or "", text_at(value, "conversation_id") or ""
    kind = value["message_type"]
    kind = _KINDS.get(kind, kind) if isinstance(kind, str) else kind
    at = time_at(value, "created_at", SECOND_MS) or 0
    if kind == _KINDS["activity"]:
        yield Left("event", "message", id, text_at(value, "content") or "")
        return
    yield from _rating(value, id, thread, at)
    text, attachments = text_at(value, "content") or "", list_at(value, "attachments")
    addresses = [text_at(each, "data_url") or "" for each in attachments]
    for address in addresses:
        yield Left("attachment", "attachment", id, address)
    names = tuple(file_name_in(address) or "file" for address in addresses)
    is_note = value.get("private") is True
    if kind == _KINDS["incoming"]:
        yield OldLine(id, thread, at, Speaker.CLIENT, LineKind.TEXT, None, text, names)
        return
    sender: Any = value.get("sender")
    by, is_bot = None, kind == _KINDS["template"]
    if isinstance(sender, dict) and (by := text_at(sender, "id")):
        if sender.get("type") == "agent_bot":  # bots are counted on their own
            by, is_bot = f"bot-{by}", True
        yield _author(sender)._replace(id=by)
    line_kind = LineKind.NOTE if is_note else LineKind.TEXT
    yield OldLine(id, thread, at, Speaker.BOT if is_bot else Speaker.AGENT, line_kind, by, text, names)


def _rating(value: Value, id: str, thread: str, at: int) -> Iterator[Item]:
    """Give the answer to a survey, which the message that asks for it holds. It came later than `at`, unknown when."""
    attributes = value.get("content_attributes")
    values = attributes.get("submitted_values") if isinstance(attributes, dict) else None
    answer = values.get("csat_survey_response") if isinstance(values, dict) else None
    if isinstance(answer, dict) and isinstance(score := answer.get("rating"), int):
        text = text_at(answer, "feedback_message") or ""
        yield OldLine(f"{id}-rating", thread, at, Speaker.CLIENT, LineKind.RATING, None, text, (), score)
