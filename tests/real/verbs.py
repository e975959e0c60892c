"""
`wattline` verbs in processes of their own that start at once.

Most tests say some verbs before they ask their question, and a Python that imports the whole CLI for each takes a
second of a core. So one process imports it, and every verb is a fork of that one.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FORKED: Final = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["chat_core.cli", "pytest", __name__])


@dataclass(frozen=True)
class Done:
    """What a verb left; without a status it was not done in time, and was killed."""

    status: int | None
    out: str
    err: str


def run(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str, within_s: float) -> Done:
    """`wattline ARGUMENTS` has run there, with this environment and nothing of the test's."""
    with tempfile.TemporaryDirectory(prefix="wl-verb-") as folder:
        streams = [Path(folder) / name for name in ("in", "out", "err")]
        for stream in streams:
            stream.touch()
        streams[0].write_text(stdin)
        process = _FORKED.Process(target=_verb, args=(list(arguments), dict(env), cwd, streams))
        process.start()
        process.join(within_s)
        status = process.exitcode
        if status is None:
            process.kill()
            process.join()
        return Done(status, streams[1].read_text(), streams[2].read_text())


def run_anew(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str, within_s: float) -> Done:
    """The same in a Python that starts anew, where the environment says how that is done."""
    command = [sys.executable, "-m", "chat_core", *arguments]
    done = subprocess.run(command, env=env, input=stdin, capture_output=True, text=True, timeout=within_s, cwd=cwd)
    return Done(done.returncode, done.stdout, done.stderr)


def _verb(arguments: list[str], env: dict[str, str], cwd: Path, streams: list[Path]) -> None:
    for number, (stream, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        opened = os.open(stream, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["wattline", *arguments]
    from chat_core.cli import main  # which the process that this is a fork of has done

    main()
