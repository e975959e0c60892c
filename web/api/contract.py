"""
Check requests with spectree, and generate the OpenAPI document from the same definitions.

An unknown field or parameter is an error. Responses are described, but not checked at run time.
"""

import json
import re
from copy import deepcopy
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlencode

import spectree
from flask import Blueprint, Response, current_app, jsonify, make_response, request
from pydantic import BaseModel, ValidationError
from spectree import SecurityScheme, SpecTree, Tag
from spectree.model_adapter.protocol import SchemaMode
from spectree.models import InType, SecureType, SecuritySchemeData
from spectree.plugins.base import Context
from spectree.plugins.flask_plugin import FlaskPlugin
from spectree.utils import get_multidict_items
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from chat_core.contract.errors import BadPayload
from web.api.deprecation import describe_end
from web.api.examples import add_example
from web.api.schemas import Problem
from web.api_keys import is_key_only, scope_of
from web.problems import MIMETYPE, problem

Answers = spectree.Response
VARIABLE: Final = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")  # of a route: Flask's form, to be OpenAPI's {name}
JSON_LINES: Final = "application/jsonl"
SCHEMA_REF: Final = re.compile(r'"(#/components/schemas/)([^"]+)"')
TAKEN_NAMES: Final = {"Client": "ClientProfile", "File": "SentFile"}  # openapi-python-client has such classes
WRITES: Final = frozenset({"POST", "PUT", "PATCH"})
REFUSALS: Final = {"HTTP_400": Problem, "HTTP_401": Problem, "HTTP_403": Problem, "HTTP_503": Problem}
WROTE: Final = {"HTTP_404": Problem, "HTTP_409": Problem, "HTTP_415": Problem}
BEARER_IS: Final = "The `api_token` of POST /api/session."
COOKIE_IS: Final = "An agent's sign-in; a change also needs the header X-CSRFToken."
KEY_IS: Final = "An API key, `wlk_…`, which an administrator creates; it needs the scope that the operation names."
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 100 of A-Z, a-z, 0-9, _, ., : and -. A repeat with the same one is done once, for a day.",
    "schema": {"type": "string", "pattern": r'^"?[A-Za-z0-9_.:-]{1,100}"?$'},
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}
CHAT: Final = Tag(name="chat", description="Snapshots of conversations; MQTT brings what is live.")
FILES: Final = Tag(name="files", description="Files that people send.")
ACCESS: Final = Tag(name="access", description="Credentials for MQTT and REST.")
ADMIN: Final = Tag(name="settings", description="Settings: the desk reads them, administrators change them.")
EXPORTS: Final = Tag(name="exports", description="Everything of a kind, as JSON Lines or CSV.")
OPERATION: Final = Tag(name="operation", description="For operators and their tools.")


class DescribedAnswers(FlaskPlugin):
    """Skip spectree's validation of our own responses."""

    def request_validation(self, request: Any, query: Any, json: Any, form: Any, headers: Any, cookies: Any) -> None:
        """Validate a request as spectree does; of a GET only the query parameters."""
        asked = request._get_current_object()  # once: the proxy would look it up at each property
        if asked.method != "GET" or headers or cookies:
            super().request_validation(asked, query, json, form, headers, cookies)
            return
        found = self.model_adapter.validate_obj(query, get_multidict_items(asked.args, query)) if query else None
        asked.context = Context(found, None, None, None, None)

    def validate_response(
        self, resp: Any, resp_model: Any, skip_validation: bool, force_resp_serialize: bool
    ) -> tuple[Response, None]:
        """Return the view's response."""
        return resp if isinstance(resp, Response) else make_response(resp), None


