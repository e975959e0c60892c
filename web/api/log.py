"""Serve GET /api/clients/<client>/log, the snapshot that live entries are merged into, and …/notes, agents' notes."""

from dataclasses import replace
from typing import Final

from flask import Blueprint, Response

from chat_core.contract.payloads import EventKind
from chat_core.contract.scopes import Scope
from chat_core.domain.shown_entries import shown_fields
from chat_core.domain.shown_names import shown_names
from chat_core.store.results import LogPage
from chat_core.store.rows import compact
from web import auth
from web.api.contract import CHAT, answers, respond, spec
from web.api.schemas import LogAsk, LogBody, NoteBody, Notes
from web.api_keys import scoped
from web.app_context import app_context

routes: Final = Blueprint("log", __name__)


@routes.get("/api/clients/<client>/log")
@scoped(Scope.READ)
@spec.validate(tags=[CHAT], resp=answers(LogBody))
def show_log(client: str, query: LogAsk) -> Response:
    """Return a part of the client's log: after a seq, before one, or the newest entries."""
    asker = auth.unchecked_asker()
    auth.check_may_read(asker.identity, client)
    page = app_context().store.log.page(
        client, after=query.after, before=query.before, limit=query.limit, reader=asker.reader
    )
    auth.check_current(asker, page.generation)
    if not auth.is_desk(asker.identity):
        page = _for_clients(page)
    trace = app_context().trace
    if trace is not None:
        trace.note_page(client, page.entries, asker.identity.id)
    return Response(page.to_json(), mimetype="application/json")


def _for_clients(page: LogPage) -> LogPage:
    """Return the page with what clients know of agents."""
    # Of speed alone: a page without the word has no such entry, and leaves as the database made it, unread.
    if f'"{EventKind.ASSIGNED}"' not in page.entries_json:
        return replace(page, names=shown_names(page.names))
    entries = [shown_fields(entry) for entry in page.entries]
    seen = {entry["from"] for entry in entries} | set(page.markers)
    names = {id: name for id, name in page.names.items() if id in seen}
    return replace(page, entries_json=compact(entries), names=shown_names(names))


@routes.get("/api/clients/<client>/notes")
@scoped(Scope.READ)
@spec.validate(tags=[CHAT], resp=answers(Notes))
def show_notes(client: str) -> Response:
    """List the notes of the client's conversation, oldest first. For agents."""
    auth.desk_member_of(client)
    found = app_context().store.log.notes(client)
    names = app_context().store.registry.names({note.agent for note in found})
    notes = [NoteBody(id=note.id, agent=note.agent, text=note.text, at=note.at) for note in found]
    return respond(Notes(notes=notes, names=names))
