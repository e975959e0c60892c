"""Every kind of message is walked from what is said to what a deletion leaves, on both databases."""

import json
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bridge.background.displays import line_of
from bridge.pipeline.quotas import MESSAGE_BYTES, size_of
from chat_core.contract import kinds
from chat_core.contract.languages import KIND_TITLES, LANGS, NOT_IMPORTED
from chat_core.contract.payloads import Said, decode
from chat_core.domain.search_query import parse_query
from chat_core.runtime.client_data import export_client
from chat_core.runtime.file_folder import FileFolder
from chat_core.store import Store, rows
from chat_core.store.results import EpisodeFilter
from tests.contract.stores import CLIENT, T0, StoreUnderTest, committed, opened, say, take_in_all
from tests.unit import vectors

CATALOGUE = vectors.load("kinds")
LEFT = set(CATALOGUE["left_by_deletion"])
EACH = pytest.mark.parametrize("kind", CATALOGUE["kinds"], ids=lambda kind: str(kind["kind"]))
Declared = dict[str, Any]


def said_of(kind: Declared) -> Said:
    return decode(
        Said, json.dumps({"id": "m1", "kind": kind["kind"], "sent": T0, "origin": "answer", **kind["example"]}).encode()
    )


def test_the_catalogue() -> None:
    """The catalogue has the kinds of the vectors, with their fields; each has its texts in every language."""
    declared = [(name, list(kind.fields), kind.converses, kind.is_editable) for name, kind in kinds.KINDS.items()]
    keys = ("kind", "fields", "converses", "editable")
    assert declared == [tuple(kind[key] for key in keys) for kind in CATALOGUE["kinds"]]
    assert set(NOT_IMPORTED) == set(KIND_TITLES) == set(LANGS)
    assert {tuple(titles) for titles in KIND_TITLES.values()} == {tuple(kinds.KINDS)}
    assert list(kinds.SaidKind) == list(kinds.KINDS)
    assert all(list(kind["example"]) == kind["fields"] for kind in CATALOGUE["kinds"])  # so the walk takes each field
    assert sorted(kinds.CONTENT) == sorted(field for kind in kinds.KINDS.values() for field in kind.fields)
    assert {"from" if field == "sender" else field for field in kinds.LEFT_BY_DELETION} == LEFT


@EACH
def test_what_one_line_shows(kind: Declared) -> None:
    """A small display shows the message's text or title in the client's language; a quota counts its text."""
    said = said_of(kind)
    assert size_of(said) == MESSAGE_BYTES + len((kind["words"] or "").encode())
    for lang, shown in kind["preview"].items():
        assert kinds.preview(kind["kind"], kind["example"], lang) == shown


def test_no_statement_searches_json_as_text() -> None:
    """JSON in a column is parsed by the database or in Python, never matched as a text."""
    like, position = r"\b(body|last|tags|did|members)( NOT)? LIKE", r"(instr|strpos)\((\w\.)?(body|last|tags)"
    matched = re.compile(rf"""{like}|{position}|re\.compile\(r?['"]+[^'"]*":""")
    found = [path.name for path in Path(rows.__file__).parent.glob("*.py") if matched.search(path.read_text())]
    assert found == []


@pytest.fixture
def store(place: StoreUnderTest) -> Iterator[Store]:
    with opened(place) as store:
        store.registry.ensure_client(CLIENT)
        yield store


@EACH
def test_walk(store: Store, tmp_path: Path, kind: Declared) -> None:
    """Each kind is stored, shown, found, exported, edited where allowed; a deletion leaves no content."""
    say(store, "q1", "zero", at=T0 - 1)
    with committed(store) as tx:
        entry = tx.append(CLIENT, kind["sender"], said_of(kind), T0)
    seq = entry.seq
    envelope = {"seq": seq, "id": "m1", "from": kind["sender"], "at": T0, "kind": kind["kind"], "origin": "answer"}
    whole = {**envelope, **kind["example"]}
    assert logged(store, seq) == exported(store, tmp_path, seq) == whole
    with store.begin() as tx:
        assert tx.entry(CLIENT, seq) == entry
    take_in_all(store)
    assert found(store, seq) == (kind["words"] or None)
    if kind["sender"] != CLIENT:
        glance = store.log.glance(CLIENT)
        assert (glance.unread, glance.last) == (1, logged(store, seq))
        assert {lang: line_of(glance, {}, lang).text for lang in kind["preview"]} == kind["preview"]
    if kind["editable"]:
        amend(store, seq, "zero edited")
        assert logged(store, seq) == {**whole, "text": "zero edited", "edited": True}
        assert found(store, seq) == "zero edited"
    amend(store, seq, None)
    gone = {**envelope, "deleted": True}
    assert logged(store, seq) == exported(store, tmp_path, seq) == gone
    assert found(store, seq) is None
    assert (store.log.glance(CLIENT).unread, store.log.glance(CLIENT).last) == (0, None)


@EACH
def test_what_counts_as_an_answer(store: Store, kind: Declared) -> None:
    """An agent's message of a kind that converses is the answer that figures count; no other is."""
    say(store, "q1", "zero", at=T0)
    with committed(store) as tx:
        tx.append(CLIENT, "a-ana", said_of(kind), T0 + 60_000)
    take_in_all(store)
    (episode,) = store.episodes.page(EpisodeFilter("asked", 0, T0 + 1)).episodes
    assert (episode.answered is not None) is kind["converses"]


def amend(store: Store, seq: int, text: str | None) -> None:
    with committed(store) as tx:
        tx.amend(CLIENT, seq, text)


def logged(store: Store, seq: int) -> dict[str, Any]:
    return next(entry for entry in store.log.page(CLIENT, after=0).entries if entry["seq"] == seq)


def exported(store: Store, folder: Path, seq: int) -> dict[str, Any]:
    archive = b"".join(export_client(store, FileFolder(folder), CLIENT, T0))
    entries = json.loads(zipfile.ZipFile(BytesIO(archive)).read("entries.json"))
    return next(entry for entry in entries if entry["seq"] == seq)


def found(store: Store, seq: int) -> str | None:
    """The text of the hit, whatever it is: as the newest of all, and by each of its own words."""
    newest = {hit.seq: hit.text for hit in store.search.page(parse_query(f"client:{CLIENT}", "UTC", "a-ana")).hits}
    text = newest.get(seq)
    if text:
        assert any(hit.seq == seq for hit in store.search.page(parse_query(f'"{text}"', "UTC", "a-ana")).hits)
    return text or None
