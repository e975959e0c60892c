"""
A bearer's question for a log, the inbox or hits, answered around Flask. Touches the WSGI environment and the store.

What such an answer costs beside its one statement is mostly Flask's contexts, hooks and objects, and all ends ask for
these three at every connect. So the plain question is answered here, by the same function as its route; whatever is
out of the ordinary goes the long way, and what is refused is raised there: refusals and faults are answered in one
place.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from pydantic import ValidationError

from chat_core.contract.errors import WattlineError
from chat_core.store import StoreFault
from web import auth
from web.api import inbox, log, search
from web.api.schemas import Asked, InboxAsk, LogAsk
from web.app_context import Room
from web.metrics import ROUTE
from web.security import REFUSED, is_welcome

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REMEMBERED: Final = 1_024  # questions; ends ask the same ones again and again
LONGEST: Final = 1_024  # of a question that is remembered
LOG: Final = re.compile(r"/api/clients/([a-z0-9_-]+)/log")
UNREADABLE: Final = "\ufffd"

Make = Callable[[Room, auth.Asker, Any], str]
PLAIN: Final[dict[str, tuple[str, type[Asked], Make]]] = {
    inbox.RULE: (inbox.RULE, InboxAsk, inbox.inbox_json),
    search.RULE: (search.RULE, search.SearchAsk, search.hits_json),
}


class ShortWay:
    """The app, where plain questions for snapshots are answered before it. Args: here: the app's parts."""

    def __init__(self, app: "WSGIApplication", here: Room) -> None:
        self._app = app
        self._here = here

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        asked = _plain_question(environ)
        if asked is not None and is_welcome(environ, self._here.config.portal_origins):
            rule, question, make = asked
            try:
                body = make(self._here, auth.asker_of(self._here, environ["HTTP_AUTHORIZATION"]), question).encode()
            except (WattlineError, StoreFault) as fault:
                environ[REFUSED] = fault
            else:
                environ[ROUTE] = rule
                start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
                return [body]
        return self._app(environ, start_response)


def _plain_question(environ: "WSGIEnvironment") -> tuple[str, Asked, Make] | None:
    """The route's rule, what is asked and who makes the answer; None for what goes the long way."""
    if environ["REQUEST_METHOD"] != "GET" or "HTTP_AUTHORIZATION" not in environ or "HTTP_COOKIE" in environ:
        return None
    path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    found = PLAIN.get(path)
    if found is None and (client := LOG.fullmatch(path)) is not None:
        found = (log.RULE, LogAsk, partial(log.log_json, client[1]))
    if found is None or len(query) > LONGEST or not query.isascii():
        return None
    rule, model, make = found
    question = _question(model, query)
    return None if question is None else (rule, question, make)


@lru_cache(REMEMBERED)
def _question(model: type[Asked], query: str) -> Asked | None:
    """Return the query's parameters; None where the plain route has to explain an error."""
    given = parse_qsl(query, keep_blank_values=True)
    asked = dict(given)
    if len(asked) < len(given) or UNREADABLE in "".join(asked.values()):
        return None
    try:
        return model.model_validate(asked)
    except ValidationError:
        return None
