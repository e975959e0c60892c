"""Pictures and archives that are made to take long, to unpack to much, or to break who reads them."""

import io
import struct
import zipfile
import zlib

from PIL import Image


def photo(width: int, height: int, *, progressive: bool = False, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(out, "JPEG", progressive=progressive)
    return out.getvalue()


def many_scans(width: int, height: int, scans: int) -> bytes:
    """Return a progressive JPEG whose last scan, a refinement that changes nothing, comes so many times."""
    whole = photo(width, height, progressive=True, mode="L")
    last = whole.rindex(b"\xff\xda")
    # An empty refinement: the header of the last scan, and an end-of-band run over all blocks.
    return whole[:-2] + whole[last:-2] * scans + b"\xff\xd9"


def gif(frames: int, width: int = 1, height: int = 1) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    frame = b"!\xf9\x04\x04\x01\x00\x00\x00" + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    return head + frame * frames + b";"


def gif_beyond_its_canvas(side: int) -> bytes:
    """Return a GIF of one pixel whose second frame is so large."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    small = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    large = b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x4c\x01\x00"
    return head + small + large + b";"


def apng(frames: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG")
    plain = out.getvalue()
    return plain[:33] + chunk(b"acTL", struct.pack(">II", frames, 0)) + plain[33:]


def webp(frames: int) -> bytes:
    """Return a WebP of so many frames of one pixel, no two alike in a row."""
    out = io.BytesIO()
    images = [Image.new("RGB", (1, 1), (255 * (n % 2), 0, 0)) for n in range(frames)]
    images[0].save(out, "WEBP", save_all=True, append_images=images[1:], duration=10, lossless=True)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few kilobytes that unpacks to so many pixels."""
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def claimed(width: int, height: int) -> bytes:
    whole = photo(16, 16)
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def archive_with_broken_mimetype() -> bytes:
    """Return an archive whose `mimetype` cannot be unpacked."""
    whole = archive(mimetype=b"application/vnd.oasis.opendocument.text")
    at = whole.index(b"mimetype") + len("mimetype")
    return whole[:at] + b"\xff" * 8 + whole[at + 8 :]
