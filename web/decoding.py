"""Run `decoder.py` on uploads, a process each, few at once."""

import subprocess
from pathlib import Path
from typing import Final

import structlog

from chat_core.contract.errors import BrokenImage, TooFast
from web.limited_process import Read, ReadFailed, read_apart
from web.turns import Turns

SCRIPT: Final = Path(__file__).with_name("decoder.py")
ARCHIVE: Final = "archive"  # the kind of what is not a picture
FACE: Final = "face:"  # before a picture's kind: it becomes a small square
AT_ONCE: Final = 1  # each takes a core, and up to 384 MB for a moment
WAITING: Final = 2  # more would take the threads of other requests
WAIT_S: Final = 5.0
RETRY_MS: Final = 2_000
TOO_MUCH: Final = "This picture needs too much memory. Send it in another format, or a smaller one."
SENTENCES: Final = {
    "too_many_pixels": "This picture has too many pixels. Send a smaller one.",
    "too_many_scans": TOO_MUCH,
    "too_large": TOO_MUCH,
    "too_long": "This animation is too long or too large. Send a smaller one.",
    "broken": "This picture cannot be read. Take it again, or send it in another format.",
}

log = structlog.get_logger("web")


class Decoders:
    """Let `at_once` processes run, and `waiting` threads wait for one. Thread-safe."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING, wait_s: float = WAIT_S) -> None:
        self.turns = Turns(_busy, at_once=at_once, waiting=waiting, wait_s=wait_s)

    def decode(self, content: bytes, kind: str, sender: str = "") -> Read:
        """
        Return the decoded content. Args: kind: as `decoder.py` takes it; sender: whose turn it is.

        Raises: BrokenImage for what cannot be read within the limits; TooFast with `busy`.
        """
        with self.turns.turn(sender):
            try:
                decoded = read_apart(SCRIPT, kind, content)
                why = decoded.told.get("refused")
            except subprocess.TimeoutExpired:
                raise _busy() from None
            except ReadFailed as fault:
                why = fault.why
        if why:
            log.info("upload_refused", kind=kind, why=why, size_bytes=len(content))
            raise BrokenImage(SENTENCES[why])
        return decoded


def _busy() -> TooFast:
    return TooFast("The server is checking other files. Try again in a moment.", why="busy", retry_ms=RETRY_MS)
