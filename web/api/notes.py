"""GET /api/clients/<client>/notes: what agents wrote for agents."""

from typing import Final

from flask import Blueprint, Response, jsonify

from chat_core.contract.ids import Role, check_id
from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.schemas import NoteBody, Notes, wire
from web.app_context import app_context

routes: Final = Blueprint("notes", __name__)


@routes.get("/api/clients/<client>/notes")
@spec.validate(tags=[CHAT], resp=answers(Notes))
def show_notes(client: str) -> Response:
    """All notes of the client's conversation, oldest first. Agents only."""
    auth.desk_member()
    check_id(client, Role.CLIENT)
    found = app_context().store.log.notes(client)
    names = app_context().store.registry.names({note.agent for note in found})
    notes = [NoteBody(id=note.id, agent=note.agent, text=note.text, at=note.at) for note in found]
    return jsonify(wire(Notes(notes=notes, names=names)))
