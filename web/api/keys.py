"""Serve /api/keys: list, create and revoke API keys. For administrators, signed in."""

from ipaddress import ip_network
from typing import Annotated, Final

from flask import Blueprint, Response
from pydantic import AfterValidator, Field

from chat_core.contract.errors import BadPayload
from chat_core.contract.fields import AgentId, TimeMs
from chat_core.contract.scopes import Scope
from chat_core.store.results import ApiKey
from web import auth
from web.api.contract import ADMIN, REFUSALS, WROTE, Answers, answers, check_body, respond, spec
from web.api.schemas import Asked, Nothing, PersonsName, ResponseBody
from web.app_context import app_context

NETWORKS_AT_MOST: Final = 20

routes: Final = Blueprint("keys", __name__)
routes.before_request(check_body)


def _network(text: str) -> str:
    """Return the network in its usual form. Raises: ValueError, also for one with host bits."""
    return str(ip_network(text.strip()))


Network = Annotated[str, Field(max_length=50), AfterValidator(_network)]


class ApiKeyBody(ResponseBody):
    """
    Describe a key without its secret. `speaker`: as whom it writes; `hint`: the secret's last four characters.

    `networks`: from where it is valid, empty for everywhere; `used`, `uses`: when last and how often it was used, but
    for other processes' last half minute.
    """

    id: str
    name: str
    speaker: AgentId
    scopes: list[Scope]
    networks: list[str]
    hint: str
    created: TimeMs
    expires: TimeMs | None
    used: TimeMs | None
    uses: int


class KeyList(ResponseBody):
    """List the keys, the newest first."""

    keys: list[ApiKeyBody]


class NewKey(Asked):
    """
    Describe a new key. `speaker`: as whom it writes, an agent or a bot; a bot that is new is made.

    `networks`: addresses or networks from where it is valid, empty for everywhere; `expires`: null for never.
    """

    name: PersonsName
    speaker: AgentId
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    networks: Annotated[list[Network], Field(max_length=NETWORKS_AT_MOST)] = Field(default_factory=list)
    expires: TimeMs | None = None


class CreatedKey(ResponseBody):
    """Hold the new key and its secret, which is shown this once."""

    key: ApiKeyBody
    secret: str


class RevokedKey(ResponseBody):
    """Name the key that opens nothing any more."""

    revoked: str


@routes.get("/api/keys")
@spec.validate(tags=[ADMIN], resp=answers(KeyList))
def list_keys() -> Response:
    """List the API keys. For administrators."""
    auth.administrator()
    keys = app_context().store.registry.api_keys
    keys.store_uses()
    return respond(KeyList(keys=[_body(key) for key in keys.all()]))


@routes.post("/api/keys")
@spec.validate(tags=[ADMIN], resp=Answers(HTTP_201=CreatedKey, **REFUSALS, **WROTE))
def create_key(json: NewKey) -> Response:
    """Create an API key; return its secret, which is shown this once. For administrators."""
    auth.administrator()
    now_ms = app_context().now_ms()
    if json.expires is not None and json.expires <= now_ms:
        raise BadPayload("expires: The key would be over already. Choose a later time, or none.")
    draft = ApiKey(
        name=json.name.strip(),
        speaker=json.speaker,
        scopes=tuple(dict.fromkeys(json.scopes)),
        networks=tuple(dict.fromkeys(json.networks)),
        created=now_ms,
        expires=json.expires,
    )
    made, secret = app_context().store.registry.api_keys.create(draft)
    return respond(CreatedKey(key=_body(made), secret=secret), 201)


@routes.post("/api/keys/<id>/revoke")
@spec.validate(tags=[ADMIN], resp=answers(RevokedKey, **WROTE))
def revoke_key(id: str, json: Nothing) -> Response:
    """Revoke an API key at once. For administrators."""
    auth.administrator()
    app_context().store.registry.api_keys.revoke(id)
    return respond(RevokedKey(revoked=id))


def _body(key: ApiKey) -> ApiKeyBody:
    return ApiKeyBody(**key._asdict())
