"""Run `decoder.py` on uploads, a process each, few at once. A process that exceeds its time is killed."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from chat_core.contract.errors import BrokenImage, TooFast
from web.turns import Turns

SCRIPT: Final = Path(__file__).with_name("decoder.py")
ARCHIVE: Final = "archive"  # the kind of what is not a picture
FACE: Final = "face:"  # before a picture's kind: it becomes a small square
AT_ONCE: Final = 1  # each takes a core, and up to 384 MB for a moment
WAITING: Final = 2  # more would take the threads of other requests
WAIT_S: Final = 5.0
RETRY_MS: Final = 2_000
DEADLINE_S: Final = 30.0  # of wall time; its limit of processor time is 10 s
SECRETS: Final = ("WATTLINE_", "PG")  # settings that the process does not need
BROKEN: Final = b'{"refused": "broken"}\n'
TOO_MUCH: Final = "This picture needs too much memory. Send it in another format, or a smaller one."
SENTENCES: Final = {
    "too_many_pixels": "This picture has too many pixels. Send a smaller one.",
    "too_many_scans": TOO_MUCH,
    "too_large": TOO_MUCH,
    "too_long": "This animation is too long or too large. Send a smaller one.",
    "broken": "This picture cannot be read. Take it again, or send it in another format.",
}

log = structlog.get_logger("web")


@dataclass(frozen=True)
class Decoded:
    """Hold the process's answer, and the bytes that follow it."""

    told: dict[str, Any]
    parts: tuple[bytes, ...]


class Decoders:
    """Let `at_once` processes run, and `waiting` threads wait for one. Thread-safe."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING, wait_s: float = WAIT_S) -> None:
        self.turns = Turns(_busy, at_once=at_once, waiting=waiting, wait_s=wait_s)

    def decode(self, content: bytes, kind: str, sender: str = "") -> Decoded:
        """
        Return the decoded content. Args: kind: as `decoder.py` takes it; sender: whose turn it is.

        Raises: BrokenImage for what cannot be read within the limits; TooFast with `busy`.
        """
        with self.turns.turn(sender):
            try:
                answer = _run(content, kind)
            except subprocess.TimeoutExpired:
                raise _busy() from None
        line, _, rest = answer.partition(b"\n")
        told: dict[str, Any] = json.loads(line) if line else {"refused": "too_large"}
        if why := told.get("refused"):
            log.info("upload_refused", kind=kind, why=why, size_bytes=len(content))
            raise BrokenImage(SENTENCES[why])
        ends = [sum(told["parts"][: n + 1]) for n in range(len(told["parts"]))]
        return Decoded(told, tuple(rest[begin:end] for begin, end in zip([0, *ends], ends, strict=False)))


def _busy() -> TooFast:
    return TooFast("The server is checking other files. Try again in a moment.", why="busy", retry_ms=RETRY_MS)


def _run(content: bytes, kind: str) -> bytes:
    """
    Return the process's output: nothing if its limits ended it, BROKEN if it failed.

    Raises: subprocess.TimeoutExpired if it got too little processor time.
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    command = [sys.executable, "-P", str(SCRIPT), kind]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, env=plain, stdin=pipe, stdout=pipe, stderr=nowhere) as process:
        try:
            answer, _ = process.communicate(content, timeout=DEADLINE_S)
        finally:
            process.kill()  # does nothing to a process that has ended
    if process.returncode > 0:  # a library failed on the content
        return BROKEN
    return bytes(answer) if process.returncode == 0 else b""
