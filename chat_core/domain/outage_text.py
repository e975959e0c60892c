"""Join an outage's text and its expected end, which are stored apart, for whoever shows them. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from chat_core.contract.errors import BadPayload
from chat_core.contract.fields import MAX_TEXT
from chat_core.contract.languages import DAY_PATTERNS, EXPECTED_ENDS, LANGS, in_lang

_TIME: Final = "HH:mm"


def with_expected_end(text: Mapping[str, str], until_ms: int | None, zone: ZoneInfo) -> dict[str, str]:
    """
    Return the text in each language with a sentence that says when power is expected back.

    A language in which nobody wrote gets its sentence after the words of another one. A text that the sentence would
    make too long stays without it.
    """
    if until_ms is None:
        return dict(text)
    joined = {lang: f"{in_lang(text, lang)} {end}" for lang, end in _ends(text, until_ms, zone).items()}
    return {**text, **{lang: words for lang, words in joined.items() if len(words) <= MAX_TEXT}}


def check_length(text: Mapping[str, str], until_ms: int | None, zone: ZoneInfo) -> None:
    """Raise BadPayload for a text that is too long with the sentence that `with_expected_end` adds."""
    if until_ms is None:
        return
    ends = _ends(text, until_ms, zone)
    for lang, words in text.items():
        most = MAX_TEXT - len(ends[lang]) - 1
        if len(words) > most:
            raise BadPayload(
                f"text.{lang}: With the expected end it may have at most {most:,} characters.", why="too_long"
            )


def _ends(text: Mapping[str, str], until_ms: int, zone: ZoneInfo) -> dict[str, str]:
    until = datetime.fromtimestamp(until_ms / 1000, UTC).astimezone(zone)
    return {
        lang: in_lang(EXPECTED_ENDS, lang).format(
            day=format_datetime(until, in_lang(DAY_PATTERNS, lang), locale=lang),
            time=format_datetime(until, _TIME, locale=lang),
        )
        for lang in dict.fromkeys((*text, *LANGS))
    }
