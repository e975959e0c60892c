"""Add an example request and answer to each operation of the OpenAPI document. A test sends every one of them."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("examples.json")


@cache
def examples() -> dict[str, dict[str, Any]]:
    """
    Return the examples by the operation's id, in an order in which they succeed.

    Each has `by` (who asks) and `status`; `path` and `query` (parameters), `body` and `answer` (JSON) where it has any.
    """
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def add_example(operation: dict[str, Any], name: str) -> None:
    """Add the example of this name, if there is one, to an OpenAPI operation."""
    example = examples().get(name, {})
    values = {**example.get("path", {}), **example.get("query", {})}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in values:
            parameter["example"] = values[parameter["name"]]
    if "body" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["body"]
    if "answer" in example:
        operation["responses"][str(example["status"])]["content"]["application/json"]["example"] = example["answer"]
