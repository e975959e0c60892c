"""
Encode, decode and make payloads by pydantic's core, without BaseModel's methods around it. Pure.

The plain ways, which tests compare, are `model_dump_json`, `model_validate_json` and `model_construct`
(docs/performance.md#fast-paths).
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


class _Defaults(dict[type[BaseModel], dict[str, Any]]):
    """Hold each model's fields in their order, with their defaults."""

    def __missing__(self, model: type[BaseModel]) -> dict[str, Any]:
        self[model] = {name: field.default for name, field in model.model_fields.items()}
        return self[model]


_DEFAULTS: Final = _Defaults()
_set_slot: Final = object.__setattr__  # a payload is frozen once it is made


def to_json(payload: BaseModel) -> bytes:
    """Return the payload's JSON in UTF-8."""
    return payload.__pydantic_serializer__.to_json(payload)


def to_json_of(model: type[BaseModel], payload: BaseModel, exclude: Mapping[str, set[str]]) -> bytes:
    """Return the JSON of the fields that this base class has. Args: exclude: fields of its parts to leave out."""
    return model.__pydantic_serializer__.to_json(payload, exclude=exclude)


def from_json(model: type[Model], wire: bytes) -> Model:
    """Return the typed payload; unknown fields are ignored. Raises: ValidationError."""
    made: Model = model.__pydantic_validator__.validate_json(wire, extra="ignore")
    return made


def construct(model: type[Model], fields: dict[str, Any]) -> Model:
    """
    Return the payload of fields that were checked when they came in, the others being their defaults.

    Args: model: one without default factories.
    """
    made = model.__new__(model)
    _set_slot(made, "__dict__", {**_DEFAULTS[model], **fields})
    _set_slot(made, "__pydantic_fields_set__", set(fields))
    _set_slot(made, "__pydantic_extra__", None)
    _set_slot(made, "__pydantic_private__", None)
    return made
