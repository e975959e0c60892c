"""Serve /api/views: the saved views of the inbox, an agent's own and those that the desk shares."""

from typing import Final, Literal

from flask import Blueprint, Response
from pydantic import Field

from chat_core.contract.errors import NotAllowed
from chat_core.contract.ids import Role
from chat_core.domain.saved_views import SavedView, SavedViews
from chat_core.domain.settings import read_document, wire_of
from web import auth
from web.api.contract import CHAT, WROTE, answers, check_body, respond, spec
from web.api.schemas import Asked, Problem, ResponseBody
from web.app_context import app_context

routes: Final = Blueprint("views", __name__)
routes.before_request(check_body)

Whose = Literal["own", "desk"]


class ViewsBody(ResponseBody):
    """Hold views and their revision, which a change must name."""

    rev: int
    views: list[SavedView]


class AllViews(ResponseBody):
    """Hold the agent's own views and the desk's."""

    own: ViewsBody
    desk: ViewsBody


class ViewsAsk(Asked):
    """Replace the views of this revision."""

    rev: int = Field(ge=0)
    value: SavedViews


@routes.get("/api/views")
@spec.validate(tags=[CHAT], resp=answers(AllViews))
def show_views() -> Response:
    """Return the agent's own views and those that the desk shares. For agents."""
    me = _agent()
    return respond(AllViews(own=_stored("own", me), desk=_stored("desk", me)))


@routes.put("/api/views/<any(own,desk):whose>")
@spec.validate(tags=[CHAT], resp=answers(ViewsBody, **WROTE, HTTP_422=Problem))
def change_views(whose: Whose, json: ViewsAsk) -> Response:
    """Replace the agent's own views, or the desk's, which every agent may change. For agents."""
    key = _key(whose, _agent())
    rev = app_context().store.registry.settings.change_document(key, wire_of(json.value), json.rev)
    return respond(ViewsBody(rev=rev, views=json.value.views))


def _agent() -> str:
    identity = auth.desk_member()
    if identity.role is not Role.AGENT:
        raise NotAllowed("Only agents have views.")
    return identity.id


def _key(whose: Whose, agent: str) -> str:
    return "views" if whose == "desk" else f"views/{agent}"


def _stored(whose: Whose, agent: str) -> ViewsBody:
    key = _key(whose, agent)
    rev, value = app_context().store.registry.settings.document(key)
    return ViewsBody(rev=rev, views=read_document(key, value, SavedViews()).views)
