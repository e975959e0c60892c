"""
Our own programs in processes that start at once.

Most tests say some verbs of `wattline`, or start a broker and a bridge, before they ask their question; a Python that
imports all of that takes one to two seconds of a core each time. So one process imports it, and what is started is a
fork of that one, which then does what `python -m MODULE` does. Starts that are themselves in question are real ones.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.real.parts import Child

_FORKS: Final = multiprocessing.get_context("forkserver")
# What the rooms and the CLI import, but for their `__main__`, which is run.
_FORKS.set_forkserver_preload(
    [
        "pytest",
        "chat_core.cli.commands",
        "broker.embedded.driver",
        "broker.mosquitto.child",
        "broker.rabbitmq.server",
        "bridge.loop",
        "bridge.background.scheduler",
        "bridge.process",
        "web",
        "waitress.server",
        __name__,
    ]
)
# What a Python looks at when it starts, or a library when it is imported: not for a fork.
_LOOKED_AT_FIRST: Final = {"PYTHONPATH", "PROMETHEUS_MULTIPROC_DIR"}


def can_be_forked(settings: Mapping[str, str] | None) -> bool:
    """Whether a fork is no other than a process that starts anew with these settings."""
    return not _LOOKED_AT_FIRST & set(settings or {})


class ForkedProcess:
    """What `subprocess.Popen` is, as far as tests ask: of a fork that runs a module."""

    def __init__(
        self, module: str, arguments: Sequence[str], streams: Sequence[Path], env: Mapping[str, str], cwd: Path
    ) -> None:
        run = (module, list(arguments), list(streams), dict(env), cwd)
        self._process = _FORKS.Process(target=_become, args=run)
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Negative: the signal that ended it."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Its exit status, once it has one."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises: subprocess.TimeoutExpired."""
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired(f"a fork, {self.pid}", timeout or 0)
        return status


class ForkedChild(Child):
    """`python -m MODULE` that starts at once, with its output in a file."""

    def __init__(self, module: str, arguments: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path) -> None:
        self.command = [sys.executable, "-m", module, *arguments]
        self.log_path = log
        log.touch()
        self.process = ForkedProcess(module, arguments, (Path(os.devnull), log, log), env, cwd)


@dataclass(frozen=True)
class ExitedProcess:
    """What a verb left."""

    status: int
    out: str
    err: str


def run(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str, within_s: float) -> ExitedProcess:
    """`wattline ARGUMENTS` has run there, with this environment. Raises: subprocess.TimeoutExpired."""
    with tempfile.TemporaryDirectory(prefix="wl-verb-") as folder:
        streams = [Path(folder) / name for name in ("in", "out", "err")]
        for stream in streams:
            stream.write_text(stdin if stream.name == "in" else "")
        process = ForkedProcess("chat_core", arguments, streams, env, cwd)
        try:
            status = process.wait(within_s)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, 9)
            process.wait()
            raise
        return ExitedProcess(status, streams[1].read_text(), streams[2].read_text())


def run_anew(
    arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str, within_s: float
) -> ExitedProcess:
    """The same in a Python that starts anew."""
    command = [sys.executable, "-m", "chat_core", *arguments]
    done = subprocess.run(command, env=env, input=stdin, capture_output=True, text=True, timeout=within_s, cwd=cwd)
    return ExitedProcess(done.returncode, done.stdout, done.stderr)


def _become(module: str, arguments: list[str], streams: list[Path], env: dict[str, str], cwd: Path) -> None:
    os.setsid()  # as Child's: a Ctrl-C reaches pytest alone
    for number, (stream, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        opened = os.open(stream, flags | (os.O_APPEND if flags else 0))
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # as PYTHONUNBUFFERED has it
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
