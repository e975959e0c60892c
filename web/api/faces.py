"""Serve agents' photos: which agents have one, the photo itself, and its change."""

import base64
import binascii
from functools import partial
from typing import Annotated, Final

from flask import Blueprint, Response, abort, request
from pydantic import Field

from chat_core.contract.errors import NotFound, WrongType
from chat_core.contract.fields import AgentId
from chat_core.contract.ids import Role, check_id
from web import auth, uploads
from web.api.contract import ADMIN, CHAT, WROTE, answers, check_body, respond, spec
from web.api.schemas import Asked, Nothing, Problem, ResponseBody
from web.app_context import app_context
from web.decoding import FACE
from web.security import CSP
from web.urls import page_base

MAX_AGENTS: Final = 50
MAX_BYTES: Final = 2_000_000  # of what is uploaded; what is stored is some kB
MAX_BODY: Final = MAX_BYTES * 4 // 3 + 1_000
CACHE: Final = "public, max-age=3600"  # short, so that a removed photo leaves the readers' disks too
POLICY: Final = "default-src 'none'; sandbox"

routes: Final = Blueprint("faces", __name__)


@routes.before_request
def _check_body() -> None:
    request.max_content_length = MAX_BODY
    check_body()


class FacesAsk(Asked):
    """Name the agents, a parameter each."""

    agent: Annotated[list[AgentId], Field(min_length=1, max_length=MAX_AGENTS)]


class FacesBody(ResponseBody):
    """Hold the address of the photo of each of the agents who have one."""

    faces: dict[str, str]


class PhotoAsk(Asked):
    """Hold a picture as base64. JPEG, PNG, GIF or WebP; it is cut to a square and made small."""

    data: Annotated[str, Field(min_length=1, max_length=MAX_BODY)]


@routes.get("/api/faces")
@spec.validate(tags=[CHAT], resp=answers(FacesBody))
def show_faces(query: FacesAsk) -> Response:
    """Return where the photos of these agents are. For everybody who is signed in."""
    auth.asker()
    return respond(_faces(query.agent))


@routes.put("/api/agents/<agent>/photo")
@spec.validate(tags=[ADMIN], resp=answers(FacesBody, **WROTE, HTTP_413=Problem, HTTP_422=Problem, HTTP_429=Problem))
def change_photo(agent: str, json: PhotoAsk) -> Response:
    """Set an agent's photo. For that agent and for administrators."""
    me = _check_may_change(agent)
    app_context().limits.spend_upload(me)
    app_context().store.registry.faces.put(agent, _small(json.data, me))
    return respond(_faces([agent]))


@routes.post("/api/agents/<agent>/photo/remove")
@spec.validate(tags=[ADMIN], resp=answers(FacesBody, **WROTE))
def remove_photo(agent: str, json: Nothing) -> Response:
    """Remove an agent's photo, if there is one. For that agent and for administrators."""
    _check_may_change(agent)
    app_context().store.registry.faces.remove(agent)
    return respond(FacesBody(faces={}))


@routes.get("/faces/<name>.webp")
def show_face(name: str) -> Response:
    """Serve a photo. Its name cannot be guessed, and changes with the photo."""
    content = app_context().store.registry.faces.find(name)
    if content is None:
        abort(404)
    response = Response(content, mimetype=uploads.SMALL_TYPE)
    response.headers["Cache-Control"] = CACHE
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers[CSP] = POLICY
    response.set_etag(name)
    response.make_conditional(request)
    return response


def _faces(agents: list[str]) -> FacesBody:
    names = app_context().store.registry.faces.names(agents)
    return FacesBody(faces={agent: f"{page_base()}/faces/{name}.webp" for agent, name in names.items()})


def _check_may_change(agent: str) -> str:
    """Return who sends the request. Raises: BadId, NotFound; NotAllowed for another agent's photo."""
    known = app_context().store.registry.find_agent(check_id(agent, Role.AGENT))
    me = auth.asker().identity.id
    if me != agent:
        auth.administrator()
    if known is None or known.disabled:
        raise NotFound(f"There is no agent {agent}.")
    return me


def _small(data: str, sender: str) -> bytes:
    """Return the picture as it is stored. Raises: WrongType, BrokenImage, TooFast."""
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise WrongType("data: send the picture as base64.") from None
    kind = uploads.kind_of(content, "")
    if kind not in uploads.PICTURES:
        raise WrongType("Choose a picture: JPEG, PNG, GIF or WebP.")
    decode = partial(app_context().decoders.decode, sender=sender)
    return decode(content, f"{FACE}{kind}").parts[0]
