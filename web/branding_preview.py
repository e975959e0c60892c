"""Serve POST /brand/preview: the real widget with a branding that is not saved yet, for a frame of the board."""

import base64
import hashlib
import json
from typing import Any, Final

from flask import Blueprint, Response, request
from pydantic import ValidationError

from chat_core.contract.errors import BadPayload
from chat_core.contract.languages import LANGS
from chat_core.domain.settings import Branding
from web import auth
from web.branding import shown_of
from web.security import CSP

MAX_BYTES: Final = 400_000  # texts in each language, and a logo
THEMES: Final = ("light", "dark")

# The widget gets no network and no storage: it signs nobody in, and leaves the browser's own conversation alone. The
# focus stays in the form beside it.
_ALONE: Final = """
self.fetch=()=>new Promise(()=>{});
HTMLElement.prototype.focus=()=>{};
Object.defineProperty(self,"localStorage",{value:{getItem:()=>null,setItem(){},removeItem(){}}});
"""
_READY: Final = """
document.addEventListener("wattline:ready",()=>{
document.querySelector("wattline-chat").dataset.theme=%s;
if(%s)self.Wattline.open()});
"""
_PAGE: Final = """<!doctype html>
<html lang="{lang}" data-theme="{theme}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{theme}">
<title>Preview</title>
<body>
<script>{script}</script>
<script src="/widget.js" data-lang="{lang}" async></script>
</body>
</html>
"""

_ERROR_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)

pages: Final = Blueprint("branding_preview", __name__)


@pages.url_value_preprocessor
def _raise_limit(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let the body be this long. Flask calls this before any before_request: there the CSRF check reads the form."""
    request.max_content_length = request.max_form_memory_size = MAX_BYTES


@pages.after_request
def _let_frame(response: Response) -> Response:
    """Let the board's frame show the page, also the page of an error."""
    response.headers.setdefault(CSP, _ERROR_POLICY)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@pages.post("/brand/preview")
def show_preview() -> Response:
    """Return a page with the widget: in a language and a theme, open at its welcome or closed. For agents."""
    auth.desk_member()
    asked = request.form
    lang = asked.get("lang") if asked.get("lang") in LANGS else LANGS[0]
    theme = asked.get("theme") if asked.get("theme") in THEMES else THEMES[0]
    try:
        value = Branding.model_validate_json(asked.get("value", ""))
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        raise BadPayload(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    shown = shown_of(0, value)
    logo = f"data:{shown.logo_type};base64,{base64.b64encode(shown.logo).decode()}" if shown.logo else None
    script = (
        _ALONE
        + shown.script(logo, more=".wl-line.wl-line{display:none}")
        + _READY % (json.dumps(theme), json.dumps(asked.get("open") == "1"))
    )
    page = Response(_PAGE.format(lang=lang, theme=theme, script=script), mimetype="text/html")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page.headers[CSP] = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    )
    return page
