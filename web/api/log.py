"""GET /api/clients/<client>/log: what was said and done, numbered; the snapshot that live entries are merged into."""

from typing import Final

from flask import Blueprint, Response

from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.schemas import LogAsk, LogBody
from web.app_context import app_context

routes: Final = Blueprint("log", __name__)


@routes.get("/api/clients/<client>/log")
@spec.validate(tags=[CHAT], resp=answers(LogBody))
def show_log(client: str, query: LogAsk) -> Response:
    """A part of the client's log: after a seq, before one, or the newest entries."""
    asker = auth.claimed_asker()
    auth.check_may_read(asker.identity, client)
    page = app_context().store.log.page(
        client, after=query.after, before=query.before, limit=query.limit, reader=asker.reader
    )
    auth.check_current(asker, page.generation)
    return Response(page.to_json(), mimetype="application/json")
