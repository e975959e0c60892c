"""Exports of other products: files are read in pieces, HTML becomes text, odd input is named."""

import json
from pathlib import Path

import pytest

from chat_core.contract.errors import Refused
from chat_core.contract.ids import Role
from chat_core.imports import json_files
from chat_core.imports.html_text import text_of
from chat_core.imports.json_files import read_values
from chat_core.imports.names import derived, read_pairs

VALUES = [{"id": number, "text": "ă" * number, "list": [{"n": [number, 1.5, None, "]"]}]} for number in range(300)]
WAYS = {
    "a list": json.dumps(VALUES),
    "an indented list": json.dumps(VALUES, indent=2, ensure_ascii=False),
    "JSON Lines": "\n".join(map(json.dumps, VALUES)) + "\n",
    "one behind another": "".join(map(json.dumps, VALUES)),
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
