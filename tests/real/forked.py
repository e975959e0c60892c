"""
Start Wattline's programs quickly, as forks.

Most tests run some `wattline` commands, or start a broker and a bridge. A new Python process needs one to two seconds
of processor time for the imports. So one process imports everything, and each program is a fork of it that runs
`python -m MODULE`; those that `wattline up` starts are forks of `up`. Tests of the start itself use new processes.
"""

import ctypes
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from chat_core.runtime import supervisor
from tests.real.parts import Child

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "tests.real.forked_imports", __name__])
# Read by Python at its start, or by a library at its import: a fork would ignore them.
_LOOKED_AT_FIRST: Final = {"PYTHONPATH", "PROMETHEUS_MULTIPROC_DIR"}
_PR_SET_NAME: Final = 15  # prctl(2)


def can_be_forked(settings: Mapping[str, str] | None) -> bool:
    """Return whether a fork behaves like a new process with these settings."""
    return not _LOOKED_AT_FIRST & set(settings or {})


class ForkedProcess:
    """The part of `subprocess.Popen` that tests and the supervisor use, for a fork."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def terminate(self) -> None:
        """Send SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)

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
        self.process = _run_module(module, arguments, (Path(os.devnull), log, log), env, cwd)


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
        process = _run_module("chat_core", arguments, streams, env, cwd)
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


def _run_module(
    module: str, arguments: Sequence[str], streams: Sequence[Path], env: Mapping[str, str], cwd: Path
) -> ForkedProcess:
    run = (module, list(arguments), list(streams), dict(env), cwd)
    return ForkedProcess(_FORKS.Process(target=_become, args=run))


def _become(module: str, arguments: list[str], streams: list[Path], env: dict[str, str], cwd: Path) -> None:
    os.setsid()  # as in Child: Ctrl-C reaches only pytest
    for number, (stream, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        _redirect(number, stream, flags | (os.O_APPEND if flags else 0))
    sys.stdin = os.fdopen(0)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # like PYTHONUNBUFFERED
    os.chdir(cwd)
    vars(supervisor)["subprocess"] = SimpleNamespace(Popen=_fork_child, DEVNULL=subprocess.DEVNULL)
    _run_here(module, arguments, env)


def _fork_child(
    command: list[str],
    *,
    stdin: int,
    stdout: int,
    env: Mapping[str, str],
    start_new_session: bool,
    preexec_fn: Callable[[], None],
) -> ForkedProcess:
    """Start what the supervisor starts, as a fork of it. Args: those of `subprocess.Popen` there."""
    assert command[1] == "-m", command
    assert stdin == subprocess.DEVNULL, stdin
    assert start_new_session
    run = (command[2], stdout, dict(env), preexec_fn)
    return ForkedProcess(multiprocessing.get_context("fork").Process(target=_become_child, args=run))


def _become_child(module: str, out: int, env: dict[str, str], preexec_fn: Callable[[], None]) -> None:
    preexec_fn()
    os.setsid()
    _redirect(0, Path(os.devnull), os.O_RDONLY)
    os.dup2(out, 1)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # the supervisor's lock and sockets among them
    signal.set_wakeup_fd(-1)
    for sig in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(sig, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ctypes.CDLL(None).prctl(_PR_SET_NAME, module.encode())
    # Its library has chosen at its import, without this setting, to count within one process.
    env.pop("PROMETHEUS_MULTIPROC_DIR", None)
    _run_here(module, [], env)


def _redirect(number: int, path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    os.dup2(opened, number)
    os.close(opened)


def _run_here(module: str, arguments: list[str], env: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
