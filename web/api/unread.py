"""
GET /api/clients/<client>/unread: what a button can show before the chat is loaded.

A browser asks it by the `unread_key` that an earlier session left there: it outlives the bearer, and tells a count.
"""

from typing import Final

from flask import Blueprint, Response, jsonify, request

from chat_core.contract.errors import NotAllowed, NotSignedIn
from chat_core.runtime import tokens
from chat_core.runtime.tokens import Audience
from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.schemas import ResponseBody, wire
from web.app_context import app_context

SOON_MS: Final = 4_000  # to whoever waits for an answer, it is shown so soon
LATE_MS: Final = 60_000
PATIENCE: Final = 30  # after a while that long, the thirtieth part of it is soon enough

routes: Final = Blueprint("unread", __name__)


class Unread(ResponseBody):
    """Tell the number of unread answers, whether an answer is due, and when to ask again."""

    unread: int
    waiting: bool
    again_ms: int


@routes.get("/api/clients/<client>/unread")
@spec.validate(tags=[CHAT], resp=answers(Unread))
def show_unread(client: str) -> Response:
    """Return the number of unread answers, to the client, whose bearer is its `unread_key`."""
    _check_key(client)
    summary = app_context().store.inbox.summary(client)
    since_ms = None if summary is None else summary.waiting
    unread = app_context().store.log.glance(client).unread
    answer = Unread(unread=unread, waiting=since_ms is not None, again_ms=again_ms(since_ms, app_context().now_ms()))
    return jsonify(wire(answer))


def again_ms(waiting_since_ms: int | None, now_ms: int) -> int:
    """Return when to ask again: soon while an answer is due, less and less soon the longer it takes."""
    if waiting_since_ms is None:
        return LATE_MS
    return min(LATE_MS, max(SOON_MS, (now_ms - waiting_since_ms) // PATIENCE))


def _check_key(client: str) -> None:
    """
    The request has this client's key.

    Raises: NotSignedIn for one that is none, or of a generation that is over; NotAllowed for another client's.
    """
    key = request.headers.get("Authorization", "").removeprefix(auth.BEARER)
    try:
        claims = tokens.verify(Audience.UNREAD, app_context().keys, key, app_context().now_s)
    except NotAllowed as err:
        raise NotSignedIn(err.text, why="token_expired" if err.why == "expired" else "token_refused") from err
    if app_context().store.registry.generation(claims.sub) != claims.gen:
        raise NotSignedIn("The key is no longer valid.", why="token_refused")
    if claims.sub != client:
        raise NotAllowed("This conversation is not yours to read.")
