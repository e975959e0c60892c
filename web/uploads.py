"""
Make what was uploaded safe to send on: find its type by its content, re-encode pictures without what they tell of
camera and place. What needs parsing is parsed by `web.decoding`'s process.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import puremagic

from chat_core.contract.errors import BrokenImage, WrongType
from web.decoding import ARCHIVE, Decoded
from web.quotas import LEAST_BYTES

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_NAME: Final = 100
SMALL_TYPE: Final = "image/webp"
PICTURES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
PDF: Final = "application/pdf"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."
SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    PDF: (".pdf",),
    "text/plain": (".txt",),
    "text/csv": (".csv",),
    f"{_OFFICE}wordprocessingml.document": (".docx",),
    f"{_OFFICE}spreadsheetml.sheet": (".xlsx",),
    f"{_OPEN}text": (".odt",),
    f"{_OPEN}spreadsheet": (".ods",),
}
_MARKUP: Final = "<"
_ARCHIVE: Final = b"PK\x03\x04"
_CONTENT_TYPES: Final = "[Content_Types].xml"
_FOLDERS: Final = {"word": f"{_OFFICE}wordprocessingml.document", "xl": f"{_OFFICE}spreadsheetml.sheet"}
_FROM_CONTENT: Final = {*PICTURES, PDF}


@dataclass(frozen=True)
class Made:
    """Hold what is stored of an upload. `small` is a picture's thumbnail, where it saves bytes."""

    content: bytes
    name: str
    type: str
    width: int | None = None
    height: int | None = None
    small: bytes | None = None

    @property
    def stored_bytes(self) -> int:
        """Return the least bytes that it takes on disk."""
        return max(len(self.content) + len(self.small or b""), LEAST_BYTES)


Decode = Callable[[bytes, str], Decoded]  # content and kind, as web.decoding.Decoders take them


def make(content: bytes, name: str, decode: Decode) -> Made:
    """
    Return what is kept of the upload.

    Args: name: as its sender calls it; it gets the ending of what the content is; decode: content, kind → what it is.
    Raises: WrongType, BrokenImage; TooFast while the decoders are busy.
    """
    kind = _office_kind(content, decode) if content.startswith(_ARCHIVE) else kind_of(content, name)
    named = clean_name(name, SUFFIXES[kind])
    if kind not in PICTURES:
        return Made(content, named, kind)
    decoded = decode(content, kind)
    whole, *small = decoded.parts
    return Made(whole, named, kind, decoded.told["width"], decoded.told["height"], small[0] if small else None)


def kind_of(content: bytes, name: str) -> str:
    """
    Return the media type of what is no archive, by content; the name only tells a table of values from other text.

    Raises: WrongType.
    """
    try:
        found = {match.mime_type for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        found = set()
    known = found & _FROM_CONTENT
    if len(known) == 1:
        return known.pop()
    if not known and _is_plain_text(content):
        return "text/csv" if name.lower().endswith(".csv") else "text/plain"
    raise WrongType("Files of this kind cannot be sent. Send a picture, a PDF, a text or an office document.")


def _is_plain_text(content: bytes) -> bool:
    """Return whether it is text, and no page or drawing that a browser would run."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if not text.strip() or text.lstrip().startswith(_MARKUP):
        return False
    return not any(unicodedata.category(character) == "Cc" and character not in "\n\r\t\f" for character in set(text))


def _office_kind(content: bytes, decode: Decode) -> str:
    """Raises: WrongType for any other archive, and for documents with macros; TooFast."""
    try:
        told = decode(content, ARCHIVE).told
    except BrokenImage:
        told = {"declared": "", "folders": [], "macros": False}
    if not told["macros"]:
        if told["declared"].startswith(_OPEN) and told["declared"] in SUFFIXES:
            return str(told["declared"])
        if _CONTENT_TYPES in told["folders"]:
            for folder, kind in _FOLDERS.items():
                if folder in told["folders"]:
                    return kind
    raise WrongType("Archives, and documents with macros, cannot be sent. Send the document itself, or a PDF.")


def clean_name(name: str, suffixes: tuple[str, ...]) -> str:
    """The name without folders and control characters, ending as its content asks."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip(" .")
    if not plain.lower().endswith(suffixes):
        plain = (plain or "file") + suffixes[0]
    if len(plain) > MAX_NAME:
        suffix = PurePosixPath(plain).suffix
        plain = plain[: MAX_NAME - len(suffix)] + suffix
    return plain
