"""The languages of the product's texts, and which text a reader gets."""

import runpy

import pytest

from bridge.texts import TEXTS
from chat_core.contract.languages import LANGS, find_lang, in_lang
from tests.real.parts import REPOSITORY
from web.i18n import MESSAGES, lang_names


def test_the_languages_of_all_texts() -> None:
    """Pages, the bridge and the browser side have their texts in the same languages; pages name each in its own."""
    assert list(LANGS) == list(TEXTS) == list(lang_names())
    assert {file.stem for file in MESSAGES.glob("*.po")} == set(LANGS) - {"en"}


def test_the_browser_sides_tables() -> None:
    """The browser's tables of texts have every language and every screen: scripts/text_tables.py writes them."""
    generator = runpy.run_path(str(REPOSITORY / "scripts" / "text_tables.py"))
    for path, text in generator["render_files"]().items():
        assert path.read_text(encoding="utf-8") == text, path


@pytest.mark.parametrize(
    ("texts", "wished", "read"),
    [
        ({"en": "Hello", "ro": "Bună"}, "ro", "Bună"),
        ({"en": "Hello", "ro": "Bună"}, None, "Hello"),
        ({"ro": "Bună", "en": "Hello"}, "fr", "Hello"),
        ({"ro": "Bună"}, "en", "Bună"),
    ],
)
def test_which_text_is_read(texts: dict[str, str], wished: str | None, read: str) -> None:
    """The wished language's text is read, else the English one, else the first."""
    assert in_lang(texts, wished) == read


def test_which_language_a_reader_gets() -> None:
    """A reader of an unknown language, or of none, gets the first."""
    assert [find_lang(wished) for wished in (*LANGS, "xx", None)] == [*LANGS, LANGS[0], LANGS[0]]
