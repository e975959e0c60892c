"""The agents' page: /board. The page is a shell; what it shows comes over REST and MQTT."""

from typing import Any

from flask import Blueprint, Response, render_template

from chat_core.config import Config
from web import auth, i18n
from web.api.settings import answer_target
from web.room import room
from web.version import product_version

pages = Blueprint("board", __name__)


def shared_settings(page: str) -> dict[str, Any]:
    """What the scripts of every page are told."""
    config: Config = room().config
    return {
        "page": page,
        "api": "",
        "lang": i18n.select_lang(),
        "langs": list(i18n.LANGS),
        "tz": config.tz,
        "version": product_version(),
        "assets": room().assets.urls(),
    }


@pages.get("/board")
def show_board() -> str | Response:
    """The board for a signed-in agent; everybody else goes to sign in first."""
    here = auth.find_agent_here()
    if here is None:
        return Response(status=302, headers={"Location": "/login?next=/board"})
    me = {"id": here.agent.id, "name": here.agent.name, "admin": here.agent.admin}
    config = room().config
    settings = {
        **shared_settings("board"),
        "me": me,
        "answer_target_min": answer_target(room()),
        "demo": config.demo,
        "logout": "/logout",
    }
    return render_template("board.html", settings=settings)
