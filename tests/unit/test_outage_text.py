"""An outage's text and its expected end are stored apart and joined where they are shown."""

from zoneinfo import ZoneInfo

import pytest

from chat_core.contract.errors import BadPayload
from chat_core.contract.fields import MAX_TEXT
from chat_core.domain.outage_text import check_length, with_expected_end

ZONE = ZoneInfo("Europe/Bucharest")
UNTIL_MS = 1_795_521_600_000  # 24 November 2026, 14:00 in Bucharest


def test_the_end_follows_the_text_in_each_language() -> None:
    """Clients read the time in their language and the platform's zone, after another language's words if need be."""
    text = {"en": "A cable is damaged.", "ro": "Un cablu este avariat."}
    assert with_expected_end(text, UNTIL_MS, ZONE) == {
        "en": "A cable is damaged. We expect power back by 14:00, Tuesday, 24 November.",
        "ro": "Un cablu este avariat. Estimăm că revine curentul până la 14:00, marți, 24 noiembrie.",
        "de": "A cable is damaged. Voraussichtlich gibt es bis 14:00 Uhr (Dienstag, 24. November) wieder Strom.",
    }
    assert with_expected_end(text, None, ZONE) == text


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
