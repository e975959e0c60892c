"""
Read content of unknown origin by a script of ours, each in a process of its own, which is killed when its time is over.

The script sets its limits of processor time and memory itself. Its answer is a line of JSON, then the bytes whose
lengths that line holds as `parts`.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DEADLINE_S: Final = 30.0  # of wall time; the limit of processor time is far shorter
SECRETS: Final = ("WATTLINE_", "PG")  # settings that the process does not need


class ReadFailed(Exception):
    """Report content that the script did not read. `why`: `broken`, or `too_large` where a limit ended it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Read:
    """Hold the script's answer, and the bytes that follow it."""

    told: dict[str, Any]
    parts: tuple[bytes, ...]


def read_apart(script: Path, argument: str, content: bytes, deadline_s: float = DEADLINE_S) -> Read:
    """
    Return what the script reads in the content.

    Raises: ReadFailed; OSError if no process can begin; subprocess.TimeoutExpired if it got too little processor time.
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith(SECRETS)}
    command = [sys.executable, "-P", str(script), argument]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, env=plain, stdin=pipe, stdout=pipe, stderr=nowhere) as process:
        try:
            answer, _ = process.communicate(content, timeout=deadline_s)
        finally:
            process.kill()  # does nothing to a process that has ended
    if process.returncode < 0 or (process.returncode and not answer):  # positive: the script failed, or never began
        raise ReadFailed("broken" if process.returncode > 0 else "too_large")
    line, _, rest = answer.partition(b"\n")
    told: dict[str, Any] = json.loads(line)
    ends = [sum(told["parts"][: n + 1]) for n in range(len(told["parts"]))]
    return Read(told, tuple(rest[begin:end] for begin, end in zip([0, *ends], ends, strict=False)))