class DescribedLater(SpecTree):
    """Describe the models once, when the document is asked for: at the start it would take a tenth of a second."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._named: dict[tuple[type[Any], SchemaMode], None] = {}
        super().__init__(*args, **options)

    def _add_model(self, model: type[Any], mode: SchemaMode = "validation") -> str:
        self._named[model, mode] = None
        return str(self.naming_strategy(model))

    def _generate_spec(self) -> dict[str, Any]:
        for model, mode in self._named:
            super()._add_model(model, mode)
        return super()._generate_spec()


def _refuse_unchecked(_request: Any, _response: Any, fault: Any, _instance: Any, _adapter: Any) -> None:
    if fault is None:
        return
    found = list_faults(fault)
    where = ", ".join(sorted({one["at"] for one in found if one["at"]}))
    raise BadRequestShape(f"The request does not fit: {where}." if where else "The request does not fit.", found)


def list_faults(fault: ValidationError) -> list[dict[str, str]]:
    """Return each wrong field and what is wrong with it."""
    errors = fault.errors(include_input=False, include_url=False)
    return [{"at": ".".join(map(str, error["loc"])), "text": error["msg"]} for error in errors]


class BadRequestShape(BadPayload):
    """Report fields or parameters that are missing, unknown or of the wrong type."""

    code = "bad_request"

    def __init__(self, text: str, errors: list[dict[str, str]]) -> None:
        super().__init__(text)
        self.errors = errors


spec: Final = DescribedLater(
    "flask",
    backend=DescribedAnswers,
    before=_refuse_unchecked,
    after=lambda *_: None,
    validation_error_model=Problem,
    naming_strategy=lambda model: model.__name__.removesuffix("Body"),
    nested_naming_strategy=lambda _parent, child: child.removesuffix("Body"),
    path="apidoc",
    page_templates={},
    mode="strict",
    title="Wattline",
    description="Live support chat over MQTT: snapshots, sign-in and credentials.",
    version=version("wattline"),
    security_schemes=[
        SecurityScheme(
            name="bearer", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer", description=BEARER_IS)
        ),
        SecurityScheme(
            name="apiKey", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer", description=KEY_IS)
        ),
        SecurityScheme(
            name="signIn",
            data=SecuritySchemeData(
                type=SecureType.API_KEY, name="wl_session", field_in=InType.COOKIE, description=COOKIE_IS
            ),
        ),
    ],
    security=[{"bearer": []}, {"signIn": []}],
)

routes: Final = Blueprint("contract", __name__)


def answers(model: Any, **more: Any) -> Answers:
    """Return the described responses of a route: its model, and the errors common to all routes."""
    return Answers(HTTP_200=model, **REFUSALS, **more)


def with_next(response: Response, cursor: str | None) -> Response:
    """Return the response with a link to the next page, where there is one (RFC 8288)."""
    if cursor is not None:
        query = urlencode({**request.args, "cursor": cursor})
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


def revalidated(document: Response) -> Response:
    """Return a public document, or 304 to who has this version: it may be kept, and is asked for again at each use."""
    document.headers["Cache-Control"] = "public, no-cache"
    document.add_etag()
    document.make_conditional(request)
    return document


def respond(body: BaseModel, status: int = 200) -> Response:
    """Return the body as JSON."""
    return Response(body.model_dump_json(by_alias=True), status, mimetype="application/json")


@routes.app_errorhandler(BadRequestShape)
def show_shape_fault(error: BadRequestShape) -> Response:
    """Return the problem with each wrong field."""
    return problem(error.status, error.why, error.text, errors=error.errors)


def check_body() -> None:
    """Check that the body of a write is one JSON object. Raises: UnsupportedMediaType, BadRequest."""
    if request.method not in WRITES:
        return
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send application/json.")
    try:
        body = request.get_json()
    except RecursionError as err:
        raise BadRequest("The JSON is nested too deep.") from err
    if not isinstance(body, dict):
        raise BadRequest("Send one JSON object.")


@routes.get("/api/openapi.json")
@spec.validate(tags=[OPERATION], security=[], resp=Answers("HTTP_200"))
def show_openapi() -> Response:
    """Return this version's OpenAPI document."""
    return revalidated(jsonify(describe()))


def describe() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document, with errors as problem+json and examples. Needs the app's context."""
    document: dict[str, Any] = deepcopy(spec.spec)  # spectree has one for all threads
    document["info"]["license"] = {"name": "MIT", "identifier": "MIT"}
    document["servers"] = [{"url": "/", "description": "This Wattline."}]
    raw = {"schema": {"type": "string", "format": "binary"}}
    document["paths"]["/api/clients/{client}/files"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/octet-stream": raw},
    }
    for (path, method), endpoint in _endpoints().items():
        operation, name = document["paths"][path][method], endpoint.rpartition(".")[2]
        operation["operationId"] = name
        _describe_key(operation, endpoint)
        describe_end(operation, endpoint)
        if EXPORTS.name in operation["tags"]:
            content = operation["responses"]["200"]["content"]
            content |= {JSON_LINES: content.pop("application/json"), "text/csv": {"schema": {"type": "string"}}}
        add_example(operation, name)
        for status, answer in operation["responses"].items():
            content = answer.get("content", {})
            if not status.startswith("2") and "application/json" in content:
                content[MIMETYPE] = content.pop("application/json")
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            # Strict generators require fields with a default: `POST /api/session {}` would not compile.
            field.pop("default", None)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    for unused in set(schemas) - named:  # of query parameters, which are described one by one
        del schemas[unused]
    return _with_free_names(document)


def _with_free_names(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with schemas whose names are free in generated clients: no class of theirs, no field."""
    schemas = document["components"]["schemas"]
    names = {
        name: f"{name}Answer"
        for name, schema in schemas.items()
        if schema.get("properties", {}).get(name.lower(), {}).get("type") in ("array", "object")
    }
    names |= {name: free for name, free in TAKEN_NAMES.items() if name in schemas}
    text = SCHEMA_REF.sub(lambda found: f'"{found[1]}{names.get(found[2], found[2])}"', json.dumps(document))
    renamed: dict[str, Any] = json.loads(text)
    renamed["components"]["schemas"] = {
        names.get(name, name): {**schema, "title": names.get(name, name)}
        for name, schema in renamed["components"]["schemas"].items()
    }
    return renamed


def _describe_key(operation: dict[str, Any], endpoint: str) -> None:
    """Name the scope that the operation asks of an API key, and the header of writes that a repeat does once."""
    scope = scope_of(endpoint)
    if scope is None:
        return
    others = [] if is_key_only(endpoint) else spec.config.security
    operation["security"] = [*others, {"apiKey": [scope.value]}]
    if is_key_only(endpoint) and "requestBody" in operation:
        operation["parameters"] = [*operation.get("parameters", []), IDEMPOTENCY_KEY]


def _endpoints() -> dict[tuple[str, str], str]:
    """Return the endpoints of the described views, by path and method: their last parts are the operations' ids."""
    return {
        (path, method.lower()): rule.endpoint
        for rule in current_app.url_map.iter_rules()
        for method in rule.methods or ()
        if method.lower() in spec.spec["paths"].get(path := VARIABLE.sub(r"{\1}", rule.rule), {})
    }
