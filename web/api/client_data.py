"""Serve a client's transcript, data export and erasure: /api/clients/<client>/transcript, …/export and …/erase."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from flask import Blueprint, Response, render_template, request
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from chat_core.contract.errors import BadPayload, NotAllowed, NotFound
from chat_core.contract.ids import Role, check_id, role_of
from chat_core.contract.kinds import KINDS, preview
from chat_core.contract.languages import LANGS, Lang
from chat_core.contract.payloads import EventKind, SaidKind
from chat_core.contract.policy import Identity
from chat_core.domain.shown_names import shown_names
from chat_core.runtime.client_data import erase_client, export_client
from web import auth, i18n
from web.api.contract import CHAT, REFUSALS, Answers, answers, check_body, respond, spec
from web.api.schemas import Asked, Problem, ResponseBody, Token
from web.app_context import app_context

PAGE: Final = 1_000
FIRST_MS: Final = round(datetime(1, 1, 3, tzinfo=UTC).timestamp() * 1000)
LAST_MS: Final = round(datetime(9999, 12, 30, tzinfo=UTC).timestamp() * 1000)
NOTHING: Final = "sandbox; default-src 'none'"  # it is saved, not shown

routes: Final = Blueprint("custody", __name__)
routes.before_request(check_body)


class TranscriptAsk(Asked):
    """Select form and language. `key`: a download key in place of a header."""

    format: Literal["html", "txt"] = "html"
    lang: Lang | None = None
    key: Token | None = None


class ExportAsk(Asked):
    """Take a download key in place of a header."""

    key: Token | None = None


class EraseAsk(Asked):
    """Repeat the client's id, against a mistake."""

    confirm: str


class Erasing(ResponseBody):
    """Name the client; the bridge publishes its `erased` entry within two seconds."""

    erasing: str


@routes.get("/api/clients/<client>/transcript")
@spec.validate(tags=[CHAT], resp=Answers("HTTP_200", HTTP_404=Problem, **REFUSALS))
def give_transcript(client: str, query: TranscriptAsk) -> Response:
    """Return the conversation as a page or a text to keep, without agents' notes."""
    reader = auth.reader_of(client, query.key)
    if app_context().store.log.page(client, limit=1).last == 0:
        raise NotFound("There is nothing to save yet.")
    with force_locale(query.lang or i18n.select_lang()):
        body = render_template(
            f"transcript.{query.format}",
            title=_("Conversation with support"),
            saved=_("Saved on %(when)s", when=_moment(app_context().now_ms())),
            lines=list(_lines(client, reader)),
        )
    answer = Response(body, mimetype="text/html" if query.format == "html" else "text/plain")
    answer.headers["Content-Disposition"] = f'attachment; filename="wattline-{client}.{query.format}"'
    answer.headers["Content-Security-Policy"] = NOTHING
    return answer


def _lines(client: str, reader: Identity) -> Iterator[dict[str, str]]:
    """Yield each entry's time, sender, side and words, and its day where it is the day's first."""
    known = app_context().store.registry.find_client(client)
    own_name, day, seq = (known.name if known else None) or (_("You") if reader.role is Role.CLIENT else client), "", 0
    while True:
        page = app_context().store.log.page(client, after=seq, limit=PAGE)
        names = page.names if auth.is_desk(reader) else shown_names(page.names)
        for entry in page.entries:
            words = _words(entry)
            if words is not None:
                of_day = _day(entry["at"])
                yield {
                    "day": of_day if of_day != day else "",
                    "time": _time(entry["at"]),
                    "who": _who(entry["from"], own_name, names),
                    "words": words,
                    "side": _side(entry),
                }
                day = of_day
        if not page.entries or page.entries[-1]["seq"] >= page.last:
            return
        seq = page.entries[-1]["seq"]


def _side(entry: dict[str, Any]) -> str:
    """Return where a page shows the entry."""
    if entry["kind"] in list(EventKind):
        return "event"
    return "client" if role_of(entry["from"]) is Role.CLIENT else "desk"


