"""
Serve writes to conversations for API keys: messages and commands.

The bridge stays the only writer of conversations: a request becomes a row of `submitted`, and the bridge answers it.
"""

import re
import secrets
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from flask import Blueprint, Response, request
from pydantic import Field

from chat_core.contract.errors import Malformed, NotFound, TooFast
from chat_core.contract.fields import MAX_TAGS, AgentId, Moment, Replies, Tag, TeamId, Text
from chat_core.contract.ids import Role, check_id
from chat_core.contract.kinds import Card, File
from chat_core.contract.payloads import Priority
from chat_core.contract.scopes import Scope
from chat_core.store.results import ApiKey, Submission
from chat_core.store.submitted import SubmissionKey
from web import auth
from web.api.contract import CHAT, WROTE, answers, check_body, respond, spec
from web.api.schemas import Asked, Problem, ResponseBody
from web.api_keys import key_only
from web.app_context import app_context
from web.problems import problem

WAIT_S: Final = 2.0
KEY_HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r'"?([A-Za-z0-9_.:-]{1,100})"?')

routes: Final = Blueprint("messages", __name__)
routes.before_request(check_body)


class MessageAsk(Asked):
    """
    Say a message as the key's speaker. `kind` names the field that it needs: `text`, `file` or `card`.

    `file`: the answer of an upload, unchanged; `replies`: up to six answers that the client can tap.
    """

    kind: Literal["text", "file", "card"] = "text"
    text: Text | None = None
    replies: Replies | None = None
    file: File | None = None
    card: Card | None = None


class CommandAsk(Asked):
    """
    Change a conversation as the key's speaker.

    `assign` takes `to` (null gives it back), `snooze` needs `until`, `note` needs `text`, `priority` needs `level`,
    `move` needs `team`, `tag` takes `add` and `remove`; `resolve` and `reopen` take nothing.
    """

    do: Literal["assign", "resolve", "reopen", "snooze", "note", "tag", "priority", "move"]
    to: AgentId | None = None
    until: Moment | None = None
    text: Text | None = None
    add: Annotated[list[Tag], Field(max_length=MAX_TAGS)] | None = None
    remove: Annotated[list[Tag], Field(max_length=MAX_TAGS)] | None = None
    level: Priority | None = None
    team: TeamId | None = None


class SubmissionBody(ResponseBody):
    """
    Tell what became of a write. `seq`: the message's number; of a command the conversation's last one.

    `state` `waiting`: not stored yet, ask again under `key`; `refused`: `why` and `text` tell the reason.
    """

    key: str
    client: str
    state: Literal["stored", "waiting", "refused"]
    seq: int | None
    why: str | None
    text: str | None


WRITE_ANSWERS: Final = {"HTTP_202": SubmissionBody, "HTTP_422": Problem, "HTTP_429": Problem, **WROTE}


@routes.post("/api/clients/<client>/messages")
@key_only(Scope.WRITE)
@spec.validate(tags=[CHAT], resp=answers(SubmissionBody, **WRITE_ANSWERS))
def say_message(client: str, json: MessageAsk) -> Response:
    """
    Say a message to a client, as the key's speaker. The first one opens the conversation. For API keys.

    The answer has the entry's `seq` once it is on disk. Where that takes over two seconds it is 202, and `Location`
    tells where to look. A repeat with the same `Idempotency-Key` gets the same answer for a day.
    """
    key, speaker = _submission()
    rows, now_ms = app_context().store.registry.submitted, app_context().now_ms()
    rows.say(key, check_id(client, Role.CLIENT), speaker, _content(json), now_ms)
    return _answer(key)


@routes.post("/api/clients/<client>/commands")
@key_only(Scope.MANAGE)
@spec.validate(tags=[CHAT], resp=answers(SubmissionBody, **WRITE_ANSWERS))
def do_command(client: str, json: CommandAsk) -> Response:
    """
    Assign, resolve, reopen, snooze, tag, move or note a conversation, as the key's speaker. For API keys.

    Answers are those of a message.
    """
    key, speaker = _submission()
    content = {**_content(json), "client": check_id(client, Role.CLIENT)}
    app_context().store.registry.submitted.do(key, speaker, content, app_context().now_ms())
    return _answer(key)


@routes.get("/api/submissions/<key>")
@key_only(Scope.WRITE)
@spec.validate(tags=[CHAT], resp=answers(SubmissionBody, HTTP_404=Problem))
def show_submission(key: str) -> Response:
    """Tell what became of a write that this key made under this `Idempotency-Key`, for a day. For API keys."""
    holder, _ = auth.key_holder()
    found = app_context().store.registry.submitted.find(SubmissionKey(_source(holder), key))
    if found is None:
        raise NotFound("There is no such write of this API key, or it is over a day old.")
    return respond(_body(key, found))


def _content(json: Asked) -> dict[str, Any]:
    content = json.model_dump(mode="json", by_alias=True, exclude_none=True)
    if content.get("do") == "assign":
        content["to"] = getattr(json, "to", None)
    return content


def _source(key: ApiKey) -> str:
    return f"key:{key.id}"


def _submission() -> tuple[SubmissionKey, str]:
    """Return the write's key, a new one where the request names none, and as whom the API key speaks."""
    key, speaker = auth.key_holder()
    header = request.headers.get(KEY_HEADER)
    if header is None:
        return SubmissionKey(_source(key), secrets.token_hex(16)), speaker.id
    found = _KEY.fullmatch(header.strip())
    if found is None:
        raise Malformed(
            "Idempotency-Key: It takes 1 to 100 of A-Z, a-z, 0-9, _, ., : and -; a UUID is good.",
            why="bad_idempotency_key",
        )
    return SubmissionKey(_source(key), found[1]), speaker.id


def _answer(key: SubmissionKey) -> Response:
    rows = app_context().store.registry.submitted
    try:
        with app_context().submitting.turn(key.source):
            found = rows.wait(key, WAIT_S)
    except TooFast:
        found = rows.find(key)
    if found is None:
        raise NotFound("The client was erased meanwhile.")
    if found.why is not None:
        return problem(found.status or HTTPStatus.BAD_REQUEST, found.why, found.text or "")
    response = respond(_body(key.key, found), HTTPStatus.OK if found.done is not None else HTTPStatus.ACCEPTED)
    response.headers["Location"] = f"/api/submissions/{key.key}"
    return response


def _body(key: str, found: Submission) -> SubmissionBody:
    state: Literal["stored", "waiting", "refused"] = "waiting"
    if found.done is not None:
        state = "stored" if found.why is None else "refused"
    return SubmissionBody(key=key, client=found.client, state=state, seq=found.seq, why=found.why, text=found.text)
