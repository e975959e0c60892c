"""GET /api/clients/<client>/log: what was said and done, numbered; the snapshot that live entries are merged into."""

from typing import Final

from flask import Blueprint, Response

from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.schemas import Log, LogAsk
from web.app_context import Room, room

RULE: Final = "/api/clients/<client>/log"

routes: Final = Blueprint("log", __name__)


@routes.get(RULE)
@spec.validate(tags=[CHAT], resp=answers(Log))
def show_log(client: str, query: LogAsk) -> Response:
    """A part of the client's log: after a seq, before one, or the newest entries."""
    return Response(log_json(client, room(), auth.claimed_asker(), query), mimetype="application/json")


def log_json(client: str, here: Room, asker: auth.Asker, query: LogAsk) -> str:
    """
    The answer, for who asks.

    Raises: BadId, NotAllowed, NotSignedIn.
    """
    auth.check_may_read(asker.identity, client)
    page = here.store.log(client, after=query.after, before=query.before, limit=query.limit, reader=asker.reader)
    auth.check_current(asker, page.generation)
    return page.to_json()
