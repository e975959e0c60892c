"""Settings documents: what is a sensible one, and when hours say that the desk is there."""

import json
import runpy
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from chat_core.contract.languages import LANGS
from chat_core.domain.opening_hours import is_within, next_change, next_opening
from chat_core.domain.settings import (
    SETTINGS,
    Alarms,
    Canned,
    Defaults,
    Document,
    Hours,
    Rules,
    default_of,
    read_document,
    wire_of,
)

TZ = "Europe/Bucharest"
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
HOURS = Hours.model_validate(
    {
        "week": {day: [["09:00", "12:30"], ["13:00", "17:00"]] for day in WORKDAYS} | {"sat": [["22:00", "24:00"]]},
        "holidays": [{"date": "2025-12-25", "name": "Crăciun"}, {"date": "2025-12-26", "name": "Crăciun"}],
    }
)


def at(text: str) -> int:
    """The moment in ms, as Bucharest's clocks show it."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(TZ)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "within", "opens", "changes"),
    [
        ("2025-11-25T08:59:59", False, "2025-11-25T09:00", "2025-11-25T09:00"),  # a Tuesday
        ("2025-11-25T09:00:00", True, "2025-11-25T13:00", "2025-11-25T12:30"),
        ("2025-11-25T12:30:00", False, "2025-11-25T13:00", "2025-11-25T13:00"),
        ("2025-11-25T17:00:00", False, "2025-11-26T09:00", "2025-11-26T09:00"),
        ("2025-11-28T18:00:00", False, "2025-11-29T22:00", "2025-11-29T22:00"),  # Friday evening
        ("2025-11-29T23:59:00", True, "2025-12-01T09:00", "2025-11-30T00:00"),  # until midnight
        ("2025-12-24T17:30:00", False, "2025-12-27T22:00", "2025-12-27T22:00"),  # over the holidays to Saturday
        ("2025-12-25T10:00:00", False, "2025-12-27T22:00", "2025-12-27T22:00"),
        ("2025-10-24T18:00:00", False, "2025-10-25T22:00", "2025-10-25T22:00"),  # before the night of 25 hours
        ("2025-10-26T05:00:00", False, "2025-10-27T09:00", "2025-10-27T09:00"),
    ],
)
def test_hours(now: str, within: bool, opens: str, changes: str) -> None:
    """Hours, holidays and the clock's changes say whether the desk is there, and when it opens or closes next."""
    assert is_within(HOURS, at(now), TZ) is within
    assert next_opening(HOURS, at(now), TZ) == at(opens)
    assert next_change(HOURS, at(now), TZ) == at(changes)


@pytest.mark.parametrize("week", [None, {}, {"mon": []}])
def test_without_hours(week: dict[str, list[list[str]]] | None) -> None:
    """Without any hours nothing opens or closes."""
    none = Hours.model_validate({"week": week})
    assert not is_within(none, at("2025-11-25T10:00"), TZ)
    assert next_opening(none, at("2025-11-25T10:00"), TZ) is None is next_change(none, at("2025-11-25T10:00"), TZ)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hours", {"week": {"mon": [["17:00", "09:00"]]}}),
        ("hours", {"week": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}),
        ("hours", {"week": {"mon": [["9:00", "12:00"]]}}),
        ("hours", {"week": {"someday": []}}),
        ("hours", {"holidays": [{"date": "25 December", "name": "x"}]}),
        ("hours", {"weeks": {}}),
        ("canned", {"replies": [{"id": "x", "title": "t", "text": {}}]}),
        ("canned", {"replies": [{"id": "x", "title": "t", "text": {"xx": "a"}}]}),
        ("canned", {"replies": [{"id": "x", "title": "t", "text": {"en": "a", "ro": "b"}}] * 2}),
        (
            "rules",
            {"rules": [{"id": "x", "title": {"en": "a", "ro": "b"}, "words": {}, "answer": {"en": "", "ro": "b"}}]},
        ),
        ("target", {"minutes": 0}),
    ],
)
def test_documents_that_make_no_sense(key: str, value: dict[str, object]) -> None:
    """Times out of order, days that are none, no text, an unknown language, and what is there twice are refused."""
    with pytest.raises(ValidationError):
        SETTINGS[key].shape.model_validate(value)


def test_the_generated_files() -> None:
    """The browser's types, pages and examples follow the registry: scripts/settings_types.py writes them."""
    generator = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "settings_types.py"))
    for path, text in generator["render_files"]().items():
        assert path.read_text(encoding="utf-8") == text, path


