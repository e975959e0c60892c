"""GET /api/inbox: the desk's list of conversations."""

from typing import Final

from flask import Blueprint, Response

from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.shapes import Inbox, InboxAsk
from web.room import room

ME: Final = "me"

routes: Final = Blueprint("inbox", __name__)


@routes.get("/api/inbox")
@spec.validate(tags=[CHAT], resp=answers(Inbox))
def show_inbox(query: InboxAsk) -> Response:
    """A page of rows, those who wait longest first, and how many stand in each list. Agents only."""
    me = auth.desk_member().id
    page = room().store.inbox(
        status=query.status,
        assignee=me if query.assignee == ME else query.assignee,
        q=query.q,
        cursor=query.cursor,
        limit=query.limit,
        me=me,
        waiting=query.waiting is not None,
        tag=query.tag,
    )
    return Response(page.to_json(me), mimetype="application/json")
