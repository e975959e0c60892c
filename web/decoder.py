"""
Read an uploaded picture or archive in a process of its own: `python -P decoder.py KIND < CONTENT`.

Only this process parses uploads. It has limits of time and memory. It imports the standard library and Pillow only, so
that it starts in a tenth of a second. The answer is a line of JSON, then the bytes whose lengths that line holds.
"""

import io
import json
import os
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Final

from PIL import Image, ImageOps, ImageSequence

ARCHIVE: Final = "archive"
FACE: Final = "face:"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
GIF: Final = "image/gif"
PICTURES: Final[Mapping[str, str]] = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", "image/webp": "WEBP"}
CPU_S: Final = 10  # a picture at the limits takes 2 to 4 s
MEMORY_BYTES: Final = 384 << 20  # of address space; a photo of 59 megapixels in many scans takes 250 MB
NICENESS: Final = 5  # more than its worker thread has: requests go first
MAX_PIXELS: Final = 60_000_000  # of a JPEG, decoded at a fraction of its size; a phone's 48 megapixels fit
MAX_WHOLE_PIXELS: Final = 16_000_000  # of other pictures, all frames together
MAX_SCANS: Final = 24  # of a JPEG: each walks over the whole picture; encoders write 1 to 15
MAX_FRAMES: Final = 500
MAX_PARTS: Final = 10_000  # of an archive; an office document has dozens
OFFICE_PARTS: Final = frozenset({"[Content_Types].xml", "word", "xl"})
MACROS, BASIC = "vbaproject.bin", "basic/"
MAX_DECLARED: Final = 100  # bytes of the part that names an OpenDocument's type
LONGEST_SIDE: Final = 2560  # a meter's figures stay readable
SMALL_SIDE: Final = 640
FACE_SIDE: Final = 192
QUALITY: Final = 85
SMALL_QUALITY: Final = 75
# A marker within a scan's data that is no stuffed zero, restart or filler (ITU T.81, B.1.1.2).
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SCAN, _END, _ALONE = 0xDA, 0xD9, frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


class UploadRefused(Exception):
    """Refuse the upload, for a reason in `web.decoding.SENTENCES`."""


def main() -> None:
    """
    Decode standard input. The command line's argument is the media type, or `archive`.

    Libraries raise many kinds of errors for broken content: such an error ends the process with status 1.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    kind, content = sys.argv[1], sys.stdin.buffer.read()
    try:
        told, parts = read(content, kind)
    except UploadRefused as refused:
        told, parts = {"refused": str(refused)}, ()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        told, parts = {"refused": "too_many_pixels"}, ()
    except MemoryError:
        told, parts = {"refused": "too_large"}, ()
    line = json.dumps({**told, "parts": [len(part) for part in parts]})
    sys.stdout.buffer.write(b"".join((line.encode(), b"\n", *parts)))


def read(content: bytes, kind: str) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """
    Return facts about the content, a picture's bytes to store, and the bytes of its small copy, if any.

    Raises: UploadRefused; the libraries' errors for what they cannot read.
    """
    if kind == ARCHIVE:
        return _archive(content), ()
    plain = kind.removeprefix(FACE)
    with Image.open(io.BytesIO(content), formats=[PICTURES[plain]]) as image:
        frames = _check(image, content, plain)
        if plain != kind:
            return _face(image, plain)
        return _moving(image, plain) if frames > 1 else _still(image, plain)


def _check(image: Image.Image, content: bytes, kind: str) -> int:
    """Return the number of frames. Raises: UploadRefused for what takes too much to decode."""
    if image.width * image.height > (MAX_PIXELS if kind == JPEG else MAX_WHOLE_PIXELS):
        raise UploadRefused("too_many_pixels")
    if kind == JPEG:
        if count_scans(content) > MAX_SCANS:
            raise UploadRefused("too_many_scans")
        return 1
    frames, width, height = _measure(image, content, kind)
    if frames > MAX_FRAMES or width * height * frames > MAX_WHOLE_PIXELS:
        raise UploadRefused("too_long")
    return frames


def count_scans(content: bytes) -> int:
    """Return a JPEG's number of scans, at most one above the limit."""
    scans, at = 0, 2
    while scans <= MAX_SCANS and (found := _MARKER.search(content, at)) is not None:
        marker, at = content[found.end() - 1], found.end()
        if marker == _END:
            break
        if marker in _ALONE:
            continue
        scans += marker == _SCAN
        at += int.from_bytes(content[at : at + 2], "big")  # a segment's length; a scan's data follows its header
    return scans


