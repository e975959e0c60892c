"""Serve GET /api/search: find entries of all conversations by words, people, tags and days."""

from typing import Annotated, Final

from flask import Blueprint, Response
from pydantic import BeforeValidator, ConfigDict, Field

from chat_core.contract.fields import TimeMs
from chat_core.contract.payloads import Status
from chat_core.contract.scopes import Scope
from chat_core.domain.search_query import MAX_QUERY, parse_query
from web import auth
from web.api.contract import CHAT, answers, spec, with_next
from web.api.schemas import Asked, Cursor, Problem, ResponseBody, none_if_empty
from web.api_keys import scoped
from web.app_context import app_context

routes: Final = Blueprint("search", __name__)


class SearchAsk(Asked):
    """Hold the query, and which page of hits to return."""

    q: Annotated[str, Field(min_length=1, max_length=MAX_QUERY)]
    cursor: Annotated[Cursor | None, BeforeValidator(none_if_empty)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class HitBody(ResponseBody):
    """Describe a found entry, its client, and the present status of the conversation."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    client: str
    name: str | None
    status: Status
    seq: int
    sender: str = Field(alias="from")
    at: TimeMs
    kind: str
    text: str


class Hits(ResponseBody):
    """List hits, newest first. `words`: folded, to highlight; `behind`: about how many entries are not indexed yet."""

    hits: list[HitBody]
    cursor: str | None
    names: dict[str, str]
    words: list[str]
    behind: int


@routes.get("/api/search")
@scoped(Scope.READ)
@spec.validate(tags=[CHAT], resp=answers(Hits, HTTP_422=Problem))
def show_hits(query: SearchAsk) -> Response:
    """
    Return a page of entries that hold all words; the last word may be a beginning. For agents, of their teams.

    The query also takes "a phrase", from:, client:, tag:, area:, lang:, before: and after:. Where nothing is found, one
    typing error a word is forgiven. Bots' answers are found with from:bot or from:all.
    """
    asker = auth.unchecked_asker()
    auth.check_desk(asker.identity)
    asked = parse_query(query.q, app_context().config.tz, asker.identity.id)
    teams = auth.teams_read_by(asker.identity)
    page = app_context().store.search.page(
        asked, cursor=query.cursor, limit=query.limit, reader=asker.reader, teams=teams
    )
    auth.check_current(asker, page.generation)
    return with_next(Response(page.to_json(), mimetype="application/json"), page.cursor)