def test_what_is_there_at_first() -> None:
    """Every document has a default that is one; the demo has ten automatic answers and more, in every language."""
    for key, setting in SETTINGS.items():
        document = default_of(key, Defaults())
        assert setting.shape.model_validate(json.loads(json.dumps(wire_of(document)))) == document
    rules = default_of("rules", Defaults(demo=True))
    assert isinstance(rules, Rules) and len(rules.rules) >= 10
    assert [rule.id for rule in rules.rules if rule.person] == ["person"]
    for rule in rules.rules:
        for texts in (rule.title, rule.words, rule.answer, *((rule.replies,) if rule.replies else ())):
            assert set(texts) == set(LANGS), rule.id
    canned = default_of("canned", Defaults())
    assert isinstance(canned, Canned) and rules.away is not None and set(rules.away) == set(LANGS)
    assert all(set(texts) == set(LANGS) for reply in canned.replies for texts in (reply.title, reply.text))


def test_a_saved_reply_of_the_first_version_keeps_its_title() -> None:
    """A title of one text is that in each language; a default reply's is the translated one."""
    old = {
        "replies": [{"id": id, "title": title, "text": {"en": "a"}} for id, title in (("x", "Greeting"), ("y", "Own"))]
    }
    greeting, own = read_document("canned", old, Canned()).replies
    assert greeting.title["de"] == "Begrüßung" and own.title == dict.fromkeys(LANGS, "Own")


def test_automatic_answers_promise_nothing_of_a_company() -> None:
    """Without the demo only a person, an outage and the hours are answered: no bill, date, price or contract."""
    rules = default_of("rules", Defaults())
    assert isinstance(rules, Rules)
    assert [rule.id for rule in rules.rules] == ["person", "outage", "hours"]
    said = json.dumps(wire_of(rules), ensure_ascii=False).lower()
    promises = ("bill", "factur", "tari", "pay", "plat", "contract", "working day", "lucrătoare", "28", "page", "pagin")
    assert [word for word in promises if word in said] == []


WORDS = {"en": "a", "ro": "b"}
RULE = {"id": "x", "title": WORDS, "words": {"en": ["bill"]}, "answer": WORDS}


@pytest.mark.parametrize("key", SETTINGS)
def test_a_document_of_a_newer_version(key: str) -> None:
    """A stored document with fields that this version does not know is read without them, whatever its kind."""
    default = default_of(key, Defaults())
    assert read_document(key, {**wire_of(default), "newer": {"deep": [1]}}, default) == default
    assert read_document(key, None, default) == default
    senseless: object
    for senseless in ([1], "text", 5):
        assert read_document(key, senseless, default) == default


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("alarms", {"silent_minutes": "soon", "limit_wh": 9}, Alarms(limit_wh=9)),
        ("alarms", {"limits": {"c-1": 5, "nobody!": 7}, "limit_wh": 9}, Alarms(limits={"c-1": 5}, limit_wh=9)),
        ("target", {"minutes": 0}, None),
        ("target", {}, None),
        ("hours", {"week": {"mon": [["09:00", "12:00"]], "someday": []}}, {"week": {"mon": [["09:00", "12:00"]]}}),
        (
            "hours",
            {"week": {"mon": [["09:00", "12:00"], ["13:00", "26:00"]]}},
            {"week": {"mon": [["09:00", "12:00"]]}},
        ),
        ("hours", {"holidays": [{"date": "soon", "name": "x"}, {"date": "2026-12-25", "name": "y"}]}, None),
        (
            "canned",
            {"replies": [{"id": "x", "title": "t", "text": {"xx": "a"}}, {"id": "y", "title": "t", "text": WORDS}]},
            Canned.model_validate({"replies": [{"id": "y", "title": "t", "text": WORDS}]}),
        ),
        ("rules", {"on": False, "rules": [{**RULE, "newer": 1}]}, {"on": False, "rules": [RULE]}),
        ("rules", {"rules": [RULE, RULE]}, None),
    ],
)
def test_a_document_with_something_wrong(key: str, value: dict[str, object], read: object) -> None:
    """A wrong field of a stored document is the default's, a wrong item of a list is left out, the rest is read."""
    default = default_of(key, Defaults())
    found = read_document(key, value, default)
    if read is not None:
        assert found == (read if isinstance(read, Document) else SETTINGS[key].shape.model_validate(read))
    assert SETTINGS[key].shape.model_validate(json.loads(json.dumps(wire_of(found)))) == found
