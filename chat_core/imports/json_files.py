"""Read the JSON values of files one by one, whatever the file's size. Touches files."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from chat_core.contract.errors import Refused

SUFFIXES: Final = (".json", ".jsonl", ".ndjson")
MAX_VALUE: Final = 32 * 1024 * 1024  # characters of one object: a conversation has at most some hundred messages
_CHUNK: Final = 1 << 18
_BETWEEN: Final = " \t\r\n,"


def find_files(place: Path) -> tuple[list[Path], list[Path]]:
    """Return the JSON files of a folder, or the one file, and the files of other kinds. No link is followed."""
    if place.is_file():
        return [place], []
    found: list[Path] = []
    for folder, _, names in os.walk(place):
        found += [path for name in names if (path := Path(folder) / name).is_file() and not path.is_symlink()]
    is_json = {path: path.suffix.lower() in SUFFIXES for path in found}
    return sorted(path for path in found if is_json[path]), sorted(path for path in found if not is_json[path])


def read_values(path: Path) -> Iterator[Any]:
    """
    Give the values of a file: JSON Lines, values one behind another, the items of lists.

    Raises: Refused for what is no JSON, or too large, with the place.
    """
    with path.open(encoding="utf-8-sig", errors="strict") as file:
        yield from _ValueReader(path, file).values()


class _ValueReader:
    """Hold the part of a file that is read and not parsed yet."""

    def __init__(self, path: Path, file: IO[str]) -> None:
        self._path = path
        self._file = file
        self._text = ""
        self._at = 0  # where in `_text` the next value begins
        self._gone = 0  # characters before `_text`
        self._decode: Final = json.JSONDecoder().raw_decode

    def values(self) -> Iterator[Any]:
        in_list = False
        while True:
            self._skip(_BETWEEN)
            following = self._text[self._at : self._at + 1]
            if following == ("]" if in_list else "["):
                self._at += 1
                in_list = not in_list
            elif following:
                yield self._next()
            elif in_list:
                raise self._refused("the list does not end; the file is cut off")
            else:
                return

    def _skip(self, characters: str) -> None:
        """Go to the next character that is none of these."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in characters:
                self._at += 1
            if self._at < len(self._text) or not self._more(_CHUNK):
                return

    def _next(self) -> Any:
        wanted = _CHUNK
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except (ValueError, RecursionError) as fault:  # also an integer of more than 4,300 digits
                if len(self._text) - self._at > MAX_VALUE:
                    raise self._refused(f"this object has more than {MAX_VALUE:,} characters") from None
                if not self._more(wanted):
                    raise self._refused(f"this is no JSON: {fault}") from None
                wanted *= 2  # so that a long value is parsed a few times only
                continue
            length = end - self._at
            if end == len(self._text) and self._more(_CHUNK):
                continue  # a number may go on
            self._at += length
            return value

    def _more(self, characters: int) -> bool:
        try:
            read = self._file.read(characters)
        except UnicodeDecodeError as fault:
            raise self._refused(f"this is not UTF-8: {fault.reason}") from None
        self._gone, self._text, self._at = self._gone + self._at, self._text[self._at :] + read, 0
        return bool(read)

    def _refused(self, why: str) -> Refused:
        return Refused(f"{self._path}, from character {self._gone + self._at:,}: {why}. Nothing was imported.")
