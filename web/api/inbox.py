"""Serve GET /api/inbox, the desk's list of conversations, and the attributes that it can be filtered by."""

from collections import Counter, defaultdict
from typing import Final

from flask import Blueprint, Response

from chat_core.contract.scopes import Scope
from chat_core.domain.attributes import AT_MOST, text_of
from chat_core.domain.team_choice import OfTeams
from chat_core.store.results import InboxFilter, InboxPage
from web import auth
from web.api.contract import CHAT, answers, respond, spec, with_next
from web.api.schemas import AttributesAsk, AttributesBody, InboxAsk, InboxBody, OfferedAttribute
from web.api_keys import scoped
from web.app_context import AppContext, app_context

ME: Final = "me"
OFFERED_OF: Final = 500  # conversations whose clients' attributes are offered
OFFERED_VALUES: Final = 20  # of one name

routes: Final = Blueprint("inbox", __name__)


@routes.get("/api/inbox")
@scoped(Scope.READ)
@spec.validate(tags=[CHAT], resp=answers(InboxBody))
def show_inbox(query: InboxAsk) -> Response:
    """Return a page of rows, longest wait first, and the size of each list. For agents, of their teams."""
    asker = auth.unchecked_asker()
    page = inbox_page(app_context(), asker, query)
    return with_next(Response(page.to_json(asker.identity.id), mimetype="application/json"), page.cursor)


def inbox_page(here: AppContext, asker: auth.Asker, query: InboxAsk) -> InboxPage:
    """Return the page that was asked for. Raises: NotAllowed, NotSignedIn."""
    auth.check_desk(asker.identity)
    me = asker.identity.id
    teams, concerns = _teams_of(here, asker, query)
    page = here.store.inbox.page(
        InboxFilter(
            status=query.status,
            assignee=me if query.assignee == ME else query.assignee,
            q=query.q,
            waiting=query.waiting is not None,
            tag=query.tag,
            area=query.area,
            lang=query.lang,
            mentions=me if query.mentions else None,
            teams=teams,
            concerns=concerns,
            attribute=query.attribute,
        ),
        cursor=query.cursor,
        limit=query.limit,
        me=me,
        reader=asker.reader,
    )
    auth.check_current(asker, page.generation)
    return page


@routes.get("/api/attributes")
@scoped(Scope.CLIENTS)
@spec.validate(tags=[CHAT], resp=answers(AttributesBody))
def list_attributes(query: AttributesAsk) -> Response:
    """
    List attributes to filter the inbox by, with their most frequent values. For agents, of their teams, and bots.

    They are those of the clients of the list's first 500 conversations.
    """
    here, asker = app_context(), auth.asker()
    auth.check_desk(asker.identity)
    teams, concerns = _teams_of(here, asker, InboxAsk(team=query.team))
    first = here.store.inbox.clients(InboxFilter(status=query.status, teams=teams, concerns=concerns), OFFERED_OF)
    counts = defaultdict[str, Counter[str]](Counter)
    for known in here.store.registry.attributes.of_all([client for client, _ in first]).values():
        for name, value in known.items():
            counts[name][text_of(value)] += 1
    return respond(AttributesBody(attributes=[_offered(name, counts[name]) for name in sorted(counts)[:AT_MOST]]))


def _offered(name: str, counts: Counter[str]) -> OfferedAttribute:
    frequent = sorted(counts, key=lambda text: (-counts[text], text))
    return OfferedAttribute(name=name, values=frequent[:OFFERED_VALUES])


def _teams_of(here: AppContext, asker: auth.Asker, query: InboxAsk) -> tuple[OfTeams | None, str | None]:
    """Return which conversations are asked for, and the agent whom others may concern, if any."""
    registry, me = here.store.registry, asker.identity.id
    if registry.teams_read_by(me) is not None:
        return auth.teams_read_by(asker.identity), None
    if query.team is None:
        return None, None
    index = registry.teams.now()
    return index.choose(index.of_agent(me)), me
