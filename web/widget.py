"""Serve what a portal embeds: /widget.js, and the built files under /assets. Touches the disk."""

import mimetypes
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, request, send_from_directory

from web.app_context import app_context
from web.assets import HASHED

IMMUTABLE: Final = "public, max-age=31536000, immutable"
DAILY: Final = "public, max-age=86400"
ICON: Final = Path(__file__).with_name("static") / "icon.svg"
ASK_AGAIN: Final = "public, no-cache"
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))

pages = Blueprint("widget", __name__)


@pages.get("/widget.js")
def show_launcher() -> Response:
    """The launcher of the present build: small, asked for at every page, answered 304 while it is the same."""
    file = app_context().assets.names().get("widget")
    if file is None:
        abort(404, "The front end is not built.")
    return _serve(file, ASK_AGAIN)


@pages.get("/assets/<file>")
def show_asset(file: str) -> Response:
    """A built file whose name holds its content's hash, so it never changes."""
    if not HASHED.fullmatch(file):
        abort(404)
    return _serve(file, IMMUTABLE)


@pages.get("/icon.svg")
def show_icon() -> Response:
    """The sign in the browser's tab."""
    response = send_from_directory(ICON.parent, ICON.name, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = DAILY
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
    """The encodings that the browser names; one it gives no weight to does not count."""
    return {name.lower() for name, quality in request.accept_encodings if quality > 0}
