"""
Render payloads as JSON Schemas for readers, who ignore unknown fields. Touches nothing.

Pydantic describes the fields; the rules of validators are added here from the same tables. No schema can express that a
card's `to` lies after its `from`. tests/contract/test_asyncapi.py checks every shared case against both.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from chat_core.contract.fields import MAX_MOMENT_MS
from chat_core.contract.kinds import CONTENT, KINDS
from chat_core.contract.payloads import DELAYABLE, NEEDS, Do, EventKind, Origin, Payload, SaidKind

Schema = dict[str, Any]
NULL: Final[Schema] = {"type": "null"}
GIVEN: Final[Schema] = {"not": NULL}
ORIGIN: Final[Schema] = {
    "description": f"What made it: {', '.join(Origin)}. Any other value, as none, says nothing.",
    "default": None,
}


def schemas_of(models: Iterable[type[Payload]], ref_template: str) -> Schema:
    """Return the schemas of these payloads and of their parts, by name."""
    ordered = sorted(models, key=lambda model: model.__name__)
    _, described = models_json_schema([(model, "validation") for model in ordered], ref_template=ref_template)
    found: Schema = described["$defs"]
    for name, schema in found.items():
        schema.pop("additionalProperties", None)
        if "origin" in schema.get("properties", {}):
            schema["properties"]["origin"] = ORIGIN
        if name in _RULES:
            schema["allOf"] = _RULES[name]
    plain: Schema = json.loads(json.dumps(found))  # without enumerations and shared objects, for YAML
    return plain


def _when(field: str, values: Iterable[str], then: Schema) -> Schema:
    return {"if": {"properties": {field: {"enum": [*values]}}, "required": [field]}, "then": then}


def _needs(*fields: str) -> Schema:
    return {"required": [*fields], "properties": dict.fromkeys(fields, GIVEN)}


def _body_of(kind: SaidKind) -> Schema:
    """Require the kind's own field, and forbid those of other kinds."""
    foreign = [field for field in CONTENT if field not in KINDS[kind].fields]
    return {"required": [str(kind)], "properties": {str(kind): GIVEN} | dict.fromkeys(foreign, NULL)}


_WITHIN_CALENDARS: Final[Schema] = {"properties": {"card": {"properties": {"to": {"maximum": MAX_MOMENT_MS}}}}}
_BODIES: Final = [_when("kind", [kind], _body_of(kind)) for kind in SaidKind]
_RULES: Final[dict[str, list[Schema]]] = {
    "Said": [*_BODIES, _WITHIN_CALENDARS],
    "Entry": [
        {"if": _needs("deleted"), "else": {"allOf": _BODIES}},
        _when("kind", [EventKind.EDITED, EventKind.DELETED], _needs("of")),
    ],
    "Command": [
        _when("do", [do for do in Do if do is not Do.NOTICE], _needs("client")),
        *(_when("do", [do], _needs(*fields)) for do, fields in NEEDS.items()),
        _when("do", [Do.NOTICE], {"properties": {"text": {"type": ["object", "null"]}}}),
        _when("do", [do for do in Do if do is not Do.NOTICE], {"properties": {"text": {"type": ["string", "null"]}}}),
        _when("do", [do for do in Do if do is not Do.NOTICE], {"properties": {"began": NULL, "ends": NULL}}),
        _when("do", [do for do in Do if do not in DELAYABLE], {"properties": {"delay_ms": NULL}}),
    ],
}
