"""Set every response's security headers, and check each request's Host, Origin and proxy (CSP, CORS)."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix

from chat_core.contract.errors import NotAllowed
from chat_core.runtime.addresses import Networks
from chat_core.runtime.config import Config
from web.app_context import app_context
from web.branding import BrandingReader
from web.limits import address
from web.origins import is_web_origin
from web.urls import ws_source

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFLIGHT_AGE_S: Final = 600
HSTS_AGE_S: Final = 31_536_000
API: Final = "/api/"
CSP: Final = "Content-Security-Policy"
OPEN_TO_PORTALS: Final = (API, "/assets/", "/brand/", "/faces/", "/widget.js")
HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE)
READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
CORP: Final = "Cross-Origin-Resource-Policy"
DEFAULTS: Final = {  # a route may set its own: pages have another policy, uploads a stricter one
    header[0].lower(): header
    for header in (
        (CORP, "same-origin"),
        ("Referrer-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("X-Frame-Options", "DENY"),
        (CSP, NOTHING),
    )
}
PAGE: Final = "text/html"
HSTS: Final = ("Strict-Transport-Security", f"max-age={HSTS_AGE_S}")
PREFLIGHT: Final = (
    ("Access-Control-Allow-Methods", "GET, POST, PUT"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
    ("Access-Control-Max-Age", str(PREFLIGHT_AGE_S)),
)

FOREIGN: Final = "wattline.foreign"  # in the environment: a refused web origin, which may read the refusal

Header = tuple[str, str]


def page_policy(ws: str) -> str:
    """Return a page's Content-Security-Policy: this origin, and the broker's WebSocket."""
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
            "frame-src 'self'",  # the preview of the branding
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


class SecureWhenHttps(SecureCookieSessionInterface):
    """Mark Flask's signed cookie Secure for https requests only, so that http on loopback works."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the cookie's session; without a cookie an empty one, without deriving a key."""
        if "HTTP_COOKIE" in request.environ and self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie if the session is not empty."""
        if session or session.modified:
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the cookie is for https only."""
        return request.is_secure


def is_same_origin(asked: Request, origin: str) -> bool:
    """Return whether the Origin is the request's host. The scheme may differ: a proxy may terminate TLS."""
    scheme, _, netloc = origin.partition("://")
    default = DEFAULT_PORTS.get(scheme.lower())
    try:
        return default is not None and _host_port(netloc, default) == _host_port(asked.host, default)
    except ValueError:
        return False


def is_portal(config: Config, branding: BrandingReader, origin: str) -> bool:
    """Return whether the operator or an administrator lets pages of this origin embed the widget."""
    return origin.lower() in config.portal_origins or branding.allows(origin.lower())


def _is_own_origin(origin: str) -> bool:
    """Return whether the origin is Wattline's own, by the setting or by the request's host."""
    return origin.lower() == app_context().config.url or is_same_origin(request, origin)


def _host_port(netloc: str, default: int) -> tuple[str | None, int]:
    parts = urlsplit(f"//{netloc}")
    return parts.hostname, parts.port or default


def init_app(app: Flask) -> None:
    """Check every request, and give each page its policy. `SecurityHeaders` adds the other headers."""
    app.session_interface = SecureWhenHttps()
    app.before_request(_check_whence)
    app.after_request(_tell_page)


def _check_whence() -> Response | None:
    asked = request.environ  # faster than the proxy's properties
    host, origin = asked.get("HTTP_HOST"), asked.get("HTTP_ORIGIN")  # HTTP/1.0 has no Host
    if host is not None and not HOST.fullmatch(host):
        raise BadRequest("The Host header is not a host.")
    if origin is not None and request.path.startswith(API):
        here = app_context()
        if not _is_own_origin(origin):
            if not is_portal(here.config, here.branding, origin):
                return _refuse_origin(asked, origin)
            here.seen_origins.note(origin.lower(), here.now_ms())
        if asked["REQUEST_METHOD"] == "OPTIONS":
            return Response(status=204)
    if asked["REQUEST_METHOD"] not in READS:
        app_context().csrf.protect(apply_exemptions=True)
    return None


def _refuse_origin(asked: dict[str, Any], origin: str) -> Response:
    """
    Answer a preflight, so that the page's console shows the reason and not a bare CORS error.

    Raises: NotAllowed for every other request.
    """
    if is_web_origin(origin):
        asked[FOREIGN] = True
        app_context().refused_origins.note(origin.lower(), address(), app_context().now_ms())
        if asked["REQUEST_METHOD"] == "OPTIONS":
            return Response(status=204)
    named = origin if is_web_origin(origin) else "This origin"
    raise NotAllowed(f"{named} is not one of WATTLINE_PORTAL_ORIGINS.", why="origin")


def _tell_page(response: Response) -> Response:
    if response.mimetype == PAGE and CSP not in response.headers:
        response.headers[CSP] = page_policy(ws_source())
    return response


class SecurityHeaders:
    """
    Add security headers to every response, with none left out.

    This wraps the app: a list of pairs costs a tenth of a hook's work.
    """

    def __init__(self, app: "WSGIApplication", is_portal: Callable[[str], bool]) -> None:
        self._app = app
        self._is_portal = is_portal

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""

        def start(status: str, headers: list[Header], *fault: Any) -> Any:
            return start_response(status, self._all_of(environ, headers), *fault)

        return self._app(environ, start)

    def _all_of(self, environ: "WSGIEnvironment", headers: list[Header]) -> list[Header]:
        told = {name.lower() for name, _ in headers}
        whole = [*headers, *ALWAYS, *(header for name, header in DEFAULTS.items() if name not in told)]
        if environ["wsgi.url_scheme"] == "https":
            whole.append(HSTS)
        is_open = ("/" + environ.get("PATH_INFO", "").lstrip("/")).startswith(OPEN_TO_PORTALS)
        by = ("Origin", "Cookie") if is_open else ("Cookie",)
        whole = _varied(whole, by) if "vary" in told else [*whole, ("Vary", ", ".join(by))]
        origin = environ.get("HTTP_ORIGIN") if is_open else None
        if origin is None or (FOREIGN not in environ and not self._is_portal(origin)):
            return whole
        return [*_opened_to(origin, whole), *(PREFLIGHT if environ["REQUEST_METHOD"] == "OPTIONS" else ())]


def _opened_to(origin: str, headers: list[Header]) -> list[Header]:
    """Return the headers with CORS, without cookies: a portal's page sends a bearer."""
    return [
        *(header for header in headers if header[0] != CORP),
        (CORP, "cross-origin"),
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", "Link, Location, RateLimit, RateLimit-Policy, Retry-After"),
    ]


def _varied(headers: list[Header], by: tuple[str, ...]) -> list[Header]:
    """Return the headers with these names added to Vary."""
    told = [name.strip() for header in headers if header[0].lower() == "vary" for name in header[1].split(",")]
    more = [name for name in by if name.lower() not in map(str.lower, told)]
    return [*(header for header in headers if header[0].lower() != "vary"), ("Vary", ", ".join([*told, *more]))]


class TrustedProxies:
    """
    Take X-Forwarded-For, -Proto and -Host, of one hop, from proxies in WATTLINE_TRUSTED_PROXIES only.

    Without them, all clients behind a proxy would share one rate limit. From others, they could be forged.
    """

    def __init__(self, app: "WSGIApplication", networks: Sequence[str]) -> None:
        self._plain = app
        self._fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=1)
        self._trusted = Networks(networks)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        app: Any = self._fixed if environ.get("REMOTE_ADDR", "") in self._trusted else self._plain
        answer: Iterable[bytes] = app(environ, start_response)
        return answer
