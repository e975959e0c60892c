"""GET /api/inbox: the desk's list of conversations. GET /api/outages: what stands beside it."""

from typing import Final

from flask import Blueprint, Response, jsonify

from chat_core.store.results import InboxFilter
from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.schemas import InboxAsk, InboxBody, Outage, Outages, wire
from web.app_context import AppContext, app_context

ME: Final = "me"

routes: Final = Blueprint("inbox", __name__)


@routes.get("/api/inbox")
@spec.validate(tags=[CHAT], resp=answers(InboxBody))
def show_inbox(query: InboxAsk) -> Response:
    """A page of rows, those who wait longest first, and how many stand in each list. Agents only."""
    return Response(inbox_json(app_context(), auth.claimed_asker(), query), mimetype="application/json")


def inbox_json(here: AppContext, asker: auth.Asker, query: InboxAsk) -> str:
    """
    The answer, for who asks.

    Raises: NotAllowed, NotSignedIn.
    """
    auth.check_desk(asker.identity)
    me = asker.identity.id
    page = here.store.inbox.page(
        InboxFilter(
            status=query.status,
            assignee=me if query.assignee == ME else query.assignee,
            q=query.q,
            waiting=query.waiting is not None,
            tag=query.tag,
        ),
        cursor=query.cursor,
        limit=query.limit,
        me=me,
        reader=asker.reader,
    )
    auth.check_current(asker, page.generation)
    return page.to_json(me)


@routes.get("/api/outages")
@spec.validate(tags=[CHAT], resp=answers(Outages))
def show_outages() -> Response:
    """The outages that stand: what a board that comes later has not heard on every broker. Agents and bots."""
    auth.desk_member()
    found = [
        Outage(area=area, id=one.id, text=one.text)
        for area, one in app_context().store.notices.standing()
        if one.text is not None
    ]
    return jsonify(wire(Outages(outages=found)))
