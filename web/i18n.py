"""Choose a page's language and translate its texts: Flask-Babel over web/messages/*.po, without a compile step."""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, request
from flask_babel import Babel, Domain, get_locale

from chat_core.contract.languages import LANGS

COOKIE: Final = "wl_lang"
COOKIE_AGE_S: Final = 365 * 24 * 3600
MESSAGES: Final = Path(__file__).with_name("messages")


def select_lang() -> str:
    """Return the language of `?lang=`, of the cookie, or of the browser; English if the product has none of them."""
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGS:
            return wish
    return (
        negotiate_locale([wish for wish, weight in request.accept_languages if weight > 0], LANGS, sep="-") or LANGS[0]
    )


def lang_link(lang: str) -> str:
    """Return the link to the present page in another language."""
    return "?" + urlencode({**request.args, "lang": lang})


@cache
def lang_names() -> dict[str, str]:
    """Return each language's name in itself. The first call reads Babel's data, which a start does not wait for."""
    return {lang: str(Locale(lang).get_display_name(lang)).capitalize() for lang in LANGS}


@cache
def read_messages(lang: str) -> NullTranslations:
    """Return the texts of one language, read once. English is the source and has no file."""
    file = MESSAGES / f"{lang}.po"
    if not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=lang))
    compiled.seek(0)
    return Translations(compiled)


class PoDomain(Domain):  # type: ignore[misc]
    """Give Flask-Babel the texts of the .po files."""

    def get_translations(self) -> Any:
        """Return the texts of the request's language."""
        return read_messages(str(get_locale() or LANGS[0]))


def init_app(app: Flask) -> None:
    """Translate templates and views into each request's language, and store `?lang=` in a cookie."""
    babel = Babel(app, default_locale=LANGS[0], locale_selector=select_lang)
    babel.domain_instance = PoDomain()

    @app.after_request
    def _remember_choice(response: Response) -> Response:
        if response.mimetype != "text/html":
            return response
        wish = request.args.get("lang")
        if wish in LANGS and wish != request.cookies.get(COOKIE):
            response.set_cookie(
                COOKIE, wish, max_age=COOKIE_AGE_S, samesite="Lax", httponly=True, secure=request.is_secure
            )
        return response

    app.jinja_env.globals.update(langs=lang_names, lang=lambda: str(get_locale() or LANGS[0]), lang_link=lang_link)
