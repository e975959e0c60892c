"""Serve what a portal embeds: /widget.js, /worker.js, /chat for apps, and the built files under /assets."""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, render_template, request, send_from_directory

from web.app_context import app_context
from web.assets import HASHED
from web.urls import page_base

IMMUTABLE: Final = "public, max-age=31536000, immutable"
DAILY: Final = "public, max-age=86400"
ICONS: Final = Path(__file__).with_name("static")
MOST_DRAWN: Final = 99
COUNT_DRAWN: Final = (
    '<circle cx="20.500" cy="11.500" r="11" fill="#d92d20"/><text x="20.500" y="16.500" font-family="sans-serif"'
    ' font-size="14" font-weight="700" text-anchor="middle" fill="#fff">{}</text>'
)
REVALIDATE: Final = "public, no-cache"
LOGO_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # an SVG that is opened alone
WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'"  # it loads the board's page, and nothing else
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))

pages = Blueprint("widget", __name__)


@pages.get("/widget.js")
def show_launcher() -> Response:
    """Serve the present build's launcher; browsers revalidate it at every page."""
    file = app_context().assets.names().get("widget")
    if file is None:
        abort(404, "The front end is not built.")
    script = app_context().branding.now().launcher_script(page_base())
    return _serve_branded(file, script) if script else _serve(file, REVALIDATE)


@pages.get("/chat")
def show_chat() -> str:
    """Serve the chat as a whole screen, for an app's WebView. The identity comes in the fragment, which is not sent."""
    return render_template("chat.html")


@pages.get("/worker.js")
def show_worker() -> Response:
    """Serve the service worker; browsers revalidate it at every page. A portal's own worker may import it."""
    file = app_context().assets.names().get("worker")
    if file is None:
        abort(404, "The front end is not built.")
    response = _serve(file, REVALIDATE)
    response.headers["Content-Security-Policy"] = WORKER_POLICY
    return response


@pages.get("/brand/<file>")
def show_logo(file: str) -> Response:
    """Serve the company's logo. Its name holds its content's hash, so it never changes."""
    branding = app_context().branding.now()
    if branding.logo is None or branding.logo_url != f"/brand/{file}":
        abort(404)
    response = Response(branding.logo, mimetype=branding.logo_type)
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Security-Policy"] = LOGO_POLICY
    return response


@pages.get("/assets/<file>")
def show_asset(file: str) -> Response:
    """Serve a built file. Its name holds its content's hash, so it never changes."""
    if not HASHED.fullmatch(file):
        abort(404)
    return _serve(file, IMMUTABLE)


@pages.get("/icon-unread.svg")
def show_unread_icon() -> Response:
    """Serve the icon of a tab with unread messages; `n`, from 1 to 99, is drawn on it."""
    count, icon = request.args.get("n", 0, type=int), (ICONS / "icon-unread.svg").read_text(encoding="utf-8")
    if 1 <= count <= MOST_DRAWN:
        icon = f"{icon[: icon.index('<circle')]}{COUNT_DRAWN.format(count)}</svg>"
    response = Response(icon, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = DAILY
    return response


@pages.get("/<any('icon.svg', 'icon-192.png', 'icon-512.png'):file>")
def show_icon(file: str) -> Response:
    """Serve an icon of the browser's tab, or of the installed board."""
    response = send_from_directory(ICONS, file)
    response.headers["Cache-Control"] = DAILY
    return response


@lru_cache(maxsize=4)
def _branded(path: Path, script: bytes, is_zipped: bool) -> tuple[bytes, str]:
    """Return the launcher after the line that sets the branding, and its tag. A built file's name holds its hash."""
    plain = script + path.read_bytes()
    body = gzip.compress(plain, 9, mtime=0) if is_zipped else plain
    return body, hashlib.sha256(body).hexdigest()[:32]


def _serve_branded(file: str, script: bytes) -> Response:
    is_zipped = "gzip" in _accepted()
    body, tag = _branded(app_context().assets.folder / file, script, is_zipped)
    response = Response(body, mimetype="text/javascript")
    if is_zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = REVALIDATE
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.vary.add("Accept-Encoding")
    response.set_etag(tag)
    response.make_conditional(request)
    return response


def _serve(file: str, cache: str) -> Response:
    folder = app_context().assets.folder
    encoding, suffix = next(
        ((e, s) for e, s in ENCODINGS if e in _accepted() and (folder / (file + s)).is_file()), ("", "")
    )
    response = send_from_directory(
        folder, file + suffix, mimetype=mimetypes.guess_type(file)[0] or "application/octet-stream"
    )
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Cache-Control"] = cache
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.vary.add("Accept-Encoding")
    return response


def _accepted() -> set[str]:
    """Return the encodings that the browser accepts."""
    return {name.lower() for name, quality in request.accept_encodings if quality > 0}
