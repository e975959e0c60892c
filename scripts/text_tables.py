"""
Write the browser's languages, and the tables of its texts: each screen's constant, with its texts in every language.

Run it after a new language or screen: .venv/bin/python scripts/text_tables.py. tests/unit/test_languages.py fails while
a file differs from web/frontend/src/ui/messages/.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chat_core.contract.languages import LANGS

SRC: Final = Path(__file__).parents[1] / "web" / "frontend" / "src"
UI: Final = SRC / "ui"
HEAD: Final = "/** Generated from messages/ by scripts/text_tables.py. */"
SCREEN: Final = re.compile(r"^export const (\w+) = \{", re.MULTILINE)
LANGUAGES: Final = f"""\
/** Generated from chat_core/contract/languages.py by scripts/text_tables.py. */

/** The first one is the default. */
export const LANGS = [{", ".join(f'"{lang}"' for lang in LANGS)}] as const;
export type Lang = (typeof LANGS)[number];
"""
TYPES: Final = """
export * from "../protocol/languages.gen.ts";
export type InEach<T> = Readonly<Record<Lang, Like<T>>>;
"""


def main() -> None:
    """Write each file."""
    for path, text in render_files().items():
        path.write_text(text, encoding="utf-8")


def render_files() -> dict[Path, str]:
    """Return the text of each generated file by its path. The board's pages load later, so they have their own."""
    lang = 'import type { Lang } from "../protocol/languages.gen.ts";'
    like = 'import type { Like } from "./messages/like.ts";'
    each = 'import type { InEach } from "./text-tables.gen.ts";'
    return {
        SRC / "protocol" / "languages.gen.ts": LANGUAGES,
        UI / "text-tables.gen.ts": "\n".join(
            (HEAD, "", lang, *_imports("", "board."), like, TYPES, *_tables("", "board."), "")
        ),
        UI / "page-tables.gen.ts": "\n".join(
            (HEAD, "", *_imports("pages.", "settings."), each, "", *_tables("pages.", "settings."), "")
        ),
        # Apart, because the board's preview of a notice speaks each language, whichever the board's is.
        UI / "outage-tables.gen.ts": "\n".join((HEAD, "", *_imports("outage."), each, "", *_tables("outage."), "")),
    }


def _name(part: str, lang: str) -> str:
    return f"{part.rstrip('.')}{lang.capitalize()}" if part else lang


def _imports(*parts: str) -> Iterator[str]:
    for part in parts:
        for lang in LANGS:
            yield f'import * as {_name(part, lang)} from "./messages/{part}{lang}.ts";'


def _tables(*parts: str) -> Iterator[str]:
    """Yield a constant for each screen, so that a bundle carries only the texts of its own screens."""
    for part in parts:
        source = (UI / "messages" / f"{part}{LANGS[0]}.ts").read_text(encoding="utf-8")
        for screen in SCREEN.findall(source):
            each = ", ".join(f"{lang}: {_name(part, lang)}.{screen}" for lang in LANGS)
            kind = f"InEach<typeof {_name(part, LANGS[0])}.{screen}>"
            yield f"export const {screen.removesuffix('s')}Messages: {kind} = {{ {each} }};"


if __name__ == "__main__":
    main()
