"""Serve /api/settings: the desk reads the settings documents, administrators change them."""

from typing import Any, Final

from flask import Blueprint, Response, request
from markupsafe import escape
from pydantic import Field, ValidationError, create_model

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound
from chat_core.domain.settings import (
    SETTINGS,
    ChangedBy,
    Defaults,
    Document,
    Hours,
    Target,
    default_of,
    read_document,
    wire_of,
)
from chat_core.runtime import ports
from web import auth, branding
from web.api.contract import ADMIN, BadRequestShape, answers, check_body, list_faults, respond, spec
from web.api.schemas import Asked, Problem, ResponseBody
from web.app_context import AppContext, app_context
from web.urls import connected_config, page_base

MAX_DOCUMENT_BYTES: Final = 1_000_000

routes: Final = Blueprint("settings", __name__)

_CHECKS: Final = {ChangedBy.AGENTS: auth.desk_member, ChangedBy.ADMINISTRATORS: auth.administrator}


@routes.before_request
def _check_body() -> None:
    request.max_content_length = MAX_DOCUMENT_BYTES  # a hundred rules in three languages
    check_body()


class StoredBody(ResponseBody):
    """Hold a document and its revision, which a change must name."""

    rev: int
    value: dict[str, Any]


class OriginBody(ResponseBody):
    """Describe an origin that sent requests. `at`: its last one."""

    origin: str
    at: int


class _Surroundings(ResponseBody):
    """
    Hold all documents, the time zone, the origins that may embed the widget, and the HTML that embeds it.

    `refused_origins`: up to 20 others that sent requests since the start, newest first; `seen_origins`: these.
    """

    tz: str
    snippet: str
    origins: list[str]
    refused_origins: list[OriginBody]
    seen_origins: list[OriginBody]


_DOCUMENTS: Final[Any] = dict.fromkeys(SETTINGS, StoredBody)
Settings = create_model("Settings", __base__=_Surroundings, __doc__=_Surroundings.__doc__, **_DOCUMENTS)


class SettingAsk(Asked):
    """Replace the document of this revision."""

    value: dict[str, Any]
    rev: int = Field(ge=0)


@routes.get("/api/settings")
@spec.validate(tags=[ADMIN], resp=answers(Settings))
def show_settings() -> Response:
    """Return all settings. For agents and bots."""
    auth.desk_member()
    config = app_context().config
    base = escape(page_base() or ports.site_url(connected_config()))
    snippet = f'<script src="{base}/widget.js" data-identity="…" async></script>'
    refused = [OriginBody(origin=one.origin, at=one.at_ms) for one in app_context().refused_origins.list_newest_first()]
    shown = Settings(
        **{key: _stored(key) for key in SETTINGS},
        tz=config.tz,
        snippet=snippet,
        origins=sorted({*config.portal_origins, *app_context().branding.now().value.origins}),
        refused_origins=refused,
        seen_origins=[OriginBody(origin=origin, at=at) for origin, at in app_context().seen_origins.list()],
    )
    return respond(shown)


@routes.put("/api/settings/<key>")
@spec.validate(
    tags=[ADMIN], resp=answers(StoredBody, HTTP_404=Problem, HTTP_409=Problem, HTTP_415=Problem, HTTP_422=Problem)
)
def change_setting(key: str, json: SettingAsk) -> Response:
    """Change one document. For administrators."""
    setting = SETTINGS.get(key)
    _CHECKS[setting.changed_by if setting else ChangedBy.ADMINISTRATORS]()
    if setting is None:
        raise NotFound("There is no such setting.")
    document = _understood(setting.shape, json.value)
    rev = app_context().store.registry.settings.change_document(key, wire_of(document), json.rev)
    if key == branding.KEY:
        app_context().branding.reread()
    app_context().store.registry.changes.announce(ChangeKind.SETTINGS, {"key": key}, app_context().now_ms())
    return respond(StoredBody(rev=rev, value=wire_of(document)))


def _understood(shape: type[Document], value: dict[str, Any]) -> Document:
    try:
        return shape.model_validate(value)
    except ValidationError as fault:
        found = list_faults(fault)
        where = found[0]["at"] or "the document"
        raise BadRequestShape(f"{where}: {found[0]['text']}.", found) from None


def _stored(key: str) -> StoredBody:
    rev, value = app_context().store.registry.settings.document(key)
    default = default_of(key, Defaults(app_context().config.answer_target, app_context().config.demo))
    return StoredBody(rev=rev, value=wire_of(read_document(key, value, default)))


def opening_hours(here: AppContext) -> Hours:
    """Return the desk's opening hours; without any, all time counts."""
    return read_document("hours", here.store.registry.settings.document("hours")[1], Hours())


def answer_target(here: AppContext) -> int:
    """Return the minutes within which a client should have an answer: from the board, else from the configuration."""
    _, value = here.store.registry.settings.document("target")
    return read_document("target", value, Target(minutes=here.config.answer_target)).minutes
