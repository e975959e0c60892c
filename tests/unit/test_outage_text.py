"""An outage's text and its expected end are stored apart and joined where they are shown."""

from zoneinfo import ZoneInfo

import pytest

from chat_core.contract.errors import BadPayload
from chat_core.contract.fields import MAX_TEXT
from chat_core.domain.outage_text import check_length, with_expected_end
from tests.unit import vectors

VECTORS = vectors.load("outage_text")
ZONE = ZoneInfo(VECTORS["zone"])
UNTIL_MS = VECTORS["until"]  # 24 November 2026, 14:00


def test_the_end_follows_the_text_in_each_language() -> None:
    """Clients read the time in their language and the desk's zone; tests/vectors/outage_text.json keeps both equal."""
    text = {case["lang"]: case["text"] for case in VECTORS["cases"]}
    assert with_expected_end(text, UNTIL_MS, ZONE) == {case["lang"]: case["told"] for case in VECTORS["cases"]}
    assert with_expected_end(text, None, ZONE) == text


def test_a_language_that_was_not_written() -> None:
    """It gets its own sentence after another language's words."""
    told = with_expected_end({"en": "A cable is damaged."}, UNTIL_MS, ZONE)
    german = "Voraussichtlich gibt es bis 14:00 Uhr (Dienstag, 24. November) wieder Strom."
    assert told["de"] == f"A cable is damaged. {german}"


def test_a_text_that_is_too_long_with_its_end() -> None:
    """It is refused by its language; one that is stored, as in another time zone before, is shown without the end."""
    longest = MAX_TEXT - len(" We expect power back by 14:00, Tuesday, 24 November.")
    check_length({"en": "x" * longest}, UNTIL_MS, ZONE)
    assert len(with_expected_end({"en": "x" * longest}, UNTIL_MS, ZONE)["en"]) == MAX_TEXT
    text = {"en": "x" * (longest + 1)}
    with pytest.raises(BadPayload, match=r"text\.en") as fault:
        check_length(text, UNTIL_MS, ZONE)
    assert fault.value.why == "too_long"
    assert with_expected_end(text, UNTIL_MS, ZONE)["en"] == text["en"]
    check_length(text, None, ZONE)
