"""Serve the reference of REST and MQTT at `/docs`, from the OpenAPI and AsyncAPI documents, and the error codes."""

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template

from chat_core.contract import asyncapi, error_codes
from web.api.contract import describe, revalidated

pages: Final = Blueprint("reference", __name__)

JSON: Final = "application/json"
SCHEMAS: Final = "#/components/schemas/"
BOUNDS: Final = (("minimum", "at least {:,}"), ("maximum", "at most {:,}"), ("maxLength", "at most {:,} characters"))


@dataclass(frozen=True)
class FieldRow:
    """Describe a parameter of a request, or a field of a JSON object."""

    name: str
    place: str
    type: str
    link: str | None
    is_required: bool


@dataclass(frozen=True)
class OperationEntry:
    """Describe a REST operation, with its example as a shell command and as JSON."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    access: str
    fields: tuple[FieldRow, ...]
    command: str
    answer: str | None
    statuses: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TopicEntry:
    """Describe an MQTT topic: who publishes and who may subscribe, and its payloads."""

    address: str
    qos: int
    is_retained: bool
    publishers: tuple[str, ...]
    subscribers: tuple[str, ...]
    payloads: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SchemaEntry:
    """Describe a JSON object."""

    name: str
    text: str
    fields: tuple[FieldRow, ...]


@pages.get("/docs")
def show_reference() -> str:
    """Show the reference. It needs no sign-in, since it holds nothing of anybody."""
    rest, mqtt = describe(), asyncapi.document()
    return render_template(
        "reference.html",
        css_names=["reference"],
        version=rest["info"]["version"],
        groups=_groups(),
        channels=_channels(mqtt),
        schemas=_schemas({**mqtt["components"]["schemas"], **rest["components"]["schemas"]}),
    )


@pages.get("/docs/asyncapi.yaml")
def show_asyncapi() -> Response:
    """Return this version's AsyncAPI document, which `wattline contract` prints too. It needs no sign-in."""
    return revalidated(Response(asyncapi.as_yaml(), mimetype="application/yaml"))  # RFC 9512


@pages.get(error_codes.PAGE)
def show_errors() -> str:
    """Show every error code: the `type` of a problem leads here."""
    return render_template("error_codes.html", css_names=["reference"], codes=error_codes.CATALOGUE)


