"""
Serve GET /api/clients/<client>/unread: the count that the button shows before the chat is loaded.

The browser sends the `unread_key` of an earlier session, which outlives the bearer and opens nothing else. Where it had
none yet, it sends the identity that the portal signed; this does not spend it, so that the chat can sign in with it.
"""

from contextlib import suppress
from typing import Final

from flask import Blueprint, Response, request

from chat_core.contract.errors import NotAllowed, NotSignedIn
from chat_core.runtime import tokens
from chat_core.runtime.tokens import Audience
from web import auth
from web.api.contract import CHAT, answers, respond, spec
from web.api.schemas import ResponseBody
from web.app_context import app_context

SOON_MS: Final = 4_000
LATE_MS: Final = 60_000
WAIT_PARTS: Final = 30  # a client who has waited for 10 minutes may see the answer 20 s late

routes: Final = Blueprint("unread", __name__)


class Unread(ResponseBody):
    """Return the number of unread answers, whether an answer is due, and when to ask again."""

    unread: int
    waiting: bool
    again_ms: int


@routes.get("/api/clients/<client>/unread")
@spec.validate(tags=[CHAT], resp=answers(Unread))
def show_unread(client: str) -> Response:
    """Count the client's unread answers. The bearer is the client's `unread_key`, or an identity from the portal."""
    _check_key(client)
    summary = app_context().store.inbox.summary(client)
    since_ms = None if summary is None else summary.waiting
    unread = app_context().store.log.glance(client).unread
    answer = Unread(unread=unread, waiting=since_ms is not None, again_ms=again_ms(since_ms, app_context().now_ms()))
    return respond(answer)


def again_ms(waiting_since_ms: int | None, now_ms: int) -> int:
    """Return when to ask again: soon while an answer is due, later the longer the client has waited."""
    if waiting_since_ms is None:
        return LATE_MS
    return min(LATE_MS, max(SOON_MS, (now_ms - waiting_since_ms) // WAIT_PARTS))


def _check_key(client: str) -> None:
    """Check the key or identity in the Authorization header. Raises: NotSignedIn; NotAllowed for another client's."""
    key = request.headers.get("Authorization", "").removeprefix(auth.BEARER)
    if _subject_of(key) != client:
        raise NotAllowed("This conversation is not yours to read.")


def _subject_of(key: str) -> str:
    try:
        return auth.verify_key(Audience.UNREAD, key).sub
    except NotSignedIn:
        here = app_context()
        with suppress(NotAllowed):
            return tokens.verify_identity(here.config, here.keys, key, here.now_s).sub
        raise
