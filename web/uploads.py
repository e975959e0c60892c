"""
Make an upload safe: find its type by its content, and re-encode pictures without data of camera and place.

Parsing happens in the process of `web.decoding`.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import puremagic

from chat_core.contract.errors import BrokenImage, WrongType
from web.decoding import ARCHIVE
from web.limited_process import Read
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
    """Hold what is stored of an upload. `small`: a picture's thumbnail, if it saves bytes."""

    content: bytes
    name: str
    type: str
    width: int | None = None
    height: int | None = None
    small: bytes | None = None

    @property
    def stored_bytes(self) -> int:
        """Return the space that it takes on disk, at least."""
        return max(len(self.content) + len(self.small or b""), LEAST_BYTES)


Decode = Callable[[bytes, str], Read]  # content and kind, as web.decoding.Decoders take them


def make(content: bytes, name: str, decode: Decode) -> Made:
    """
    Return what to store of the upload.

    Args: name: the sender's; it gets the suffix of the content's type. Raises: WrongType, BrokenImage, TooFast.
    """
    kind = _office_kind(content, decode) if content.startswith(_ARCHIVE) else kind_of(content, name)
    named = clean_name(name, SUFFIXES[kind])
    if kind not in PICTURES:
        return Made(content, named, kind)
    decoded = decode(content, kind)
    whole, *small = decoded.parts
    return Made(whole, named, kind, decoded.told["width"], decoded.told["height"], small[0] if small else None)


def kind_of(content: bytes, name: str) -> str:
    """Return the media type by content; the name only tells CSV from other text. Raises: WrongType."""
    try:
        found = {match.mime_type for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        found = set()
    known = found & _FROM_CONTENT
    if len(known) == 1:
        return known.pop()
    if not known and _is_plain_text(content):
        return "text/csv" if name.lower().endswith(".csv") else "text/plain"
    raise WrongType("Files of this type cannot be sent. Send a picture, a PDF, a text or an office document.")


def _is_plain_text(content: bytes) -> bool:
    """Return whether it is text, and not markup that a browser would run."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if not text.strip() or text.lstrip().startswith(_MARKUP):
        return False
    return not any(unicodedata.category(character) == "Cc" and character not in "\n\r\t\f" for character in set(text))


def _office_kind(content: bytes, decode: Decode) -> str:
    """Return the media type of an office document. Raises: WrongType for other archives and for macros; TooFast."""
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
    raise WrongType("Archives and documents with macros cannot be sent. Send the document without macros, or a PDF.")


def clean_name(name: str, suffixes: tuple[str, ...]) -> str:
    """Return the name without folders and control characters, with one of the suffixes."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip(" .")
    if not plain.lower().endswith(suffixes):
        plain = (plain or "file") + suffixes[0]
    if len(plain) > MAX_NAME:
        suffix = PurePosixPath(plain).suffix
        plain = plain[: MAX_NAME - len(suffix)] + suffix
    return plain