def _who(sender: str, own_name: str, names: dict[str, str]) -> str:
    role = role_of(sender)
    if role is Role.CLIENT:
        return own_name
    name = names.get(sender, sender) if role is Role.AGENT else "Wattline"
    return str(_("%(name)s (automatic answer)", name=name)) if role is Role.BOT else name


def _words(entry: dict[str, Any]) -> str | None:
    """Return the entry in words; None leaves it out."""
    if entry.get("deleted"):
        return str(_("This message was deleted."))
    match entry["kind"]:
        case SaidKind.TEXT:
            return str(entry["text"])
        case SaidKind.FILE:
            return str(_("File: %(name)s", name=entry["file"]["name"]))
        case SaidKind.CARD:
            card = entry["card"]
            return str(_("Consumption from %(start)s to %(end)s", start=_moment(card["from"]), end=_moment(card["to"])))
        case SaidKind.RATING:
            rating = entry["rating"]
            said = str(_("Rating: %(score)s of 5", score=rating["score"]))
            return f"{said}. {rating['text']}" if rating.get("text") else said
        case EventKind.RESOLVED:
            return str(_("The conversation was closed."))
        case EventKind.ERASED:
            return str(_("Earlier messages were erased."))
        case kind if kind in KINDS:
            return preview(kind, entry, _lang())
        case _:
            return None


def _local(at: int) -> datetime:
    """Return the platform's local time. Old entries may name times outside datetime's years: they are clamped."""
    return datetime.fromtimestamp(min(max(at, FIRST_MS), LAST_MS) / 1000, ZoneInfo(app_context().config.tz))


def _lang() -> str:
    return str(get_locale() or LANGS[0])


def _day(at: int) -> str:
    return format_date(_local(at), "full", locale=_lang())


def _time(at: int) -> str:
    return format_time(_local(at), "HH:mm" if _counts_to_24() else "short", locale=_lang())


def _moment(at: int) -> str:
    return f"{format_date(_local(at), 'medium', locale=_lang())}, {_time(at)}"


def _counts_to_24() -> bool:
    """Return whether the reader's locale uses the 24-hour clock; English without a region counts as one."""
    for wish, _weight in request.accept_languages:
        try:
            locale = Locale.parse(wish, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
        if locale.territory is not None or locale.language != "en":
            return "H" in locale.time_formats["short"].pattern
    return True


@routes.get("/api/clients/<client>/export")
@spec.validate(tags=[CHAT], resp=Answers("HTTP_200", HTTP_404=Problem, HTTP_429=Problem, **REFUSALS))
def export(client: str, query: ExportAsk) -> Response:
    """Return all data of a client as a zip archive. For administrators and, without notes, the client."""
    check_id(client, Role.CLIENT)
    is_own = query.key is not None or auth.asker().identity.role is Role.CLIENT
    if is_own:
        if auth.reader_of(client, query.key).role is not Role.CLIENT:
            raise NotAllowed("A device does not export its client.")
        app_context().limits.spend_export(client)
    else:
        auth.administrator()
    pieces = export_client(app_context().store, app_context().files, client, app_context().now_ms(), own=is_own)
    answer = Response(pieces, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="wattline-{client}.zip"'
    return answer


@routes.post("/api/clients/<client>/erase")
@spec.validate(tags=[CHAT], resp=answers(Erasing, HTTP_404=Problem, HTTP_415=Problem, HTTP_422=Problem))
def erase(client: str, json: EraseAsk) -> Response:
    """Erase all data of a client, irrevocably. For administrators."""
    auth.administrator()
    if json.confirm != check_id(client, Role.CLIENT):
        raise BadPayload(f"Write {client} to confirm.", why="not_confirmed")
    erase_client(app_context().store, app_context().files, client, app_context().now_ms())
    return respond(Erasing(erasing=client))
