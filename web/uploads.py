"""
What was uploaded, made safe to send on: its type found by its content, pictures re-encoded without what they tell of
camera and place. Touches nothing.
"""

import io
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import puremagic
from PIL import Image, ImageOps, ImageSequence

from chat_core.errors import BrokenImage, WrongType

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_NAME: Final = 100
MAX_PIXELS: Final = 60_000_000  # of a photo, which is decoded at a fraction of its size; a phone's 48 megapixels fit
MAX_WHOLE_PIXELS: Final = 16_000_000  # of what has to be decoded whole: 64 MB, and as much again for a copy
LONGEST_SIDE: Final = 2560  # a meter's figures are read well at this
SMALL_SIDE: Final = 640
QUALITY: Final = 85
SMALL_QUALITY: Final = 75
SMALL_TYPE: Final = "image/webp"
JPEG: Final = "image/jpeg"
PICTURES: Final[Mapping[str, str]] = {
    JPEG: "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
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
_MACROS: Final = "vbaproject.bin"
_PARTS: Final = ((f"{_OFFICE}wordprocessingml.document", "word/"), (f"{_OFFICE}spreadsheetml.sheet", "xl/"))
_FROM_CONTENT: Final = {*PICTURES, PDF}


@dataclass(frozen=True)
class Made:
    """What is kept of an upload. `small` is a picture's little copy, where it is worth one."""

    content: bytes
    name: str
    type: str
    width: int | None = None
    height: int | None = None
    small: bytes | None = None


def make(content: bytes, name: str) -> Made:
    """
    What is kept of the upload.

    Args: name: as its sender calls it; it gets the ending of what the content is.
    Raises: WrongType, BrokenImage.
    """
    kind = kind_of(content, name)
    named = clean_name(name, SUFFIXES[kind])
    if kind in PICTURES:
        return _picture(content, named, kind)
    return Made(content, named, kind)


def kind_of(content: bytes, name: str) -> str:
    """
    The media type, by content; the name only tells a table of values from other text.

    Raises: WrongType.
    """
    if content.startswith(_ARCHIVE):
        return _office_kind(content)
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
    """Whether it is text, and no page or drawing that a browser would run."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if not text.strip() or text.lstrip().startswith(_MARKUP):
        return False
    return not any(unicodedata.category(character) == "Cc" and character not in "\n\r\t\f" for character in set(text))


def _office_kind(content: bytes) -> str:
    """Raises: WrongType for any other archive, and for documents with macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size <= MAX_NAME:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
            else:
                declared = ""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        names, declared = [], ""
    with_macros = any(name.lower().endswith(_MACROS) or name.lower().startswith("basic/") for name in names)
    if not with_macros:
        if declared.startswith(_OPEN) and declared in SUFFIXES:
            return declared
        if "[Content_Types].xml" in names:
            for kind, part in _PARTS:
                if any(name.startswith(part) for name in names):
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


def _picture(content: bytes, name: str, kind: str) -> Made:
    try:
        with Image.open(io.BytesIO(content), formats=[PICTURES[kind]]) as image:
            if image.width * image.height > (MAX_PIXELS if kind == JPEG else MAX_WHOLE_PIXELS):
                raise BrokenImage("This picture has too many pixels. Send a smaller one.")
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and kind != JPEG:
                return _moving(image, name, kind, frames)
            return _still(image, name, kind)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as fault:
        raise BrokenImage("This picture cannot be read. Take it again, or send it in another form.") from fault


def _still(image: Image.Image, name: str, kind: str) -> Made:
    if kind == JPEG:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # decodes a large one at a fraction of its size
    ImageOps.exif_transpose(image, in_place=True)
    mode = _mode_of(image, kind)
    shown = image if image.mode == mode else image.convert(mode)
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    more: dict[str, object] = {"quality": QUALITY} if kind != "image/png" else {"optimize": False}
    if kind == JPEG:
        more["progressive"] = True
    return Made(_saved(shown, PICTURES[kind], **more), name, kind, shown.width, shown.height, _small(shown))


def _moving(image: Image.Image, name: str, kind: str, frames: int) -> Made:
    if image.width * image.height * frames > MAX_WHOLE_PIXELS:
        raise BrokenImage("This moving picture is too long or too large. Send a smaller one.")
    durations: list[int] = []
    shown: list[Image.Image] = []
    for frame in ImageSequence.Iterator(image):
        durations.append(int(frame.info.get("duration", 100)))
        copy = frame.convert("RGBA")
        copy.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        shown.append(copy)
    first = shown[0]
    saved = _saved(
        first, PICTURES[kind], save_all=True, append_images=shown[1:], duration=durations, loop=0, quality=QUALITY
    )
    return Made(saved, name, kind, first.width, first.height, _small(first))


def _mode_of(image: Image.Image, kind: str) -> str:
    if kind == JPEG:
        return "L" if image.mode == "L" else "RGB"
    return "RGBA" if image.has_transparency_data else "RGB"


def _small(image: Image.Image) -> bytes | None:
    if max(image.size) <= SMALL_SIDE:
        return None
    copy = image.copy()
    copy.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return _saved(copy, "WEBP", quality=SMALL_QUALITY)


def _saved(image: Image.Image, form: str, **more: object) -> bytes:
    """The bytes of these pixels alone: no EXIF, no comment, no profile of the camera goes along."""
    for told in ("exif", "icc_profile", "comment", "xmp", "XML:com.adobe.xmp"):
        image.info.pop(told, None)
    out = io.BytesIO()
    save: Callable[..., None] = image.save
    save(out, format=form, **more)
    return out.getvalue()
