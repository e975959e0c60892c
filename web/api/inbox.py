"""Serve GET /api/inbox, the desk's list of conversations."""

import json
from contextlib import suppress
from typing import Final

from flask import Blueprint, Response

from chat_core.contract.errors import BadPayload
from chat_core.contract.scopes import Scope
from chat_core.domain.attributes import AttributeValue
from chat_core.domain.team_choice import OfTeams
from chat_core.store.results import InboxFilter, InboxPage
from web import auth
from web.api.contract import CHAT, answers, spec, with_next
from web.api.schemas import InboxAsk, InboxBody
from web.api_keys import scoped
from web.app_context import AppContext, app_context

ME: Final = "me"
CLIENTS_AT_MOST: Final = 10_000  # of a filter by an attribute

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
            clients=_clients_with(here, query.attribute) if query.attribute else None,
        ),
        cursor=query.cursor,
        limit=query.limit,
        me=me,
        reader=asker.reader,
    )
    auth.check_current(asker, page.generation)
    return page


def _teams_of(here: AppContext, asker: auth.Asker, query: InboxAsk) -> tuple[OfTeams | None, str | None]:
    """Return which conversations are asked for, and the agent whom others may concern, if any."""
    registry, me = here.store.registry, asker.identity.id
    if registry.teams_read_by(me) is not None:
        return auth.teams_read_by(asker.identity), None
    if query.team is None:
        return None, None
    index = registry.teams.now()
    return index.choose(index.of_agent(me)), me


def _clients_with(here: AppContext, asked: str) -> tuple[str, ...]:
    """Return the clients with an attribute, given as `name:value`. Raises: BadPayload where they are too many."""
    name, _, text = asked.partition(":")
    values: list[AttributeValue] = [text]
    with suppress(ValueError):
        found = json.loads(text)
        values += [found] if isinstance(found, bool | int | float) else []
    attributes = here.store.registry.attributes
    clients = [client for value in values for client in attributes.clients_with(name, value, CLIENTS_AT_MOST + 1)]
    if len(clients) > CLIENTS_AT_MOST:
        raise BadPayload(
            f"attribute: More than {CLIENTS_AT_MOST:,} clients have this value. Filter by a rarer one.", why="too_many"
        )
    return tuple(clients)
