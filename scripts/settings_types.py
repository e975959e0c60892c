"""
Write the browser's part of the settings registry, chat_core/domain/settings.py: types, pages, texts and examples.

Run it after a change of the registry: .venv/bin/python scripts/settings_types.py. tests/unit/test_documents.py fails
while a file differs from the registry.
"""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from chat_core.contract.languages import LANGS
from chat_core.domain.settings import SETTINGS, Defaults, default_of, wire_of

ROOT: Final = Path(__file__).parents[1]
SRC: Final = ROOT / "web" / "frontend" / "src"
HEAD: Final = "Generated from chat_core/domain/settings.py by scripts/settings_types.py."
PAGES: Final = tuple(dict.fromkeys(setting.page for setting in SETTINGS.values()))


def main() -> None:
    """Write each file."""
    for path, text in render_files().items():
        path.write_text(text, encoding="utf-8")


def render_files() -> dict[Path, str]:
    """Return the text of each generated file by its path."""
    documents = {key: {"rev": 0, "value": wire_of(default_of(key, Defaults()))} for key in SETTINGS}
    return {
        SRC / "link" / "settings.gen.ts": _with_form("\n".join(_types()) + "\n"),
        SRC / "board" / "setting-views.gen.ts": "\n".join(_views()) + "\n",
        SRC / "ui" / "messages" / "settings.gen.ts": "\n".join(_texts()) + "\n",
        SRC / "gallery" / "settings.gen.json": json.dumps(documents, indent=2, ensure_ascii=False) + "\n",
    }


def _with_form(types: str) -> str:
    """Return the types with a name of their form, by which a draft of another one is known."""
    form = f"{zlib.crc32(types.encode()):08x}"
    return f'{types}\n/** Changes with every change of the types. */\nexport const SETTINGS_FORM = "{form}";\n'


def _types() -> Iterator[str]:
    """Yield an interface for each document and each object in it, the table of settings, and their pages."""
    _, schema = models_json_schema([(setting.shape, "serialization") for setting in SETTINGS.values()])
    yield f"/** {HEAD} */"
    for name, model in schema["$defs"].items():
        yield f"\nexport interface {name} {{"
        for field, shape in model["properties"].items():
            yield f"  readonly {field}: {_type(shape)};"
        yield "}"
    yield "\nexport interface SettingValues {"
    for key, setting in SETTINGS.items():
        yield f"  readonly {key}: {setting.shape.__name__};"
    yield "}"
    yield "\n/** The pages of the board that change settings. */"
    yield f"export const SETTING_PAGES = {json.dumps(PAGES)} as const;"


def _type(shape: dict[str, Any]) -> str:
    """Return the TypeScript type of a JSON schema, as far as the registry's models need it."""
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "anyOf" in shape:
        return " | ".join(_type(one) for one in shape["anyOf"])
    if "enum" in shape:
        return " | ".join(json.dumps(one) for one in shape["enum"])
    match shape["type"]:
        case "array" if shape.get("minItems") == shape.get("maxItems") == 2:
            return f"readonly [{_type(shape['items'])}, {_type(shape['items'])}]"
        case "array":
            return f"ReadonlyArray<{_type(shape['items'])}>"
        case "object":
            value = shape.get("additionalProperties") or next(iter(shape["patternProperties"].values()))
            keys = _type(shape["propertyNames"]) if "enum" in shape.get("propertyNames", {}) else "string"
            return f"Readonly<Record<{keys}, {_type(value)}>>"
        case "integer":
            return "number"
        case scalar:
            return str(scalar)


def _views() -> Iterator[str]:
    """Yield the table of the settings' views: page `hours` is `HoursPage` of pages/hours.tsx."""
    yield f"/** {HEAD} */\n"
    for page in sorted(PAGES):
        yield f'import {{ {page.capitalize()}Page }} from "./pages/{page}.tsx";'
    yield "\nexport const SETTING_VIEWS = {"
    for page in PAGES:
        yield f"  {page}: {page.capitalize()}Page,"
    yield "};"


def _texts() -> Iterator[str]:
    """Yield the texts of the settings' pages by language. Raises: KeyError for a text that a language lacks."""
    texts = json.loads((ROOT / "chat_core" / "defaults" / "settings.json").read_text(encoding="utf-8"))["texts"]
    yield f"/** {HEAD} */\n\nexport const settingTexts = {{"
    for lang in LANGS:
        yield f"  {lang}: {json.dumps({key: text[lang] for key, text in texts.items()}, ensure_ascii=False)},"
    yield "};"


if __name__ == "__main__":
    main()
