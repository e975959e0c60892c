"""
What every answer says to browsers, and which requests are not even looked at: Host, Origin, CSP, CORS. Touches headers
only.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import BadRequest

from chat_core.errors import NotAllowed
from web.room import room
from web.wsurl import ws_source

PREFLIGHT_AGE_S: Final = 600
HSTS_AGE_S: Final = 31_536_000
API: Final = "/api/"
CSP: Final = "Content-Security-Policy"
OPEN_TO_PORTALS: Final = (API, "/assets/", "/widget.js")
HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE)
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
UNLESS_TOLD: Final = (  # what a route knows better
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def page_policy(ws: str) -> str:
    """The Content-Security-Policy of a page: files of this origin, connections to it and to the broker's WebSocket."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            "media-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            f"connect-src 'self' {ws}",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


class SecureWhenHttps(SecureCookieSessionInterface):
    """
    Flask's signed cookie, Secure exactly when the browser came by https, so that plain http on loopback works too.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; without one nothing, and no key is prepared to read it with."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """The cookie is set when there is something to hold. Scripts with a bearer have none."""
        if session or session.modified:
            super().save_session(app, session, response)
        else:
            _vary(response, "Cookie")

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie may travel by https alone."""
        return request.is_secure


def is_same_origin(asked: Request, origin: str) -> bool:
    """Whether the Origin is the host the request came to. The scheme is left out: a proxy may end TLS before us."""
    scheme, _, netloc = origin.partition("://")
    default = DEFAULT_PORTS.get(scheme.lower())
    try:
        return default is not None and _host_port(netloc, default) == _host_port(asked.host, default)
    except ValueError:
        return False


def _host_port(netloc: str, default: int) -> tuple[str | None, int]:
    parts = urlsplit(f"//{netloc}")
    return parts.hostname, parts.port or default


def init_app(app: Flask) -> None:
    """Every request of the app is checked, and every answer says what a browser may do with it."""
    app.session_interface = SecureWhenHttps()
    app.before_request(_check_host)
    app.before_request(_check_origin)
    app.after_request(_tell_browsers)


def _check_host() -> None:
    host = request.environ.get("HTTP_HOST")  # HTTP/1.0 has none
    if host is not None and not HOST.fullmatch(host):
        raise BadRequest("The Host header is not a host.")


def _check_origin() -> Response | None:
    origin = request.headers.get("Origin")
    if origin is None or not request.path.startswith(API):
        return None
    if not is_same_origin(request, origin) and origin.lower() not in room().config.portal_origins:
        raise NotAllowed("This origin is not one of WATTLINE_PORTAL_ORIGINS.", why="origin")
    if request.method == "OPTIONS":
        return Response(status=204)
    return None


def _tell_browsers(response: Response) -> Response:
    headers = response.headers
    told = {name.lower() for name, _ in headers}
    for name, value in ALWAYS:
        headers.add(name, value)
    for name, value in UNLESS_TOLD:
        if name.lower() not in told:
            headers.add(name, value)
    if CSP.lower() not in told:  # what strangers uploaded brings a stricter one
        headers[CSP] = page_policy(ws_source()) if response.mimetype == "text/html" else NOTHING
    if request.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={HSTS_AGE_S}"
    if request.path.startswith(OPEN_TO_PORTALS):
        _open_to_portals(response)
    return response


def _vary(response: Response, name: str) -> None:
    """The answer depends on this header of the request too."""
    told = response.headers.get("Vary")
    if told is None:
        response.headers.add("Vary", name)
    elif name.lower() not in told.lower().replace(" ", "").split(","):
        response.headers["Vary"] = f"{told}, {name}"


def _open_to_portals(response: Response) -> None:
    """CORS, without cookies: a portal's page sends a bearer."""
    _vary(response, "Origin")
    origin = request.headers.get("Origin")
    if origin is None or origin.lower() not in room().config.portal_origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_AGE_S)
