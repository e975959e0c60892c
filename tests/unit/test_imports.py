"""Exports of other products: files are read in pieces, HTML becomes text, odd input is named."""

import json
from pathlib import Path

import pytest

from chat_core.contract.errors import Refused
from chat_core.contract.ids import Role
from chat_core.domain.html_text import text_of
from chat_core.imports import json_files
from chat_core.imports.items import Contact, Left, Thread, text_at, time_at
from chat_core.imports.json_files import read_values
from chat_core.imports.names import Clients, derived, read_pairs
from chat_core.imports.report import ImportReport
from chat_core.imports.stage import staged

VALUES = [{"id": number, "text": "ă" * number, "list": [{"n": [number, 1.5, None, "]"]}]} for number in range(300)]
WAYS = {
    "a list": json.dumps(VALUES),
    "an indented list": json.dumps(VALUES, indent=2, ensure_ascii=False),
    "JSON Lines": "\n".join(map(json.dumps, VALUES)) + "\n",
    "one behind another": "".join(map(json.dumps, VALUES)),
    "a list, values, a list": json.dumps(VALUES[:9])
    + "\n".join(map(json.dumps, VALUES[9:99]))
    + json.dumps(VALUES[99:]),
}


@pytest.mark.parametrize("way", WAYS)
def test_files_of_each_form_are_read(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list, JSON Lines and values one behind another give the same values, however the file falls into pieces."""
    monkeypatch.setattr(json_files, "_CHUNK", 97)
    path = tmp_path / "export.json"
    path.write_text(WAYS[way], encoding="utf-8")
    assert list(read_values(path)) == VALUES


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'[{"id": 1}, {"id": 2}', "character 21: the list does not end"),
        (b'{"id": 1} {"id": tru', "character 10: this is no JSON"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b'[{"id": 1}]]', "character 11: this is no JSON"),
        (b"[" * 100_000, "has more than 1,000 characters"),
        (b'{"text": "' + b"x" * 2000 + b'"}', "has more than 1,000 characters"),
    ],
)
def test_broken_files_are_refused_with_the_place(
    content: bytes, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is cut off, no JSON, no UTF-8, nested without end or too large is refused with file and place."""
    monkeypatch.setattr(json_files, "_CHUNK", 512)
    monkeypatch.setattr(json_files, "MAX_VALUE", 1000)
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(Refused, match=r"broken\.json, from .*Nothing was imported") as refused:
        list(read_values(path))
    assert why in refused.value.text


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity", "1" + "0" * 400, "true"])
def test_a_number_that_is_no_time_is_none(number: str) -> None:
    """A number that no calendar has, such as NaN or one too large, is no time."""
    assert time_at(json.loads(f'{{"at": {number}}}'), "at", 1000) is None


def test_lone_surrogates_are_reported(tmp_path: Path) -> None:
    """Half a UTF-16 pair, which JSON can hold, becomes a question mark in an id, and is escaped in the report."""
    assert text_at(json.loads(r'{"id": "a\ud83d"}'), "id") == "a?"
    with ImportReport(tmp_path / "left.jsonl") as report:
        report.leave(Left("event", "message", "1", "b\ud83d"))
    assert json.loads((tmp_path / "left.jsonl").read_text())["detail"] == "b\ud83d"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello</p><p>you &amp; me</p>", "Hello\n\nyou & me"),
        ("a<br>b<ul><li>c</li><li>d</li></ul>", "a\nb\n\n- c\n- d"),
        ('<a href="https://x.test/a">here</a> <a href="javascript:x()">there</a>', "here (https://x.test/a) there"),
        ('<a href="mailto:a@x.test">a@x.test</a>', "a@x.test"),
        ("<style>p{}</style><script>alert(1)</script>ok &lt;b&gt;", "ok <b>"),
        ("<p>not closed <b>bold", "not closed bold"),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    """Paragraphs, lists and links keep their sense; scripts and styles go."""
    assert text_of(html) == (text, [])


def test_who_is_who_is_checked(tmp_path: Path) -> None:
    """A file of pairs names its first wrong line; a derived id is an id, and always the same."""
    path = tmp_path / "agents.csv"
    path.write_text("Ana@Example.org, a-ana\n\n274,c-ana\n")
    with pytest.raises(Refused, match=r"agents.csv, line 3: .*id of the agent here"):
        read_pairs(path, Role.AGENT)
    path.write_text("Ana@Example.org, a-ana\n")
    assert read_pairs(path, Role.AGENT) == {"ana@example.org": "a-ana"}
    assert derived("a", "crisp", "274") == "a-crisp-274"
    assert derived("a", "crisp", "A B") == derived("a", "crisp", "A B") != derived("a", "crisp", "A C")


def test_a_paired_contact_joins_the_portals_own(tmp_path: Path) -> None:
    """A contact that the file of pairs names joins the one of that portal's id; two unpaired ones do not join."""
    contacts = [Contact("1", portal="c-42"), Contact("2", mail="old@x.test"), Contact("3", portal="42")]
    with ImportReport(tmp_path / "left.jsonl") as report, staged() as stage:
        for contact in contacts:
            stage.put(contact)
            stage.put(Thread(f"t-{contact.id}", contact.id, is_open=True))
        Clients("crisp", {"old@x.test": "c-42"}, report).name_all(stage)
        assert [each.id for each in stage.people_of("c-42")] == ["1", "2"]
        assert report.left == {"same_client": 1}