@cache
def _groups() -> list[tuple[str, str, list[OperationEntry]]]:
    """Return the operations by tag: its name, its description, its operations. Needs the app's context."""
    document = describe()
    operations = [
        (operation["tags"][0], _operation(method, path, operation, document))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return [
        (tag["name"], tag["description"], [one for name, one in operations if name == tag["name"]])
        for tag in sorted(document["tags"], key=lambda tag: str(tag["name"]))
    ]


def _operation(method: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> OperationEntry:
    body = operation.get("requestBody", {}).get("content", {})
    parameters = [
        _field(one["name"], one["in"], one["schema"], one["required"]) for one in operation.get("parameters", ())
    ]
    if JSON in body:
        parameters += _fields(_resolved(body[JSON]["schema"], document), "body")
    answers = operation["responses"]
    example = next((content[JSON].get("example") for content in _contents(answers) if JSON in content), None)
    return OperationEntry(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        text=operation["description"],
        access=_access(operation.get("security")),
        fields=tuple(parameters),
        command=_command(method.upper(), path, operation),
        answer=None if example is None else _pretty(example),
        statuses=tuple((status, answer["description"]) for status, answer in sorted(answers.items())),
    )


def _contents(answers: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    return (answer.get("content", {}) for status, answer in answers.items() if status.startswith("2"))


def _access(security: list[dict[str, Any]] | None) -> str:
    if security is None:
        return "a bearer token, or an agent's sign-in"
    scopes = [scope for one in security for scope in one.get("apiKey", ())]
    if scopes:
        key = f"an API key with the scope {scopes[0]}"
        return key if len(security) == 1 else f"a bearer token, an agent's sign-in, or {key}"
    return "nothing" if not any(security) else "nothing, a bearer token, or an agent's sign-in"


def _command(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Return the example as a curl command."""
    values = {one["name"]: one["example"] for one in operation.get("parameters", ()) if "example" in one}
    names = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    query = urlencode({name: value for name, value in values.items() if name in names})
    lines = ["curl" if method == "GET" else f"curl -X {method}"]
    security = operation.get("security")
    if security is not None and len(security) == 1 and "apiKey" in security[0]:
        lines.append('-H "Authorization: Bearer $API_KEY"')
    elif security is None or any("apiKey" in one for one in security):
        lines.append('-H "Authorization: Bearer $API_TOKEN"')
    content = operation.get("requestBody", {}).get("content", {})
    if JSON in content:
        body = json.dumps(content[JSON].get("example", {}), ensure_ascii=False)
        lines += [f"-H 'Content-Type: {JSON}'", f"--data {shlex.quote(body)}"]
    elif content:
        lines += [f"-H 'Content-Type: {next(iter(content))}'", "--data-binary @meter.jpg"]
    address = path.format(**{name: str(value) for name, value in values.items()})
    lines.append(f'"$WATTLINE{address}{"?" if query else ""}{query}"')
    return " \\\n  ".join(lines)


def _channels(document: Mapping[str, Any]) -> list[TopicEntry]:
    found = []
    for name, channel in document["channels"].items():
        here = [one for one in document["operations"].items() if one[1]["channel"]["$ref"].endswith(f"/{name}")]
        sent = [one["bindings"]["mqtt"] for _, one in here if one["action"] == "send"]
        found.append(
            TopicEntry(
                address=channel["address"],
                qos=max((one["qos"] for one in sent), default=1),
                is_retained=any(one["retain"] for one in sent),
                publishers=tuple(id.partition("_")[0] for id, one in here if one["action"] == "send"),
                subscribers=tuple(id.partition("_")[0] for id, one in here if one["action"] == "receive"),
                payloads=tuple(_payload(message, document) for message in channel["messages"]),
            )
        )
    return found


def _payload(message: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """Return a payload's name and what it is."""
    described = document["components"]["messages"][message]
    return (message if "$ref" in described["payload"] else "text", described["summary"])


def _schemas(found: Mapping[str, Any]) -> list[SchemaEntry]:
    return [
        SchemaEntry(name, str(schema.get("description", "")), tuple(_fields(schema, "")))
        for name, schema in sorted(found.items())
        if schema.get("properties")
    ]


def _fields(schema: Mapping[str, Any], place: str) -> list[FieldRow]:
    required = schema.get("required", ())
    return [_field(name, place, one, name in required) for name, one in schema.get("properties", {}).items()]


def _field(name: str, place: str, schema: Mapping[str, Any], is_required: bool) -> FieldRow:
    return FieldRow(name, place, _type(schema), _link(schema), is_required)


def _type(schema: Mapping[str, Any]) -> str:
    """Return a JSON schema's type in words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema or "oneOf" in schema:
        inner = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
        return " or ".join(_type(one) for one in inner)
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(one) for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_type(schema['additionalProperties'])}"
    bounds = [text.format(schema[key]) for key, text in BOUNDS if key in schema]
    return ", ".join([str(schema.get("type", "any JSON")), *bounds])


def _link(schema: Mapping[str, Any]) -> str | None:
    """Return the name of the object that a schema, its items or values refer to."""
    inner = [schema, schema.get("items", {}), schema.get("additionalProperties", {}), *schema.get("anyOf", ())]
    refs = [one["$ref"] for one in inner if isinstance(one, dict) and "$ref" in one]
    return str(refs[0]).rpartition("/")[2] if refs else None


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema["$ref"]).removeprefix(SCHEMAS)
    found: Mapping[str, Any] = document["components"]["schemas"][name]
    return found


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