def _measure(image: Image.Image, content: bytes, kind: str) -> tuple[int, int, int]:
    """Return the number of frames, and the greatest width and height."""
    if kind == GIF:
        frames, width, height = measure_gif(content)
        return frames, max(width, image.width), max(height, image.height)
    return getattr(image, "n_frames", 1), image.width, image.height


def measure_gif(content: bytes) -> tuple[int, int, int]:
    """
    Return a GIF's number of frames, at most one above the limit, and how far they reach right and down.

    Pillow counts frames without a limit, and lets a frame exceed the picture.
    """
    frames = width = height = 0
    at = 13 + _table_bytes(content[10])
    while frames <= MAX_FRAMES and at < len(content):
        block, at = content[at], at + 1
        if block == 0x2C:
            left, top, wide, high = (int.from_bytes(content[at + n : at + n + 2], "little") for n in (0, 2, 4, 6))
            frames, width, height = frames + 1, max(width, left + wide), max(height, top + high)
            at += 9 + _table_bytes(content[at + 8]) + 1
        elif block == 0x21:
            at += 1
        else:
            break
        while at < len(content) and content[at]:
            at += content[at] + 1
        at += 1
    return frames, width, height


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _still(image: Image.Image, kind: str) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    if kind == JPEG:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # decodes a large one at a fraction of its size
    ImageOps.exif_transpose(image, in_place=True)
    mode = _mode_of(image, kind)
    shown = image if image.mode == mode else image.convert(mode)
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    more: dict[str, object] = {"quality": QUALITY} if kind != PNG else {"optimize": False}
    if kind == JPEG:
        more["progressive"] = True
    return _made(shown, _saved(shown, PICTURES[kind], **more))


def _face(image: Image.Image, kind: str) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Return the middle of the picture as a small square; what shines through is white."""
    if kind == JPEG:
        image.draft("RGB", (2 * FACE_SIDE, 2 * FACE_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    square = ImageOps.fit(image.convert("RGBA"), (FACE_SIDE, FACE_SIDE))
    shown = Image.alpha_composite(Image.new("RGBA", square.size, "white"), square).convert("RGB")
    return {"width": FACE_SIDE, "height": FACE_SIDE}, (_saved(shown, "WEBP", quality=SMALL_QUALITY),)


def _moving(image: Image.Image, kind: str) -> tuple[dict[str, Any], tuple[bytes, ...]]:
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
    return _made(first, saved)


def _made(shown: Image.Image, saved: bytes) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    small = _small(shown)
    return {"width": shown.width, "height": shown.height}, (saved,) if small is None else (saved, small)


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
    """Return the picture's bytes without EXIF, comments or a camera's profile."""
    for told in ("exif", "icc_profile", "comment", "xmp", "XML:com.adobe.xmp"):
        image.info.pop(told, None)
    out = io.BytesIO()
    save: Callable[..., None] = image.save
    save(out, format=form, **more)
    return out.getvalue()


def _archive(content: bytes) -> dict[str, Any]:
    """Return an OpenDocument's declared type, the folders of a Microsoft document, and whether it has macros."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if len(names) > MAX_PARTS:
            raise UploadRefused("broken")
        declared = ""
        if "mimetype" in names and archive.getinfo("mimetype").file_size <= MAX_DECLARED:
            with archive.open("mimetype") as part:
                declared = part.read(MAX_DECLARED).decode("ascii", "replace").strip()
    return {
        "declared": declared,
        "folders": sorted({name.partition("/")[0] for name in names} & OFFICE_PARTS),
        "macros": any(name.lower().endswith(MACROS) or name.lower().startswith(BASIC) for name in names),
    }


if __name__ == "__main__":
    main()
