"""Serve the agents' page, /board, with the first rows of the inbox. The rest comes over REST and MQTT."""

import json
from importlib.metadata import version
from typing import Any, Final

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from chat_core.contract.languages import LANGS
from chat_core.domain.shown_names import shown_name
from web import auth, i18n
from web.api.inbox import inbox_page
from web.api.schemas import InboxAsk
from web.api.settings import answer_target
from web.api.teams import teams_of
from web.app_context import app_context

FIRST_ROWS: Final = 60  # more than a screen shows
ICON_SIZES: Final = (192, 512)
# No client's text may end the script element or begin a comment in it.
ESCAPES: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})

pages = Blueprint("board", __name__)


def shared_settings(page: str) -> dict[str, Any]:
    """Return the settings that every page's scripts need."""
    return {
        "page": page,
        "api": "",
        "lang": i18n.select_lang(),
        "langs": list(LANGS),
        "tz": app_context().config.tz,
        "version": version("wattline"),
        "assets": app_context().assets.urls(),
    }


@pages.get("/board")
def show_board() -> str | Response:
    """Show the board to a signed-in agent; send others to the sign-in page."""
    here = auth.find_agent_here()
    if here is None:
        return Response(status=302, headers={"Location": "/login?next=/board"})
    agent = here.agent
    me = {"id": agent.id, "name": agent.name, "shown": shown_name(agent.name), "admin": agent.admin}
    settings = {
        **shared_settings("board"),
        "me": me,
        "teams": teams_of(app_context(), here.agent.id).model_dump(),
        "notified": bool(app_context().store.registry.push.of([here.agent.id])),
        "answer_target_min": answer_target(app_context()),
        "company": app_context().branding.now().value.name,
        "demo": app_context().config.demo,
        "logout": "/logout",
    }
    return render_template("board.html", settings=settings, inbox=_first_rows(here))


@pages.get("/board.webmanifest")
def show_manifest() -> Response:
    """Describe the board as an app that a phone or a desktop can install. Nothing of it works offline."""
    name = app_context().branding.now().value.name or "Wattline"
    icons = [
        {"src": f"/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in ICON_SIZES
        for purpose in ("any", "maskable")
    ]
    manifest = {
        "id": "/board",
        "name": f"{name} · Wattline" if name != "Wattline" else name,
        "short_name": name,
        "start_url": "/board",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f6f4",
        "theme_color": "#0b6e4f",
        "icons": icons,
    }
    response = Response(json.dumps(manifest), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _first_rows(here: auth.SignedIn) -> Markup:
    """Return this agent's `GET /api/inbox` as the text of a JSON script element. Raises: NotSignedIn."""
    page = inbox_page(app_context(), here.asker, InboxAsk(limit=FIRST_ROWS, team="mine"))
    return Markup(page.to_json(here.asker.identity.id).translate(ESCAPES))
