"""
Start Wattline's programs quickly, as forks.

Most tests run some `wattline` commands, or start a broker and a bridge. A new Python process needs one to two seconds
of processor time for the imports. So one process imports everything, and each program is a fork of it that runs
`python -m MODULE`. Tests of the start itself use new processes.
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
# Imported by the processes and the CLI; their `__main__` is run in the fork.
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
# Read by Python at its start, or by a library at its import: a fork would ignore them.
_LOOKED_AT_FIRST: Final = {"PYTHONPATH", "PROMETHEUS_MULTIPROC_DIR"}


def can_be_forked(settings: Mapping[str, str] | None) -> bool:
    """Return whether a fork behaves like a new process with these settings."""
    return not _LOOKED_AT_FIRST & set(settings or {})


class ForkedProcess:
    """The part of `subprocess.Popen` that tests use, for a fork that runs a module."""

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
        """The exit status; negative: the signal that ended it."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status. Raises: subprocess.TimeoutExpired."""
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired(f"a fork, {self.pid}", timeout or 0)
        return status


class ForkedChild(Child):
    """Run `python -m MODULE` in a fork, with its output in a file."""

    def __init__(self, module: str, arguments: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path) -> None:
        self.command = [sys.executable, "-m", module, *arguments]
        self.log_path = log
        log.touch()
        self.process = ForkedProcess(module, arguments, (Path(os.devnull), log, log), env, cwd)


@dataclass(frozen=True)
class ExitedProcess:
    """The result of a command."""

    status: int
    out: str
    err: str


def run(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str, within_s: float) -> ExitedProcess:
    """Run `wattline ARGUMENTS` in a fork with this environment. Raises: subprocess.TimeoutExpired."""
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
    """Run `wattline ARGUMENTS` in a new Python process."""
    command = [sys.executable, "-m", "chat_core", *arguments]
    done = subprocess.run(command, env=env, input=stdin, capture_output=True, text=True, timeout=within_s, cwd=cwd)
    return ExitedProcess(done.returncode, done.stdout, done.stderr)


def _become(module: str, arguments: list[str], streams: list[Path], env: dict[str, str], cwd: Path) -> None:
    os.setsid()  # as in Child: Ctrl-C reaches only pytest
    for number, (stream, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        opened = os.open(stream, flags | (os.O_APPEND if flags else 0))
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # like PYTHONUNBUFFERED
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
