"""GET /api/search: what was said to anybody, found by words, people, tags and days."""

from typing import Annotated, Final

from flask import Blueprint, Response
from pydantic import BeforeValidator, ConfigDict, Field

from chat_core.contract.fields import TimeMs
from chat_core.contract.payloads import Status
from chat_core.domain.search_query import MAX_QUERY, parse_query
from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.schemas import Asked, Cursor, Problem, ResponseBody, none_if_empty
from web.app_context import app_context

routes: Final = Blueprint("search", __name__)


class SearchAsk(Asked):
    """Words and filters, and which page of what they find."""

    q: Annotated[str, Field(min_length=1, max_length=MAX_QUERY)]
    cursor: Annotated[Cursor | None, BeforeValidator(none_if_empty)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class HitBody(ResponseBody):
    """An entry that was found, in whose conversation, and how that stands now."""

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
    """
    List the hits, newest first. `words`: the folded words to highlight; `behind`: about how many
    entries are not indexed yet.
    """

    hits: list[HitBody]
    cursor: str | None
    names: dict[str, str]
    words: list[str]
    behind: int


@routes.get("/api/search")
@spec.validate(tags=[CHAT], resp=answers(Hits, HTTP_422=Problem))
def show_hits(query: SearchAsk) -> Response:
    """
    A page of entries: all words, the last one also as a beginning; "words together"; from:, client:, tag:, before:,
    after:. Agents only.
    """
    asker = auth.claimed_asker()
    auth.check_desk(asker.identity)
    asked = parse_query(query.q, app_context().config.tz, asker.identity.id)
    page = app_context().store.search.page(asked, cursor=query.cursor, limit=query.limit, reader=asker.reader)
    auth.check_current(asker, page.generation)
    return Response(page.to_json(asked.words), mimetype="application/json")
