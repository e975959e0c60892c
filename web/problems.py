"""Turn errors into responses: problem+json (RFC 9457) for REST, a page for people, never a stack trace."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Any, Final, Literal

import structlog
from flask import Flask, Response, json, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from chat_core.contract import error_codes
from chat_core.contract.errors import StoreDown, WattlineError
from chat_core.runtime.guarded import place_of
from web import auth
from web.metrics import FAULTS

MIMETYPE: Final = "application/problem+json"
REST_PATHS: Final = ("/api/", "/healthz", "/readyz", "/metrics", "/portal/")
BOARD: Final = "/board"
SEARCH: Final = f"{BOARD}#wl-search"  # its field
ADDRESS_CHARS: Final = 120  # of a mistyped address, which a page shows
PROBE: Final = "/readyz"  # its 503 is no event to log
_STORE_DOWN: Final = "The database does not respond. Try again in a moment."
CODES: Final = {400: "bad_request", 404: "not_found", 405: "wrong_method", 413: "too_large", 415: "wrong_type"}
DEFAULT_RETRY_S: Final = 2  # for a 503 without its own

log = structlog.get_logger("web")


def problem(status: int, code: str, text: str, *, retry_ms: int | None = None, **more: Any) -> Response:
    """
    Return an error as problem+json. `code` is for programs, `text` a sentence for people.

    Source: RFC 9457 §3.1.1: `type` is a reference that resolves to a page about the error.
    """
    body = {
        "type": f"{error_codes.PAGE}#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": text,
        "code": code,
        **more,
    }
    if retry_ms is not None:
        body["retry_ms"] = retry_ms
    return _with_retry(Response(json.dumps(body), status, mimetype=MIMETYPE), status, retry_ms)


@dataclass(frozen=True, slots=True)
class Way:
    """Describe a way on that an error's page offers."""

    href: str
    name: str


def page(
    status: int,
    text: str,
    retry_ms: int | None = None,
    *,
    title: str | None = None,
    picture: Literal["place", "lock", "clock", "fault"] | None = None,
    way: Way | None = None,
) -> Response:
    """
    Return an error as a page.

    Args: title, picture, way: by default the status's own, and the start of the board or of the clients' pages. A page
    that does not exist shows its address, unless it has a title of its own. It leads an agent also to the search.
    """
    body = render_template(
        "error.html",
        status=status,
        title=title if title is not None else _page_texts(status)[0],
        text=text,
        address=request.path[:ADDRESS_CHARS] if status == HTTPStatus.NOT_FOUND and title is None else "",
        picture=picture or _PICTURES.get(status, "fault" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "place"),
        ways=[way] if way else _ways_on(status),
    )
    return _with_retry(Response(body, status, mimetype="text/html"), status, retry_ms)


def _ways_on(status: int) -> list[Way]:
    """Return the way to the inbox for an agent and from the board's pages; another page leads to the start."""
    inbox = Way(BOARD, _("Open the inbox"))
    if status == HTTPStatus.NOT_FOUND and _is_agent():
        return [inbox, Way(SEARCH, _("Search clients"))]
    return [inbox if request.path.startswith(BOARD) else Way("/", _("Go to start page"))]


def _is_agent() -> bool:
    """Return whether an agent is signed in here; not while the database is away."""
    try:
        return auth.find_agent_here() is not None
    except StoreDown:
        return False


def _with_retry(response: Response, status: int, retry_ms: int | None) -> Response:
    if retry_ms is not None:
        response.headers["Retry-After"] = str(max(1, ceil(retry_ms / 1000)))
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(DEFAULT_RETRY_S)
    if status == HTTPStatus.UNAUTHORIZED and is_rest():
        response.headers["WWW-Authenticate"] = 'Bearer realm="wattline"'
    return response


def is_rest() -> bool:
    """Return whether a program reads the response, not a person."""
    return request.path.startswith(REST_PATHS)


def init_app(app: Flask) -> None:
    """Register a handler for every error."""
    app.register_error_handler(WattlineError, _wattline)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def _wattline(error: WattlineError) -> Response:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and request.path != PROBE:
        log.warning("unavailable", code=error.why, cause=error.text, route=str(request.url_rule))
    if is_rest():
        # The database's own error is for the operator only: it is in the log.
        text = _STORE_DOWN if error.why == StoreDown.code else error.text
        return problem(error.status, error.why, text, retry_ms=error.retry_ms)
    text = _page_texts(error.status)[1] if error.status in _PAGE_TEXTS else error.text
    return page(error.status, text, error.retry_ms)


def _csrf(error: CSRFError) -> Response:
    log.info("csrf_refused", reason=error.description, route=str(request.url_rule))
    if is_rest():
        return problem(403, "csrf", "The page is out of date. Reload it and try again.")
    return page(403, _("This page has expired. Go back, reload it and try again."))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    answer = (
        problem(status, _code_of(status), error.description or "")
        if is_rest()
        else page(status, _page_texts(status)[1])
    )
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers.setdefault(name, value)  # Allow of a 405, Location of a redirect
    return answer


def _fault(error: Exception) -> Response:
    FAULTS.inc()
    log.error("fault", route=str(request.url_rule), fault=type(error).__name__, where=place_of(error))
    if is_rest():
        return problem(500, "internal", "Something went wrong on our side. Try again.")
    return page(500, _page_texts(500)[1])


def _code_of(status: int) -> str:
    return CODES.get(status, f"http_{status}")


def _page_texts(status: int) -> tuple[str, str]:
    """Return the status's title and what to do, in the page's language."""
    if status in _PAGE_TEXTS:
        return _PAGE_TEXTS[status]()
    return _("Something went wrong"), _("The request failed. Go back and try again.")


_PICTURES: Final = {401: "lock", 403: "lock", 429: "clock", 503: "clock"}
_PAGE_TEXTS: Final[dict[int, Callable[[], tuple[str, str]]]] = {
    400: lambda: (_("Something went wrong"), _("The request is not valid. Go back and try again.")),
    404: lambda: (_("This page does not exist"), _("The address may be old or mistyped:")),
    405: lambda: (_("Something went wrong"), _("This address does not accept this kind of request.")),
    429: lambda: (_("Too many attempts"), _("Too many attempts. Wait a moment and try again.")),
    500: lambda: (
        _("Something went wrong on our side"),
        _("Try again in a moment. If it stays so, tell your operator."),
    ),
    503: lambda: (_("Not available for the moment"), _("The service is starting or busy. Try again in a moment.")),
}
