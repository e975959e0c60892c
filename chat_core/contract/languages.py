"""List the product's languages and the contract's own texts, and choose among texts in several. Pure."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

from pydantic import Field

# ISO 639-1 codes. Readers of another language get the first.
LANGS: Final = ("en", "ro", "de")

# What a preview calls a message without words of its own, by its kind.
KIND_TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"text": "Message", "file": "File", "card": "Your consumption, as a chart.", "rating": "Rating"},
    "ro": {"text": "Mesaj", "file": "Fișier", "card": "Consumul dvs., ca grafic.", "rating": "Evaluare"},
    "de": {"text": "Nachricht", "file": "Datei", "card": "Ihr Verbrauch als Diagramm.", "rating": "Bewertung"},
}

# What an import writes in the place of a file that it could not take over.
NOT_IMPORTED: Final[Mapping[str, str]] = {
    "en": "[Attachment that was not imported: {name}]",
    "ro": "[Atașament care nu a fost preluat: {name}]",
    "de": "[Anhang, der nicht übernommen wurde: {name}]",
}

# How a day is written, as Babel's pattern: "Saturday, 28 November".
DAY_PATTERNS: Final[Mapping[str, str]] = {"en": "EEEE, d MMMM", "ro": "EEEE, d MMMM", "de": "EEEE, d. MMMM"}

# Follows an outage's text.
EXPECTED_ENDS: Final[Mapping[str, str]] = {
    "en": "We expect power back by {time}, {day}.",
    "ro": "Estimăm că revine curentul până la {time}, {day}.",
    "de": "Voraussichtlich gibt es bis {time} Uhr ({day}) wieder Strom.",
}

Lang = Annotated[str, Field(pattern=rf"^(?:{'|'.join(LANGS)})$")]

T = TypeVar("T")


def find_lang(wished: str | None) -> str:
    """Return the wished language if the product has it, else the first."""
    return wished if wished is not None and wished in LANGS else LANGS[0]


def lang_in(texts: Mapping[str, object], wished: str | None) -> str:
    """Return the language to read these texts in: the wished one, else English, else the first one of `texts`."""
    return next(lang for lang in (wished or LANGS[0], LANGS[0], *texts) if lang in texts)


def in_lang(texts: Mapping[str, T], wished: str | None) -> T:
    """Return the text in the language that `lang_in` chooses."""
    return texts[lang_in(texts, wished)]
